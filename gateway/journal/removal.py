"""What is left of an adjustment once its member is erased, or it is purged; pure, on rows.

An erased row keeps what happened under its key, and points, times and the vendor's transaction id: sums stay true. A
purged one keeps so much that its key never has a second effect.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from gateway import exact
from gateway.journal import codec
from gateway.meaning import ERASED

GONE = "erased"
"""What stands for a text that may have named the member."""
_CLASS = re.compile(r"[A-Za-z_.]{1,80}(?=:|\Z)")
_SHOWN = ("request_id", "late", "actor", "proposes", "withdraws", "proposed_by")
_OWN = ("the lease ran out",)
_PROBLEM = ("type", "title", "status", "code", "retryable", "new_key_allowed", "request_id", "adjustment")


def erased(row: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """The columns of an erased row that has the pseudonym to use in `erase_as`; the answer is to be rendered anew.

    `key`: of the digests, in this journal alone. A member that is given as erased is found again by nobody; a reference
    has the same pseudonym in every row.
    """
    pseudonym, draft = f"erased-{row['erase_as']}", exact.loads(row["draft"])
    if draft.get("description") is not None:
        draft["description"] = GONE
    if "resolved" in draft:
        draft["resolved"] = f"{draft['resolved'].partition(':')[0]}:{pseudonym}"
    applied = None if row["applied"] is None else {**exact.loads(row["applied"]), "balance": None, "details": {}}
    resolution = None if row["resolution"] is None else {**exact.loads(row["resolution"]), "reason": GONE}
    return {
        "fingerprint": f"{ERASED}:{_digest(key, row['fingerprint'])}",
        "member": f"{row['member'].partition(':')[0]}:{pseudonym}",
        "reference": None if row["reference"] is None else f"erased-{_digest(key, row['reference'])[:16]}",
        "draft": codec.dumps({**draft, "options": {}}),
        "applied": None if applied is None else codec.dumps(applied),
        "problem": None if row["problem"] is None else codec.dumps(_problem(exact.loads(row["problem"]))),
        "resolution": None if resolution is None else codec.dumps(resolution),
        **dict.fromkeys(("effect_digest", "effect_at", "effect_attempt", "search_cursor", "erase_as")),
        "removal": "erased",
    }


def evidence(whole: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence of a step without what may name the member: numbers, flags, ids of requests, and classes of errors.

    Its exchange is left out whole.
    """
    left = {name: value for name, value in whole.items() if isinstance(value, bool | int) or name in _SHOWN}
    if isinstance(error := whole.get("error"), str) and (found := _CLASS.match(error)):
        left["error"] = found[0]
    return left | ({"reason": whole["reason"]} if whole.get("reason") in _OWN else {})


def purged(row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a purged row; its steps are deleted."""
    draft = exact.loads(row["draft"])
    left = {name: draft[name] for name in ("point_type", "linked") if draft.get(name)}
    nothing = ("reference", "applied", "problem", "resolution", "answer_status", "answer_body", "look_at", "reserved")
    marks = ("effect_digest", "effect_at", "effect_attempt", "repeat_until", "repeat_at", "repeat_barred_at")
    return {
        "fingerprint": "",
        "member": f"{row['member'].partition(':')[0]}:purged",
        "draft": codec.dumps({**left, "rule": "", "not_sent": [], "lease": 0}),
        **dict.fromkeys((*nothing, *marks, "transaction_id", "search_cursor", "erase_as")),
        "retryable": False,
        "owner": "",
        "account": "",
        "removal": "purged",
    }


def _problem(whole: Mapping[str, Any]) -> dict[str, Any]:
    """A problem as its caller was told it, without what was said of this member."""
    left = {name: whole[name] for name in _PROBLEM if name in whole}
    vendor = whole.get("vendor")
    if vendor is not None:
        left["vendor"] = {**vendor, "message": None}
    place = list(left).index("title") + 1 if "title" in left else 0
    items = list(left.items())
    return dict([*items[:place], ("detail", "The member of this adjustment was erased"), *items[place:]])


def _digest(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
