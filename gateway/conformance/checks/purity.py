"""An exchange depends on its arguments, the settings and the answers alone: no network, no clock, no state."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

from gateway.conformance.bench import Bench
from gateway.conformance.breach import expect
from gateway.conformance.check import ALL, check, listed, operations, writes
from gateway.conformance.checks.effects import branches
from gateway.conformance.checks.parameters import member_of
from gateway.conformance.checks.reversal import cancelling
from gateway.conformance.checks.secrecy import with_awkward_secrets
from gateway.conformance.watching import Watch
from gateway.errors import FieldNotSupported, GatewayError
from gateway.model import Member, Operation
from gateway.planning.fresh import NO_TOKEN
from gateway.planning.translated import Translation
from gateway.write import Write

EXPLAINED = "a-method-can-run-more-than-once-for-one-call"


def _calls(bench: Bench) -> Iterator[tuple[str, Callable[[], Translation[Any]]]]:
    """All that an adapter does but to cancel, each call with its name."""
    for operation in operations(bench.pair):
        if operation != "adjust":
            yield operation, lambda operation=operation: bench.translation(operation)  # type: ignore[misc]
    for name, fields in branches(bench) if "adjust" in operations(bench.pair) else ():
        yield f"adjust, {name}", lambda fields=fields: bench.translation("adjust", **fields)  # type: ignore[misc]
    translator = bench.translator
    if bench.kind.found_by is not None and translator.adapter.finds:
        yield "find", lambda: translator.find(Write(bench.adjustment()), id="adj_1")
    if bench.kind.probes:
        yield "probe", translator.probe
    if translator.fetches:
        yield "token", translator.token


def _calls_from_fresh_starts(bench: Bench) -> Iterator[tuple[str, Callable[[], Translation[Any]]]]:
    """All that an adapter does, each call where it can be made: a cancel where there is what it takes back."""
    for name, make in _calls(bench):
        bench.fresh()
        yield name, make
    yield from cancelling(bench)


@check(EXPLAINED)
def it_reaches_for_nothing(bench: Bench) -> None:
    """No network, file, clock, sleep, output, log, environment or randomness: `now` and `nonce` are arguments."""
    for name, make in _calls_from_fresh_starts(bench):
        watch = Watch()
        with suppress(GatewayError):  # what it says of this call is for other checks
            bench.driven(make, watch.during)
        expect(not watch.seen, "nothing but its arguments, its settings and the answers", "; ".join(watch.seen), name)


@check(EXPLAINED, of=ALL)
def exchanges_share_nothing(bench: Bench, operation: Operation) -> None:
    """Two calls under way at once send and give what each of them would alone, and a first call what later ones do."""
    later = [request.method for request in bench.fresh_call(operation)]
    with bench.another() as new:
        first = [request.method for request in new.fresh_call(operation)]
    expect(first == later, f"the requests of a first call: {first}", later, f"{operation}, after other calls")
    bench.fresh()
    adapter = bench.translator.adapter
    schemes = adapter.lookup_schemes if operation == "lookup" else adapter.schemes
    unknown = bench.example.unknown_member
    other = Member.parse(unknown) if unknown else member_of(bench, schemes[-1])
    members = (bench.member, other)

    def begun(member: Member) -> Iterator[Any]:
        """Each request of a call, then what came of it."""
        own: dict[str, Any] = {"id": f"adj_{member.value}"} if operation == "adjust" else {}
        try:
            translation = bench.translation(operation, member=member, **own)
            exchange, request = translation.begin()
            while True:
                request = request.resolved(writing=translation.writes)
                yield request.method, request.path, request.body, dict(request.headers)
                request = exchange.send(bench.transport.hand(request))
        except StopIteration as done:
            yield type(done.value).__name__
        except FieldNotSupported as error:
            yield error.detail
        except GatewayError as error:
            yield type(error).__name__

    if bench.translator.fetches:
        return  # its calls need a token, which no plan has
    alone = []
    for member in members:
        bench.fresh()
        alone.append(list(begun(member)))
    bench.fresh()
    together: list[list[Any]] = [[], []]
    under_way = [begun(member) for member in members]
    going = [True, True]
    while any(going):
        for number, each in enumerate(under_way):
            step = next(each, None) if going[number] else None
            going[number] = step is not None
            together[number] += [] if step is None else [step]
    for member, one, both in zip(members, alone, together, strict=True):
        expect(one == both, f"the same as alone: {one}", both, f"{operation} of {member}, beside another call")


@check(EXPLAINED, of=ALL)
def accounts_share_nothing(bench: Bench, operation: Operation) -> None:
    """A call sends what it did before another account of the same vendor was configured and called."""
    alone = bench.fresh_call(operation)
    with with_awkward_secrets(bench) as other:
        other.call(operation)
        beside = bench.fresh_call(operation)
    expect(beside == alone, "the same request as without the other account", "its settings were mixed up")


@check(EXPLAINED, applies=writes)
def two_adjustments_at_once_both_count(bench: Bench) -> None:
    """One that begins and ends between the requests of another takes nothing from it, nor the other from it."""
    bench.adjust(id="adj_before")
    before = len(bench.simulator.effects)
    made: list[Decimal] = []

    def steps(points: Decimal) -> Iterator[bool]:
        """Whether the next request has an effect, before each."""
        try:
            translation = bench.translation("adjust", id=f"adj_{points}", points=points)
            token = bench.driven(bench.translator.token).value if translation.takes_token else NO_TOKEN
            exchange, request = translation.begin(token)
            while True:
                request = request.resolved(writing=True)
                yield request.effect is True
                request = exchange.send(bench.transport.hand(request))
        except StopIteration:
            made.append(points)
        except GatewayError:
            return  # it is not applied, or unknown

    first = steps(Decimal(5))
    next((effect for effect in first if effect), None)
    for points in (steps(Decimal(7)), first):
        deque(points, maxlen=0)
    effects = [effect.points for effect in bench.simulator.effects[before:]]
    expect(set(made) <= set(effects) <= {5, 7}, "the changes 5 and 7, of those that were applied", effects, made)


CHECKS = listed(vars())
