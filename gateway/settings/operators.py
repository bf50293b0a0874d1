"""The sections about operators, as the rest of the gateway uses them."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network

from gateway.approvals import ResolutionRule
from gateway.documents.entry import Entry, validated
from gateway.documents.problem import Problem
from gateway.port.secrets import is_plain_text
from gateway.settings.administration import Admin, OperatorAccount
from gateway.settings.key_list import KeyList
from gateway.settings.operator_models import AdminEntry, OperatorEntry, ResolutionEntry


def operators(
    entries: Mapping[str, Entry], keys: KeyList, *, proxied: bool, problems: list[Problem]
) -> dict[str, OperatorAccount]:
    """Every operator by name; invalid ones are left out, and their errors are added to the problems.

    `proxied`: whether `admin` says which proxy is believed.
    """
    found: dict[str, OperatorAccount] = {}
    identities: dict[str, str] = {}
    for name, entry in entries.items():
        keys.take(name, entry)
        operator = validated(OperatorEntry, entry, problems)
        if operator is None:
            continue
        found[name] = OperatorAccount(name, frozenset(operator.scopes), operator.identity)
        if operator.identity is None:
            continue
        if (other := identities.setdefault(operator.identity, name)) != name:
            problems.append(entry.problem(("identity",), f"operator {other!r} has the same identity"))
        if not proxied:
            problems.append(entry.problem(("identity",), "expected admin.identity_header, by which a proxy names it"))
    return found


def admin(entry: Entry | None, problems: list[Problem]) -> Admin:
    """How operators sign in."""
    fields = validated(AdminEntry, entry, problems) if entry is not None else None
    if fields is None:
        return Admin()
    return Admin(
        tuple(map(ip_network, fields.trusted_proxies)),
        fields.identity_header,
        fields.proxy_secret,
        fields.proxy_secret_header,
        fields.session_secret,
        fields.session,
        fields.public_url,
    )


def resolution(entry: Entry | None, problems: list[Problem]) -> ResolutionRule:
    """What it takes to settle an unknown by hand."""
    fields = validated(ResolutionEntry, entry, problems) if entry is not None else None
    return ResolutionRule() if fields is None else ResolutionRule(fields.approvals, fields.approval_expires)


def doubts(
    accounts: Mapping[str, OperatorAccount],
    entries: Mapping[str, Entry],
    rule: Entry | None,
    *,
    approvals: int,
    resolving: int,
    listens: bool,
) -> Iterator[Problem]:
    """A warning for operators without a listener, and for a rule of two people whom there are not.

    `resolving`: how many clients may settle by hand.
    """
    if not listens:
        for name in accounts:
            yield entries[name].problem((), "nobody can sign in: server.admin is not set", at_key=True)
    able = sum("operator:write" in each.scopes for each in accounts.values()) + resolving
    if rule is not None and approvals > able:
        detail = f"nothing can be settled by hand: it takes 2, and {able} operator(s) and client(s) may"
        yield rule.problem(("approvals",), detail)


def plain(entry: Entry | None) -> Iterator[Problem]:
    """A warning for each secret of `admin` in plain text."""
    data = entry.data if entry is not None and isinstance(entry.data, dict) else {}
    for name in ("proxy_secret", "session_secret"):
        values = data.get(name)
        for index, text in enumerate(values if isinstance(values, list) else ()):
            if entry is not None and isinstance(text, str) and is_plain_text(text):
                advice = "the secret stands here in plain text: take it from ${file:PATH} or ${env:NAME}"
                yield entry.problem((name, index), advice)
