"""Whatever an adapter does with the answers of an honest vendor, what is called not applied was not applied."""

from collections.abc import Generator
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from gateway.adjustments import Verdict
from gateway.delivery.call import Call
from gateway.errors import MemberNotFound, VendorAuthFailed, VendorError, VendorRejected
from gateway.model import Applied
from gateway.port import Adapter, VendorRequest, VendorResponse, VendorSettings
from gateway.transport import TransportError

STATUSES = (200, 201, 400, 401, 401, 404, 409, 429, 503)
REFUSING = (401, 409, 429)
"""Statuses with which the vendor has applied nothing: those that are known, and one that the adapter lists."""
ACTS = ("judge and catch",) * 4 + ("ask",) * 4 + ("judge", "judge", "refuse", "raise", "return", "return nothing")
SETTINGS = VendorSettings(adapter="careless", base_url="https://v.example")


class Careless(Adapter[VendorSettings]):
    """Does at each step whatever is drawn: asks, judges any answer so far, catches, raises and returns."""

    refusals = {409: VendorRejected}  # noqa: RUF012 (a ClassVar)

    def adjust(self, draw: Any) -> Generator[VendorRequest, VendorResponse, Any]:
        """Have an exchange without a plan."""
        answers: list[VendorResponse] = [(yield self._request(draw))]
        for _ in range(draw(st.integers(2, 8))):
            # Of the last answer most often, since what comes of it is what matters.
            answer = answers[-1] if draw(st.integers(0, 3)) else answers[draw(st.integers(0, len(answers) - 1))]
            act = draw(st.sampled_from(ACTS))
            if act == "ask":
                answers.append((yield self._request(draw)))
            elif act == "judge":
                self.judge(answer, listed=draw(st.booleans()))
            elif act == "judge and catch":
                try:
                    self.judge(answer, listed=draw(st.booleans()))
                except VendorError as error:
                    event(f"caught {type(error).__name__}")
            elif act == "refuse":
                self.refuse(draw(st.sampled_from((MemberNotFound, VendorRejected, VendorAuthFailed))), answer)
            elif act == "raise":
                raise draw(st.sampled_from((KeyError("x"), VendorRejected("No"), VendorAuthFailed("Who?"))))
            else:
                return Applied() if act == "return" else None
        return Applied()

    def _request(self, draw: Any) -> VendorRequest:
        method = draw(st.sampled_from(("GET", "POST", "POST", "PUT")))
        # That a request without an effect says so is true here, and a GET has none: an adapter that lies is believed.
        return VendorRequest(method, f"/{draw(st.integers(0, 2))}")


def drive(draw: Any) -> tuple[Verdict, list[int | None], int, bool]:
    """One exchange: its verdict, the status of the answer to each effect that left, how many applied, and its end."""
    call, exchange = Call(writing=True), Careless(SETTINGS).adjust(draw)
    statuses: list[int | None] = []
    applied, returned = 0, False
    error: BaseException | None = None
    try:
        request = next(exchange)
        while True:
            request = call.begin(request)
            call.last.sent = draw(st.integers(0, 5)) > 0
            if not call.last.sent:
                raise TransportError("refused")
            status = draw(st.sampled_from(STATUSES))
            broken = draw(st.integers(0, 5)) == 0
            if request.effect:
                applied += status not in REFUSING and draw(st.booleans())
                statuses.append(None if broken else status)
            if broken:
                raise TransportError("reset")
            response = VendorResponse(status)
            call.answered(response)
            try:
                request = exchange.send(response)
            except StopIteration as stop:
                returned = True
                call.end(stop.value, Applied)
                break
    except Exception as raised:
        error = raised
    return call.verdict(error), statuses, applied, returned


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_what_is_called_not_applied_was_not(data: st.DataObject) -> None:
    """And a success has an effect that was answered; a second effect leaves only after a 401, and never a third."""
    verdict, statuses, applied, returned = drive(data.draw)
    event(verdict.value)
    if verdict in (Verdict.REFUSED, Verdict.NOT_APPLIED):
        assert applied == 0
    assert not returned or verdict in (Verdict.APPLIED, Verdict.UNKNOWN)
    if verdict is Verdict.APPLIED:
        assert returned
        assert statuses
        assert statuses[-1] is not None
    assert len(statuses) <= 2
    assert len(statuses) < 2 or statuses[0] == 401
    assert applied <= 1
