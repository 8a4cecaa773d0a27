"""Metrics and spans of OpenTelemetry, in memory, and what is exported to Application Insights."""

import gzip
import json
import logging
import threading
from collections import defaultdict

import pytest
from werkzeug.wrappers import Request, Response

from sandbox.web import serve
from shared.core.lines import (
    LINES,
    Backfilled,
    Connected,
    Need,
    Processed,
    Reconciled,
    Refused,
    Requested,
    StillWaiting,
    Trouble,
    Watched,
)

pytest.importorskip("azure.monitor.opentelemetry.exporter", reason="it is not installed")

from azure.monitor.opentelemetry.exporter import (
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.adapters.telemetry.spans import Spans, exporting

HOST = "00-11111111111111111111111111111111-2222222222222222-01"


@pytest.fixture
def reader():
    return InMemoryMetricReader()


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def spans(reader, exporter):
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(exporter))
    return Spans(tracing, MeterProvider([reader]))


def metrics(reader):
    """Return the metrics by name: the value of each set of attributes."""
    found = defaultdict(dict)
    data = reader.get_metrics_data()
    for resource in data.resource_metrics if data else []:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    by = tuple(sorted(point.attributes.items()))
                    found[metric.name][by] = getattr(point, "value", getattr(point, "sum", None))
    return found


def test_records_are_counted_by_kind_and_outcome(spans, reader):
    for outcome in ("created", "created", "deferred"):
        spans.write(Processed(outcome=outcome, kind="invoice", ms=10, lag_s=2, record=4711))

    found = metrics(reader)
    created = (("kind", "invoice"), ("outcome", "created"))
    assert found["connector.records"][created] == 2
    assert found["connector.records.ms"][created] == 20
    assert "4711" not in repr(found)


def test_what_is_measured_each_minute_is_a_gauge(spans, reader):
    spans.write(Watched(depth=7, oldest_s=12.5, unmeasured=0))
    spans.write(Connected(connection="c1", state="connected", age_s=60, expires_s=3600))

    found = metrics(reader)
    assert found["connector.watch.depth"] == {(): 7}
    assert found["connector.watch.oldest_s"] == {(): 12.5}
    assert "connector.watch.poison" not in found
    by = (("connection", "c1"), ("state", "connected"))
    assert found["connector.token.expires_s"] == {by: 3600}


def test_what_was_counted_is_a_metric_too(spans, reader):
    spans.count(Refused(why="signature"))
    spans.count(Trouble(what=Need.PERSON, text="the role is missing"))
    with spans.unit("process"), spans.request("Dataverse", "GET /x") as asked:
        asked.answered(429)

    found = metrics(reader)
    assert found["connector.webhooks.refused"] == {(("why", "signature"),): 1}
    assert found["connector.troubles"] == {(("what", "person"),): 1}
    assert found["connector.requests.throttled"] == {(("service", "Dataverse"),): 1}
    assert "role" not in repr(found)


@pytest.mark.parametrize("kind", LINES, ids=lambda kind: kind.event)
def test_every_line_moves_a_metric(kind, spans, reader):
    examples = {
        "backfilled": Backfilled(
            business="x",
            run="x",
            step="x",
            page=1,
            pages=2,
            records=100,
            written=90,
            alone=10,
            ms=1.0,
        ),
        "reconciled": Reconciled(business="x", differences=2, asked=1, ms=1.0),
        "requested": Requested(service="x", requests=1, throttled=0, failed=0, lost=0, ms=1.0),
        "watched": Watched(depth=1),
        "waiting": StillWaiting(records=1, oldest_s=1.0, circuits=0, problems=0, stopped_s=0.0),
    }
    needed = {"outcome": "x", "ms": 1.0, "asked": 1, "problems": 0, "why": "x", "what": "x"}
    needed |= {"text": "x", "business": "x", "noun": "x", "state": "x", "connection": "x"}
    line = examples.get(kind.event)
    if line is None:
        line = kind(**{name: needed[name] for name in kind.names() & needed.keys()})
    spans.write(line)

    if kind is Connected:  # without an age there is none to tell
        spans.write(Connected(connection="x", state="x", age_s=1))
    assert metrics(reader)


