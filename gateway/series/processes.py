"""What the processes of a gateway use, as Prometheus' own clients tell it, one series for each process."""

from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from gateway.series.cells import Area


class Processes(Collector):
    """Memory, processor time and files of the processes that write these areas, and how many there are."""

    def __init__(self, areas: Sequence[Area]) -> None:
        self._areas = areas

    def collect(self) -> Iterator[Metric]:
        """The metrics, as Prometheus asks for them; /proc has them, so that there are none where that is not."""
        running = {str(number): area.pid for number, area in enumerate(self._areas) if area.pid}
        wanted = "Processes that were started to serve; one that ended is started again."
        yield GaugeMetricFamily("points_workers_wanted", wanted, value=len(self._areas))
        yield GaugeMetricFamily("points_workers", "Processes that serve now.", value=len(running))
        families: dict[str, Metric] = {}
        for worker, pid in running.items():
            for metric in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]
                family = families.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
                for sample in metric.samples:
                    family.add_sample(sample.name, {"worker": worker}, sample.value)
        yield from families.values()
