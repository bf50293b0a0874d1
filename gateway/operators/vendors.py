"""How every vendor stands: circuit, latency, failures, what is in flight and unknown, and whether it is paused."""

from gateway.answers.answer_model import AnswerModel, Time
from gateway.journal import Paused
from gateway.model import CircuitState, time_text
from gateway.operators.desk import Desk
from gateway.operators.operator import Operator
from gateway.pauses import Pause


class PauseShown(AnswerModel):
    """A pause that is in force. `by` and `since` are null for one in the configuration, which a reload ends."""

    of: str
    name: str
    reason: str
    retry_after: int
    by: str | None
    since: Time | None


class PausesShown(AnswerModel):
    """Everything that is paused, in the journal and in the configuration."""

    data: list[PauseShown]


class VendorShown(AnswerModel):
    """One configured vendor.

    Counts are since these processes were started, of all of them; circuits are of the process that answers.
    """

    name: str
    adapter: str
    circuit: CircuitState
    retry_after: int | None
    search_circuit: CircuitState | None
    in_flight: int
    slots: int
    exchanges: int
    failures: int
    mean_ms: float | None
    p95_ms: float | None
    unknown: int
    oldest_unknown: Time | None
    pauses: list[PauseShown]


class VendorsShown(AnswerModel):
    """Every vendor by name, what is paused as a whole, and the process that answers."""

    data: list[VendorShown]
    pauses: list[PauseShown]
    process: str
    now: Time


async def vendors(desk: Desk, operator: Operator) -> VendorsShown:
    """How every vendor stands. Raises `Forbidden` or `StoreUnavailable`."""
    operator.permit("operator:read")
    current = desk.current()
    places = await desk.journal.whereabouts()
    in_force = await pauses_of(desk)
    exchanges, in_flight = desk.metrics.shown.by_vendor(), desk.metrics.shown.in_flight()
    shown = []
    for translator in sorted(current.vendors.planner.vendors(), key=lambda each: each.name):
        name = translator.name
        call = current.vendors.ways.calls[name]
        search = current.vendors.ways.searches.get(name)
        of = [each for each in places if each.vendor == name]
        seen = exchanges.get(name)
        shown.append(
            VendorShown(
                name=name,
                adapter=translator.kind.name,
                circuit=call.standing.state,
                retry_after=round(call.standing.wait) or None,
                search_circuit=None if search is None else search.standing.state,
                in_flight=in_flight.get(name, 0),
                slots=translator.settings.max_concurrency,
                exchanges=seen.count if seen else 0,
                failures=round(seen.failures) if seen else 0,
                mean_ms=seen.mean_ms if seen else None,
                p95_ms=seen.p95_ms if seen else None,
                unknown=sum(each.count for each in of),
                oldest_unknown=time_text(min(each.oldest for each in of)) if of else None,
                pauses=[each for each in in_force if (each.of, each.name) == ("vendor", name)],
            )
        )
    return VendorsShown(data=shown, pauses=in_force, process=desk.process, now=time_text(desk.clock()))


async def pauses(desk: Desk, operator: Operator) -> PausesShown:
    """Everything that is paused. Raises `Forbidden` or `StoreUnavailable`."""
    operator.permit("operator:read")
    return PausesShown(data=await pauses_of(desk))


async def pauses_of(desk: Desk) -> list[PauseShown]:
    """Everything that is paused, in the journal and in the configuration."""
    return [
        *(pause_shown(each.pause, each) for each in await desk.journal.paused()),
        *(pause_shown(each) for each in desk.current().settings.pauses),
    ]


def pause_shown(pause: Pause, entry: Paused | None = None) -> PauseShown:
    """A pause as it is shown; `entry`: who began it and when, if the journal has it."""
    return PauseShown(
        of=pause.kind,
        name=pause.name,
        reason=pause.reason,
        retry_after=pause.retry_after,
        by=None if entry is None else entry.by,
        since=None if entry is None else time_text(entry.at),
    )
