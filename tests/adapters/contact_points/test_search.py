"""The search of contact-points by an adjustment's own id, and the probe: what is believed, and what proves nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.contact_points.adapter import LONG_AGO
from gateway import exact
from gateway.errors import VendorAuthFailed, VendorBadResponse, VendorError, VendorRateLimited, VendorUnavailable
from gateway.model import Found
from gateway.port import Exchange, VendorResponse
from tests.adapters.contact_points.test_history import MEMBER, OWN, POINT, adapter


def search(*points: dict[str, Any], status: int = 200) -> Found:
    """What a search for the point of the samples finds in these."""
    exchange = adapter().find(id=OWN, member=MEMBER, points=Decimal("2.5"), point_type="bonus")
    next(exchange)
    with pytest.raises(StopIteration) as ended:
        exchange.send(VendorResponse(status, body=exact.dumps(list(points))))
    found: Found = ended.value.value
    return found


def test_points_of_our_id_are_found() -> None:
    """All of them are, or none."""
    assert [each.transaction_id for each in search(POINT, {**POINT, "Id": 4}).matches] == ["3", "4"]
    assert search().matches == ()


@pytest.mark.parametrize(
    ("status", "kind"), [(401, VendorAuthFailed), (429, VendorRateLimited), (503, VendorUnavailable)]
)
def test_a_search_that_fails_says_why(status: int, kind: type[VendorError]) -> None:
    """The search is made again then: that nothing was listed is not read out of it."""
    exchange = adapter().find(id=OWN, member=MEMBER, points=Decimal("2.5"), point_type="bonus")
    next(exchange)
    with pytest.raises(kind):
        exchange.send(VendorResponse(status, body=b"[]"))


@pytest.mark.parametrize("source", ["adj_" + "0" * 32, "adj_" + "f" * 32, None, ...])
def test_a_point_of_another_id_proves_that_the_vendor_did_not_search(source: object) -> None:
    """Then the absence of ours says nothing, whatever the other id is."""
    point = {**POINT, "SourceId": source}
    with pytest.raises(VendorBadResponse):
        search(POINT, {name: value for name, value in point.items() if value is not ...})


@pytest.mark.parametrize(
    ("settings", "type_"),
    [({}, "Basis"), ({"default_point_type": "bonus"}, "Bonus"), ({"default_point_type": None}, "Basis")],
)
def test_a_probe_lists_one_type_of_a_moment_long_ago(settings: dict[str, Any], type_: str) -> None:
    """The default type, or else the first."""
    request = next(adapter(**settings).probe())
    assert parse_qs(urlsplit(request.path).query) == {"type": [type_], "from": [LONG_AGO], "to": [LONG_AGO]}


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize(
    "exchange",
    [
        lambda: adapter().probe(),
        lambda: adapter().find(id=OWN, member=MEMBER, points=Decimal("2.5"), point_type="bonus"),
    ],
    ids=["a probe", "a search"],
)
def test_no_answer_to_a_probe_or_a_search_is_a_refusal(exchange: Callable[[], Exchange[Any]], status: int) -> None:
    """Statuses that refuse a write mean nothing here."""
    asked = exchange()
    next(asked)
    with pytest.raises(VendorError) as raised:
        asked.send(VendorResponse(status, body=exact.dumps({"Message": "No"})))
    assert not raised.value.judged
