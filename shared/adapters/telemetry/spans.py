"""Telemetry by OpenTelemetry: spans and metrics for Application Insights, beside the lines.

Never imported unless it was chosen: what it stands on costs a fifth of a cold start.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from azure.monitor.opentelemetry.exporter import (
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)

from shared.adapters.telemetry.logs import Answer, Logs
from shared.core.line import Line
from shared.core.lines import (
    Accepted,
    Backfilled,
    CallbackLine,
    Connected,
    KeptUp,
    Poisoned,
    Polled,
    Processed,
    Reconciled,
    Refused,
    Requested,
    StillWaiting,
    Trouble,
    Watched,
)
from shared.core.trace import Trace, read_traceparent

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

NAME: Final = "freshbooks-dynamics365-connector"
_REFUSED: Final = 400  # and above: no success

# Counters: how many, by what. Without a field of their own they count one a line.
_COUNTERS: Final[Mapping[type[Line], tuple[tuple[str, str | None], ...]]] = {
    Processed: (("records", None),),
    Poisoned: (("poison", None),),
    Accepted: (("webhooks.accepted", None),),
    Refused: (("webhooks.refused", "times"),),
    Backfilled: (
        ("backfill.records", "records"),
        ("backfill.written", "written"),
        ("backfill.alone", "alone"),
    ),
    Polled: (("polls", None),),
    Reconciled: (
        ("comparisons", None),
        ("comparisons.differences", "differences"),
        ("comparisons.asked", "asked"),
    ),
    KeptUp: (("upkeeps", None),),
    CallbackLine: (("callbacks", None),),
    Trouble: (("troubles", "times"),),
    Requested: (
        ("requests", "requests"),
        ("requests.throttled", "throttled"),
        ("requests.failed", "failed"),
        ("requests.lost", "lost"),
        ("requests.ms", "ms"),
    ),
}
_BY: Final[Mapping[type[Line], tuple[str, ...]]] = {
    Processed: ("kind", "outcome"),
    Poisoned: ("outcome",),
    Accepted: ("outcome",),
    Refused: ("why",),
    CallbackLine: ("state",),
    Trouble: ("what",),
    Requested: ("service",),
    Connected: ("connection", "state"),
}
_HISTOGRAMS: Final[Mapping[type[Line], tuple[tuple[str, str], ...]]] = {
    Processed: (("records.ms", "ms"), ("records.lag_s", "lag_s")),
}
_GAUGES: Final[Mapping[type[Line], str]] = {
    Watched: "watch",
    StillWaiting: "waiting",
    Connected: "token",
}


class Spans(Logs):
    """The port `Telemetry` over OpenTelemetry; every line goes to the log all the same.

    Args:
        tracing: makes spans.
        metering: makes metrics.
    """

    def __init__(self, tracing: TracerProvider, metering: MeterProvider) -> None:
        super().__init__()
        self._tracer = tracing.get_tracer(NAME)
        meter = metering.get_meter(NAME)
        self._counters = {
            name: meter.create_counter(f"connector.{name}")
            for counters in _COUNTERS.values()
            for name, _ in counters
        }
        self._histograms = {
            name: meter.create_histogram(f"connector.{name}")
            for histograms in _HISTOGRAMS.values()
            for name, _ in histograms
        }
        self._gauges = {
            (kind, name): meter.create_gauge(f"connector.{prefix}.{name}")
            for kind, prefix in _GAUGES.items()
            for name in kind.names() - {"event", *_BY.get(kind, ())}
        }

    def write(self, line: Line) -> None:
        """Write a line, and count what it tells."""
        super().write(line)
        self._measure(line)

    @contextlib.contextmanager
    def unit(self, name: str, *, traceparent: str = "", invocation: str = "") -> Iterator[None]:
        """Do a unit of work as a span; one that follows from a message is linked to its host's."""
        message, host = read_traceparent(traceparent), read_traceparent(invocation)
        parent = message or host
        links = [Link(_context(host))] if message is not None and host is not None else []
        with self._span(
            name,
            SpanKind.CONSUMER if message is not None else SpanKind.INTERNAL,
            parent=parent,
            links=links,
        ):
            try:
                yield
            finally:
                self.flush()

    @contextlib.contextmanager
    def request(self, service: str, what: str) -> Iterator[Answer]:
        """Ask a service as a span of the current unit; outside of one it is only counted."""
        with super().request(service, what) as answer:
            if not get_current_span().get_span_context().is_valid:
                yield answer
                return
            # Never the current one: a list is asked for page by page while others are asked.
            span = self._tracer.start_span(
                f"{service} {what.partition(' ')[0]}", kind=SpanKind.CLIENT
            )
            try:
                yield answer
            finally:
                span.set_attribute("peer.service", service)
                span.set_attribute("connector.asked", what)
                if answer.status:
                    span.set_attribute("http.response.status_code", answer.status)
                if not answer.status or answer.status >= _REFUSED:
                    span.set_status(StatusCode.ERROR)
                span.end()

    def traceparent(self) -> str:
        """Return the current span, "" outside of one."""
        current = get_current_span().get_span_context()
        if not current.is_valid:
            return ""
        return Trace(f"{current.trace_id:032x}", f"{current.span_id:016x}").traceparent

    @contextlib.contextmanager
    def _span(
        self,
        name: str,
        kind: SpanKind,
        *,
        parent: Trace | None = None,
        links: list[Link] | None = None,
    ) -> Iterator[None]:
        context = (
            set_span_in_context(NonRecordingSpan(_context(parent))) if parent is not None else None
        )
        with self._tracer.start_as_current_span(
            name,
            context=context,
            kind=kind,
            links=links,
            # An error's own text may hold what must not be told.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise

    def _measure(self, line: Line) -> None:
        kind, told = type(line), asdict(line)
        by: dict[str, Any] = {name: str(told[name]) for name in _BY.get(kind, ())}
        for name, field in _COUNTERS.get(kind, ()):
            self._counters[name].add(told[field] if field else 1, by)
        for name, field in _HISTOGRAMS.get(kind, ()):
            if told[field] is not None:
                self._histograms[name].record(told[field], by)
        if kind in _GAUGES:
            for name, value in told.items():
                if value is not None and name not in by:
                    self._gauges[kind, name].set(value, by)


def exporting(
    connection_string: str, credential: "TokenCredential"
) -> tuple[TracerProvider, MeterProvider]:
    """Return makers of spans and metrics that export to Application Insights, signed in as the app.

    Args:
        connection_string: of the Application Insights resource.
        credential: asked for a token on first export; the resource takes no key.

    Raises:
        ValueError: the connection string is none.
    """
    options: dict[str, Any] = {
        "connection_string": connection_string,
        "credential": credential,
        "disable_offline_storage": True,  # what cannot be exported is lost, and fills no disk
    }
    resource = Resource({"service.name": NAME})
    # Every span of ours is kept: a trace with holes leads nowhere.
    tracing = TracerProvider(sampler=ALWAYS_ON, resource=resource)
    tracing.add_span_processor(BatchSpanProcessor(AzureMonitorTraceExporter(**options)))
    reader = PeriodicExportingMetricReader(AzureMonitorMetricExporter(**options))
    return tracing, MeterProvider([reader], resource=resource)


def _context(step: Trace) -> SpanContext:
    return SpanContext(
        trace_id=int(step.trace_id, 16),
        span_id=int(step.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
