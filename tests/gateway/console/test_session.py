"""Cookies and tokens of forms: only what was signed here, lately, and for this session is believed."""

import pytest
from itsdangerous import TimestampSigner

from gateway.console.session import Session, Sessions

OLD, NEW = "an-old-secret-" + "0" * 24, "a-new-secret-" + "0" * 24


def test_a_session_is_read_from_its_cookie() -> None:
    """Who signed in, how, and which session it is."""
    sessions = Sessions([NEW], seconds=60)
    session = Session.new("alice", "key")
    assert sessions.read(sessions.cookie(session)) == session
    assert Session.new("alice", "key").number != session.number


@pytest.mark.parametrize("secrets", [[NEW, OLD], [OLD, NEW]])
def test_a_secret_rotates(secrets: list[str]) -> None:
    """The first secret signs, and cookies of all are believed; those of one that is gone are not."""
    session = Session.new("alice", "key")
    cookie = Sessions([OLD], seconds=60).cookie(session)
    assert Sessions(secrets, seconds=60).read(cookie) == session
    assert Sessions([NEW], seconds=60).read(cookie) is None
    assert Sessions(secrets[:1], seconds=60).read(Sessions(secrets, seconds=60).cookie(session)) == session


def test_a_session_ends_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cookie is worth nothing after so many seconds, whatever the browser does with it."""
    sessions = Sessions([NEW], seconds=60)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: 1_000_000)
    cookie = sessions.cookie(Session.new("alice", "key"))
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: 1_000_060)
    assert sessions.read(cookie) is not None
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: 1_000_061)
    assert sessions.read(cookie) is None


def test_what_was_not_signed_is_no_session() -> None:
    """A cookie that was changed, made up, or signed for another purpose."""
    sessions = Sessions([NEW], seconds=60)
    cookie = sessions.cookie(Session.new("alice", "key"))
    for wrong in ("", "x", cookie[:-1], f"{cookie}x", cookie[1:], sessions.token("alice"), f"{cookie}\x00", "é"):
        assert sessions.read(wrong) is None, wrong


def test_a_form_belongs_to_one_session() -> None:
    """The token of another session's form, or a cookie in its place, opens nothing."""
    sessions = Sessions([NEW], seconds=60)
    mine, other = Session.new("alice", "key"), Session.new("alice", "key")
    assert sessions.owns(mine.number, sessions.token(mine.number))
    assert not sessions.owns(mine.number, sessions.token(other.number))
    assert not sessions.owns(mine.number, sessions.cookie(mine))
    assert not sessions.owns(mine.number, "")
    assert not sessions.owns(mine.number, mine.number)
