"""A vendor is asked only for what its adapter's signature says, and nothing that a caller says is lost in silence."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from gateway.adjustments import CLOCK_ERROR, UNSEEN
from gateway.errors import AlreadyBooked, FieldNotSupported, OperationNotSupported, VendorUnavailable
from gateway.model import Adjustment, Applied, Balance, Bucket, Expiring, Member, Period, RepeatSafety
from gateway.planning.contained import AdapterExit
from gateway.planning.translated import Translation
from gateway.planning.translation import MARGIN, Translator
from gateway.port import Adapter, Exchange, VendorRequest, VendorResponse, VendorSettings
from gateway.port.registry import AdapterType
from gateway.port.secrets import Expanded
from gateway.reads import BalanceRead, ExpiringRead
from gateway.write import Reversal, Write, WriteOperation
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.enforcing import Remembering

SECRET = "secret-of-the-brand"
MEMBER = Member("card", "1")
PAPER: dict[str, Any] = {
    "adapter": "paper",
    "base_url": "https://paper.example",
    "client": "brand",
    "client_secret": SECRET,
    "point_types": {"base": "stamps"},
}


class Slip(Adapter[VendorSettings]):
    """Can be told whose points, how many whole ones, and why."""

    schemes = ("card", "custom.*")
    fractions = False

    def adjust(self, *, member: Member, points: Decimal, reason: str | None = None) -> Exchange[Applied]:
        """Put it in the path."""
        yield VendorRequest("POST", f"/{member}/{points}/{reason}", effect=True)
        return Applied()

    def balance(self, *, member: Member) -> Exchange[Balance]:
        """Ask by the path."""
        yield VendorRequest("GET", f"/{member}")
        return Balance()


def slip(adapter: type[Slip] = Slip, **settings: Any) -> Translator:
    fields = {"adapter": "slip", "base_url": "https://slip.example", **settings}
    return Translator("desk", AdapterType.of("slip", adapter), VendorSettings.model_validate(fields))


def paper(**settings: Any) -> Translator:
    kind = AdapterType.of("paper", Paper)
    return Translator("desk", kind, kind.settings.model_validate({**PAPER, **settings}))


def adjustment(**fields: Any) -> Adjustment:
    return Adjustment(**{"member": MEMBER, "points": Decimal(5), **fields})


def entry(translation: Translation[Applied]) -> VendorRequest:
    """The second request of the fifth vendor's adjustment."""
    exchange, _ = translation.begin()
    return exchange.send(VendorResponse(200, {}, b'{"access": "a"}'))


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"enforces": None}, "go together"),
        ({"enforced_for": 0.0}, "go together"),
        ({"repeat_safety": "searchable"}, "go together"),
        ({"enforces": "perhaps"}, "expected 'replay' or 'refuse'"),
        ({"enforces": "refuse"}, "needs a code"),
        ({"refusals": {(409, "WRITTEN"): AlreadyBooked}}, "needs a code"),
        ({"refusals": {409: AlreadyBooked}}, "known by a code alone"),
    ],
)
def test_what_a_repeat_rests_on_is_said_whole(changed: dict[str, Any], fault: str) -> None:
    """An adapter that enforces idempotency and does not say how, or for how long, is refused."""

    def made() -> Translator:
        kind = AdapterType.of("paper", type("Changed", (Paper,), changed))
        return Translator("desk", kind, kind.settings.model_validate(PAPER))

    with pytest.raises(TypeError, match=fault):
        made()


def test_idempotency_is_enforced_by_our_own_id() -> None:
    """An adapter that does not take the adjustment's id cannot say that the vendor knows it again."""

    class Unnamed(Slip):
        repeat_safety: RepeatSafety = "enforced"
        enforces = "replay"
        enforced_for = 60.0

    kind = AdapterType.of("slip", Unnamed)
    with pytest.raises(TypeError, match="does not take it"):
        Translator("desk", kind, VendorSettings(adapter="slip", base_url="https://slip.example"))


