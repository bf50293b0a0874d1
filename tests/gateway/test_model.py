"""Members and moments, in their one notation."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote, unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.model import Member, time_text

SCHEMES = st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True).filter(lambda scheme: scheme != "phone")
VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\%"), min_size=1, max_size=255)


@given(SCHEMES, VALUES)
def test_what_is_read_is_said_back(scheme: str, value: str) -> None:
    """Any scheme and any harmless value are read, and written as they were."""
    assume(value not in (".", ".."))
    member = Member.parse(f"{scheme}:{value}")
    assert (member.scheme, member.value, str(member)) == (scheme, value, f"{scheme}:{value}")


@given(st.text(st.characters() | st.sampled_from("%/\\.:250efEF"), max_size=40), st.integers(0, 4))
def test_nothing_harmful_gets_through(value: str, rounds: int) -> None:
    """However often it is encoded, no value decodes to a path, a dot segment or a control character."""
    for _ in range(rounds):
        value = quote(value, safe="", errors="replace")
    try:
        member = Member.parse(f"email:{value}")
    except ValueError:
        return
    form = member.value
    while True:
        assert form not in (".", "..")
        assert not any(each in "/\\" or unicodedata.category(each) in ("Cc", "Cs") for each in form)
        decoded = unquote(form, errors="replace")
        if decoded == form:
            return
        form = decoded


@pytest.mark.parametrize("times", range(1, 6))
@pytest.mark.parametrize("bad", ["/", "\\", ".", "..", "\0", "\r\n"])
def test_encoding_hides_nothing(bad: str, times: int) -> None:
    """A harmful value is refused after any number of percent-encodings."""
    value = "".join(f"%{ord(each):02x}" for each in bad)
    for _ in range(times - 1):
        value = value.replace("%", "%25")
    with pytest.raises(ValueError, match="value"):
        Member.parse(f"email:{value}")


@pytest.mark.parametrize(("length", "good"), [(1, True), (255, True), (256, False), (0, False)])
def test_lengths(length: int, good: bool) -> None:
    """A value has 1 to 255 characters."""
    if good:
        assert len(Member.parse("email:" + "é" * length).value) == length
    else:
        with pytest.raises(ValueError, match="1 to 255"):
            Member.parse("email:" + "é" * length)


def test_deep_encoding_takes_no_time() -> None:
    """The longest value that decodes again and again is decided at once."""
    assert Member.parse("email:%" + "25" * 127).value.startswith("%25")


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=OFFSETS).filter(lambda moment: 1 < moment.year < 9999)


@given(MOMENTS)
def test_times_are_said_in_utc(moment: datetime) -> None:
    """A time is written in UTC with `Z`, and no digit of it is lost."""
    text = time_text(moment)
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == moment


def test_times_are_as_short_as_they_can_be() -> None:
    """Whole seconds have no fraction, and milliseconds no microseconds."""
    moment = datetime(2026, 1, 31, tzinfo=UTC)
    fractions = [time_text(moment.replace(microsecond=micros)) for micros in (0, 500_000, 499_001)]
    assert fractions == ["2026-01-31T00:00:00Z", "2026-01-31T00:00:00.500Z", "2026-01-31T00:00:00.499001Z"]
