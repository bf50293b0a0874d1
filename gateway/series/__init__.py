"""Numbers that the processes of a gateway share, and Prometheus' text of them."""

from gateway.series.cells import Area, Cells, shared
from gateway.series.families import AnyFamily, Counter, Gauge, Histogram
from gateway.series.page import Page
from gateway.series.processes import Processes
from gateway.series.spreads import Spreads

__all__ = ["AnyFamily", "Area", "Cells", "Counter", "Gauge", "Histogram", "Page", "Processes", "Spreads", "shared"]