def test_the_window_for_repeats_ends_before_the_vendor_forgets() -> None:
    """It is shorter by a whole repeat and by what clocks may hide; a memory shorter than that is none."""
    kind = AdapterType.of("paper", Remembering)
    remembering = Translator("desk", kind, kind.settings.model_validate(PAPER))
    assert remembering.window == Remembering.enforced_for - remembering.lease - CLOCK_ERROR - UNSEEN
    assert remembering.lease == remembering.settings.timeout + MARGIN
    assert (paper().window, slip().window) == (0.0, 0.0)


def test_a_translation_holds_the_first_request() -> None:
    """The exchange is begun, so that what cannot be said is known before anything is claimed or sent."""
    translation = slip().adjust(adjustment(reason="gift"), id="adj_1")
    assert translation.request == VendorRequest("POST", "/card:1/5/gift", effect=True)
    assert translation.not_sent == ()


def test_a_translation_begins_again() -> None:
    """Each exchange has the same first request, and goes on by itself, whatever became of the one before it."""
    translation = paper().adjust(adjustment(), id="adj_1")
    (first, asked), (second, asked_again) = translation.begin(), translation.begin()
    assert asked == asked_again == translation.request
    with pytest.raises(VendorUnavailable):
        first.send(VendorResponse(503))
    assert second.send(VendorResponse(200, {}, b'{"access": "a"}')).path == "/entries"
    with pytest.raises(StopIteration) as done:
        second.send(VendorResponse(201, {}, b'{"entry": "e"}'))
    assert done.value.value == Applied("e")


def test_the_exchange_of_the_planning_is_the_first_to_be_had() -> None:
    """The adapter runs once for a call that is had once, and once more for each time that it begins again."""
    runs: list[Member] = []

    class Counting(Slip):
        def balance(self, *, member: Member) -> Exchange[Balance]:
            runs.append(member)
            return (yield from super().balance(member=member))

    translation = slip(Counting).read(BalanceRead(MEMBER))
    counts = []
    for _ in range(3):
        translation.begin()
        counts.append(len(runs))
    assert counts == [1, 2, 3]


def test_each_beginning_has_the_credentials_of_its_moment() -> None:
    """A secret that has been renewed since the planning is in every exchange but the one of the planning."""
    secrets = iter(["old", "new", "newer"])
    kind = AdapterType.of("paper", Paper)
    renewed = Expanded("first", lambda: next(secrets))
    translator = Translator("desk", kind, kind.settings.model_validate({**PAPER, "client_secret": renewed}))
    translation = translator.read(BalanceRead(MEMBER, "base"))
    bodies = [json.loads(request.body)["secret"] for _, request in (translation.begin() for _ in range(3))]
    assert bodies == ["old", "new", "newer"]


def test_what_an_adapter_raises_when_it_begins_again() -> None:
    """It reaches whoever asked for that beginning, and no exchange that was begun before, nor one after it."""
    runs = iter([None, KeyError("lost"), SystemExit(), None])

    class Stumbling(Slip):
        def balance(self, *, member: Member) -> Exchange[Balance]:
            if (error := next(runs)) is not None:
                raise error
            return (yield from super().balance(member=member))

    translation = slip(Stumbling).read(BalanceRead(MEMBER))
    first, _ = translation.begin()
    with pytest.raises(KeyError, match="lost"):
        translation.begin()
    with pytest.raises(AdapterExit, match="SystemExit"):
        translation.begin()
    last, request = translation.begin()
    assert request == translation.request
    for exchange in (first, last):
        with pytest.raises(StopIteration):
            exchange.send(VendorResponse(200))


def test_an_adapter_that_asks_nothing_cannot_be_planned() -> None:
    """An exchange without a request is a fault of the adapter, found before anything is claimed."""

    class Silent(Slip):
        def balance(self, *, member: Member) -> Exchange[Balance]:
            return Balance()
            yield  # makes it a generator

    with pytest.raises(TypeError, match="before it had asked the vendor anything"):
        slip(Silent).read(BalanceRead(MEMBER))


