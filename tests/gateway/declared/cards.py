"""An invented vendor of cards with revisions, as a simulator: a booking needs the current one, and can be voided."""

from decimal import Decimal

from gateway.simulation import Answer, Effect, Example, Request, Simulator, jsontext

CARDS = """\
name: cards
source: the invented document of cards
schemes: [card]
fractions: false
settings: {key: secret}
authentication: {header: {name: X-Key, setting: key}}
refusals:
  code: $.error
  message: $.text
  known:
    - {status: 404, code: nobody, means: member_not_found}
    - {status: 409, code: short, means: insufficient_points}
    - {status: 409, code: moved, means: busy}
    - {status: 409, code: void, means: already_reversed}
adjust:
  before:
    get: /cards/{member}
    success: {agree: {$.number: "{member}"}}
    values: {revision: $.revision}
  post: /cards/{member}/tokens
  body: {tokens: "{points}", key: "{id}", revision: "{before.revision}", parent: {id: null}}
  success: {status: 201, require: {$.state: done}, agree: {$.tokens: "{points}"}, outcome: succeeded}
  result: {transaction: $.id}
balance:
  get: /cards/{member}
  result: {available: $.left}
find:
  get: /cards/{member}/tokens
  rows: $.tokens[*]
  ours: {$.key: "{id}"}
  points: $.tokens
  transaction: $.id
reverse:
  before:
    get: /tokens/{transaction}
    success: {agree: {$.id: "{transaction}"}}
    values: {revision: $.revision}
  post: /tokens/{transaction}/void
  body: {key: "{id}", revision: "{before.revision}"}
  success: {status: 201, require: {$.state: done}, agree: {$.voids: "{transaction}"}, outcome: succeeded}
  result: {transaction: $.id}
find_reversal:
  get: /tokens/{transaction}
  ours: {$.id: "{transaction}"}
  cancelled: $.void
"""
BY_ROWS = """\
find_reversal:
  get: /cards/{member}/tokens
  rows: $.tokens[*]
  ours: {$.voids: "{transaction}"}
  lacking: other
  points: $.tokens
  transaction: $.id
"""
"""The same question, asked of the list of all bookings."""


class CardShop(Simulator):
    """Books tokens for cards, each of which has a revision that grows with every booking."""

    name = "cards"
    example = Example(
        settings={"adapter": "declared", "description": "vendors/cards.yaml", "key": "simulated-cards-key-7"},
        base_path="/v1",
        member="card:7",
        unknown_member="card:404",
    )

    def seed(self) -> None:
        """One card with ten tokens."""
        self._void: dict[str, str] = {}
        self.ledger.open("card:7", {"left": Decimal(10)})

    def handle(self, request: Request) -> Answer:
        """Book, void, list, and read a card or a booking; everything else is an error."""
        if request.header("X-Key") != self.example.settings["key"]:
            return Answer.json(401, {"error": "key", "text": "Who are you?"})
        match (request.method, *request.path.split("/")[2:]):
            case method, "cards", card, *rest if self.ledger.knows(member := f"card:{card}"):
                if rest == ["tokens"] and method == "POST":
                    return self._asked(member, jsontext.read(request.body))
                if rest == ["peek"]:
                    return self._peeked(member, jsontext.read(request.body))
                if rest == ["tokens"]:
                    return Answer.json(200, {"tokens": [self._row(each) for each in self.effects]})
                left = self.ledger.balance(member, "left")
                return Answer.json(200, {"number": card, "left": left, "revision": self._revision(member)})
            case "GET", "tokens", number if booking := self._booking(number):
                return Answer.json(200, {**self._row(booking), "revision": self._revision(booking.member)})
            case "POST", "tokens", number, "void" if booking := self._booking(number):
                body = jsontext.read(request.body)
                if number in self._void:
                    return Answer.json(409, {"error": "void", "text": "Void already."})
                voiding = {**body, "tokens": -booking.points, "voids": number, "parent": {"id": None}}
                answer = self._asked(booking.member, voiding)
                if answer.status == 201:
                    self._void[number] = self.effects[-1].transaction_id or ""
                return answer
        return Answer.json(404, {"error": "nobody", "text": "No such card."})

    def _peeked(self, member: str, body: dict[str, object]) -> Answer:
        """What a card shows for a price, which the vendor's document has in a footnote."""
        fields = {**body, "key": "peek", "revision": self._revision(member), "parent": {"id": None}}
        self._asked(member, fields)
        return Answer.json(200, {"revision": self._revision(member)})

    def _revision(self, member: str) -> str:
        return f"r{sum(each.member == member for each in self.effects)}"

    def _booking(self, number: str) -> Effect | None:
        return next((each for each in self.effects if each.transaction_id == number), None)

    def _row(self, booking: Effect) -> dict[str, object]:
        own = booking.transaction_id
        row = {"id": own, "tokens": booking.points, "key": booking.fields["key"], "void": self._void.get(own or "")}
        return row | ({"voids": booking.fields["voids"]} if "voids" in booking.fields else {})

    def _asked(self, member: str, body: dict[str, object]) -> Answer:
        tokens = Decimal(str(body["tokens"]))
        if body["revision"] != self._revision(member):
            return Answer.json(409, {"error": "moved", "text": "The card has another revision."})
        if body["parent"] != {"id": None} or self.ledger.balance(member, "left") + tokens < 0:
            return Answer.json(409, {"error": "short", "text": "Too few."})
        effect = Effect(self.now(), member, tokens, transaction_id=str(self.new_id()), fields=body)
        self.ledger.post(effect, ["left"])
        booked = {"state": "done", "id": effect.transaction_id, "tokens": tokens, "voids": body.get("voids")}
        return Answer.json(201, booked)
