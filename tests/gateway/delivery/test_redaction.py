"""Secrets are masked however they are spelled, and nothing else is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.redaction import MAX_KEPT, Redactor, shown
from gateway.lenient import Unreadable
from gateway.port import PartialResponse, VendorRequest, VendorResponse

AWKWARD = "pa\"ss/w\\ord+<&>'é=="
SECRETS = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), min_size=8, max_size=40)


def solidus(text: str) -> str:
    """JSON as PHP writes it."""
    return json.dumps(text)[1:-1].replace("/", "\\/")


def for_pages(text: str) -> str:
    """JSON as .NET writes it."""
    inside = json.dumps(text)[1:-1].replace('\\"', '"')
    return "".join(f"\\u{ord(each):04X}" if each in "\"&'+<>`" else each for each in inside)


SPELLINGS: list[Callable[[str], str]] = [
    str,
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    solidus,
    for_pages,
    escape,
    lambda text: quoteattr(text)[1:-1],
    quote,
    lambda text: quote(text, safe=""),
    quote_plus,
]


@pytest.mark.parametrize("spell", SPELLINGS)
@given(secret=SECRETS, before=st.text(max_size=5), after=st.text(max_size=5))
def test_every_spelling(spell: Callable[[str], str], secret: str, before: str, after: str) -> None:
    """A secret is gone from a text in whichever usual spelling it stands there."""
    spelled = spell(secret)
    assert spelled not in Redactor([secret]).mask(before + spelled + after)


@pytest.mark.parametrize("spell", SPELLINGS)
def test_an_awkward_secret(spell: Callable[[str], str]) -> None:
    """Every character that some writer escapes is found in its escaped form."""
    masked = Redactor([AWKWARD]).mask(f"<{spell(AWKWARD)}>")
    assert "***" in masked
    assert "ord" not in masked


def test_a_secret_inside_another() -> None:
    """The longest is masked first, so that no end of it remains."""
    assert Redactor(["abc", "abcdef"]).mask("abcdef abc") == "*** ***"


@given(st.text())
def test_other_text_is_left_alone(text: str) -> None:
    """What holds no secret stays as it is."""
    assert Redactor(["no-such-secret-\0"]).mask(text) == text


def test_values_of_any_depth() -> None:
    """Names and values inside objects and lists are masked; numbers stay numbers."""
    value = {"seen": ["key s3cret!", {"s3cret!": 5}], "n": None, "t": True}
    assert Redactor(["s3cret!"]).masked(value) == {"seen": ["key ***", {"***": 5}], "n": None, "t": True}


def test_what_is_no_json_value_becomes_one() -> None:
    """So that what an adapter hands on can be kept, whatever it is; a number past all bounds is null."""
    value = {7: Decimal("NaN"), "at": datetime(2026, 1, 2, tzinfo=UTC), "s3cret!": {1}}
    masked = Redactor(["s3cret!"]).masked(value)
    assert masked == {"7": None, "at": "2026-01-02 00:00:00+00:00", "***": "{1}"}
    assert Redactor([]).masked([Unreadable(1, 2), Unreadable(opaque=True), 1]) == [None, None, 1]
    assert Redactor([]).masked([Decimal("1.50"), 2.5, float("nan"), True, b"x"]) == [
        Decimal("1.50"),
        2.5,
        None,
        True,
        "b'x'",
    ]


def test_an_exchange_is_masked_and_bounded() -> None:
    """Of an exchange every part is masked first and cut then, so that no half of a secret is left at the cut."""
    secret = "s3cret!" * 10
    body = b"x" * (MAX_KEPT - 20) + secret.encode() + b"y" * 100
    redactor = Redactor([secret])
    request = redactor.request("http://v", VendorRequest("POST", f"/{secret}", {"Authorization": secret}, body))
    headers = {"server": secret, "via": "z" * 9999}
    response = redactor.response(VendorResponse(200, headers, body), confidential=False)
    assert "s3c" not in str((request, response))
    assert (len(request["body"]), len(response["body"]), len(response["headers"]["via"])) == (MAX_KEPT,) * 3


def test_only_headers_that_are_known_to_hold_no_secret_are_kept() -> None:
    """Of a request others are named, without their value; of an answer they are left out, a cookie above all."""
    request = VendorRequest("POST", "/", {"Content-Type": "a/b", "X-Session": "s1", "authorization": "Basic c2Vj"})
    answer = {
        "content-type": "a/b",
        "date": "now",
        "retry-after": "7",
        "x-request-id": "r-1",
        "ratelimit": "r=1",
        "x-ratelimit-remaining": "5",
        "set-cookie": "session=s2",
        "x-next-token": "s3",
        "location": "/?token=s4",
    }
    redactor = Redactor([])
    assert redactor.request("http://v", request)["headers"] == {
        "Content-Type": "a/b",
        "X-Session": "***",
        "authorization": "***",
    }
    kept = redactor.response(VendorResponse(200, answer), confidential=False)["headers"]
    assert kept.keys() == answer.keys() - {"set-cookie", "x-next-token", "location"}


def test_nothing_of_what_is_confidential_is_kept() -> None:
    """Neither the body of such a request nor its answer's body and headers; that there was one, and its status, are."""
    request = VendorRequest("POST", "/token", {"Content-Type": "a/b"}, b"grant", confidential=True)
    [step] = Redactor([]).exchange("http://v", [(request, VendorResponse(200, {"date": "now"}, b"access"))])
    assert step["request"] == {
        "method": "POST",
        "url": "http://v/token",
        "headers": {"Content-Type": "a/b"},
        "body": "***",
    }
    assert step["response"] == {"status": 200, "headers": {}, "body": "***"}


