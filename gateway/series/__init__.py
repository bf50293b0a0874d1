"""Numbers that the processes of a gateway share, and Prometheus' text of them."""

from gateway.series.cells import Area, Cells, shared
from gateway.series.families import AnyFamily, Count, Counter, Gauge, Histogram, Spread
from gateway.series.page import Page
from gateway.series.processes import Processes
from gateway.series.spreads import Spreads

__all__ = [
    "AnyFamily",
    "Area",
    "Cells",
    "Count",
    "Counter",
    "Gauge",
    "Histogram",
    "Page",
    "Processes",
    "Spread",
    "Spreads",
    "shared",
]
