"""The descriptions in adapters/ are whole, and each says only what its page says."""

from decimal import Decimal
from pathlib import Path

import pytest

from gateway.documents.problem import Problem
from gateway.model import Adjustment, Member
from gateway.planning.translation import Translator
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
    """An account with secrets, and the number 7 for each number."""
    kind = kind_of(file)
    settings: dict[str, object] = {"adapter": "declared", "base_url": "https://vendor.example"}
    for name, field in kind.settings.model_fields.items():
        if field.is_required() and name not in settings:
            settings[name] = 7 if field.annotation is int else SECRET
    return Translator("vendor", kind, kind.settings.model_validate(settings))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_a_description_is_whole(file: Path) -> None:
    """Its name is that of its folder, it has a page, and it can adjust in both directions with what it needs."""
    vendor = translator(file)
    assert vendor.kind.name.replace("-", "_") == file.parent.name
    assert (file.parent / "README.md").read_text("utf-8").startswith(f"# {vendor.kind.name}\n")
    member = Member(vendor.adapter.schemes[0], "12")
    for points in (Decimal(5), Decimal(-5)):
        request = vendor.adjust(Adjustment(member, points), id="adj_1").request
        assert request.effect
        assert b"5" in request.body
        shown = vendor.masked().adjust(Adjustment(member, points), id="adj_1").request
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