def test_every_declared_field_is_said() -> None:
    """Each field reaches the adapter under its own name, the adjustment's id among them."""
    asked = adjustment(
        points=Decimal("2.5"),
        point_type="base",
        description="d",
        reference="r",
        store="s",
        pending=True,
        options={"paper": {"page": 3}, "other": {"page": 4}},
    )
    request = entry(paper().adjust(asked, id="adj_1"))
    document = json.loads(request.body)
    assert document == {
        "holder": "card:1",
        "amount": 2.5,
        "kind": "stamps",
        "text": "d",
        "ref": "r",
        "shop": "s",
        "held": True,
        "page": 3,
    }
    assert request.headers["Entry-Key"] == "adj_1"


def test_fields_without_a_value_are_left_to_the_adapter() -> None:
    """What a caller does not say is not given; `pending` is false."""
    document = json.loads(entry(paper().adjust(adjustment(), id="adj_1")).body)
    assert document == {"holder": "card:1", "amount": 5, "held": False}


@pytest.mark.parametrize("name", ["point_type", "description", "reference", "store"])
def test_an_undeclared_field_is_refused(name: str) -> None:
    """The refusal names the field and the vendor."""
    with pytest.raises(FieldNotSupported, match="'desk'") as caught:
        slip().adjust(adjustment(**{name: "x"}), id="adj_1")
    assert caught.value.field == name


def test_pending_is_refused_only_where_it_is_asked_for() -> None:
    """False is the default and can be said to every vendor."""
    assert slip().adjust(adjustment(pending=False), id="adj_1").not_sent == ()
    with pytest.raises(FieldNotSupported) as caught:
        slip().adjust(adjustment(pending=True), id="adj_1")
    assert caught.value.field == "pending"


def test_ignored_fields_are_named_and_not_sent() -> None:
    """By the operator's consent what cannot be said is left out; what can be said is said all the same."""
    translator = slip(ignore=["description", "reason", "reference", "store"])
    translation = translator.adjust(adjustment(reason="gift", store="12", description="d"), id="adj_1")
    assert translation.not_sent == ("description", "store")
    assert translation.request.path == "/card:1/5/gift"
    assert translator.adjust(adjustment(), id="adj_1").not_sent == ()


@pytest.mark.parametrize("points", ["0.5", "-2.5", "0.000001"])
def test_fractions_are_refused_where_points_are_whole(points: str) -> None:
    """A vendor of whole points is never told a rounded number."""
    with pytest.raises(FieldNotSupported) as caught:
        slip().adjust(adjustment(points=Decimal(points)), id="adj_1")
    assert caught.value.field == "points"


@pytest.mark.parametrize("points", ["7.000000", "-999999999999"])
def test_whole_numbers_are_whole_however_they_are_written(points: str) -> None:
    """Zeros after the point are no fraction."""
    assert slip().adjust(adjustment(points=Decimal(points)), id="adj_1").request.resolved(writing=True).effect


def test_schemes_are_enforced_for_every_operation() -> None:
    """A member of a scheme that is not listed is refused; `custom.*` stands for every custom field."""
    assert slip().read(BalanceRead(Member("custom.user_id", "7"))).request.path == "/custom.user_id:7"
    for member in (Member("email", "a@b.example"), Member("customer", "1")):
        with pytest.raises(FieldNotSupported) as caught:
            slip().read(BalanceRead(member))
        assert caught.value.field == "member"
        with pytest.raises(FieldNotSupported, match=rf"card, custom\.\*, not {member.scheme}"):
            slip().adjust(adjustment(member=member), id="adj_1")


def test_a_read_without_point_types_refuses_one() -> None:
    """A read is asked for a kind of points only where it can be."""
    with pytest.raises(FieldNotSupported) as caught:
        slip().read(BalanceRead(MEMBER, "base"))
    assert caught.value.field == "point_type"


