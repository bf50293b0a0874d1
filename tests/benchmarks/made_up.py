"""Figures that are made up, so that what becomes of them can be told beforehand."""

from dataclasses import replace

from benchmarks.figures import Endurance, Figures, Point
from benchmarks.report import ROWS
from benchmarks.scenarios import BY_HAND, COMMIT, CONNECTIONS, DIRECT, ECHO, MOST, NGINX, READS, SQLITE, TWO_WORKERS

RATES = {DIRECT: 5.0, ECHO: 1.0, NGINX: 2.0, BY_HAND: 0.04, READS: 0.32, READS + TWO_WORKERS: 0.6}
CPU = {READS: 0.5, SQLITE: 0.7}


def made_up() -> Figures:
    """Three rounds on a machine that became faster, with the same ratios in each but for the reads of the last."""
    rounds = []
    for speed in (10_000, 20_000, 40_000):
        rounds.append(
            {
                (row, number): Point(
                    rate := speed * RATES.get(row, 0.3), p50=1 / rate, p99=3 / speed, cpu=CPU.get(row, 1.0) / speed
                )
                for row in ROWS
                for number in CONNECTIONS
                if number == MOST or "2 workers" not in row
            }
            | {(COMMIT, 1): Point(0.5 * speed, p50=1 / speed, p99=2 / speed, cpu=0.0)}
        )
    last = rounds[-1][READS, MOST]
    rounds[-1][READS, MOST] = replace(last, rate=last.rate * 1.25)
    return Figures(
        rounds=rounds,
        starts=[1.0, 1.2, 0.9],
        resident={"gateway on SQLite": [60_000_000]},
        endurance=Endurance(100_000, 60_000_000, 1_000_000, 61_000_000),
        left_out={"LiteLLM": "it is not installed"},
    )
