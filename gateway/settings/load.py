"""Loads a YAML file, or a folder of them, into `Settings`; all errors are reported at once."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import ip_network
from pathlib import Path

from gateway.documents.document import Document, read
from gateway.documents.entry import Entry, validated
from gateway.documents.problem import Problem, SettingsError
from gateway.port import Secret
from gateway.port.registry import AdapterType
from gateway.settings import limits, operators, plain, rates, renames, webhooks
from gateway.settings.clients import Clients
from gateway.settings.expand import Expander
from gateway.settings.file_models import ServerEntry, address
from gateway.settings.key_list import KeyList
from gateway.settings.kinds import DECLARED, Kinds, kinds
from gateway.settings.sections import Sections, merged
from gateway.settings.settings import LASTING, Address, Server, Settings, limits_of
from gateway.settings.snapshot import Snapshot
from gateway.settings.store import store
from gateway.settings.tenants import tenants
from gateway.settings.vendors import complete, vendors, warnings
from gateway.settings.watched import WatchedFiles


def load(
    path: Path | Snapshot,
    adapters: Mapping[str, AdapterType],
    environ: Mapping[str, str],
    *,
    clock: Callable[[], float] = time.monotonic,
    offline: bool = False,
) -> Settings:
    """Read and check the configuration at `path`, a file or a folder of `*.yaml` and `*.yml`, or one that was read.

    `clock` returns monotonic seconds and paces the checks of `${file:...}` files. `offline`: variables and files that
    are not here are no errors, and the settings serve for nothing but to be looked at. Raises `SettingsError` with all
    problems; none of them shows a secret.
    """
    problems: list[Problem] = []
    files = WatchedFiles(clock)
    expander = Expander(environ, files, offline=offline)
    snapshot, documents = _documents(path, expander, problems)
    sections = merged(snapshot.path, documents, problems)
    named = {name: sections.named.get(name, {}) for name in ("vendors", "tenants", "clients", "operators")}
    server = _server(sections.single.get("server"), problems)
    store_entry = sections.single.get("store")
    url = store(store_entry, problems) if store_entry is not None else ""
    vendor_entries = complete(named["vendors"], problems)
    known = kinds(vendor_entries, Kinds(adapters, dict(snapshot.descriptions), problems))
    configured = vendors(vendor_entries, known, problems, offline=offline)
    # Vendors with errors count as existing here, so that routes to them are not reported too.
    tenants_by_name = tenants(named["tenants"], {**dict.fromkeys(named["vendors"]), **known}, problems)
    problems += rates.unknown(named["tenants"], tenants_by_name, named["vendors"], configured)
    client_keys = KeyList("client", problems)
    clients = Clients(named["tenants"], client_keys, problems)
    clients.read(named["clients"])
    operator_keys = KeyList("operator", problems, client_keys)
    admin = operators.admin(sections.single.get("admin"), problems)
    proxied = admin.identity_header is not None
    accounts = operators.operators(named["operators"], operator_keys, proxied=proxied, problems=problems)
    rule = operators.resolution(sections.single.get("resolution"), problems)
    for section in ("tenants", "clients"):
        renames.check(named[section], problems)
    if problems:
        raise SettingsError(problems)
    found_warnings = {
        *client_keys.warnings,
        *operator_keys.warnings,
        *warnings(vendor_entries, configured, time.time()),
    }
    found_warnings.update(limits.warnings(named["clients"], limits_of(clients.found), configured))
    found_warnings.update(limits.warnings(named["tenants"], limits_of(tenants_by_name), configured))
    found_warnings.update(
        operators.doubts(
            accounts,
            named["operators"],
            sections.single.get("resolution"),
            approvals=rule.approvals,
            resolving=sum("points:resolve" in each.scopes for each in clients.found.values()),
            listens=server.admin is not None,
        )
    )
    keys = tuple(client_keys.found)
    plain_secrets = {
        *plain.of_vendors(vendor_entries, configured),
        *plain.of_keys((*keys, *operator_keys.found)),
        *plain.of_store(store_entry),
        *plain.of_shared(sections.single.get("server")),
        *webhooks.plain(named["tenants"], tenants_by_name),
        *operators.plain(sections.single.get("admin")),
    }
    descriptions = tuple(file for file, _ in snapshot.descriptions)
    sources = (*(Path(document.name) for document in documents), *descriptions)
    checked = (server, url, configured, tenants_by_name, clients.found, keys, files)
    doubts = tuple(sorted(found_warnings)), tuple(sorted(plain_secrets))
    absent = tuple(dict.fromkeys(expander.absent))
    described = {
        name: kind for name, kind in known.items() if name in configured and configured[name].adapter == DECLARED
    }
    places = _places(sections, vendor_entries)
    return Settings(
        *checked,
        *doubts,
        sources,
        snapshot.digest,
        places,
        absent,
        described,
        descriptions,
        operators=accounts,
        operator_keys=tuple(operator_keys.found),
        admin=admin,
        resolution=rule,
    )


def load_store(path: Path, environ: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic) -> str:
    """The `store` of the configuration at `path`, as `Settings.store`; other parts may be invalid.

    Raises `SettingsError` if the store is missing or invalid.
    """
    problems: list[Problem] = []
    _, documents = _documents(path, Expander(environ, WatchedFiles(clock)), problems)
    sections = merged(path, documents, problems)
    found = store(sections.single["store"], problems) if "store" in sections.single else ""
    errors = [each for each in problems if each.where == "store"]
    if errors or not found:
        raise SettingsError(errors or problems)
    return found


def load_listen(path: Path, environ: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic) -> Address:
    """The `server.listen` of the configuration at `path`; other sections may be invalid.

    Raises `SettingsError` if a file cannot be read or the section is invalid.
    """
    problems: list[Problem] = []
    _, documents = _documents(path, Expander(environ, WatchedFiles(clock)), problems)
    sections = merged(path, documents, problems)
    found = _server(sections.single.get("server"), problems).listen
    if errors := [each for each in problems if each.where.partition(".")[0] == "server"]:
        raise SettingsError(errors)
    return found


def _documents(path: Path | Snapshot, expander: Expander, problems: list[Problem]) -> tuple[Snapshot, list[Document]]:
    """The files of a configuration, and all of them parsed.

    Raises `SettingsError` if one cannot be used, because references to its entries would be errors too.
    """
    snapshot, unreadable = (path, []) if isinstance(path, Snapshot) else Snapshot.read(path)
    problems += unreadable
    found = [
        read(str(file), raw, file.parent, partial(expander.expand, folder=file.parent), problems)
        for file, raw in snapshot.files
    ]
    documents = [document for document in found if document is not None]
    if unreadable or len(documents) < len(found):
        raise SettingsError(problems)
    return snapshot, documents


def _places(sections: Sections, vendors: Mapping[str, Entry]) -> dict[str, Problem]:
    """Where those settings stand of which it is noticed only after the loading that they cannot be used."""
    entries = [entry for name in ("tenants", "clients") for entry in sections.named.get(name, {}).values()]
    found = [entry.problem((), "", at_key=True) for entry in entries]
    found += [each.problem(("base_url",), "") for each in vendors.values() if "base_url" in each.data]
    if (store_entry := sections.single.get("store")) is not None:
        found.append(store_entry.problem((), ""))
    if (server := sections.single.get("server")) is not None:
        found += [server.problem((name,), "") for name in LASTING if name in server.data]
    return {each.where: each for each in found}


def _server(entry: Entry | None, problems: list[Problem]) -> Server:
    fields = validated(ServerEntry, entry, problems) if entry is not None else None
    if fields is None:
        fields = ServerEntry()
    listen = address(fields.listen)
    admin = None if fields.admin is None else address(fields.admin)
    if entry is not None and admin is not None and admin.port == listen.port != 0:
        problems.append(entry.problem(("admin",), "expected another port than that of listen"))
    return Server(
        listen,
        admin,
        fields.drain,
        fields.log_level,
        fields.outages,
        fields.repeat_wait,
        fields.anonymous_rate,
        fields.wrong_key_rate,
        tuple(map(ip_network, fields.trusted_proxies)),
        fields.log_peer,
        fields.docs,
        fields.linger,
        fields.read_only,
        None if fields.shared is None else Secret(fields.shared),
        fields.share,
        fields.log_requests,
    )
