"""Digits, members and words reach the vendor as they were given, or are refused before anything is sent."""

from decimal import Decimal

from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from gateway import exact
from gateway.adjustments import Verdict
from gateway.conformance.bench import Bench
from gateway.conformance.breach import broken, expect
from gateway.conformance.check import ALL, check, listed, operations, writes
from gateway.conformance.examples import LARGEST
from gateway.conformance.request_texts import texts_of
from gateway.delivery.outcome import Outcome
from gateway.errors import FieldNotSupported
from gateway.model import Balance, Member, Operation
from gateway.simulation import Request

EXPLAINED = "1-the-translation"
# Always the same examples, so that an adapter does not pass today and fail tomorrow.
FEW = settings(
    max_examples=100,
    deadline=None,
    database=None,
    derandomize=True,
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
MEMBER_VALUES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="/\\"), min_size=1, max_size=40),
    st.text("% +'\"&?#=;:,@<>~*é漢🙂\u0301aZ09", min_size=1, max_size=40),
    st.integers(1, 2**63 - 1).map(str),
    st.sampled_from(["a%20b", "%", "%2", "+", "a+b c", '"', "<xml>", "{}", "null", "0", "007", "Jason@Example.com"]),
)
WORDS = ("description", "reference")


@check(EXPLAINED, applies=writes)
def every_digit_arrives(bench: Bench) -> None:
    """Points arrive digit for digit, 12 before the point and 6 after; a fraction may be refused, never rounded."""
    numbers = st.integers(-(10**18) + 1, 10**18 - 1).filter(bool).map(lambda number: Decimal(number).scaleb(-6))
    extremes = st.sampled_from([LARGEST, -LARGEST, Decimal("0.000001"), Decimal("0.1"), Decimal("123456789012.345678")])

    @FEW
    @given(points=numbers | extremes | st.integers(1, 10**12 - 1).map(Decimal))
    def holds(points: Decimal) -> None:
        bench.fresh()
        _arrives(bench, points)

    with bench.direct():
        holds()
        bench.fresh()
        _arrives(bench, Decimal("0.5"))


def _arrives(bench: Bench, points: Decimal) -> None:
    whole = points == points.to_integral_value()
    if not bench.translator.adapter.fractions and not whole:
        try:
            bench.translation("adjust", points=points)
        except FieldNotSupported as error:
            expect(error.field == "points", "a refusal of points", error.field, points)
            return
        broken("a refusal of a fraction, since fractions is False", "it was translated", points)
    before = len(bench.simulator.effects)
    try:
        outcome = bench.adjust(points=points)
    except FieldNotSupported:
        expect(abs(points) > bench.examples.largest, f"points up to {bench.examples.largest}", "refused", points)
        return
    effects = [effect.points for effect in bench.simulator.effects[before:]]
    applied = outcome.verdict in (Verdict.APPLIED, Verdict.ACCEPTED)
    # A vendor need not let a member owe.
    refused = outcome.verdict is Verdict.REFUSED and (points < 0 or points > bench.examples.largest)
    expect(applied or refused, "applied", _came_to(outcome), points)
    expect(effects == ([points] if applied else []), f"a change of {points}", effects, points)
    shown = exact.text(points.copy_abs() if bench.examples.unsigned else points)
    texts = [text for request in bench.simulator.requests for text in texts_of(request)]
    expect(shown in texts, f"{shown}, digit for digit", texts, points)


@check(EXPLAINED, applies=writes)
def every_digit_of_a_debit_arrives(bench: Bench) -> None:
    """What was credited can be debited, by the same digits, up to the largest amount that the vendor takes."""
    numbers = st.integers(1, int(bench.examples.largest)).map(Decimal)
    if bench.translator.adapter.fractions:
        most = int(bench.examples.largest.scaleb(6))
        numbers |= st.integers(1, most).map(lambda number: Decimal(number).scaleb(-6))

    @settings(FEW, max_examples=40)
    @given(points=numbers)
    def holds(points: Decimal) -> None:
        bench.fresh()
        try:
            credit = bench.adjust(points=points, id="adj_1")
            before, enough = len(bench.simulator.effects), _has(bench, points)
            debit = bench.adjust(points=-points, id="adj_2") if credit.verdict is Verdict.APPLIED else credit
        except FieldNotSupported as error:
            broken(f"points up to {bench.examples.largest}", f"{error.field} is refused", points)
        if debit is credit:
            return
        effects = [effect.points for effect in bench.simulator.effects[before:]]
        applied = debit.verdict in (Verdict.APPLIED, Verdict.ACCEPTED)
        refused = debit.verdict is Verdict.REFUSED and not enough
        expect(applied or refused, "applied", _came_to(debit), -points)
        expect(effects == ([-points] if applied else []), f"a change of {-points}", effects, -points)

    with bench.direct():
        holds()


