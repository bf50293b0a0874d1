"""Rows to records and back, with nothing lost on the way.

A decimal inside JSON always carries a point or an exponent (`5` is written `5E0`), so that it comes back as the
`Decimal` it was, digit for digit, and an integer comes back as an `int`.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

import orjson

from gateway import exact
from gateway.adjustments import Answer, Draft, Mark, Record, Resolution, State, Status, Transition
from gateway.model import AMOUNTS, Adjustment, Applied, Balance, Member, NextExpiry
from gateway.traits import traits
from gateway.write import Reversal, Write

_IN_DRAFT = (*(name for name, each in traits(Adjustment).items() if not each.column), "options")
_in_draft = attrgetter(*_IN_DRAFT)
_WHERE_THERE_ARE = ("defaults", "vendor_point_type", "made_of")
_amounts = attrgetter(*AMOUNTS)
_LONGEST_TRANSACTION_ID = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """An aware datetime as whole microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware datetime in UTC that `to_micros` was given."""
    return _EPOCH + timedelta(microseconds=micros)


def dumps(value: Any) -> str:
    """JSON of plain values and finite decimals. Raises `TypeError` or `ValueError` for anything else."""
    try:
        return orjson.dumps(value, default=_fragment).decode()
    except TypeError:
        return _spelled_out(value)


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(_digits(value))
    if isinstance(value, Mapping):
        return orjson.Fragment(dumps(dict(value)))
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _digits(number: Decimal) -> str:
    if not number.is_finite():
        raise ValueError(f"{number} is no JSON number")
    plain = str(number)
    return plain if "." in plain or "E" in plain else plain + "E0"


def _spelled_out(value: Any) -> str:
    """JSON of what orjson refuses and a vendor may send: integers past 64 bits, lone surrogates."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(k))}:{_spelled_out(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_spelled_out, value)) + "]"
    if isinstance(value, Decimal):
        return _digits(value)
    return json.dumps(value, allow_nan=False)


def storable(text: str) -> str:
    """A text that any database holds: one with NUL or a lone surrogate, or that looks so written, as JSON."""
    sayable = text.isascii() or text.encode(errors="replace").decode() == text
    plain = sayable and "\0" not in text and not text.startswith('"')
    return str(text) if plain else json.dumps(text)


