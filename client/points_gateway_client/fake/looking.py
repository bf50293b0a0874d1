"""The reads of the fake: adjustments and their lists, and what the vendor says of members."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from points_gateway_client import exact
from points_gateway_client.fake import parsing
from points_gateway_client.fake.documents import VENDOR, Refused, Reply, time_text
from points_gateway_client.fake.ledger import Entry, Ledger
from points_gateway_client.fake.parsing import FIELDS

_AMOUNTS = ("total", "pending", "held", "lifetime", "next_expiry", "updated_at")
_FILTERS: Mapping[str, Callable[[Entry, str], bool]] = {
    "member": lambda entry, value: entry.asked.member == value,
    "status": lambda entry, value: entry.status == value,
    "reference": lambda entry, value: entry.asked.fields["reference"] == value,
    "idempotency_key": lambda entry, value: entry.key == value,
    "operation": lambda entry, value: value == ("adjust" if entry.asked.reverses is None else "reverse"),
    "reverses": lambda entry, value: entry.asked.reverses == value,
    "created_from": lambda entry, value: entry.created_at >= _moment(value),
    "created_to": lambda entry, value: entry.created_at <= _moment(value),
}
_EVENT = re.compile(r"evt_[0-9a-f]{32}_[1-9][0-9]{0,8}(\.[0-9]{1,9})?\Z")
Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Looking:
    """Answers reads from a ledger."""

    ledger: Ledger
    now: Callable[[], datetime]

    def adjustment(self, tenant: str, id_: str, query: Query) -> Reply:
        """GET /v1/adjustments/{id}."""
        given = _single(query, ("include",))
        entry = self.ledger.of(id_, tenant)
        document = entry.document()
        if entry.status == "succeeded" and entry.asked.reverses is None:
            reversals = self.ledger.reversals(id_)
            done = sum((abs(each.asked.points) for each in reversals if each.status == "succeeded"), Decimal())
            document["reversed"] = exact.text(done)
            document["reversals"] = [_part(each) for each in reversals]
        if given.get("include") == "history":
            document["history"] = [{"evidence": {}, **step, "exchange": None} for step in entry.history]
        return Reply(200, document)

    def adjustments(self, tenant: str, query: Query) -> Reply:
        """GET /v1/adjustments."""
        given = _single(query, (*_FILTERS, "limit", "cursor"))
        chosen = {name: value for name, value in given.items() if name in _FILTERS}
        found = [
            entry.document()
            for entry in reversed(list(self.ledger.entries(tenant)))
            if all(_FILTERS[name](entry, value) for name, value in chosen.items())
        ]
        data, cursor = _page(found, given, chosen)
        return Reply(200, {"data": data, "next_cursor": cursor})

    def events(self, tenant: str, query: Query) -> Reply:
        """GET /v1/events: of which none is ever purged here."""
        given = _single(query, ("after", "limit"))
        limit, after = _limit(given, 50), given.get("after")
        found = [_event(*each) for each in self.ledger.told if each[0].tenant == tenant]
        if after == "latest":
            found, after = [], found[-1]["id"] if found else None
        elif after is not None:
            places = [place for place, each in enumerate(found) if each["id"] == after]
            if not _EVENT.match(after):
                raise Refused("invalid_request", "?after: no event", errors={"?after": "no event"})
            if not places:
                raise Refused("events_gone", "there is no such event")
            found = found[places[0] + 1 :]
        data = found[:limit]
        return Reply(200, {"data": data, "last": data[-1]["id"] if data else after, "more": len(found) > limit})

    def preview(self, content: bytes, query: Query) -> Reply:
        """POST /v1/adjustments/preview."""
        _single(query, ("resolve",))
        asked = parsing.adjustment(content)
        body = exact.dumps({"member": asked.member, "points": asked.points}).decode()
        request = {"method": "POST", "url": "https://vendor.fake/points", "headers": {}, "body": body, "effect": True}
        return Reply(
            200, {"rule": "fake", "vendor": VENDOR, "not_sent": [], "repeat_safety": "searchable", "request": request}
        )

    def balance(self, tenant: str, member: str, query: Query) -> Reply:
        """GET /v1/members/{member}/balance."""
        point_type = _single(query, ("point_type", "include")).get("point_type")
        available = exact.text(self.ledger.balances[tenant, self._known(member), point_type])
        amounts = {"available": available, **dict.fromkeys(_AMOUNTS)}
        return self._of_member(member, {"point_type": point_type, **amounts, "cached": False})

    def expiring(self, tenant: str, member: str, query: Query) -> Reply:
        """GET /v1/members/{member}/expiring: nothing expires here."""
        given = _single(query, ("point_type", "from", "to", "include"))
        if not {"from", "to"} <= given.keys():
            raise Refused("field_not_supported", "from, to: the vendor is asked about a period", errors={"?from": ""})
        self._known(member)
        period = {name: time_text(_moment(given[name])) for name in ("from", "to")}
        amount = {"points": "0", "precision": "exact", "buckets": ()}
        about: dict[str, Any] = {"point_type": given.get("point_type"), **period, **amount}
        return self._of_member(member, about)

    def transactions(self, tenant: str, member: str, query: Query) -> Reply:
        """GET /v1/members/{member}/transactions: what was booked, newest first."""
        given = _single(query, ("point_type", "from", "to", "limit", "cursor", "include"))
        self._known(member)
        chosen: dict[str, str] = {name: given[name] for name in ("point_type", "from", "to") if name in given}
        booked = [each for each in self.ledger.entries(tenant) if each.booked and each.asked.member == member]
        if "point_type" in chosen:
            booked = [each for each in booked if each.asked.fields["point_type"] == chosen["point_type"]]
        if "from" in chosen:
            booked = [each for each in booked if each.created_at >= _moment(chosen["from"])]
        if "to" in chosen:
            booked = [each for each in booked if each.created_at <= _moment(chosen["to"])]
        data, cursor = _page([_row(each) for each in reversed(booked)], given, {**chosen, "member": member})
        about = {"point_type": given.get("point_type"), "from": given.get("from"), "to": given.get("to")}
        return self._of_member(member, {**about, "data": data, "next_cursor": cursor, "complete": True})

    def lookup(self, member: str, query: Query) -> Reply:
        """GET /v1/members/{member}."""
        _single(query, ("include",))
        scheme, _, name = self._known(member).partition(":")
        return self._of_member(member, {"ids": {scheme: name}, "status": None, "tier": None, "enrolled_at": None})

    def wallet(self, tenant: str, query: Query) -> Reply:
        """GET /v1/wallet: one balance for each name and point type, since the fake knows nobody by two names."""
        members = [parsing.member(each) for each in query.get("member", ())]
        if not members or len(set(members)) != len(members) or query.keys() != {"member"}:
            raise Refused("invalid_request", "member: 1 to 10 names, each once", errors={"?member": "1 to 10 names"})
        balances = [each for member in members for each in self._balances(tenant, member)]
        return Reply(200, {"members": members, "balances": balances, "currency": None, "total": None})

    def capabilities(self, tenant: str) -> Reply:
        """GET /v1/capabilities."""
        can = {
            "when": {},
            "vendor": "fake",
            "adapter": "fake",
            "member_schemes": [],
            "resolves": [],
            "fields": [*FIELDS],
            "point_types": [],
            "fractions": True,
            "balance_in_answer": True,
            "repeat_safety": "searchable",
            "reversals": ["linked", "compensation"],
        }
        operations = ("adjust", "balance", "expiring", "transactions", "lookup")
        return Reply(200, {"tenant": tenant, "operations": {each: [can] for each in operations}})

    def limits(self, tenant: str) -> Reply:
        """GET /v1/limits: nothing is bounded here."""
        tomorrow = self.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        until = time_text(tomorrow)
        return Reply(200, {"client": "app", "tenant": tenant, "max_points": None, "resets_at": until, "daily": []})

    def _balances(self, tenant: str, member: str) -> Iterator[dict[str, Any]]:
        kinds = {kind for whose, who, kind in self.ledger.balances if (whose, who) == (tenant, member)} or {None}
        for kind in sorted(kinds, key=lambda kind: kind or ""):
            amount = exact.text(self.ledger.balances[tenant, member, kind])
            yield {
                "vendor": VENDOR,
                "member": member,
                "point_type": kind,
                "balance": {"available": amount, **dict.fromkeys(_AMOUNTS)},
                "as_of": time_text(self.now()),
                "cached": False,
                "counted": True,
                "rate": None,
                "worth": None,
                "problem": None,
            }

    def _known(self, member: str) -> str:
        if parsing.member(member) in self.ledger.nobody:
            raise Refused("member_not_found", "the vendor knows no such member")
        return member

    def _of_member(self, member: str, about: Mapping[str, Any]) -> Reply:
        return Reply(200, {"member": member, **about, "vendor": VENDOR, "as_of": time_text(self.now())})


def _single(query: Query, allowed: Iterable[str]) -> dict[str, str]:
    """The parameters, each given once. Raises `Refused`."""
    for name, values in query.items():
        if name not in set(allowed) or len(values) != 1:
            problem = "no such parameter" if len(values) == 1 else "given twice"
            raise Refused("invalid_request", f"?{name}: {problem}", errors={f"?{name}": problem})
    return {name: value for name, [value] in query.items()}


def _page(
    items: list[dict[str, Any]], given: Mapping[str, str], chosen: Mapping[str, str]
) -> tuple[list[dict[str, Any]], str | None]:
    """A page, and the cursor of the next one, which belongs to its filters and goes on after the last item."""
    limit = _limit(given, 20)
    belongs = exact.canonical(dict(chosen)).hex()
    begin = 0
    if "cursor" in given:
        owner, _, last = given["cursor"].partition(".")
        places = [place for place, each in enumerate(items) if each["id"] == last]
        if owner != belongs or not places:
            raise Refused("invalid_request", "?cursor: of another list", errors={"?cursor": "of another list"})
        begin = places[0] + 1
    page = items[begin : begin + limit]
    return page, f"{belongs}.{page[-1]['id']}" if begin + limit < len(items) else None


def _limit(given: Mapping[str, str], usual: int) -> int:
    limit = given.get("limit", str(usual))
    if not limit.isdecimal() or not 1 <= int(limit) <= 100:
        raise Refused("invalid_request", "?limit: 1 to 100", errors={"?limit": "1 to 100"})
    return int(limit)


def _event(entry: Entry, number: int, step: Mapping[str, Any], retryable: bool) -> dict[str, Any]:
    asked, status = entry.asked, step["to"]
    return {
        "id": f"evt_{entry.id.removeprefix('adj_')}_{number}",
        "type": f"adjustment.{status}",
        "timestamp": step["at"],
        "data": {
            "adjustment": entry.id,
            "number": number,
            "attempt": step["attempt"],
            "status": status,
            "by": step["by"],
            "retryable": retryable,
            "new_key_allowed": status == "failed" and not retryable,
            **({} if asked.reverses is None else {"reverses": asked.reverses}),
            "idempotency_key": entry.key,
            "client": "app",
            "tenant": entry.tenant,
            "vendor": VENDOR["name"],
            "member": asked.member,
            "points": exact.text(asked.points),
            "point_type": asked.fields["point_type"],
            "reference": asked.fields["reference"],
            "transaction_id": f"tx_{entry.id}" if entry.transaction else None,
        },
    }


def _part(entry: Entry) -> dict[str, Any]:
    points = exact.text(abs(entry.asked.points))
    return {"id": entry.id, "status": entry.status, "points": points, "linked": bool(entry.asked.linked)}


def _row(entry: Entry) -> dict[str, Any]:
    asked = entry.asked
    kind = "reverse" if asked.reverses is not None else "earn" if asked.points > 0 else "spend"
    return {
        "id": f"tx_{entry.id}",
        "at": time_text(entry.created_at),
        "points": exact.text(asked.points),
        "kind": kind,
        "vendor_kind": None,
        "point_type": asked.fields["point_type"],
        "balance_after": None,
        "expires_at": None,
        "reference": asked.fields["reference"],
        "description": asked.fields["description"],
        "reverses": None if asked.reverses is None else f"tx_{asked.reverses}",
        "reversed_by": None,
        "adjustment": entry.id,
        "details": {},
    }


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused("invalid_request", "a time has an offset, as in 2026-01-31T00:00:00Z")
    return moment
