"""What it costs to read what a caller sends, at the largest size that is taken, beside something ordinary.

Ordinary is a body of the same size that `json` alone reads: 60 KiB in 500 names. All costs are CPU time of this thread,
the least of several, so that another process on this machine is not taken for a fault.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.answers import plans
from gateway.api import content, reading, shape
from gateway.api.connections import Bounds
from gateway.api.edge import answer
from gateway.api.list_query import ListQuery
from gateway.api.request_body import MAX_BODY
from gateway.api.request_headers import RequestHeaders
from gateway.api.schemas import AdjustmentBody, adjustment_body
from gateway.errors import GatewayError, InvalidRequest
from gateway.model import Member
from gateway.planning.configured import planner
from gateway.port import registry
from gateway.settings import load
from gateway.write import Write

MODEL: type[AdjustmentBody] = adjustment_body(list(registry.adapters().values()))
HEAD = Bounds().head_bytes
BEGUN = b'{"member":"contact_id:1","points":"5"'
ORDINARY = json.dumps({f"name{number}": "v" * 110 for number in range(500)}).encode()
MOST = 20
"""How many times the cost of reading the ordinary body anything may cost; the worst that is known costs 7 times."""
CONFIGURATION = {
    "store": "sqlite:///points.db",
    "vendors": {
        "crm": {
            "adapter": "contact-points",
            "base_url": "http://127.0.0.1:9",
            "api_key": "a-key-of-the-vendor",
            "point_types": {"base": "standard"},
            "default_point_type": "base",
            "default_description": "Points",
        }
    },
    "tenants": {"acme": {"routes": {"adjust": "crm"}}},
    "clients": {"app": {"keys": ["a-key-of-the-app-" + "0" * 20], "tenants": ["acme"], "scopes": ["points:read"]}},
}
UNITS = [
    *(
        '"a%x":1,',
        '"a%x":{},',
        '"a%x":[1],',
        '"a":1,',
        '{"a":',
        '{"a%x":1},',
        "{",
        "}",
        "[",
        "]",
        "[],",
        "{},",
        "[[",
        "]]",
    ),
    *('"', '""', '"",', '\\"', "\\\\", "\\n", "\\u0041", "\\ud800", "\\", "é", "\n", " ", ":", ",", ",,", "::"),
    *("1,", "9", "1.5,", "1e9,", "-", "null,", "NaN,", "e", ".", '"a%x":"b",', '"options":', '"~/%x":null,'),
]
PLACES = [
    "%s",
    '{"x":[%s',
    '{"member":"contact_id:1","points":"5","options":{%s',
    '{"member":"contact_id:1","points":"5","options":{"contact-points":{%s',
    '{"member":"contact_id:1","points":"5","options":{"contact-points":{"dynamic":{%s',
    '{"member":"contact_id:1","points":"5","options":{"contact-points":{"source_description":"%s',
    '{"member":"contact_id:1","points":"5","description":"%s',
    '{"member":"%s',
    '{"member":"contact_id:1","points":%s',
]


def cost(read: Callable[[], object], *, times: int = 3) -> float:
    """Seconds of CPU that it takes, whether it is refused or not."""
    least = float("inf")
    for _ in range(times):
        begun = time.thread_time()
        with suppress(GatewayError):
            read()
        least = min(least, time.thread_time() - begun)
    return least


@pytest.fixture(scope="module")
def ordinary() -> float:
    return cost(lambda: json.loads(ORDINARY), times=30)


def assert_cheap(read: Callable[[], object], ordinary: float) -> None:
    """One that seems dear is looked at again, in turns with an ordinary one: other work makes any of them dear."""
    if cost(read) < MOST * ordinary:
        return
    both = [(cost(read), cost(lambda: json.loads(ORDINARY))) for _ in range(7)]
    assert min(odd for odd, _ in both) < MOST * min(usual for _, usual in both)


def repeated(unit: str, size: int) -> str:
    """So many characters of it, numbered where it has a place for a number."""
    if "%x" not in unit:
        return (unit * (size // len(unit) + 1))[:size]
    return "".join(unit.replace("%x", f"{number:x}") for number in range(size // len(unit) + 1))[:size]


def read_adjustment(raw: bytes) -> None:
    reading.body(raw, MODEL).adjustment()


@settings(max_examples=150, deadline=None)
@given(
    place=st.sampled_from(PLACES),
    units=st.lists(st.sampled_from(UNITS), min_size=1, max_size=3),
    end=st.sampled_from(["", '"', '"}', "}", "}}}", "]}", "]}}", '"}}}']),
)
def test_no_body_costs_much(ordinary: float, place: str, units: list[str], end: str) -> None:
    """Deep, wide, with names repeated, escapes, huge numbers, unknown names: 64 KiB of anything cost little."""
    room = MAX_BODY - len(place) - len(end)
    inner = "".join(repeated(unit, room // len(units)) for unit in units)
    raw = place.replace("%s", inner.rstrip(",") if end else inner).encode()[: MAX_BODY - len(end)] + end.encode()
    assert_cheap(lambda: read_adjustment(raw), ordinary)


@pytest.mark.parametrize(
    "raw",
    [
        BEGUN + b"".join(b',"n%x":1' % number for number in range(5800)) + b"}",
        BEGUN + b"".join(b',"n%x":1' % number for number in range(490)) + b"}",
        BEGUN + b',"options":{' + b",".join(b'"n%x":1' % number for number in range(5800)) + b"}}",
        BEGUN + b',"options":{' + b",".join(b'"n%x":1' % number for number in range(490)) + b"}}",
        BEGUN
        + b',"options":{"contact-points":{"dynamic":{'
        + b",".join(b'"n%x":1' % number for number in range(490))
        + b"}}}}",
        b"{" + b",".join(b'"n%x":1' % number for number in range(6500)) + b',"n1":2}',
        BEGUN + b',"options":{"contact-points":{"source_description":"' + b"a" * 64000 + b'"}}}',
        b"[" * MAX_BODY,
        b'{"a":' * 13000,
        b'{"x":[' + b",".join([b"[]"] * 21000) + b"]}",
        b'{"x":[' + b",".join([b"{}"] * 21000) + b"]}",
        b'{"x":[' + b",".join([b'{"a":1}'] * 8000) + b"]}",
        BEGUN[:-3] + b"1." + b"9" * 65000 + b"}",
    ],
    ids=lambda raw: f"{raw[:50]!r}{len(raw)}",
)
def test_no_body_that_was_dear_is_dear(ordinary: float, raw: bytes) -> None:
    """Each of these once cost more than its place here allows, or was what another bound was made for."""
    assert_cheap(lambda: read_adjustment(raw[:MAX_BODY]), ordinary)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["", *ListQuery.model_fields]),
    unit=st.sampled_from(["&", "=", "a%x=1&", "a=1&", "%41", "%4", "%", "%C3%A9", "+", "a", "9", "~", ".", ":"]),
)
def test_no_query_costs_much(ordinary: float, name: str, unit: str) -> None:
    """The largest address with any query, and so any member, cursor and time."""
    raw = f"{name}={repeated(unit, HEAD)}"[:HEAD].encode()
    assert_cheap(lambda: reading.query(raw, ListQuery), ordinary)


@settings(max_examples=60, deadline=None)
@given(
    begin=st.sampled_from(["", "email:", "phone:+", "custom.", '"', "application/json", "application/json;a"]),
    unit=st.sampled_from([*'a:.+%;\\", =/', '\\"', ";a=b", ';a="b"', "a ", "%41", "é"]),
)
def test_no_header_and_no_segment_costs_much(ordinary: float, begin: str, unit: str) -> None:
    """The largest member, key, and header of a content type or coding."""
    text = (begin + repeated(unit, HEAD))[:HEAD]
    raw = text.encode("latin-1")

    def read_all() -> None:
        for read in (
            lambda: reading.segment(text.encode("latin-1").decode("latin-1")),
            lambda: reading.idempotency_key([text]),
            lambda: content.require_json(RequestHeaders([(b"content-type", raw)])),
            lambda: content.require_json(
                RequestHeaders([(b"content-type", b"application/json"), (b"content-encoding", raw)])
            ),
            lambda: Member.parse(text),
        ):
            with suppress(GatewayError, ValueError):
                read()

    assert_cheap(read_all, ordinary)


OPTIONS = [
    {"source_description": "a" * 64_000},
    {"source_description": "\n" * 31_500},
    {"source_description": '&<%"\\' * 8_000},
    {"source_description": "\N{GRINNING FACE}" * 5_000},
    {"dynamic": {f"n{number}": "v" * 120 for number in range(480)}},
    {"dynamic": {"n" * 60_000: "v"}},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: f"{next(iter(options.items()))!r}"[:50])
def test_no_preview_costs_much(ordinary: float, tmp_path: Path, options: dict[str, Any]) -> None:
    """With 64 KiB of options too, from the bytes of the request to those of the answer."""
    file = tmp_path / "gateway.yaml"
    file.write_text(json.dumps(CONFIGURATION))
    kinds = registry.adapters()
    masked = planner(load(file, kinds, {}), kinds).masked()
    body = {"member": "contact_id:1", "points": "5", "options": {"contact-points": options}}
    raw = json.dumps(body).encode()[:MAX_BODY]

    def preview() -> None:
        adjustment = reading.body(raw, MODEL).adjustment()
        answer(plans.preview(masked.write("acme", Write(adjustment), id="adj_" + "0" * 32)))

    preview()  # it is read, and previewed
    assert_cheap(preview, ordinary)


@pytest.mark.parametrize("count", [shape.MAX_NAMES, shape.MAX_NAMES + 1])
def test_the_most_names(count: int) -> None:
    """What is within the bounds is read, also with colons and commas in its texts; one more name is not."""
    names = {f"n{number}": ',:[{"\\' for number in range(count - 5)}
    raw = json.dumps({"member": "contact_id:1", "points": 5, "options": {"contact-points": {"dynamic": names}}})
    if count <= shape.MAX_NAMES:
        assert reading.body(raw.encode(), MODEL).options is not None
    else:
        with pytest.raises(InvalidRequest, match="more than 500 names"):
            reading.body(raw.encode(), MODEL)


@pytest.mark.parametrize(("count", "cause"), [(490, "is not known here"), (502, "more than 500 items")])
def test_the_most_items(count: int, cause: str) -> None:
    """So many items may lists have in all."""
    with pytest.raises(InvalidRequest, match=cause):
        reading.body(BEGUN + b',"list":[' + b",".join([b"1"] * count) + b"]}", MODEL)


def test_the_longest_address() -> None:
    """The largest values that are taken fit in, percent-encoded; what is longer is refused before it is decoded."""
    member = quote("custom." + "c" * 64 + ":" + "\N{GRINNING FACE}" * 255, safe="")
    reference, key = quote("\N{GRINNING FACE}" * 200), quote("%" * 255, safe="")
    assert Member.parse(reading.segment(member))
    raw = f"member={member}&reference={reference}&idempotency_key={key}&created_from=2026-01-31T12%3A00%3A00%2B02%3A00"
    assert reading.query(raw.encode(), ListQuery).member
    for read in (lambda: reading.segment("a" * 4097), lambda: reading.query(b"member=" + b"a" * 8192, ListQuery)):
        with pytest.raises(InvalidRequest, match="bytes"):
            read()


def test_the_most_parameters() -> None:
    """A query of more than any API has parameters is refused before they are looked at."""
    with pytest.raises(InvalidRequest, match="at most 50 parameters"):
        reading.query(b"&".join(b"a%d=" % number for number in range(51)), ListQuery)


def test_what_is_told_of_what_is_wrong_is_bounded() -> None:
    """Neither long names nor many of them make a long problem."""
    for raw in (
        b'{"' + b"a" * 60_000 + b'":1,"' + b"a" * 60_000 + b'":1}',
        BEGUN + b',"' + b"a" * 60_000 + b'":1}',
        BEGUN + b"".join(b',"n%d":1' % number for number in range(490)) + b"}",
        BEGUN + b',"options":{' + b",".join(b'"n%d":1' % number for number in range(490)) + b"}}",
    ):
        with pytest.raises(InvalidRequest) as refused:
            reading.body(raw, MODEL)
        assert len(refused.value.detail) < 500
        assert len(refused.value.errors) <= shape.MAX_ERRORS
    with pytest.raises(InvalidRequest) as refused:
        reading.query(b"&".join([b"a" * 10_000 + b"=1"] * 2), ListQuery)
    assert all(len(each.pointer) <= 200 for each in refused.value.errors)
