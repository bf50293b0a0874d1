"""The kit is fair: vendors with nonces, tokens, keys that are refused again, XML and whole points keep every check."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.expiring_points.adapter import ExpiringPoints
from adapters.expiring_points.examples import EXAMPLES
from adapters.expiring_points.simulator import ExpiringPointsSimulator
from adapters.fabric.adapter import Fabric
from adapters.fabric.simulator import FabricSimulator
from adapters.gameball.simulator import GameballSimulator
from adapters.talon_one.simulator import TalonOneSimulator
from adapters.voucherify.simulator import VoucherifySimulator
from gateway.conformance import Examples
from gateway.conformance.pair import Pair, paired
from gateway.documents.problem import Problem
from gateway.port import registry
from gateway.port.registry import AdapterType
from gateway.simulation import Answer, Effect, Example, Request, Simulator, jsontext
from tests.adapters.fifth_vendor.adapter import Paper
from tests.adapters.fifth_vendor.enforcing import Dated, DatedSimulator, Ink, InkSimulator
from tests.adapters.fifth_vendor.simulator import ACCESS, PaperSimulator
from tests.gateway.declared.cards import BY_ROWS, CARDS, CardShop
from tests.gateway.declared.described import made

ROOT = Path(__file__).parents[2]


class InXml(ExpiringPointsSimulator):
    """The simulator of a vendor that is asked in XML."""

    example = replace(
        ExpiringPointsSimulator.example, settings={**ExpiringPointsSimulator.example.settings, "format": "xml"}
    )


class Silent(Dated):
    """The adapter of a vendor whose calls have a date and a nonce, and whose answers no balance."""

    balance_in_answer = False


class Issuing(FabricSimulator):
    """The simulator of a vendor that issues tokens for the client's credentials, at another address."""

    @property
    def settings(self) -> dict[str, Any]:
        issued = {"client_id": "simulated-client", "client_secret": "simulated-client-secret", "scope": "s2s"}
        credentials = {**issued, "token_url": f"{self.origin}/v1/token"}
        return {**super().settings, "token": None, "client_credentials": credentials}


class OfAnotherHand(PaperSimulator):
    """The simulator of somebody who has never seen the adapter: settings and members have other names."""

    example = Example(
        settings={
            "adapter": "paper",
            "account": "brand",
            "password": "simulated-paper-secret",
            "kinds": ["stamps", "stars"],
        },
        base_path="/paper",
        member="holder:1",
        unknown_member="holder:404",
    )

    @property
    def effects(self) -> list[Effect]:
        return [replace(effect, member=effect.member.replace("card:", "holder:")) for effect in super().effects]

    def _token(self, request: Request) -> Answer:
        known = jsontext.read(request.body) == {"client": "brand", "secret": "simulated-paper-secret"}
        return Answer.json(200, {"access": ACCESS}) if known else Answer.json(401, {"no": "who are you?"})


def _settings(theirs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "client": theirs["account"],
        "client_secret": theirs["password"],
        "point_types": {kind.upper(): kind for kind in theirs["kinds"]},
        "default_point_type": "STAMPS",
        "reasons": {"goodwill": "gift", "correction": "typo"},
    }


NOT_IN_XML = replace(
    EXAMPLES, without=frozenset({"transactions", "lookup"}), elsewhere=frozenset({("adjust", "external_data")})
)


def described(simulator: type[Simulator], examples: Examples = Examples()) -> Pair:  # noqa: B008 (frozen)
    """A vendor that is described by a file, and its simulator."""
    problems: list[Problem] = []
    file = ROOT / f"adapters/{simulator.name.replace('-', '_')}/description.yaml"
    kind = registry.described(str(file), file.read_bytes(), problems)
    assert kind is not None, problems
    return Pair(kind, simulator, examples)


RIGHT = (
    described(VoucherifySimulator),
    described(GameballSimulator),
    described(TalonOneSimulator, Examples(largest=Decimal("999999999999.99"), unsigned=True)),
    Pair(made(CARDS), CardShop),
    Pair(made(CARDS[: CARDS.index("find_reversal:")] + BY_ROWS), CardShop),
    Pair(AdapterType.of("ink", Ink), InkSimulator),
    Pair(AdapterType.of("dated", Silent), DatedSimulator),
    Pair(
        AdapterType.of("paper", Paper),
        OfAnotherHand,
        Examples(settings=_settings, member="card:1", unknown_member="card:404"),
    ),
    Pair(AdapterType.of("fabric", Fabric), Issuing, paired("fabric").examples),
    Pair(AdapterType.of("expiring-points", ExpiringPoints), InXml, NOT_IN_XML),
)


@pytest.mark.conformance(*RIGHT)
def test_a_right_adapter_passes(conforms: Callable[[], None]) -> None:
    """None of the checks asks for more than the port does."""
    conforms()
