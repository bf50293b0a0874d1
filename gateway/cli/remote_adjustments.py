"""`adjustments` by the operator API: the same lists, histories and decisions, without the journal."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway import exact
from gateway.cli import terminal
from gateway.cli.file_preview import Previewed
from gateway.cli.instructions import Instruction
from gateway.cli.listing import answer_line
from gateway.cli.operator_api import AT_ONCE, OperatorApi
from gateway.cli.options import Output, fail
from gateway.cli.shown_list import ShownList
from gateway.journal.unknown_sets import Amount


def listed(api: OperatorApi, query: Mapping[str, object], limit: int, output: Output) -> tuple[int, bool]:
    """Show a list, page by page; gives how many were shown, and whether there are more."""
    shown, after = ShownList(output), None
    while True:
        page = api.get("adjustments", **query, limit=min(AT_ONCE, limit - shown.count), after=after)
        shown.add(map(_json if shown.json else answer_line, page["data"]))
        if page["next_after"] is None or shown.count >= limit:
            shown.end()
            return shown.count, page["next_after"] is not None
        after = page["next_after"]


def _json(answer: Mapping[str, Any]) -> str:
    return exact.dumps(answer).decode()


def resolved(api: OperatorApi, instructions: Sequence[Instruction]) -> int:
    """Decide what each instruction says, of what is seen now; reports each, and gives how many were refused."""
    refused = 0
    for decision in dict.fromkeys((each.applied, each.reason) for each in instructions):
        ids = [each.id for each in instructions if (each.applied, each.reason) == decision]
        seen = list(_seen(api, ids))
        refused += len(ids) - len(seen)
        applied, reason = decision
        refused += sum(not _reported(each) for each in api.decide(seen, applied=applied, reason=reason))
    return refused


def resolve(api: OperatorApi, instructions: Sequence[Instruction]) -> None:
    """As `resolved`; ends the command where one was refused."""
    if refused := resolved(api, instructions):
        fail(f"{refused} of {len(instructions)} could not be settled")


def settle(api: OperatorApi, seen: Sequence[Mapping[str, Any]], *, applied: bool, reason: str) -> None:
    """Settle adjustments as they were seen, and report each as soon as it is stored; ends the command where one was
    refused."""
    refused = sum(not _reported(each) for each in api.decide(seen, applied=applied, reason=reason))
    if refused:
        fail(f"{refused} of {len(seen)} could not be settled")


def previewed(api: OperatorApi, id_: str) -> Previewed | None:
    """One adjustment of a file as it stands now; None where there is none."""
    found = api.find(id_)
    if found is None:
        return None
    answer = found["adjustment"]
    amount = Amount(answer["vendor"]["name"], answer["point_type"], Decimal(answer["points"]))
    return Previewed(answer_line(answer), amount, answer["status"] in ("unknown", "accepted"))


def _seen(api: OperatorApi, ids: Iterable[str]) -> Iterable[dict[str, Any]]:
    """Each adjustment as it is seen now; one that is not there is noted."""
    for id_ in ids:
        found = api.find(id_)
        if found is None:
            terminal.note(f"points-gateway: {id_} is not in this journal")
        else:
            yield {"id": id_, "attempt": found["attempt"], "repeats": found["repeats"]}


def _reported(result: Mapping[str, Any]) -> bool:
    """Report what became of one; whether it was not refused."""
    id_, detail = result["id"], result["detail"]
    match result["result"]:
        case "settled":
            terminal.report(f"{id_}  {result['status']}")
        case "already":
            terminal.report(f"{id_}  {result['status']}  (settled before)")
        case "proposed":
            terminal.report(f"{id_}  proposed: another person has to confirm it until {result['until']}")
        case _:
            terminal.note(f"points-gateway: {id_}: {detail}")
            return False
    return True
