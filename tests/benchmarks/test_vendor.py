"""The fake vendor: what it counts."""

import sys
from pathlib import Path

import pytest

from benchmarks import calls, others
from benchmarks.load import Call, of_calls
from benchmarks.machine import available
from tests.deadlines import DEADLINE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="benchmarks pin processes as Linux has it")

ADJUSTMENT = b"POST /api/v1/members/points-adjustment HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


def test_adjustments_are_effects_and_nothing_else_is(tmp_path: Path) -> None:
    """It counts every adjustment that it answers, and no balance and no chat."""
    vendor = others.fake_vendor(tmp_path, cores=available())
    try:
        vendor.answers(calls.vendor_balances(), within=DEADLINE)
        of_calls(vendor.port, calls.chat(), connections=1, calls=3)
        assert calls.effects(vendor.port) == 0
        of_calls(vendor.port, Call(lambda: ADJUSTMENT, 200, b"transactionCode"), connections=4, calls=40)
        assert calls.effects(vendor.port) == 40
    finally:
        vendor.stop()
