"""What the tests of the checker say of a run: its requests, answers, rows and effects, and a change of such a run."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.adjustments import Answer, Draft, Record, State, Status, Transition
from gateway.model import Adjustment, Member
from gateway.write import Write
from tests.attack.ledger import Entry
from tests.attack.testimony import Asked, Heard, Kept, Testimony

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def identifier(asked: Asked) -> str:
    return f"adj_{asked.key}"


def step(second: float, before: Status | None, after: Status, attempt: int = 1, **evidence: Any) -> Transition:
    return Transition(at(second), before, after, attempt, "gateway", evidence)


def kept(
    asked: Asked,
    state: State,
    *history: Transition,
    answer: Answer | None = None,
    write: Write | None = None,
    vendor: str = "crm",
) -> Kept:
    member = Member(*asked.member.split(":"))
    draft = Draft(
        id=identifier(asked),
        client="storefront",
        tenant="acme",
        key=asked.key,
        fingerprint="",
        write=write or Write(Adjustment(member, asked.points)),
        vendor=vendor,
        adapter="contact-points",
        rule="",
        not_sent=(),
        lease=1.0,
    )
    begun = step(0, None, Status.IN_PROGRESS)
    return Kept(Record(draft, state, at(0), at(1), answer=answer), (begun, *history))


def heard(asked: Asked, status: int | None, begun: float, /, **said: Any) -> Heard:
    body = None if status is None else json.dumps(said).encode()
    return Heard(asked.key, status, body, begun, begun + 1)


def entry(kind: Any, asked: Asked, second: float, *, source: str | None = None) -> Entry:
    return Entry(kind, at(second), asked.member, asked.points, source or identifier(asked), "apply")


def success(asked: Asked, begun: float) -> Heard:
    return heard(asked, 201, begun, id=identifier(asked), status="succeeded")


def refusal(asked: Asked, begun: float) -> Heard:
    said = {"code": "vendor_rejected", "retryable": False, "new_key_allowed": True}
    return heard(asked, 422, begun, **said, adjustment=identifier(asked))


def reused(asked: Asked, begun: float, *, allowed: bool, pointer: str = "/points") -> Heard:
    """The answer to a changed body."""
    said = {"code": "idempotency_key_reused", "retryable": False, "new_key_allowed": allowed}
    errors = [{"pointer": pointer, "detail": "differs"}]
    return replace(heard(asked, 422, begun, **said, errors=errors, adjustment=identifier(asked)), changed=True)


def unknown(asked: Asked, begun: float, attempts: int = 1) -> Heard:
    return heard(asked, 202, begun, id=identifier(asked), status="unknown", attempts=attempts)


def later(asked: Asked, begun: float) -> Heard:
    return heard(asked, 503, begun, code="vendor_rate_limited", retryable=True, adjustment=identifier(asked))


def held_up(asked: Asked, begun: float) -> Heard:
    return heard(asked, 500, begun, code="internal_error", retryable=True, adjustment=identifier(asked))


def spaced(said: Heard) -> Heard:
    return replace(said, body=(said.body or b"") + b" ")


def answer(said: Heard) -> Answer:
    assert said.status is not None
    assert said.body is not None
    return Answer(said.status, said.body)


def saying(*more: Heard) -> Callable[[Testimony], Testimony]:
    return lambda run: replace(run, heard=(*run.heard, *more))


def ledgered(*more: Entry) -> Callable[[Testimony], Testimony]:
    return lambda run: replace(run, ledger=(*run.ledger, *more))
