"""No secret of a vendor's settings is in anything that is shown or kept, even where the vendor says it back."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from gateway.errors import VendorError
from gateway.model import Operation
from gateway.port import VendorRequest
from gateway.port.secrets import MASK, Secret
from tests.adapters.bench import Bench, Pair

AWKWARD = 'p"a&s<s>%2F+w\\ord/=='
"""A secret that JSON, XML and URLs each have to spell in a way of their own."""
SPELLINGS = (AWKWARD, json.dumps(AWKWARD)[1:-1], escape(AWKWARD), escape(AWKWARD, {'"': "&quot;"}), quote(AWKWARD, ""))


def secret_names(pair: Pair) -> list[str]:
    with Bench(pair) as bench:
        return [name for name in type(bench.settings).model_fields if isinstance(getattr(bench.settings, name), Secret)]


@pytest.fixture
def awkward(pair: Pair) -> Iterator[Bench]:
    """Each adapter with secrets that are hard to mask, and that its simulator does not know."""
    names = secret_names(pair)
    assert names, "no setting of this adapter is a Secret"
    with Bench(pair, **dict.fromkeys(names, AWKWARD)) as bench:
        yield bench


def assert_masked(shown: Any) -> None:
    text = shown if isinstance(shown, str) else json.dumps(shown, default=str, ensure_ascii=False)
    for spelling in (*SPELLINGS, *(json.dumps(each)[1:-1] for each in SPELLINGS)):
        assert spelling not in text


def said(request: VendorRequest) -> str:
    return "\n".join((request.path, *request.headers.values(), request.body.decode()))


def result(bench: Bench, operation: Operation) -> tuple[Any, VendorError | None]:
    """What is kept of a call, and its error."""
    if operation == "adjust":
        outcome = bench.adjust()
        return [outcome.evidence, outcome.exchange], outcome.error
    try:
        reading = bench.read(operation)
    except VendorError as error:
        return [], error
    return str(reading.body), None


def test_masked_settings_make_requests_without_secrets(awkward: Bench) -> None:
    """What a masked translator makes can be shown: `***` stands where a secret would."""
    for operation in awkward.kind.operations:
        plain, shown = (said(awkward.translation(operation, masked=masked).request) for masked in (False, True))
        assert_masked(shown)
        assert (MASK in shown) == any(spelling in plain for spelling in SPELLINGS)


def test_nothing_kept_of_an_exchange_holds_a_secret(awkward: Bench) -> None:
    """Evidence, exchange and error are free of secrets where the vendor refuses them and says them back."""
    echoes = [{"Message": AWKWARD, "message": AWKWARD, "error": 400, "error_text": AWKWARD}, AWKWARD, [AWKWARD]]
    bodies = [
        *map(json.dumps, echoes),
        AWKWARD,
        f"<xml><error>400</error><error_text>{escape(AWKWARD)}</error_text></xml>",
    ]
    for operation in awkward.kind.operations:
        for status in (None, 200, 400, 401, 404, 500):
            for body in bodies:
                awkward.fresh()
                if status is not None:
                    echo = {"status": status, "body": body, "headers": {"X-Echo": AWKWARD}}
                    awkward.simulator.faults.add({"kind": "status", "times": 9, **echo})
                kept, error = result(awkward, operation)
                assert_masked(kept)
                if error is not None:
                    assert_masked([error.detail, error.vendor_code, error.vendor_message])