def _stored(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def row_of(record: Record) -> dict[str, Any]:
    """The columns of a new adjustment's row, of which nothing has come yet, but `owner` and `reserved`."""
    draft, adjustment = record.draft, record.draft.adjustment
    return {
        "id": draft.id,
        "client": draft.client,
        "tenant": draft.tenant,
        "key": storable(draft.key),
        "fingerprint": draft.fingerprint,
        "vendor": draft.vendor,
        "adapter": draft.adapter,
        "member": str(adjustment.member),
        "points": exact.text(adjustment.points),
        "reference": None if adjustment.reference is None else storable(adjustment.reference),
        "draft": dumps(
            {
                **dict(zip(_IN_DRAFT, _in_draft(adjustment), strict=True)),
                "rule": draft.rule,
                "not_sent": draft.not_sent,
                "lease": draft.lease,
                **({} if draft.write.resolved is None else {"resolved": str(draft.write.resolved)}),
                **{name: value for name in _WHERE_THERE_ARE if (value := getattr(draft, name))},
                **_reversal_json(draft.write),
            }
        ),
        "operation": draft.write.operation,
        "refers_to": draft.write.refers_to,
        "created_at": to_micros(record.created_at),
        **_state_columns(record),
    }


def _state_columns(record: Record) -> dict[str, Any]:
    return {
        "account": record.draft.account,
        "status": record.state.status.value,
        "retryable": record.state.retryable,
        "attempt": record.state.attempt,
        "lease_until": to_micros(record.lease_until),
    }


def changes_of(record: Record) -> dict[str, Any]:
    """The columns of an adjustment's row that change in its life."""
    answer = record.answer
    return {
        **_state_columns(record),
        "completed_at": None if record.completed_at is None else to_micros(record.completed_at),
        "applied": None if record.applied is None else dumps(_applied_json(record.applied)),
        "problem": None if record.problem is None else dumps(record.problem),
        "resolution": None if record.resolution is None else resolution_text(record.resolution),
        "answer_status": None if answer is None else answer.status,
        "answer_body": None if answer is None else answer.body,
        "transaction_id": None if record.applied is None else transaction_id_of(record.applied),
    }


def transaction_id_of(applied: Applied) -> str | None:
    """The vendor's transaction id as its column has it; None where there is none, or none that an index can hold."""
    id_ = None if applied.transaction_id is None else storable(applied.transaction_id)
    return id_ if id_ and len(id_) <= _LONGEST_TRANSACTION_ID else None


def record_of(row: Any) -> Record:
    """The record of a whole row; `row` has the columns as attributes."""
    rest = exact.loads(row.draft)
    draft = Draft(
        id=row.id,
        client=row.client,
        tenant=row.tenant,
        key=_stored(row.key),
        fingerprint=row.fingerprint,
        write=Write(
            Adjustment(
                member=_member(row.member),
                points=Decimal(row.points),
                reference=None if row.reference is None else _stored(row.reference),
                **{name: rest[name] for name in _IN_DRAFT if name in rest},  # an older row knows fewer
            ),
            row.operation,
            row.refers_to,
            resolved=_member(rest["resolved"]) if "resolved" in rest else None,
            **_reversal(row.refers_to, rest),
        ),
        vendor=row.vendor,
        adapter=row.adapter,
        rule=rest["rule"],
        not_sent=tuple(rest["not_sent"]),
        lease=float(rest["lease"]),
        account=row.account,
        **{name: rest[name] for name in _WHERE_THERE_ARE if name in rest},
    )
    return Record(
        draft=draft,
        state=state_of(row),
        created_at=from_micros(row.created_at),
        lease_until=from_micros(row.lease_until),
        completed_at=None if row.completed_at is None else from_micros(row.completed_at),
        applied=None if row.applied is None else _applied(exact.loads(row.applied)),
        problem=None if row.problem is None else exact.loads(row.problem),
        resolution=None if row.resolution is None else resolution_of(row.resolution),
        answer=None if row.answer_status is None else Answer(row.answer_status, row.answer_body),
        looks=row.looks,
        conflict=bool(row.conflict),
        mark=mark_of(row),
        search_cursor=None if row.search_cursor is None else _stored(row.search_cursor),
        reversed_at_vendor=bool(row.reversed_at_vendor),
        removal=row.removal,
        erase_as=row.erase_as,
    )


def _member(notation: str) -> Member:
    scheme, _, value = notation.partition(":")
    return Member(scheme, value)


def _reversal_json(write: Write) -> dict[str, Any]:
    """What the draft of a reversal has besides."""
    asked = write.reversal
    if asked is None:
        return {}
    return {
        "reversal": {"points": asked.points, "linked": asked.linked},
        "linked": write.linked,
        "transaction": write.transaction,
    }


def _reversal(original: str | None, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `Write` that a reversal has besides; of one that was purged, how it was carried out."""
    if original is None or "reversal" not in stored:
        return {"linked": stored.get("linked", False)}
    asked = Reversal(original, **stored["reversal"], description=stored.get("description"))
    return {"reversal": asked, "linked": stored["linked"], "transaction": stored["transaction"]}


def mark_of(row: Any) -> Mark | None:
    """What a repeat is held to; None where no request was marked."""
    if row.effect_digest is None or row.effect_at is None:
        return None
    return Mark(row.effect_digest, from_micros(row.effect_at), row.effect_attempt, bool(row.repeat_alarmed))


def state_of(row: Any) -> State:
    """The state that a row is in."""
    return State(Status(row.status), bool(row.retryable), row.attempt, row.repeats)


def transition_of(row: Any) -> Transition:
    """The transition of a whole row; `row` has the columns as attributes."""
    return Transition(
        at=from_micros(row.at),
        before=None if row.before is None else Status(row.before),
        after=Status(row.after),
        attempt=row.attempt,
        by=row.by,
        evidence=exact.loads(row.evidence),
        exchange=tuple(exact.loads(row.exchange)),
    )


def _applied_json(applied: Applied) -> dict[str, Any]:
    balance = applied.balance
    return {
        "transaction_id": applied.transaction_id,
        **({} if applied.booked is None else {"booked": applied.booked}),
        "details": applied.details,
        "balance": balance
        and {
            **dict(zip(AMOUNTS, _amounts(balance), strict=True)),
            "next_expiry": None if balance.next_expiry is None else _next_expiry_json(balance.next_expiry),
            "updated_at": None if balance.updated_at is None else to_micros(balance.updated_at),
            "details": balance.details,
        },
    }


def _next_expiry_json(expiry: NextExpiry) -> dict[str, Any]:
    return {"points": expiry.points, "at": None if expiry.at is None else to_micros(expiry.at)}


def _applied(stored: dict[str, Any]) -> Applied:
    balance = stored["balance"]
    if balance is not None:
        updated_at, expiry = balance["updated_at"], balance.get("next_expiry")  # an older row has fewer amounts
        balance = Balance(
            **{name: balance.get(name) for name in AMOUNTS},
            next_expiry=expiry and NextExpiry(expiry["points"], _moment(expiry["at"])),
            updated_at=_moment(updated_at),
            details=balance["details"],
        )
    return Applied(
        transaction_id=stored["transaction_id"],
        balance=balance,
        details=stored["details"],
        booked=stored.get("booked"),
    )


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def resolution_text(resolution: Resolution) -> str:
    """A person's decision as its column has it."""
    others = {name: value for name in ("actor", "proposed_by") if (value := getattr(resolution, name)) is not None}
    at = to_micros(resolution.at)
    return dumps({"applied": resolution.applied, "reason": resolution.reason, "by": resolution.by, "at": at, **others})


def resolution_of(text: str) -> Resolution:
    """The decision that `resolution_text` was made of."""
    return Resolution(**{**(fields := exact.loads(text)), "at": from_micros(fields["at"])})
