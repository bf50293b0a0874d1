"""An invented vendor of tokens, as a simulator: a booking's key is remembered, and its list has the key."""

from decimal import Decimal
from urllib.parse import parse_qs

from gateway.simulation import Answer, Effect, Example, Request, Simulator, jsontext

DESCRIPTION = """\
name: tokens
source: the invented document of tokens
schemes: [card]
settings: {key: secret}
authentication: {header: {name: X-Key, setting: key}}
refusals:
  code: $.error
  message: $.text
  known:
    - {status: 404, code: nobody, means: member_not_found}
    - {status: 409, code: short, means: insufficient_points}
adjust:
  post: /cards/{member}/tokens
  body: {tokens: "{points}", key: "{id}", text: "{description?}", at: "{now}"}
  success: {status: 201, require: {$.state: done}, agree: {$.tokens: "{points}"}, outcome: succeeded}
  result: {transaction: $.id, balance: {available: $.left}}
  idempotency: {enforces: replay, seconds: 86400}
balance:
  get: /cards/{member}
  result: {available: $.left}
transactions:
  get: /cards/{member}/tokens
  query: {most: "{limit}", after: "{cursor?}"}
  rows: $.tokens[*]
  row: {id: $.id, points: $.tokens, adjustment: $.key}
  next: {last: $.id, more: $.more}
find:
  get: /cards/{member}/tokens
  query: {most: 2, after: "{cursor?}"}
  rows: $.tokens[*]
  ours: {$.key: "{id}"}
  points: $.tokens
  transaction: $.id
  next: {last: $.id, more: $.more}
probe: {get: /health}
"""


class TokenShop(Simulator):
    """Books tokens for cards; a key that came before gets its first answer."""

    name = "tokens"
    example = Example(
        settings={"adapter": "declared", "description": "vendors/tokens.yaml", "key": "simulated-tokens-key-7"},
        base_path="/v1",
        member="card:7",
        unknown_member="card:404",
    )

    def seed(self) -> None:
        """One card with ten tokens."""
        self._answers: dict[str, Answer] = {}
        self.ledger.open("card:7", {"left": Decimal(10)})

    def handle(self, request: Request) -> Answer:
        """Book, list, and read a card; everything else is an error."""
        if request.header("X-Key") != self.example.settings["key"]:
            return Answer.json(401, {"error": "key", "text": "Who are you?"})
        match (request.method, *request.path.split("/")[2:]):
            case "GET", "health":
                return Answer.json(200, {})
            case method, "cards", card, *rest if self.ledger.knows(member := f"card:{card}"):
                if rest == ["tokens"] and method == "POST":
                    return self._booked(member, jsontext.read(request.body))
                if rest == ["tokens"]:
                    return self._page(member, parse_qs(request.query))
                return Answer.json(200, {"left": self.ledger.balance(member, "left")})
        return Answer.json(404, {"error": "nobody", "text": "No such card."})

    def _booked(self, member: str, body: dict[str, object]) -> Answer:
        key, tokens = str(body["key"]), Decimal(str(body["tokens"]))
        if key not in self._answers:
            if self.ledger.balance(member, "left") + tokens < 0:
                return Answer.json(409, {"error": "short", "text": "Too few."})
            effect = Effect(self.now(), member, tokens, transaction_id=str(self.new_id()), fields=body)
            self.ledger.post(effect, ["left"])
            left = self.ledger.balance(member, "left")
            booked = {"state": "done", "id": effect.transaction_id, "tokens": tokens, "left": left}
            self._answers[key] = Answer.json(201, booked)
        return self._answers[key]

    def _page(self, member: str, query: dict[str, list[str]]) -> Answer:
        rows = [
            {"id": each.transaction_id, "tokens": each.points, "key": each.fields["key"]}
            for each in self.effects
            if each.member == member
        ]
        begin = [row["id"] for row in rows].index(query["after"][0]) + 1 if "after" in query else 0
        end = begin + int(query["most"][0])
        return Answer.json(200, {"tokens": rows[begin:end], "more": end < len(rows)})