def test_an_error_marks_its_span_and_its_text_stays_out(spans, exporter):
    with pytest.raises(KeyError), spans.unit("process", invocation=HOST):
        raise KeyError("very-secret")

    (span,) = exporter.get_finished_spans()
    assert (span.status.status_code.name, span.attributes["error.type"]) == ("ERROR", "KeyError")
    assert "very-secret" not in span.to_json()


def test_a_request_outside_of_a_unit_is_counted_and_is_no_span(spans, exporter):
    with spans.request("FreshBooks", "GET /x") as asked:
        asked.answered(200)
    told = spans.flush()

    assert exporter.get_finished_spans() == ()
    assert [line.requests for line in told] == [1]


def test_a_list_that_is_left_early_leaves_the_unit_the_current_one(spans, exporter):
    def pages():
        with spans.request("Tables", "list") as asked:
            asked.answered(200)
            yield 1
            yield 2

    with spans.unit("poll", invocation=HOST):
        before = spans.traceparent()
        listed = pages()
        next(listed)
        within = spans.traceparent()
        listed.close()

    assert before == within
    assert [span.name for span in exporter.get_finished_spans()] == ["Tables list", "poll"]


def test_threads_have_spans_of_their_own(spans):
    seen = []
    with spans.unit("process", invocation=HOST):
        other = threading.Thread(target=lambda: seen.append(spans.traceparent()))
        other.start()
        other.join()

    assert seen == [""]


class Insights:
    """An ingestion endpoint that keeps what it is given."""

    def __init__(self):
        self.items = []

    def __call__(self, environ, start_response):
        request = Request(environ)
        data = request.get_data()
        if request.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        items = json.loads(data)
        self.items += items
        accepted = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
        answer = Response(json.dumps(accepted), mimetype="application/json")
        return answer(environ, start_response)


@pytest.fixture
def quiet(monkeypatch):
    """The exporter reports its own use to nobody."""
    monkeypatch.setenv("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")
    monkeypatch.setenv("APPLICATIONINSIGHTS_SDKSTATS_DISABLED", "true")


def test_what_is_exported_hangs_together_in_application_insights(quiet):
    insights = Insights()
    with serve(insights) as address:
        options = {
            "connection_string": "InstrumentationKey=00000000-0000-0000-0000-000000000001;"
            f"IngestionEndpoint={address}",
            "disable_offline_storage": True,
        }
        tracing = TracerProvider()
        tracing.add_span_processor(BatchSpanProcessor(AzureMonitorTraceExporter(**options)))
        metering = MeterProvider(
            [PeriodicExportingMetricReader(AzureMonitorMetricExporter(**options))]
        )
        spans = Spans(tracing, metering)
        with spans.unit("webhook", invocation=HOST):
            message = spans.traceparent()
        with (
            spans.unit("process", traceparent=message),
            spans.request("Dataverse", "POST /api/data/v9.2/$batch") as asked,
        ):
            asked.answered(200)
        spans.write(Processed(outcome="created", kind="invoice", ms=5))
        tracing.shutdown()
        metering.shutdown()

    kinds = defaultdict(list)
    for item in insights.items:
        kinds[item["data"]["baseType"]].append(item)
    operations = {
        item["tags"]["ai.operation.id"]
        for kind in ("RequestData", "RemoteDependencyData")
        for item in kinds[kind]
    }
    assert operations == {"1" * 32}
    assert {each["data"]["baseData"]["name"] for each in kinds["RequestData"]} == {"process"}
    assert {each["data"]["baseData"]["name"] for each in kinds["RemoteDependencyData"]} == {
        "webhook",
        "Dataverse POST",
    }
    names = {
        point["name"]
        for item in kinds["MetricData"]
        for point in item["data"]["baseData"]["metrics"]
    }
    assert "connector.records" in names


class Asked:
    """A credential that remembers what it was asked for."""

    def get_token(self, *_scopes, **_options):
        raise AssertionError("nothing is asked for before the first export")


def test_nothing_is_asked_for_before_there_is_something_to_export(quiet, caplog):
    caplog.set_level(logging.WARNING)

    tracing, metering = exporting(
        "InstrumentationKey=00000000-0000-0000-0000-000000000001", Asked()
    )
    built = Spans(tracing, metering)
    tracing.shutdown()
    metering.shutdown()

    assert built.traceparent() == ""
    assert caplog.text == ""


def test_a_connection_string_that_is_none_is_refused():
    with pytest.raises(ValueError, match="instrumentation key"):
        exporting("InstrumentationKey=x", Asked())
