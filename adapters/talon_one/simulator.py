"""A simulator written from the vendor's OpenAPI documents: the ledgers of the profiles of one loyalty program.

Where the documents are silent, the simulator chooses, and a comment says so.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from adapters.talon_one import simulated_calls, simulated_validity
from adapters.talon_one.simulated_calls import Query, Refusal, body, refuse_field, refuse_parameter
from adapters.talon_one.simulated_ledger import Entry, Ledger
from gateway.simulation import Answer, Effect, Example, Request, Simulator

PROGRAM, SAMPLE, SUBLEDGER = 33, "customer1", "mysubledger"
MAIN = "main"
_DEDUCT: dict[str, type] = {"points": Decimal, "name": str, "subledgerId": str, "applicationId": int}
_ADD: dict[str, type] = {
    **_DEDUCT,
    "validityDuration": str,
    "validUntil": str,
    "pendingDuration": str,
    "pendingUntil": str,
}
_BY_IDS = frozenset(("customerSessionIDs", "transactionUUIDs"))
_PAGING = {"pageSize", "skip"}


class TalonOneSimulator(Simulator):
    """Stores the points of one program's profiles. An equal addition or deduction is made once more.

    Documented: `Idempotency-Key` is of other calls only, and so it is ignored here.
    """

    name = "talon-one"
    written_from = "the vendor's OpenAPI document"
    written_by = "who simulated it"
    example = Example(
        settings={
            "adapter": "talon-one",
            "program_id": PROGRAM,
            "api_key": "simulated-talon-one-key",
            "management_key": "simulated-talon-one-management-key",
        },
        base_path="",
        member=f"integration_id:{SAMPLE}",
        unknown_member="integration_id:nobody",
    )

    def seed(self) -> None:
        """The profile of the samples: 300 points in its main ledger, and a subledger with the sample's balance."""
        self._number = 122
        earlier, day = self.now() - timedelta(days=60), timedelta(days=1)
        self._profiles = {SAMPLE: Ledger()}
        self._profiles[SAMPLE].entries += [
            self._entry(Decimal(300), "Compensation", "", earlier),
            self._entry(Decimal(436), "Compensation", SUBLEDGER, earlier),
            self._entry(Decimal(-150), "Penalty", SUBLEDGER, earlier + day),
            replace(self._entry(Decimal(25), "Compensation", SUBLEDGER, earlier + day), ends=earlier + 30 * day),
            replace(self._entry(Decimal(50), "Compensation", SUBLEDGER, earlier + day), begins=earlier + 90 * day),
        ]
        points = {MAIN: Decimal(300), SUBLEDGER: Decimal(436 - 150 + 25 + 50)}
        self.ledger.open(f"integration_id:{SAMPLE}", points)

    def handle(self, request: Request) -> Answer:
        """Answer the calls of profiles; everything else is an error."""
        try:
            method, key, call = self._call(request)
            if request.header("Authorization") != key:
                raise Refusal(401, "Unauthorized")
            if request.method != method:
                raise Refusal(405, "Method not allowed")
            return call()
        except Refusal as refusal:
            return refusal.answer

    def _call(self, request: Request) -> tuple[str, str, Callable[[], Answer]]:
        """The method of what is at this address, the key that it takes, and what answers it."""
        settings = self.example.settings
        integration, management = f"ApiKey-v1 {settings['api_key']}", f"ManagementKey-v1 {settings['management_key']}"
        match request.path.split("/")[1:]:
            case ["v1", "loyalty_programs", program, "profile", id_, what] if program == str(PROGRAM):
                match what:
                    case "add_points":
                        return "PUT", management, lambda: self._add(id_, request)
                    case "deduct_points":
                        return "PUT", management, lambda: self._deduct(id_, request)
                    case "balances" | "ledger_balances":
                        return (
                            "GET",
                            integration if what == "balances" else management,
                            lambda: self._balances(id_, request),
                        )
                    case "transactions" | "ledger_transactions":
                        key = integration if what == "transactions" else management
                        return "GET", key, lambda: self._transactions(id_, request)
                    case "points":
                        return "GET", integration, lambda: self._points(id_, request)
                    case "join":
                        return "POST", integration, lambda: self._join(id_)
            case ["v1", "loyalty_programs", program, "activate_points"] if program == str(PROGRAM):
                return "POST", integration, lambda: self._activate(request)
        raise Refusal(404, "Not found")

    def _profile(self, segment: str) -> tuple[str, Ledger]:
        """A profile that has joined; that adding points does not create one is a guess."""
        id_ = unquote(segment)
        if id_ not in self._profiles:
            raise Refusal(404, "Not found", f"The profile {id_} does not exist", {"resource": "profile"})
        return id_, self._profiles[id_]

    def _add(self, segment: str, request: Request) -> Answer:
        given = body(request, _ADD)
        points, now = simulated_calls.points(given), self.now()
        name, subledger = (simulated_calls.text(given, *limit) for limit in (("name", 255), ("subledgerId", 64)))
        begins = simulated_validity.begins(given, now)
        ends = simulated_validity.ends(given, begins)
        id_, ledger = self._profile(segment)
        entry = self._entry(points, name, subledger, now)
        entry = replace(entry, begins=begins, ends=ends, duration=given.get("validityDuration"))
        return self._made(id_, ledger, entry, points, given)

    def _deduct(self, segment: str, request: Request) -> Answer:
        given = body(request, _DEDUCT)
        points = simulated_calls.points(given)
        name, subledger = (simulated_calls.text(given, *limit) for limit in (("name", 255), ("subledgerId", 64)))
        id_, ledger = self._profile(segment)
        # Documented is that only active points can be deducted; the status is a guess.
        if points > ledger.state(subledger, self.now()).total("active"):
            refuse_field("points", "There are not enough active points")
        entry = self._entry(points.copy_negate(), name, subledger, self.now())
        return self._made(id_, ledger, entry, points.copy_negate(), given)

    def _entry(self, points: Decimal, name: str, subledger: str, now: datetime) -> Entry:
        """A transaction with the next id; an addition is active at once and for ever."""
        self._number += 1
        addition = points > 0
        begins, amount = now if addition else None, points.copy_abs()
        return Entry(self._number, str(self.new_id()), now, PROGRAM, amount, name, subledger, addition, begins)

    def _made(self, id_: str, ledger: Ledger, entry: Entry, points: Decimal, given: dict[str, Any]) -> Answer:
        ledger.entries.append(entry)
        member, kind = f"integration_id:{id_}", entry.subledger or None
        self.ledger.post(Effect(self.now(), member, points, kind, entry.uuid, given), [entry.subledger or MAIN])
        return Answer(204)

    def _balances(self, segment: str, request: Request) -> Answer:
        query = Query(request, {"endDate", "subledgerId", "includeTiers", "includeProjectedTier"})
        at, only = query.moment("endDate") or self.now(), query.one("subledgerId")
        tiers = query.choice("includeTiers", ("true", "false")) == "true"
        if query.choice("includeProjectedTier", ("true", "false")) == "true":
            refuse_parameter("includeProjectedTier", "Projected tiers are not simulated")
        _, ledger = self._profile(segment)

        def balance(subledger: str) -> dict[str, Any]:
            state = ledger.state(subledger, at)
            return {**state.balance(), **(state.tiers() if tiers else {})}

        # That a filter leaves the main ledger in the answer is a guess.
        names = [name for name in ledger.subledgers if only in (None, name)]
        balances = {name: balance(name) for name in names}
        return Answer.json(200, {"balance": balance(""), "subledgerBalances": balances})

    def _transactions(self, segment: str, request: Request) -> Answer:
        known = {"subledgerId", "loyaltyTransactionType", "startDate", "endDate", "awaitsActivation", *_PAGING}
        query = Query(request, known, _BY_IDS)
        kind = query.choice("loyaltyTransactionType", ("manual", "session", "import"))
        start, end, only = query.moment("startDate"), query.moment("endDate"), query.one("subledgerId")
        waiting = query.choice("awaitsActivation", ("true",)) is not None  # documented: false is refused
        _, ledger = self._profile(segment)
        # Documented: the last ones. All of them are manual. That both ends of a period are in it is a guess.
        found = [
            entry.row()
            for entry in reversed(ledger.entries)
            if kind in (None, "manual")
            and only in (None, entry.subledger)
            and (start is None or entry.created >= start)
            and (end is None or entry.created <= end)
            and (not waiting or (entry.addition and entry.begins is None))
            and _named(entry, query)
        ]
        return _page(found, query)

    def _points(self, segment: str, request: Request) -> Answer:
        query = Query(request, {"status", "sort", *_PAGING}, _BY_IDS | {"subledgerId"})
        status = query.choice("status", ("active", "pending", "expired")) or "active"
        sort = query.choice("sort", ("startDate", "-startDate", "expiryDate", "-expiryDate")) or "startDate"
        _, ledger = self._profile(segment)
        names = query.lists.get("subledgerId", ["", *ledger.subledgers])
        lots = [lot for name in names for lot in ledger.state(name, self.now()).lots(status) if _named(lot[0], query)]

        def place(lot: tuple[Entry, Decimal]) -> tuple[bool, Any]:
            at = lot[0].begins if sort.endswith("startDate") else lot[0].ends
            return at is None, at

        # What never begins or never expires comes last, or first in descending order: a guess.
        lots.sort(key=place, reverse=sort.startswith("-"))
        return _page([entry.row(left) for entry, left in lots], query)

    def _join(self, segment: str) -> Answer:
        id_ = unquote(segment)
        if id_ in self._profiles:
            raise Refusal(400, "Bad request", f"The profile {id_} is already joined", {"resource": "profile"})
        self._profiles[id_] = Ledger()
        self.ledger.open(f"integration_id:{id_}")
        return Answer.json(200, {})

    def _activate(self, request: Request) -> Answer:
        given = body(request, {"transactionUUIDs": list, "sessionId": str})
        if given.keys() != {"transactionUUIDs"} or not given["transactionUUIDs"]:  # sessions are not simulated
            refuse_field("transactionUUIDs", "The field is required, and sessionId is not simulated")
        entries = []
        for uuid in given["transactionUUIDs"]:
            found = self._activated(str(uuid))
            if found is None:
                raise Refusal(404, "Not found", f"There are no points {uuid} that wait", {"resource": "transaction"})
            entries.append(found)
        return Answer.json(200, {"ledgerEntries": entries})

    def _activated(self, uuid: str) -> dict[str, Any] | None:
        now = self.now()
        for id_, ledger in self._profiles.items():
            waiting = next((entry for entry in ledger.entries if entry.uuid == uuid), None)
            ends = None if waiting is None else simulated_validity.lasting(now, waiting.duration)
            if (entry := ledger.activate(uuid, now, ends)) is not None:
                expiry = {} if entry.ends is None else {"expiryDate": simulated_validity.text(entry.ends)}
                return {
                    "created": simulated_validity.text(entry.created),
                    "programID": PROGRAM,
                    "customerProfileID": id_,
                    "type": "addition",
                    "amount": entry.amount,
                    "startDate": simulated_validity.text(now),
                    **expiry,
                    "name": entry.name,
                    "subLedgerID": entry.subledger,
                }
        return None


def _named(entry: Entry, query: Query) -> bool:
    """Whether a transaction is among those that a query names; none of them has a session."""
    uuids = query.lists.get("transactionUUIDs")
    return (uuids is None or entry.uuid in uuids) and "customerSessionIDs" not in query.lists


def _page(rows: list[dict[str, Any]], query: Query) -> Answer:
    size, skip = query.number("pageSize", 50, 1, 1000), query.number("skip", 0, 0, 10**9)
    return Answer.json(200, {"hasMore": len(rows) > skip + size, "data": rows[skip : skip + size]})
