"""An adapter's table of refusals is held to what can refuse, and the more exact entry wins."""

from typing import Any

import pytest

from gateway.errors import (
    InsufficientPoints,
    InternalError,
    MemberNotFound,
    VendorBadResponse,
    VendorBusy,
    VendorError,
    VendorRejected,
    VendorUnavailable,
)
from gateway.port import Adapter, VendorResponse, VendorSettings
from gateway.port.refusals import Refusals


@pytest.mark.parametrize("status", [200, 302, 399, 500, 503, 600, 0, -404, True, "404", 404.0, None, (), (404,)])
def test_a_status_that_cannot_refuse_is_told(status: Any) -> None:
    """By itself only a status of the 400s can."""
    with pytest.raises(TypeError, match="cannot refuse"):
        Refusals({status: VendorRejected})


@pytest.mark.parametrize("pair", [(302, "E"), (404, ""), (404, 7), ("404", "E"), (99, "E"), (600, "E"), (404, "E", 1)])
def test_a_pair_that_cannot_refuse_is_told(pair: Any) -> None:
    """A code is a text that is not empty, beside a status that an answer can have."""
    with pytest.raises(TypeError, match="cannot refuse"):
        Refusals({pair: VendorRejected})


@pytest.mark.parametrize("kind", [VendorError, VendorBadResponse, VendorUnavailable, InternalError, int, "x", None])
def test_a_class_that_proves_nothing_is_told(kind: Any) -> None:
    """Only those that say that nothing was applied."""
    with pytest.raises(TypeError, match="proves nothing; expected one of MemberNotFound"):
        Refusals({404: kind})


def test_a_table_is_a_mapping() -> None:
    """Anything else is told."""
    with pytest.raises(TypeError, match="expected a mapping"):
        Refusals([404])  # type: ignore[arg-type]


def test_a_code_says_more_than_its_status() -> None:
    """A pair wins over the status, also over those that are known everywhere; other codes have the status' meaning."""
    table = Refusals({404: VendorRejected, (404, "M"): MemberNotFound, (401, "E"): InsufficientPoints})
    assert [table.meaning(404, code) for code in ("M", "X", None)] == [MemberNotFound, VendorRejected, VendorRejected]
    assert table.meaning(401, "E") is InsufficientPoints
    assert table.meaning(400, "M") is None
    assert table.statuses() == {404, 401}


def test_an_adapter_cannot_be_made_with_a_table_that_is_none() -> None:
    """So that it is told before anything is sent."""

    class Wrong(Adapter[VendorSettings]):
        refusals = {503: VendorBusy}  # noqa: RUF012 (a ClassVar)

    with pytest.raises(TypeError, match="503 cannot refuse"):
        Wrong(VendorSettings(adapter="wrong", base_url="https://v.example"))


@pytest.mark.parametrize("kind", [VendorBadResponse, VendorError])
def test_what_is_no_refusal_cannot_be_refused_with(kind: type[VendorError]) -> None:
    """`refuse` takes the classes that `refusals` may have."""
    adapter = Adapter(VendorSettings(adapter="any", base_url="https://v.example"))
    with pytest.raises(TypeError, match="proves nothing"):
        adapter.refuse(kind, VendorResponse(200))
