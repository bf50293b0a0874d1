"""The fifth vendor's sister, who refuses what it has written, and tells whether it is the same entry."""

from gateway.errors import AlreadyBooked, BookedOtherwise, VendorBadResponse
from gateway.port import VendorResponse
from gateway.simulation import Answer, Example, Request, jsontext
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.simulator import PaperSimulator


class Remembering(Paper):
    """The adapter for paper of a vendor who remembers an id for a day, so that an unknown is sent again."""

    enforced_for = 86_400.0


class Ink(Remembering):
    """The adapter for ink: an entry under an id that was used already is refused, with a code that says so."""

    enforces = "refuse"
    refusals = {  # noqa: RUF012 (a ClassVar)
        **Paper.refusals,
        (409, "WRITTEN"): AlreadyBooked,
        (409, "WRITTEN_OTHERWISE"): BookedOtherwise,
    }

    def _said(self, response: VendorResponse) -> dict[str, object]:
        try:
            code = response.json_object().get("code")
        except VendorBadResponse:
            code = None
        if isinstance(code, str):
            self.judge(response, listed=True, code=code)
        return super()._said(response)


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
