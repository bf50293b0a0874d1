"""The descriptions in adapters/ are whole, and each says only what its page says."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.documents.problem import Problem
from gateway.model import Adjustment, Member
from gateway.planning.translation import Translator
from gateway.port import Secret, VendorRequest, VendorResponse
from gateway.port.registry import AdapterType, described

FOLDER = Path(__file__).parents[2] / "adapters"
FILES = sorted(FOLDER.glob("*/description.yaml"))
SECRET = "secret-of-ours-0123456789"


def kind_of(file: Path) -> AdapterType:
    problems: list[Problem] = []
    kind = described(str(file), file.read_bytes(), problems)
    assert problems == []
    assert kind is not None
    return kind


def translator(file: Path) -> Translator:
    """An account with secrets, the number 7 for each number, and a word for each text."""
    kind = kind_of(file)
    settings: dict[str, object] = {"adapter": "declared", "base_url": "https://vendor.example"}
    for name, field in kind.settings.model_fields.items():
        if field.is_required() and name not in settings:
            settings[name] = {int: 7, Secret: SECRET}.get(field.annotation, "ours")  # type: ignore[call-overload]  # a type
    return Translator("vendor", kind, kind.settings.model_validate(settings))


BEFORE = {"wix": b'{"account": {"id": "12", "revision": 3}}'}
"""What vendors say who are asked something before an adjustment."""


def changing(vendor: Translator, adjustment: Adjustment) -> VendorRequest:
    """The request with the effect."""
    exchange, request = vendor.adjust(adjustment, id="adj_1").begin()
    return request if request.effect else exchange.send(VendorResponse(200, body=BEFORE[vendor.kind.name]))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_a_description_is_whole(file: Path) -> None:
    """Its name is that of its folder, it has a page, and it can adjust in both directions with what it needs."""
    vendor = translator(file)
    assert vendor.kind.name.replace("-", "_") == file.parent.name
    assert (file.parent / "README.md").read_text("utf-8").startswith(f"# {vendor.kind.name}\n")
    member = Member(vendor.adapter.schemes[0], "12")
    for points in (Decimal(5), Decimal(-5)):
        request = changing(vendor, Adjustment(member, points))
        assert request.effect
        assert b"5" in request.body
        shown = changing(vendor.masked(), Adjustment(member, points))
        assert SECRET not in f"{shown.path}{shown.headers}{shown.body!r}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_a_description_promises_nothing_that_is_not_confirmed(file: Path) -> None:
    """Without the operator's word no write is sent again, and no list is complete."""
    vendor = translator(file)
    assert vendor.window == 0
    assert vendor.adapter.repeat_safety in ("none", "searchable")


def test_a_number_in_a_name_is_a_number() -> None:
    """Smile's customers are numbers: digits go out as they are, and an answer in either type agrees."""
    vendor = translator(FOLDER / "smile/description.yaml")
    request = vendor.adjust(Adjustment(Member("customer_id", "12"), Decimal(-5)), id="adj_1").request
    assert request.body == (b'{"points_transaction":{"customer_id":12,"points_change":-5,"internal_note":"adj_1"}}')


def test_a_revision_is_looked_up() -> None:
    """Wix's adjustments name the revision that the account has, as the account has it."""
    vendor = translator(FOLDER / "wix/description.yaml")
    request = changing(vendor, Adjustment(Member("account_id", "12"), Decimal(-5), description="Spent"))
    assert (request.method, request.path) == ("POST", "/accounts/12/adjust-points")
    assert request.body == b'{"amount":-5,"revision":3,"description":"Spent"}'


def test_a_vendor_whose_success_is_not_documented_has_no_description() -> None:
    """Yotpo's page has all but that: with it, it is whole; without it, it is refused."""
    page = (FOLDER / "yotpo/README.md").read_text("utf-8")
    [text] = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    problems: list[Problem] = []
    assert described("yotpo.yaml", text.encode(), problems) is None
    assert [str(each).partition("adjust: ")[2] for each in problems] == [
        "expected success: what proves that it was booked"
    ]
    mended = text.replace(
        "  # success: {require: {...}, outcome", "  success: {require: {$.id: {type: number}}, outcome"
    )
    assert mended != text
    assert described("yotpo.yaml", mended.encode(), problems) is not None
