"""The rate of a client, on a clock that the tests turn by hand."""

import pytest

from gateway.api.limiting import Limiter, Quota
from gateway.errors import RateLimited
from gateway.settings import Client


class Bench:
    """A client with a rate, and one without."""

    def __init__(self, rate: str) -> None:
        self.now = 5000.0
        clients = {
            "storefront": Client("storefront", frozenset(), frozenset(), rate),
            "kiosk": Client("kiosk", frozenset(), frozenset(), rate),
            "free": Client("free", frozenset(), frozenset()),
        }
        self.limiter = Limiter(clients, {}, clock=lambda: self.now)

    def take(self, client: str = "storefront") -> Quota:
        quota = self.limiter.take(client)
        assert quota is not None
        return quota


def test_so_many_and_no_more() -> None:
    """What is left is counted down to the last; the next is refused, and says when to come back."""
    bench = Bench("3/minute")
    assert [bench.take().left for _ in range(3)] == [2, 1, 0]
    bench.now += 20
    with pytest.raises(RateLimited) as refused:
        bench.take().check()
    assert refused.value.retry_after == 40


def test_the_window_moves() -> None:
    """No more than so many in any window: each request comes free on its own, and one refused does not count."""
    bench = Bench("2/minute")
    bench.take().check()
    bench.now += 50
    bench.take().check()
    bench.now += 9.5
    assert not bench.take().within
    bench.now += 0.5
    assert bench.take().within
    assert not bench.take().within
    bench.now += 50
    assert bench.take().within


def test_every_client_has_its_own() -> None:
    """One that has used up its rate leaves the others theirs; without a rate there is no bound."""
    bench = Bench("1/hour")
    assert [bench.take().within, bench.take().within, bench.take("kiosk").within] == [True, False, True]
    assert bench.limiter.take("free") is None


@pytest.mark.parametrize(("rate", "window"), [("5/second", 1), ("5/minute", 60), ("5/hour", 3600)])
def test_what_an_answer_says(rate: str, window: int) -> None:
    """The policy, what is left of it, and after how many whole seconds there is more."""
    bench = Bench(rate)
    bench.take()
    bench.now += 0.25
    assert bench.take().headers == {
        "RateLimit-Policy": f'"client";q=5;w={window}',
        "RateLimit": f'"client";r=3;t={window}',
    }


def test_a_high_rate_is_kept_to() -> None:
    """A thousand a second are a thousand, and a second later a thousand again."""
    bench = Bench("1000/second")
    for _ in range(2):
        assert sum(bench.take().within for _ in range(1500)) == 1000
        bench.now += 1
