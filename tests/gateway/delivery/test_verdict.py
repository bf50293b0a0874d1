"""The verdict of one exchange, from what was sent and answered alone: no vendor, no way to one."""

from dataclasses import replace

import pytest

from gateway.adjustments import Verdict
from gateway.delivery.call import MOST, AdapterFault, Call
from gateway.errors import AlreadyBooked, BookedOtherwise, VendorError
from gateway.port import VendorRequest, VendorResponse
from tests.adapters.fifth_vendor.adapter import Settings
from tests.adapters.fifth_vendor.enforcing import Ink, InkSimulator

WRITE = VendorRequest.json("POST", "/entries", {})
ASK = VendorRequest("GET", "/balance")
TOKEN = VendorRequest("POST", "/token", effect=False, confidential=True)


def answered(call: Call, request: VendorRequest, response: VendorResponse, *, sent: bool = True) -> VendorResponse:
    """Send a request within a call, as the delivery does, and take in its answer."""
    call.begin(request)
    call.last.sent = sent
    call.answered(response)
    return response


def refused(response: VendorResponse, code: str) -> VendorError:
    """What the adapter of a vendor that enforces idempotency makes of an answer with this code."""
    ink = Ink(Settings.model_validate({**InkSimulator.example.settings, "base_url": "https://ink.example"}))
    with pytest.raises(VendorError) as raised:
        ink.judge(response, listed=True, code=code)
    return raised.value


@pytest.mark.parametrize("first", [True, False], ids=["first", "repeat"])
def test_booked_before_is_applied_where_an_earlier_request_can_have_booked_it(first: bool) -> None:
    """In a repeat the vendor has booked the earlier request; in a first exchange nobody knows whose it is."""
    call = Call(writing=True, first=first)
    error = refused(answered(call, WRITE, VendorResponse(409)), "WRITTEN")
    assert type(error) is AlreadyBooked
    assert call.verdict(error) is (Verdict.UNKNOWN if first else Verdict.APPLIED)


def test_booked_before_proves_nothing_where_no_effect_left() -> None:
    """The answer is then to no request of this adjustment."""
    call = Call(writing=True, first=False)
    error = refused(answered(call, WRITE, VendorResponse(409), sent=False), "WRITTEN")
    assert call.verdict(error) is Verdict.UNKNOWN


def test_booked_before_proves_nothing_about_another_answer() -> None:
    """Only the answer to the effect can say so, and only while it is the last one."""
    call = Call(writing=True, first=False)
    answered(call, WRITE, VendorResponse(201))
    error = refused(answered(call, ASK, VendorResponse(409)), "WRITTEN")
    assert call.verdict(error) is Verdict.UNKNOWN


def test_booked_before_proves_nothing_once_more_was_asked() -> None:
    """What followed the answer to the effect may contradict it."""
    call = Call(writing=True, first=False)
    error = refused(answered(call, WRITE, VendorResponse(409)), "WRITTEN")
    answered(call, ASK, VendorResponse(200))
    assert call.verdict(error) is Verdict.UNKNOWN


def test_booked_otherwise_proves_nothing() -> None:
    """What the vendor has under the id is something else: whether this was applied, nobody knows."""
    call = Call(writing=True, first=False)
    error = refused(answered(call, WRITE, VendorResponse(409)), "WRITTEN_OTHERWISE")
    assert type(error) is BookedOtherwise
    assert call.verdict(error) is Verdict.UNKNOWN


def test_a_first_exchange_is_the_default() -> None:
    """Whoever sends a request again has to say so."""
    assert Call(writing=True).first


@pytest.mark.parametrize(("code", "vouched"), [("SOMETHING", True), ("WRITTEN", False), ("WRITTEN_OTHERWISE", False)])
def test_nobody_vouches_for_an_answer_that_speaks_of_a_booking(code: str, vouched: bool) -> None:
    """The vendor says there that something is booked, whatever its status was vouched for."""
    call = Call(writing=True)
    response = answered(call, WRITE, VendorResponse(409))
    assert call.vouched_for(refused(response, code), [409]) is (response if vouched else None)


def test_no_error_of_an_adapter_is_vouched_for() -> None:
    """What is no vendor's error says nothing of what the answer means."""
    call = Call(writing=True)
    answered(call, WRITE, VendorResponse(409))
    assert call.vouched_for(KeyError("code"), [409]) is None
    assert call.vouched_for(None, [409]) is None


def test_an_error_is_confidential_where_it_may_quote_a_confidential_answer() -> None:
    """It is about that answer, or came right after that request; one about another answer is not."""
    call = Call(writing=True)
    assert not call.is_confidential(ValueError("nothing was asked"))
    token = answered(call, TOKEN, VendorResponse(400))
    assert call.is_confidential(ValueError("no token"))
    written = answered(call, WRITE, VendorResponse(400))
    assert call.is_confidential(refused(token, "SOMETHING"))
    assert not call.is_confidential(refused(written, "SOMETHING"))
    assert not call.is_confidential(ValueError("no entry"))


def test_what_came_are_the_requests_with_their_answers() -> None:
    """The last one has none while it is under way."""
    call = Call(writing=True)
    assert call.came == ()
    response = answered(call, WRITE, VendorResponse(201))
    assert [came for _, came in call.came] == [response]
    call.begin(ASK)
    assert [came for _, came in call.came] == [response, None]


def test_what_vendors_issued_is_remembered_for_the_exchange() -> None:
    """Each request adds what it carries; a request that carries none adds nothing."""
    call = Call(writing=True)
    for issued in (("first",), (), ("second", "third")):
        call.begin(replace(ASK, issued=issued))
    assert call.issued == ("first", "second", "third")


def test_an_exchange_has_at_most_twenty_requests() -> None:
    """The twenty-first is stopped before it leaves."""
    assert MOST == 20
    call = Call(writing=False)
    for _ in range(20):
        answered(call, ASK, VendorResponse(200))
    with pytest.raises(AdapterFault):
        call.begin(ASK)


def test_the_answers_of_a_read_decide_nothing() -> None:
    """Those of a write and of a search do."""
    assert not Call(writing=False).begin(ASK).decides
    assert Call(writing=False, deciding=True).begin(ASK).decides
    assert Call(writing=True).begin(ASK).decides