def test_a_period_is_asked_for_as_the_vendor_takes_one() -> None:
    """One that needs a period is not asked without; one that has a schedule of its own is asked only without."""

    class Ledger(Slip):
        def expiring(self, *, member: Member, period: Period) -> Exchange[Expiring]:
            yield VendorRequest("GET", f"/{member}/{period.end:%d}")
            return Expiring(Decimal(0))

    class Schedule(Slip):
        def expiring(self, *, member: Member) -> Exchange[Expiring]:
            yield VendorRequest("GET", f"/{member}/schedule")
            return Expiring(None, precision="buckets", buckets=(Bucket(Decimal(5), within_days=30),))

    moment = datetime(2026, 1, 31, tzinfo=UTC)
    period = Period(moment, moment)
    assert slip(Ledger).read(ExpiringRead(MEMBER, period=period)).request.path == "/card:1/31"
    with pytest.raises(FieldNotSupported, match=r"'desk'.*without") as missing:
        slip(Ledger).read(ExpiringRead(MEMBER))
    assert missing.value.field == "from"
    assert slip(Schedule).read(ExpiringRead(MEMBER)).request.path == "/card:1/schedule"
    with pytest.raises(FieldNotSupported) as refused:
        slip(Schedule).read(ExpiringRead(MEMBER, period=period))
    assert refused.value.field == "from"


def test_an_operation_that_is_not_written_is_not_supported() -> None:
    """The error names the vendor and the operation."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(OperationNotSupported, match=r"'desk'.*'expiring'"):
        slip().read(ExpiringRead(MEMBER, None, Period(moment, moment)))


def test_a_write_is_said_and_found_by_its_operation() -> None:
    """Every operation of this version has a way to the vendor; one of a later version is refused by name."""
    for operation in get_args(WriteOperation):
        assert slip().write(Write(adjustment(), operation), id="adj_1").writes
    later: Any = "accrue"
    for method in (slip().write, slip().find):
        with pytest.raises(OperationNotSupported, match="'accrue'"):
            method(Write(adjustment(), later, "adj_0"), id="adj_1")


def test_a_cancel_is_said_to_a_vendor_that_has_one() -> None:
    """It is told what its method asks for; one that has none, or needs an id that nobody has, is not asked."""
    write = Write(
        adjustment(points=Decimal(-5)), "reverse", "adj_0", None, Reversal("adj_0"), linked=True, transaction="7"
    )
    for method in (slip().write, slip().find):
        with pytest.raises(OperationNotSupported, match="cancel"):
            method(write, id="adj_1")
    told: list[dict[str, Any]] = []

    class Cancelling(Slip):
        def reverse(self, *, original: str, transaction: str, points: Decimal) -> Exchange[Applied]:
            """Note what it is told."""
            told.append({"original": original, "transaction": transaction, "points": points})
            yield VendorRequest("POST", "/cancel")
            return Applied()

    translator = slip(Cancelling)
    assert translator.reverses("7")
    assert not translator.reverses(None)
    assert translator.write(write, id="adj_1").writes
    assert told == [{"original": "adj_0", "transaction": "7", "points": Decimal(-5)}]
    described = replace(write, adjustment=replace(write.adjustment, description="why"))
    with pytest.raises(FieldNotSupported, match="description"):
        translator.write(described, id="adj_1")


def test_the_defaults_of_a_vendor_are_noted() -> None:
    """Those of fields that the call left out, and that the vendor is told."""
    assert slip().write(Write(adjustment()), id="adj_1").defaults == {}
    with_default = paper(default_point_type="base")
    assert with_default.write(Write(adjustment()), id="adj_1").defaults == {"point_type": "base"}
    assert with_default.write(Write(adjustment(point_type="base")), id="adj_1").defaults == {}


def test_options_are_checked_by_the_adapters_own_model() -> None:
    """Options that the model does not know never reach the adapter."""
    with pytest.raises(ValidationError):
        paper().adjust(adjustment(options={"paper": {"ink": "red"}}), id="adj_1")


def test_a_masked_translator_knows_no_secret() -> None:
    """What it makes can be shown; the translator that it came from goes on as before."""
    translator = paper()
    masked = translator.masked()
    assert b'"secret":"***"' in masked.read(BalanceRead(MEMBER)).request.body
    assert (masked.name, masked.kind) == (translator.name, translator.kind)
    assert SECRET.encode() in translator.read(BalanceRead(MEMBER)).request.body