@pytest.mark.parametrize("text", ['{"a": 1.50}', "[1E5]", '"x"', "1e400", '{"a":\n1}'])
def test_json_is_shown_as_it_came(text: str) -> None:
    """A body that is JSON goes out character for character."""
    assert orjson.dumps({"body": shown(text)}) == f'{{"body":{text}}}'.encode()


@pytest.mark.parametrize("text", ["<xml/>", "{", '{"a": 1, "a": 2}', "NaN", "[" * 100_000])
def test_anything_else_is_shown_as_text(text: str) -> None:
    """What is no JSON, or not for every reader, is text; nothing is nothing."""
    assert shown(text) == text
    assert shown("") is None


@pytest.mark.parametrize(
    "name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
@pytest.mark.parametrize("content_type", ["", "application/json; charset=nowhere", "text/plain; charset=iso-8859-1"])
@pytest.mark.parametrize("before", ["{}: ", "\u00e9 ", "\u00e9"])
def test_a_secret_in_whatever_charset(name: str, content_type: str, before: str) -> None:
    """It is masked in a body that is read in its charset, and in one whose charset cannot be told."""
    secret = "p\u00e4ss-w\u00f6rd"
    body = f"{before}{secret}: wrong".encode(name)
    shown_ = Redactor([secret]).response(VendorResponse(401, {"content-type": content_type}, body), confidential=False)
    assert "***" in shown_["body"]
    assert "ss" not in shown_["body"].replace(r"\x00", "")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"caf\xe9", r"caf\xe9"),
        (b'{"a": "\xff"}', r'{"a": "\xff"}'),
        (b"\x1f\x8b\x08\x00a\tb\r\n", "\\x1f\\x8b\\x08\\x00a\tb\r\n"),
        ("漢".encode()[:2], r"\xe6\xbc"),
    ],
)
def test_bytes_that_are_no_text_can_be_told(body: bytes, text: str) -> None:
    """Each is two hexadecimal digits, and the answer says that they stand for bytes."""
    answer = Redactor([]).response(VendorResponse(200, {}, body), confidential=False)
    assert answer == {"status": 200, "headers": {}, "body": text, "escaped": True}
    assert Redactor([]).shown(VendorResponse(200, {}, body), confidential=False) == text


def test_an_answer_that_came_whole_says_no_more_than_it_did() -> None:
    """Its members are those that it always had."""
    answer = Redactor([]).response(VendorResponse(200, {"via": "b"}, '{"a": "é"}'.encode()), confidential=False)
    assert answer == {"status": 200, "headers": {"via": "b"}, "body": '{"a": "é"}'}


@given(secret=SECRETS, spell=st.sampled_from(SPELLINGS), length=st.integers(0, 80), before=st.text("x ", max_size=5))
def test_what_broke_off_within_a_secret(secret: str, spell: Callable[[str], str], length: int, before: str) -> None:
    """Of a secret at the end of what came, no more than three characters are kept, in whatever spelling."""
    spelled = spell(secret)
    body = (before + spelled)[: len(before) + length].encode()
    answer = Redactor([secret]).response(PartialResponse(200, {}, body), confidential=False)
    assert answer["complete"] is False
    assert spelled[:4] not in answer["body"] or spelled[:4] in before + "***"


def test_what_broke_off_within_a_secret_whose_end_looks_like_another_beginning() -> None:
    """The most that may be the beginning of a secret goes, whichever spelling is tried first."""
    secret = '"' + 5 * "\x7f" + "00"
    body = json.dumps(secret)[1:31].encode()
    answer = Redactor([secret]).response(PartialResponse(200, {}, body), confidential=False)
    assert answer["body"] == "***"


@pytest.mark.parametrize("name", ["utf-8", "utf-16-le", "utf-16-be", "latin-1"])
def test_what_broke_off_within_a_character_of_a_secret(name: str) -> None:
    """Cut at any byte, in any charset, no more than a few bytes of it are kept."""
    secret = "p\u00e4ss-w\u00f6rd-1"
    body = f"{{}} {secret}".encode(name)
    for length in range(len(body)):
        answer = Redactor([secret]).response(PartialResponse(200, {}, body[:length]), confidential=False)
        assert "ss-" not in answer["body"].replace(r"\x00", "").replace("\0", "")


