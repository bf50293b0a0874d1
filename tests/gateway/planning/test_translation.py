"""A vendor is asked only for what its adapter's signature says, and nothing that a caller says is lost in silence."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.adjustments import CLOCK_ERROR, UNSEEN
from gateway.errors import AlreadyBooked, FieldNotSupported, OperationNotSupported
from gateway.model import Adjustment, Applied, Balance, Member, Period, RepeatSafety
from gateway.planning.translation import MARGIN, Translation, Translator
from gateway.port import Adapter, Exchange, VendorRequest, VendorResponse, VendorSettings
from gateway.port.registry import AdapterType
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


def slip(**settings: Any) -> Translator:
    given = {"adapter": "slip", "base_url": "https://slip.example", **settings}
    return Translator("desk", AdapterType.of("slip", Slip), VendorSettings.model_validate(given))


def paper() -> Translator:
    kind = AdapterType.of("paper", Paper)
    return Translator("desk", kind, kind.settings.model_validate(PAPER))


def adjustment(**fields: Any) -> Adjustment:
    return Adjustment(**{"member": MEMBER, "points": Decimal(5), **fields})


def entry(translation: Translation[Applied]) -> VendorRequest:
    """The second request of the fifth vendor's adjustment."""
    return translation.exchange.send(VendorResponse(200, {}, b'{"access": "a"}'))


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
    said = json.loads(request.body)
    assert said == {
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
    said = json.loads(entry(paper().adjust(adjustment(), id="adj_1")).body)
    assert said == {"holder": "card:1", "amount": 5, "held": False}


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
    assert slip().balance(Member("custom.user_id", "7"), None).request.path == "/custom.user_id:7"
    for member in (Member("email", "a@b.example"), Member("customer", "1")):
        with pytest.raises(FieldNotSupported) as caught:
            slip().balance(member, None)
        assert caught.value.field == "member"
        with pytest.raises(FieldNotSupported, match=rf"card, custom\.\*, not {member.scheme}"):
            slip().adjust(adjustment(member=member), id="adj_1")


def test_a_read_without_point_types_refuses_one() -> None:
    """A read is asked for a kind of points only where it can be."""
    with pytest.raises(FieldNotSupported) as caught:
        slip().balance(MEMBER, "base")
    assert caught.value.field == "point_type"


def test_an_operation_that_is_not_written_is_not_supported() -> None:
    """The error names the vendor and the operation."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(OperationNotSupported, match=r"'desk'.*'expiring'"):
        slip().expiring(MEMBER, Period(moment, moment), None)


def test_options_are_checked_by_the_adapters_own_model() -> None:
    """Options that the model does not know never reach the adapter."""
    with pytest.raises(ValidationError):
        paper().adjust(adjustment(options={"paper": {"ink": "red"}}), id="adj_1")


def test_a_masked_translator_knows_no_secret() -> None:
    """What it makes can be shown; the translator that it came from goes on as before."""
    translator = paper()
    masked = translator.masked()
    assert b'"secret":"***"' in masked.balance(MEMBER, None).request.body
    assert (masked.name, masked.kind) == (translator.name, translator.kind)
    assert SECRET.encode() in translator.balance(MEMBER, None).request.body
