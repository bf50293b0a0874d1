"""The vendor that only tests know: holders with entries, written by whoever has fetched an access token."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote

from gateway.simulation import Answer, Effect, Example, Request, Simulator, jsontext

ACCESS = "paper-access-token"
KINDS = ("stamps", "stars")
NAMES = {"holder", "amount", "kind", "text", "cause", "ref", "shop", "held", "pen", "page"}


class PaperSimulator(Simulator):
    """Keeps what holders have, by kind; an entry under a key that was used already is not written again."""

    name = "paper"
    example = Example(
        settings={
            "adapter": "paper",
            "client": "brand",
            "client_secret": "simulated-paper-secret",
            "point_types": {"base": "stamps", "bonus": "stars"},
            "default_point_type": "base",
            "reasons": {"goodwill": "gift", "correction": "typo"},
        },
        base_path="/paper",
        member="card:1",
        unknown_member="card:404",
        point_type="base",
        reason="goodwill",
    )

    def seed(self) -> None:
        """One holder with 100 stamps, of which 7.25 fade in the coming month, and one with none.

        `phones` are those of the holders, by card; a test may have a phone move to another card.
        """
        self._written: dict[str, Answer] = {}
        self._entries: list[dict[str, Any]] = []
        self.phones = {"1": "+1234567890", "2": "+1987654321"}
        self._fading = [(self.now() + timedelta(days=20), "stamps", Decimal("7.25"))]
        self.ledger.open("card:1", {"stamps": Decimal(100)})
        self.ledger.open("card:2")

    def handle(self, request: Request) -> Answer:
        """Hand out access tokens, write entries and read holders; everything else is an error."""
        match request.method, request.path.split("/")[1:]:
            case "POST", ["paper", "token"]:
                return self._token(request)
            case (
                ("POST", ["paper", "entries"])
                | ("GET", ["paper", "holders"])
                | ("GET", ["paper", "holders", _, ("balance" | "expiring" | "entries")])
            ):
                if request.header("Authorization") != f"Bearer {ACCESS}":
                    return _no(401, "who are you?")
                if request.path.endswith("/holders"):
                    return self._holders(request)
                return self._entry(request) if request.method == "POST" else self._read(request)
        return _no(405, "no such page")

    def _token(self, request: Request) -> Answer:
        given = jsontext.read(request.body)
        known = self.example.settings
        if given != {"client": known["client"], "secret": known["client_secret"]}:
            return _no(401, "who are you?")
        return Answer.json(200, {"access": ACCESS})

    def _entry(self, request: Request) -> Answer:
        body, key = jsontext.read(request.body), request.header("Entry-Key")
        if not key or not isinstance(body, dict) or body.keys() - NAMES or body.get("kind") not in KINDS:
            return _no(422, "that cannot be written")
        if key not in self._written:
            answer = self._new_entry(body, key)
            if answer.status != 201:
                return answer
            self._written[key] = answer
        return self._written[key]

    def _new_entry(self, body: dict[str, Any], key: str) -> Answer:
        holder, kind, amount = body["holder"], body["kind"], Decimal(body["amount"])
        if not self.ledger.knows(holder):
            return _no(404, "no such holder")
        if amount < 0 and self.ledger.balance(holder, kind) + amount < 0:
            return _no(402, "not enough left")
        entry = str(self.new_id())
        self.ledger.post(Effect(self.now(), holder, amount, kind, entry, body), [kind])
        self._entries.append({**body, "entry": entry, "key": key, "written": self.now().isoformat()})
        return Answer.json(201, {"entry": entry, "left": self.ledger.balance(holder, kind)})

    def _holders(self, request: Request) -> Answer:
        asked = dict(parse_qsl(request.query))
        holders = [{"card": card, "phone": phone, "paper": "plain"} for card, phone in self.phones.items()]
        fitting = [holder for holder in holders if all(holder.get(name) == value for name, value in asked.items())]
        return Answer.json(200, {"holders": fitting})

    def _read(self, request: Request) -> Answer:
        _, _, _, holder, what = request.path.split("/")
        member, asked = unquote(holder), dict(parse_qsl(request.query))
        if asked.get("kind", None if what == "entries" else "") not in (*KINDS, None):
            return _no(422, "no such kind")
        if not self.ledger.knows(member):
            return _no(404, "no such holder")
        if what == "entries":
            return self._page(member, asked)
        if what == "balance":
            return Answer.json(200, {"left": self.ledger.balance(member, asked["kind"])})
        start, end = _moment(asked["from"]), _moment(asked["to"])
        fading = (points for at, kind, points in self._fading if kind == asked["kind"] and start <= at <= end)
        return Answer.json(200, {"fading": sum(fading, Decimal(0))})

    def _page(self, member: str, asked: dict[str, str]) -> Answer:
        """At most `most` entries of a holder, the newest first, that were written before the entry `before`."""
        start, end = (asked.get(name) and _moment(asked[name]) for name in ("since", "until"))
        fitting = [
            entry
            for entry in reversed(self._entries)
            if entry["holder"] == member
            and asked.get("kind", entry["kind"]) == entry["kind"]
            and (not start or start <= _moment(entry["written"]))
            and (not end or _moment(entry["written"]) <= end)
        ]
        if "before" in asked:
            places = [number for number, entry in enumerate(fitting) if entry["entry"] == asked["before"]]
            if not places:
                return _no(422, "no such entry")
            fitting = fitting[places[0] + 1 :]
        most = int(asked["most"])
        older = fitting[most - 1]["entry"] if len(fitting) > most else None
        return Answer.json(200, {"entries": fitting[:most], "older": older, "since": None})


def _no(status: int, error: str) -> Answer:
    return Answer.json(status, {"error": error})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
