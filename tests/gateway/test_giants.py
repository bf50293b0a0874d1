"""A number of a few characters that would take gigabytes to write out costs no more than any other."""

from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from adapters.contact_points.decimals import ExactDecimal
from gateway import exact
from gateway.answers.rendering import plain
from gateway.api import field_types, reading
from gateway.api.schemas import AdjustmentBody
from gateway.delivery.outcome import without_secrets
from gateway.delivery.redaction import Redactor, shown
from gateway.errors import InvalidRequest
from gateway.lenient import Unreadable
from gateway.model import Applied, Balance
from gateway.port import VendorResponse
from points_gateway_client.json_object import Document
from points_gateway_client.request import adjustment_body
from tests.memory import bounded

GIANTS = ["1E700000000", "1e-700000000", "-9.5E+700000000", "0E700000000", "-0e-700000000", "1E999999999999999999"]
"""The least of them is 700 megabytes in plain notation."""


@pytest.mark.parametrize("giant", GIANTS)
@pytest.mark.parametrize("shape", ["{}", '{{"y": [{}]}}', "[[1.5, {}]]"])
def test_a_name_that_a_vendor_gives_twice(giant: str, shape: str) -> None:
    """Two values that differ cannot be told, at any depth; compared they are without being written out."""
    body = f'{{"x": {shape.format(giant)}, "x": {shape.format(2)}, "x": {shape.format("2.0")}}}'.encode()
    with bounded():
        read = VendorResponse(200, {}, body).json()["x"]
    assert isinstance(read, Unreadable)
    assert len(read.readings) == 3


@pytest.mark.parametrize("giant", GIANTS)
def test_a_number_that_is_written(giant: str) -> None:
    """It has an exponent, and is the same number when it is read again."""
    number = Decimal(giant)
    with bounded():
        for written in (exact.dumps([number]), exact.canonical([number])):
            assert exact.loads(written.decode()) == [number]
            assert len(written) < 40
        assert plain({"a": [number]}) == {"a": [exact.text(number)]}


@given(st.integers(-(10**6), 10**6), st.integers(-90, 90), st.integers(0, 40))
def test_equal_numbers_are_written_alike(digits: int, exponent: int, zeros: int) -> None:
    """However many zeros they came with, and wherever the point stands."""
    number, other = Decimal(f"{digits}E{exponent}"), Decimal(f"{digits}{'0' * zeros}E{exponent - zeros}")
    assert number == other == Decimal(exact.text(number))
    assert exact.text(number) == exact.text(other)
    assert len(exact.text(number)) < 45


@pytest.mark.parametrize("giant", GIANTS)
def test_a_number_in_what_an_adapter_returns(giant: str) -> None:
    """In details it is null, as every number of more than 30 digits; a balance is told with an exponent."""
    number = Decimal(giant)
    details = {"a": [number, Decimal("1.50")]}
    with bounded():
        said = without_secrets(Applied("7", Balance(number), details), Redactor(["s3cret!"]))
        assert said.details == {"a": [None, Decimal("1.50")]}
        assert said.balance is not None
        assert len(exact.text(said.balance.available)) < 40


@pytest.mark.parametrize("giant", GIANTS)
def test_a_number_in_a_body_that_is_shown(giant: str) -> None:
    """It is shown as it came."""
    with bounded():
        assert orjson.dumps(shown(f'{{"x":{giant}}}')) == f'{{"x":{giant}}}'.encode()


@pytest.mark.parametrize("giant", GIANTS)
@pytest.mark.parametrize(
    "body", ['{{"member": "a:b", "points": {0}}}', '{{"options": {{"x": {{"y": {0}}}}}, "z": {0}}}']
)
def test_a_number_that_a_caller_sends(giant: str, body: str) -> None:
    """It is refused wherever it stands, in JSON as in a text."""
    for value in (giant, f'"{giant}"'):
        with bounded(), pytest.raises(InvalidRequest):
            reading.body(body.format(value).encode(), AdjustmentBody)


@pytest.mark.parametrize("giant", GIANTS)
@pytest.mark.parametrize("kind", [field_types.Points, ExactDecimal])
def test_a_number_for_a_field_of_the_api(giant: str, kind: object) -> None:
    """A field refuses it without writing it out, whoever read it."""
    with bounded(2_000_000), pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(Decimal(giant))


@pytest.mark.parametrize("giant", GIANTS)
def test_a_number_at_the_client_library(giant: str) -> None:
    """It is refused in what an app sends, and in what a gateway answers."""
    number = Decimal(giant)
    with bounded():
        with pytest.raises(ValueError, match="digits"):
            adjustment_body(member="a:b", points=number)
        with pytest.raises(ValueError, match="digits"):
            adjustment_body(member="a:b", points=1, options={"x": {"y": [number]}})
        with pytest.raises(ValueError, match="number"):
            Document.parse(f'{{"available": {giant}}}'.encode()).number("available")
