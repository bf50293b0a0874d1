"""Traces: under `opentelemetry-instrument`, `serve` makes spans of its calls, in the trace that a caller names."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.deadlines import DEADLINE, until
from tests.end_to_end.caller import Caller
from tests.end_to_end.conftest import assert_nothing_private
from tests.end_to_end.process import GatewayProcess
from tests.end_to_end.vendors import Vendors

INSTRUMENT = Path(sys.executable).with_name("opentelemetry-instrument")
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
FIVE = {"member": "contact_id:1", "points": "5"}


class Collector(ThreadingHTTPServer):
    """What takes spans, as OpenTelemetry's exporters send them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.spans: list[Span] = []
        self.bodies: list[bytes] = []

    def of(self, trace: str) -> list[Span]:
        """The spans of a trace that have come so far."""
        return [span for span in list(self.spans) if span.trace_id.hex() == trace]


class _Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        """Take one batch."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        batch = ExportTraceServiceRequest.FromString(body)
        self.server.bodies.append(body)
        self.server.spans += [span for of in batch.resource_spans for each in of.scope_spans for span in each.spans]
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's word)
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join(DEADLINE)


@pytest.fixture
def traced(
    collector: Collector, configured: Callable[..., dict[str, Any]], vendors: Vendors, tmp_path: Path
) -> Iterator[GatewayProcess]:
    """A gateway under OpenTelemetry, whose vendor `crm` is told of traces, and `arcade` is not."""
    configuration = configured()
    configuration["vendors"]["crm"]["traceparent"] = True
    environ = {
        "OTEL_TRACES_EXPORTER": "otlp_proto_http",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{collector.server_port}/v1/traces",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "NO_PROXY": "127.0.0.1",
    }
    process = GatewayProcess(tmp_path, configuration, under=(INSTRUMENT,), environ=environ)
    try:
        yield process
    finally:
        process.kill()


def test_a_call_is_one_trace(
    traced: GatewayProcess, collector: Collector, calling: Callable[[GatewayProcess], Caller], vendors: Vendors
) -> None:
    """A write's claim, vendor request and settlement are under its request, which is under the caller's own span."""
    api = calling(traced)
    made = api.adjust(FIVE, headers=TRACEPARENT)
    assert made.status_code == 201
    until(lambda: len(collector.of(TRACE)) == 4)
    spans = {span.name: span for span in collector.of(TRACE)}
    top = spans.pop("POST /v1/adjustments")
    assert top.parent_span_id.hex() == PARENT
    assert set(spans) == {"claim", "POST crm", "settlement"}
    assert {span.parent_span_id for span in spans.values()} == {top.span_id}
    attributes = {each.key: each.value.string_value or each.value.int_value for each in top.attributes}
    assert attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/adjustments",
        "http.response.status_code": 201,
        "points.adjustment": made.json()["id"],
        "points.vendor": "crm",
    }
    told = {name.lower(): value for name, value in vendors.crm.requests[-1].headers}
    assert told["traceparent"] == f"00-{TRACE}-{spans['POST crm'].span_id.hex()}-01"


def test_who_is_not_told(
    traced: GatewayProcess, collector: Collector, calling: Callable[[GatewayProcess], Caller], vendors: Vendors
) -> None:
    """A vendor hears of a trace on request alone, log lines name it, and no span names anybody."""
    api = calling(traced)
    vendors.arcade.fault("status", status=500)
    api.send("GET", "/v1/members/email:jason@example.com/balance", headers=TRACEPARENT)
    assert not any(name.lower() == "traceparent" for name, _ in vendors.arcade.requests[-1].headers)
    until(lambda: TRACE in traced.log)
    [line] = [json.loads(line) for line in traced.lines if '"event":"request"' in line]
    assert (line["trace_id"], line["route"]) == (TRACE, "/v1/members/{member}/balance")
    traced.terminate()
    assert traced.ended() == 0  # what was not sent yet is sent at the end
    assert {span.name for span in collector.of(TRACE)} == {"GET /v1/members/{member}/balance", "GET arcade"}
    assert_nothing_private(repr(collector.bodies), vendors)
    assert_nothing_private(traced.log, vendors)
