from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from gateway.model import Member, Period
from gateway.port import Adapter, Exchange, Secret, TextSecret, VendorRequest, VendorSettings
from gateway.port.registry import AdapterType
from gateway.settings import Problem, Settings, SettingsError, load


class LedgerSettings(VendorSettings):
    """An account whose points can be adjusted and read."""

    partner_id: int = Field(ge=1, description="The partner's number.")
    api_key: Secret = Field(description="The key of every call.")
    verbose: bool = False
    reasons: dict[str, str] = Field({}, description="The reason codes.")
    default_reason: str | None = None


class Ledger(Adapter[LedgerSettings]):
    """Adjusts and reads balances."""

    schemes = ("email",)
    lookup_schemes = ("card",)

    def adjust(self, *, member: Member, points: Decimal) -> Exchange[None]:
        yield VendorRequest("POST", "/")

    def lookup(self, *, member: Member) -> Exchange[None]:
        yield VendorRequest("GET", "/")

    def balance(self, *, member: Member) -> Exchange[None]:
        yield VendorRequest("GET", "/")


class External(BaseModel):
    """A currency by its external id."""

    model_config = ConfigDict(strict=True, extra="forbid")
    eid: str


class Internal(BaseModel):
    """A currency by its internal id."""

    model_config = ConfigDict(strict=True, extra="forbid")
    iid: int


class CalendarSettings(VendorSettings):
    """An account that can be asked what expires."""

    token: TextSecret = Field(description="Sent in a body.")
    format: Literal["json", "xml"] = "json"
    point_types: dict[str, External | Internal] = Field({}, description="The currencies.")
    default_point_type: str | None = None


class Calendar(Adapter[CalendarSettings]):
    """Says what expires."""

    schemes = ("email",)

    def expiring(self, *, member: Member, period: Period) -> Exchange[None]:
        yield VendorRequest("GET", "/")


Load = Callable[..., Settings]
Problems = Callable[..., list[str]]

WHOLE = """\
store: sqlite:///points.db
vendors:
  arcade: {adapter: ledger, base_url: "http://127.0.0.1:9101", partner_id: 7, api_key: key-of-arcade}
  perks: {adapter: calendar, base_url: "http://127.0.0.1:9103", token: token-of-perks}
tenants:
  acme: {routes: {adjust: arcade, balance: arcade, expiring: perks}}
clients:
  storefront: {keys: [storefront-key-00000000000000000000], tenants: [acme], scopes: [points:read]}
"""


@pytest.fixture
def adapters() -> dict[str, AdapterType]:
    return {"ledger": AdapterType.of("ledger", Ledger), "calendar": AdapterType.of("calendar", Calendar)}


@pytest.fixture
def load_text(tmp_path: Path, adapters: dict[str, AdapterType]) -> Load:
    """Load one configuration; of each replacement, `old` must be in the whole configuration that is the default."""

    def loaded(
        text: str = WHOLE, *replacements: tuple[str, str], env: Mapping[str, str] | None = None, **options: object
    ) -> Settings:
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "gateway.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, adapters, env or {}, **options)  # type: ignore[arg-type]  # only `clock` is passed on

    return loaded


@pytest.fixture
def problems(load_text: Load, tmp_path: Path) -> Problems:
    """What is wrong with a configuration, each as `line:column: where: detail`."""

    def found(text: str = WHOLE, *replacements: tuple[str, str], env: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            load_text(text, *replacements, env=env)
        assert all(isinstance(problem, Problem) for problem in caught.value.problems)
        return [str(problem).removeprefix(f"{tmp_path / 'gateway.yaml'}:") for problem in caught.value.problems]

    return found
