"""Which reads are asked again, when, and how often."""

import asyncio

import pytest

from gateway.delivery.gate import Held
from gateway.delivery.retries import PAUSE, Retries
from gateway.errors import (
    MemberNotFound,
    VendorBadResponse,
    VendorError,
    VendorRateLimited,
    VendorTimeout,
    VendorUnavailable,
)
from tests.deadlines import DEADLINE


class Bench:
    """A source that fails as it is told and then answers; pauses are noted, not slept."""

    def __init__(self, *errors: VendorError, random: float = 0.0) -> None:
        self.errors = list(errors)
        self.asked = 0
        self.pauses: list[float] = []
        self.retries = Retries(sleep=self._sleep, random=lambda: random)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def _ask(self) -> str:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return "5"

    def read(self, within: float = DEADLINE) -> str:
        """One read with so many seconds left."""

        async def body() -> str:
            deadline = asyncio.get_running_loop().time() + within
            return await self.retries.had(self._ask, deadline=deadline)

        return asyncio.run(body())


def test_a_vendor_that_was_out_of_reach_is_asked_again() -> None:
    """Twice at most, after pauses that grow."""
    bench = Bench(VendorUnavailable(), VendorTimeout())
    assert (bench.read(), bench.asked, bench.pauses) == ("5", 3, [PAUSE, 2 * PAUSE])


def test_the_third_failure_is_told() -> None:
    """As the vendor said it last."""
    bench = Bench(*(VendorUnavailable(str(number)) for number in range(5)))
    with pytest.raises(VendorUnavailable, match="2"):
        bench.read()
    assert bench.asked == 3


def test_pauses_are_never_quite_the_same() -> None:
    """So that callers who failed together do not come back together."""
    bench = Bench(VendorUnavailable(), random=1.0)
    bench.read()
    assert bench.pauses == [1.5 * PAUSE]


def test_a_retry_after_that_fits_is_honoured() -> None:
    """The vendor is asked no sooner than it said."""
    bench = Bench(VendorUnavailable(retry_after=7.0))
    assert (bench.read(), bench.pauses) == ("5", [7.0])


@pytest.mark.parametrize(("retry_after", "within"), [(7.0, 6.0), (None, 0.05)])
def test_what_does_not_fit_is_not_tried(retry_after: float | None, within: float) -> None:
    """Past the caller's deadline nothing is sent: the failure is told at once."""
    bench = Bench(VendorUnavailable(retry_after=retry_after))
    with pytest.raises(VendorUnavailable):
        bench.read(within)
    assert (bench.asked, bench.pauses) == (1, [])


@pytest.mark.parametrize(
    "error",
    [MemberNotFound(), VendorBadResponse(), VendorRateLimited(retry_after=1.0), Held(retry_after=0.1)],
    ids=repr,
)
def test_an_answer_is_an_answer(error: VendorError) -> None:
    """A refusal, an answer that makes no sense, a vendor that is asked too often or left alone: none is asked again."""
    bench = Bench(error)
    with pytest.raises(type(error)):
        bench.read()
    assert bench.asked == 1
