"""Balances are exact."""

from decimal import Decimal

from gateway.simulation import Effect, Ledger
from tests.gateway.simulation.till import MOMENT


def test_ledger_never_rounds() -> None:
    """Balances are exact beyond the 28 digits that decimals have by default."""
    ledger = Ledger()
    ledger.open("card:1")
    for points in ("1" + "0" * 40, "0." + "0" * 39 + "1"):
        ledger.post(Effect(MOMENT, "card:1", Decimal(points)), ["held"])
    assert str(ledger.balance("card:1", "held")) == "1" + "0" * 40 + "." + "0" * 39 + "1"
