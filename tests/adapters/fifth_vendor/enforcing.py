"""The fifth vendor's sister, who refuses what it has written, and tells whether it is the same entry."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from gateway.errors import AlreadyBooked, BookedOtherwise, VendorBadResponse
from gateway.model import Applied, Member
from gateway.port import Exchange, Issued, VendorRequest, VendorResponse
from gateway.simulation import Answer, Example, Request, jsontext
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import ACCESS, PaperSimulator


class Remembering(Paper):
    """The adapter for paper of a vendor who remembers an id for a day, so that an unknown is sent again."""

    enforced_for = 86_400.0


class Dated(Remembering):
    """The adapter for paper of a vendor who wants each request dated, with a token that is good for one."""

    nonces: tuple[str, ...] = ("X-Time", "X-Nonce")

    def token(self) -> Exchange[Issued]:
        """Fetch a token that has ended before the next call."""
        return Issued((yield from self._access()), 1e-9)

    def adjust(  # type: ignore[override]
        self,
        *,
        member: Member,
        points: Decimal,
        id: str,  # noqa: A002 (the name that the port gives it)
        token: str,
        now: datetime,
        nonce: str,
    ) -> Exchange[Applied]:
        """Write an entry."""
        response = yield VendorRequest.json(
            "POST",
            "/entries",
            {"holder": str(member), "amount": points, "kind": "stamps"},
            headers={
                "Authorization": f"Bearer {token}",
                "Entry-Key": id,
                "X-Time": now.isoformat(),
                "X-Nonce": nonce,
            },
            nonces=self.nonces,
        )
        return Applied(str(self._success(response)["entry"]))


class Undeclared(Dated):
    """Does not say that each request has a nonce of its own."""

    nonces = ("X-Time",)


class DatedSimulator(PaperSimulator):
    """Issues each token once, and takes it once."""

    name = "dated"
    example = replace(PaperSimulator.example, settings={**PaperSimulator.example.settings, "adapter": "dated"})

    def handle(self, request: Request) -> Answer:
        """As of paper, with the token that was issued last."""
        answer = super().handle(self._with_the_usual_token(request))
        if request.path.endswith("/token") and answer.status == 200:
            self._last = f"paper-token-number-{len(self.requests)}"
            return Answer.json(200, {"access": self._last})
        return answer

    def _with_the_usual_token(self, request: Request) -> Request:
        usual, self._last = ("Authorization", f"Bearer {ACCESS}"), getattr(self, "_last", "")
        if request.header("Authorization") != f"Bearer {self._last}":
            return request
        others = [each for each in request.headers if each[0].lower() != "authorization"]
        return replace(request, headers=(*others, usual))


class UndeclaredSimulator(DatedSimulator):
    """The same vendor, for the adapter that does not declare a nonce."""

    example = replace(PaperSimulator.example, settings={**PaperSimulator.example.settings, "adapter": "undeclared"})


class Ink(Remembering):
    """The adapter for ink: an entry under an id that was used already is refused, with a code that says so."""

    enforces = "refuse"
    refusals = {  # noqa: RUF012 (a ClassVar)
        **Paper.refusals,
        (409, "WRITTEN"): AlreadyBooked,
        (409, "WRITTEN_OTHERWISE"): BookedOtherwise,
    }

    def _success(self, response: VendorResponse) -> dict[str, object]:
        try:
            code = response.json_object().get("code")
        except VendorBadResponse:
            code = None
        if isinstance(code, str):
            self.judge(response, listed=True, code=code)
        return super()._success(response)


class InkSimulator(PaperSimulator):
    """Keeps what holders have; an entry under a key that was used already is refused."""

    name = "ink"
    example = Example(
        settings={**PaperSimulator.example.settings, "adapter": "ink"},
        base_path="/paper",
        member="card:1",
        unknown_member="card:404",
        point_type="base",
        reason="goodwill",
    )

    def seed(self) -> None:
        """As of paper, and nothing written yet."""
        super().seed()
        self._bodies: dict[str, object] = {}

    def _entry(self, request: Request) -> Answer:
        key, body = request.header("Entry-Key"), jsontext.read(request.body)
        if key in self._written:
            code = "WRITTEN" if self._bodies[key] == body else "WRITTEN_OTHERWISE"
            return Answer.json(409, {"error": "that page is full", "code": code})
        answer = super()._entry(request)
        if answer.status == 201:
            self._bodies[str(key)] = body
        return answer
