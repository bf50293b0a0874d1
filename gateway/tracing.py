"""Spans of OpenTelemetry: of requests, claims, requests to vendors and settlements; none where nobody takes spans.

No span holds a member, a key, a path, a body or the message of an exception.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import Token
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # an extra, which costs time and memory: loaded only where somebody has set it up
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

_tracer: "Tracer | None" = None
_NOTHING: "AbstractContextManager[Span | None]" = nullcontext()


def take_part() -> None:
    """Have spans made from now on, where this process was set up for it before, as by `opentelemetry-instrument`."""
    global _tracer
    _tracer = None
    if "opentelemetry.trace" in sys.modules:
        from opentelemetry import trace

        provider = trace.get_tracer_provider()
        if not isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
            _tracer = trace.get_tracer("points-gateway", version("points-gateway"))


def takes_part() -> bool:
    """Whether spans are made."""
    return _tracer is not None


class Served:
    """The span of one request, under which all others are that belong to it."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: "Span", token: "Token[Context]") -> None:
        self._span = span
        self._token = token

    @property
    def trace_id(self) -> str:
        """In hex, as other tools show it."""
        return f"{self._span.get_span_context().trace_id:032x}"

    def end(self, status: int | None = None, about: dict[str, str] | None = None) -> None:
        """The request is answered, or let go of; `about`: which adjustment and vendor it was about."""
        from opentelemetry import context
        from opentelemetry.trace import StatusCode

        context.detach(self._token)
        self._span.set_attributes({f"points.{name}": value for name, value in (about or {}).items()})
        if status is not None:
            self._span.set_attribute("http.response.status_code", status)
        if status is None or status >= 500:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


def served(method: str, route: str, headers: Iterable[tuple[bytes, bytes]]) -> Served | None:
    """The span of a request that has come, in the trace that its headers name; `route` is a template."""
    if _tracer is None:
        return None
    from opentelemetry import context, propagate, trace

    carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    parent = propagate.extract(carrier)
    attributes = {"http.request.method": method, "http.route": route}
    span = _tracer.start_span(f"{method} {route}", context=parent, kind=trace.SpanKind.SERVER, attributes=attributes)
    return Served(span, context.attach(trace.set_span_in_context(span, parent)))


def span(name: Literal["claim", "settlement"], **attributes: str) -> "AbstractContextManager[Span | None]":
    """A span of our own work, current within the block."""
    if _tracer is None:
        return _NOTHING
    return _spanned(_tracer, name, "INTERNAL", {f"points.{key}": value for key, value in attributes.items()})


def vendor_request(method: str, vendor: str, address: str) -> "AbstractContextManager[Span | None]":
    """The span of one request to a vendor, current within the block."""
    if _tracer is None:
        return _NOTHING
    attributes = {"http.request.method": method, "server.address": address, "points.vendor": vendor}
    return _spanned(_tracer, f"{method} {vendor}", "CLIENT", attributes)


def headers() -> dict[str, str]:
    """What names the current span to whoever is asked; nothing where there is none."""
    carrier: dict[str, str] = {}
    if _tracer is not None:
        from opentelemetry import propagate

        propagate.inject(carrier)
    return {name: value for name, value in carrier.items() if name in ("traceparent", "tracestate")}


def noted(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Add the ids of the current span to an event of the log."""
    from opentelemetry import trace

    current = trace.get_current_span().get_span_context()
    if current.is_valid:
        event.setdefault("trace_id", f"{current.trace_id:032x}")
        event.setdefault("span_id", f"{current.span_id:016x}")
    return event


@contextmanager
def _spanned(
    tracer: "Tracer", name: str, kind: Literal["INTERNAL", "CLIENT"], attributes: dict[str, str]
) -> "Iterator[Span]":
    from opentelemetry.trace import SpanKind, StatusCode

    with tracer.start_as_current_span(
        name, kind=SpanKind[kind], attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_attribute("error.type", type(error).__qualname__)
            current.set_status(StatusCode.ERROR)
            raise
