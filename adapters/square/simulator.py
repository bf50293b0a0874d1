"""A simulator written from the vendor's public documents: loyalty accounts, their points and their events.

Where the documents are silent, the simulator chooses, and a comment says so.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from adapters.square import simulated_accounts, simulated_events
from adapters.square.simulated_accounts import PROGRAM, SAMPLE, Account, later
from adapters.square.simulated_events import Event
from adapters.square.simulated_requests import Refusal, body, fields, flag, invalid, listed, text, whole
from gateway.simulation import Answer, Effect, Example, Request, Simulator

VERSION = "2026-08-19"
BALANCE, LIFETIME = "balance", "lifetime_points"
LARGEST = 2**31 - 1
_VERSION = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_PROGRAM_ID = text(36)
_KEY = text(128)
_ADJUST = fields(
    {
        "idempotency_key": _KEY,
        "adjust_points": fields(
            {"points": whole(-LARGEST - 1, LARGEST)}, {"reason": text(), "loyalty_program_id": _PROGRAM_ID}
        ),
    },
    {"allow_negative_balance": flag},
)
_ACCUMULATE = fields(
    {
        "idempotency_key": _KEY,
        "accumulate_points": fields(
            {}, {"points": whole(1, LARGEST), "order_id": text(), "loyalty_program_id": _PROGRAM_ID}
        ),
        "location_id": text(),
    }
)
_SEARCH = fields(
    {},
    {
        "query": fields(
            {},
            {
                "mappings": listed(fields({"phone_number": text()}, {"id": text(36), "created_at": text()}), 30),
                "customer_ids": listed(text(), 30),
            },
        ),
        "limit": whole(1, 200),
        "cursor": text(),
    },
)


class SquareSimulator(Simulator):
    """Stores the loyalty accounts of one seller, whose points expire only where `expiry_months` is set."""

    name = "square"
    written_from = "the vendor's reference, guides and client models"
    example = Example(
        settings={
            "adapter": "square",
            "access_token": "simulated-square-token",
            "version": VERSION,
            "keys_kept_for": 86_400,
        },
        base_path="",
        member=f"account_id:{SAMPLE}",
        unknown_member="account_id:00000000-0000-4000-8000-000000000000",
    )

    def seed(self) -> None:
        """The accounts of the samples, with their points and events."""
        self.expiry_months: int | None = None
        """After how many months points expire that are added from now on."""
        self._accounts = {account.id: account for account in simulated_accounts.samples()}
        self._events = simulated_events.samples()
        self._answered: dict[str, tuple[str, Any, Answer]] = {}
        for account, (balance, lifetime) in zip(self._accounts, ((15, 25), (10, 20)), strict=True):
            self.ledger.open(f"account_id:{account}", {BALANCE: Decimal(balance), LIFETIME: Decimal(lifetime)})

    def handle(self, request: Request) -> Answer:
        """Answer the calls of accounts and events, and that of the program; everything else is an error."""
        try:
            if request.header("Authorization") != f"Bearer {self.example.settings['access_token']}":
                raise Refusal(401, "UNAUTHORIZED", "This request could not be authorized.")
            # The version is the application's own where the header is absent. That a wrong one is refused is a guess.
            version = request.header("Square-Version")
            if version is not None and not _VERSION.match(version):
                raise Refusal(400, "BAD_REQUEST", "Square-Version is not a version.")
            method, call = self._call(request)
            if request.method != method:
                raise Refusal(405, "METHOD_NOT_ALLOWED", f"{request.method} is not supported.")
            if request.query:
                raise Refusal(400, "UNKNOWN_QUERY_PARAMETER", "No query parameters are expected.")
            self._expire()
            return call()
        except Refusal as refusal:
            return refusal.answer

    def _call(self, request: Request) -> tuple[str, Callable[[], Answer]]:
        """The method of what is at this address, and what answers it."""
        match request.path.split("/")[1:]:
            case ["v2", "loyalty", "accounts", "search"]:
                return "POST", lambda: self._found(body(request, _SEARCH))
            case ["v2", "loyalty", "accounts", account]:
                return "GET", lambda: Answer.json(200, {"loyalty_account": self._row(self._account(account))})
            case ["v2", "loyalty", "accounts", account, "adjust"]:
                return "POST", lambda: self._once(request, body(request, _ADJUST), account, self._adjusted)
            case ["v2", "loyalty", "accounts", account, "accumulate"]:
                return "POST", lambda: self._once(request, body(request, _ACCUMULATE), account, self._accumulated)
            case ["v2", "loyalty", "events", "search"]:
                search = simulated_events.SEARCH
                return "POST", lambda: Answer.json(200, simulated_events.page(self._events, body(request, search)))
            # Either name of the one program is documented. Of its fields only those are here that a caller may need.
            case ["v2", "loyalty", "programs", program] if program in ("main", PROGRAM):
                return "GET", self._program
        raise Refusal(404, "NOT_FOUND", "API endpoint for URL path and HTTP method is not found.")

    def _account(self, segment: str) -> Account:
        id_ = unquote(segment)
        if id_ not in self._accounts:
            raise Refusal(404, "NOT_FOUND", f"Could not find loyalty account with id: {id_}")
        return self._accounts[id_]

    def _row(self, account: Account) -> dict[str, Any]:
        points = self.ledger.accounts[f"account_id:{account.id}"]
        return account.row(int(points[BALANCE]), int(points[LIFETIME]))

    def _found(self, asked: dict[str, Any]) -> Answer:
        """Documented: by phones or by customers and not by both, all accounts without either, the oldest first."""
        query = asked.get("query", {})
        if len(query) > 1:
            raise Refusal(400, "CONFLICTING_PARAMETERS", "Expected mappings or customer_ids.", "query")
        found = list(self._accounts.values())
        if "mappings" in query:
            phones = [mapping["phone_number"] for mapping in query["mappings"]]
            found = [account for account in found if account.phone in phones]
        if "customer_ids" in query:
            found = [account for account in found if account.customer in query["customer_ids"]]
        begin, ids = 0, [account.id for account in found]
        if "cursor" in asked:
            if asked["cursor"] not in ids:
                raise Refusal(400, "INVALID_CURSOR", "The pagination cursor is invalid.", "cursor")
            begin = ids.index(asked["cursor"]) + 1
        end = begin + asked.get("limit", 30)
        rows = [self._row(account) for account in found[begin:end]]
        # That an empty list is left out is a guess.
        more = {"cursor": ids[end - 1]} if len(found) > end else {}
        return Answer.json(200, {**({"loyalty_accounts": rows} if rows else {}), **more})

    def _once(
        self,
        request: Request,
        asked: dict[str, Any],
        segment: str,
        call: Callable[[Account, dict[str, Any]], Answer],
    ) -> Answer:
        """Documented: the same request under its key gets the first answer, another one under that key an error.

        That a key is of the whole seller, that it is kept for ever, and that a refusal is not kept, are guesses.
        """
        key = asked["idempotency_key"]
        if key in self._answered:
            path, said, answer = self._answered[key]
            if (path, said) != (request.path, asked):
                detail = "The idempotency key can only be retried with the same request data."
                raise Refusal(400, "IDEMPOTENCY_KEY_REUSED", detail, "idempotency_key")
            return answer
        answer = call(self._account(segment), asked)
        self._answered[key] = (request.path, asked, answer)
        return answer

    def _adjusted(self, account: Account, asked: dict[str, Any]) -> Answer:
        adjust = asked["adjust_points"]
        points, balance = adjust["points"], self.ledger.balance(f"account_id:{account.id}", BALANCE)
        if points == 0:
            invalid("INVALID_VALUE", "Points must not be 0.", "adjust_points.points")  # a guess
        if points < 0 and balance + points < 0 and not asked.get("allow_negative_balance", False):
            raise Refusal(400, "BAD_REQUEST", "The loyalty account does not have enough points.")
        details = {name: adjust[name] for name in ("points", "reason") if name in adjust}
        row = self._changed(account, "ADJUST_POINTS", points, details, asked)
        return Answer.json(200, {"event": row})

    def _accumulated(self, account: Account, asked: dict[str, Any]) -> Answer:
        given = asked["accumulate_points"]
        if len(given.keys() & {"points", "order_id"}) != 1:
            invalid("BAD_REQUEST", "Expected order_id or points.", "accumulate_points")
        if "order_id" in given:  # orders are not simulated
            raise Refusal(404, "NOT_FOUND", f"Could not find order with id: {given['order_id']}")
        details, place = {"points": given["points"]}, asked["location_id"]
        row = self._changed(account, "ACCUMULATE_POINTS", given["points"], details, asked, place)
        account.enrolled = account.enrolled or self.now()
        return Answer.json(200, {"events": [row]})

    def _changed(
        self,
        account: Account,
        kind: str,
        points: int,
        details: dict[str, Any],
        said: dict[str, Any],
        location: str | None = None,
    ) -> dict[str, Any]:
        """Apply a change of points; returns its event."""
        if said.get(kind.lower(), {}).get("loyalty_program_id", PROGRAM) != PROGRAM:
            raise Refusal(404, "NOT_FOUND", "Could not find the loyalty program.")  # a guess
        member, now = f"account_id:{account.id}", self.now()
        id_ = str(self.new_id())
        # Lifetime points are all that were ever accrued. That a negative adjustment does not lower them is a guess.
        accounts = [BALANCE, LIFETIME] if points > 0 else [BALANCE]
        self.ledger.post(Effect(now, member, Decimal(points), None, id_, said), accounts)
        if points > 0:
            expires = None if self.expiry_months is None else later(now, self.expiry_months)
            account.added(points, int(self.ledger.balance(member, BALANCE)), expires)
        elif kind != "EXPIRE_POINTS":
            account.taken(-points)
        account.updated = now
        at = simulated_accounts.text(now)
        row = simulated_events.event(kind, details, number=id_, at=at, account=account.id, location=location)
        self._events.append(Event(row))
        return row

    def _expire(self) -> None:
        """Let the points go whose moment has come. That the event has them as a negative number is a guess."""
        for account in self._accounts.values():
            if points := account.due(self.now()):
                self._changed(account, "EXPIRE_POINTS", -points, {"points": -points}, {})

    def _program(self) -> Answer:
        months = self.expiry_months
        program = {
            "id": PROGRAM,
            "status": "ACTIVE",
            "terminology": {"one": "Point", "other": "Points"},
            **({} if months is None else {"expiration_policy": {"expiration_duration": f"P{months}M"}}),
            "location_ids": ["P034NEENMD09F"],
            "created_at": "2020-04-20T16:55:11Z",
            "updated_at": "2020-05-01T02:00:02Z",
        }
        return Answer.json(200, {"program": program})