def begun(raw: bytes) -> str:
    """What is kept of an answer whose head did not come whole."""
    answer = Redactor([]).response(PartialResponse(None, {}, raw), confidential=False)
    assert (answer["status"], answer["complete"]) == (None, False)
    body: str = answer["body"]
    return body


OK = b"HTTP/1.1 200 OK\r\n"
COOKIE = b"Set-Cookie: sid=ISSUED\r\n"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (OK + b"Via: 1\r\n" + COOKIE + b"set-cookie : other=ISSUED\r\nContent-Le", "HTTP/1.1 200 OK\r\nVia: 1\r\n***"),
        (OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", None),
        (OK + b"Content-Length: 5x\r\n" + COOKIE + b"\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n***\r\n\r\n{}"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + COOKIE[:-2], "HTTP/1.1 100 Continue\r\n\r\n***"),
        (b"HTTP/1.1 103 Hints\r\n" + COOKIE + b"\r\n" + COOKIE, "HTTP/1.1 103 Hints\r\n***\r\n\r\n***"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + COOKIE + b"\r\n{}", None),
        (OK + b"Set-Cookie: a=b;\r\n sid=ISSUED\r\nX", "HTTP/1.1 200 OK\r\n***"),
        (OK + b"Via: 1\r\n Set-Cookie: sid=ISSUED\r\n", "HTTP/1.1 200 OK\r\nVia: 1\r\n***\r\n"),
        (OK + b"Set-Cookie: a=b;\rsid=ISSUED\r\n\r\n", "HTTP/1.1 200 OK\r\n***\r\n\r\n"),
        (OK + b"Via: 1\r" + COOKIE, "HTTP/1.1 200 OK\r\nVia: 1\r\n***\r\n"),
        (OK + b" " + COOKIE + b"\r\n", "HTTP/1.1 200 OK\r\n***\r\n\r\n"),
        (OK + b"Set-Cookie sid=ISSUED\r\n\r\n", "HTTP/1.1 200 OK\r\n***\r\n\r\n"),
        (OK + b"Via: 1\x0b" + COOKIE, "HTTP/1.1 200 OK\r\n***\r\n"),
        (b"HTTP/1.1 200 OK Set-Cookie: sid=ISSUED", "HTTP/1.1 200"),
        (b"garbage\r\n" + COOKIE + b"\r\n", "*** (35 bytes)"),
        (b"\0" + OK + COOKIE, "*** (42 bytes)"),
        (b"220 mail ESMTP\r\n", "*** (16 bytes)"),
    ],
)
def test_a_head_that_did_not_come_whole_shows_nothing_issued(raw: bytes, expected: str | None) -> None:
    """Of its lines, what is known to hold nothing that a vendor issues; of a body after it, all."""
    shown_ = begun(raw)
    assert "ISSUED" not in shown_
    if expected is not None:
        assert shown_ == expected
    elif COOKIE not in raw:
        assert shown_ == raw.decode()
    else:
        assert shown_.endswith("HTTP/1.1 200 OK\r\n***\r\n\r\n{}")


@given(
    interim=st.lists(
        st.sampled_from([b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 E\r\nLink: x\r\n\r\n"]), max_size=2
    ),
    before=st.lists(
        st.sampled_from([b"Via: 1\r\n", b"X-A: b\r\n", b"Content-Length: 2\r\n", b"no colon\r\n"]), max_size=3
    ),
    junk=st.sampled_from([b"", b"\r\n", b"junk\r\n", b"\xff\xfe", b"\0"]),
    name=st.sampled_from([b"Set-Cookie:", b"set-cookie :", b" Set-Cookie:", b"Set-Cookie", b"X-Token:\r\n"]),
    folds=st.lists(st.sampled_from([b"\r\n ", b"\n\t", b"\r", b"\r ", b"; ", b"\x0b", b"\0"]), max_size=3),
    after=st.sampled_from([b"", b"\r\n", b"\r\nVia: 2\r\n\r\n{}", b"\n\n{}", b"\r"]),
    cut=st.integers(0, 400),
)
def test_no_cut_and_no_folding_shows_what_is_issued(
    interim: list[bytes], before: list[bytes], junk: bytes, name: bytes, folds: list[bytes], after: bytes, cut: int
) -> None:
    """Wherever what came ends, and however its lines are folded and parted."""
    raw = b"".join(
        (junk, *interim, OK, *before, name, b" a=b", *(fold + b"sid=ISSUED" for fold in (b" ", *folds)), after)
    )
    for end in (cut, len(raw)):
        assert "ISS" not in begun(raw[:end])


def test_nothing_is_kept_of_what_came_in_answer_to_a_confidential_request() -> None:
    """Neither of an answer that broke off."""
    for partial in (PartialResponse(200, {"via": "t0ken"}, b"t0ken"), PartialResponse(None, {}, b"HTTP/1.1 t0ken")):
        answer = Redactor([]).response(partial, confidential=True)
        assert answer == {"status": partial.status, "headers": {}, "body": "***", "complete": False}