def _has(bench: Bench, points: Decimal) -> bool:
    """Whether the member is known to have so many points that can be spent: a vendor may hold what was credited."""
    if "balance" not in operations(bench.pair):
        return False
    balance = bench.read("balance").result
    return isinstance(balance, Balance) and (balance.available or Decimal(0)) >= points


def _came_to(outcome: Outcome) -> str:
    return f"{outcome.verdict}: {outcome.error.detail if outcome.error else outcome.evidence.get('error')}"


@check("missing-and-unreadable-values", applies=lambda kind: writes(kind) and "balance" in kind.operations)
def every_digit_comes_back(bench: Bench) -> None:
    """A balance moves by exactly what was adjusted, to the last digit."""
    fraction = bench.translator.adapter.fractions
    points = min(Decimal("123456789012.345678") if fraction else Decimal(123456789012), bench.examples.largest)
    with bench.direct():
        for number, change in enumerate((points, Decimal(-1))):  # the second tells what is available from what ever was
            before = bench.read("balance").result
            outcome = bench.adjust(points=change, id=f"adj_{number}")
            after = bench.read("balance").result
            if outcome.verdict is not Verdict.APPLIED:
                continue
            numbers = [isinstance(each, Balance) and each.available for each in (before, after)]
            moved = numbers[1] - (numbers[0] or 0) if isinstance(numbers[1], Decimal) else None
            expect(moved == change, f"a balance that moved by {change}", f"from {numbers[0]} to {numbers[1]}")


@check(EXPLAINED, of=ALL)
def a_member_arrives_as_given(bench: Bench, operation: Operation) -> None:
    """A member's value reaches the vendor character for character, or is refused before anything is sent."""
    scheme = bench.member.scheme
    if operation == "lookup" and scheme not in bench.translator.adapter.lookup_schemes:
        scheme = next(each for each in bench.translator.adapter.lookup_schemes if each != "phone")

    @FEW
    @given(value=MEMBER_VALUES)
    def holds(value: str) -> None:
        try:
            member = Member.parse(f"{scheme}:{value}")
        except ValueError:
            reject()
        requests = _called(bench, operation, member)
        if requests:
            texts = [text for request in requests for text in texts_of(request)]
            arrived = member.value in texts or str(member) in texts
            expect(arrived, f"the member {member}, character for character", texts, repr(str(member)))

    with bench.direct():
        holds()


def _called(bench: Bench, operation: Operation, member: Member) -> list[Request]:
    """The requests that arrived; none where the member was refused."""
    bench.fresh()
    try:
        bench.translation(operation, member=member)
    except FieldNotSupported as error:
        expect(error.field == "member", "a refusal of the member", error.field, repr(str(member)))
        return []
    return bench.call(operation, member=member)


@check(EXPLAINED, applies=lambda kind: not set(WORDS).isdisjoint(kind.operations.get("adjust", ())))
def words_arrive_as_given(bench: Bench) -> None:
    """What a caller says in words reaches the vendor character for character, or is refused, and never changed."""
    with bench.direct():
        for name in WORDS:
            if name in bench.kind.operations["adjust"]:
                _words_arrive(bench, name)


def _words_arrive(bench: Bench, name: str) -> None:
    longest = min(200, bench.examples.longest.get(name, 200))

    @FEW
    @given(words=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=longest))
    @example("w" * longest)
    @example(" a  b ")
    @example('Jos\u00e9 "& <\u6f22> 100%')
    def holds(words: str) -> None:
        bench.fresh()
        plain = words.isprintable()
        try:
            outcome = bench.adjust(**{name: words})
        except FieldNotSupported as error:
            expect(not plain and error.field == name, f"{name} to be sent", "it is refused", repr(words))
            return
        if outcome.verdict is Verdict.REFUSED and not plain:
            return
        expect(bench.simulator.effects, "the words to be taken", _came_to(outcome), repr(words))
        texts = [text for request in bench.simulator.requests for text in texts_of(request)]
        expect(words in texts, f"{name}, character for character", texts, repr(words))

    holds()


CHECKS = listed(vars())
