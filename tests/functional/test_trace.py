"""One trace from FreshBooks' webhook to Dataverse's row, through the app's own functions.

In both positions of the switch: by the lines, and by spans with their dependencies.
"""

import json
import logging
from collections.abc import Iterator
from urllib.parse import urlsplit

import azure.functions as func
import pytest

import function_app
import shared.connector
from sandbox.functions.worker import Context, TraceContext
from shared.adapters.telemetry.logs import Logs
from shared.core.identity import Kind, RecordId
from shared.core.trace import read_traceparent, trace_id_of
from shared.sync.letters import Wanted
from tests.functional.world import Firm

HOST = "00-11111111111111111111111111111111-2222222222222222-01"
LATER = "00-33333333333333333333333333333333-4444444444444444-01"


def context(trace):
    return Context("an-id", "a-function", ".", TraceContext(trace))


class Hosted(Firm):
    """A firm whose webhooks and messages go through the functions of the app, once it is hosted."""

    hosted = False

    def deliver(self, url, body, headers):
        if not self.hosted:
            return super().deliver(url, body, headers)
        business, noun, key = urlsplit(url).path.split("/")[-3:]
        answer = function_app.webhook(
            func.HttpRequest(
                method="POST",
                url=url,
                headers=headers,
                route_params={"account": business, "noun": noun, "key": key},
                body=body,
            ),
            context(HOST),
        )
        return answer.status_code

    def step(self):
        if not self.hosted:
            return super().step()
        body = self.queue.take()
        if body is None:
            return False
        function_app.process(func.QueueMessage(body=body), context(LATER))
        return True


class Told:
    """A hosted firm, and what it tells."""

    def __init__(self, telemetry, caplog, monkeypatch, spans=None):
        caplog.set_level(logging.INFO)
        firm = Hosted(telemetry=telemetry)
        firm.hosted = True
        begun = shared.connector.Begun(
            firm.connector.receive, firm.connector.world.telemetry, lambda: firm.connector
        )
        monkeypatch.setattr(shared.connector._of_this_process, "_made", begun)
        self.firm, self._caplog, self._spans = firm, caplog, spans

    def lines(self, event):
        texts = [record.getMessage() for record in self._caplog.records]
        lines = [json.loads(text) for text in texts if text.startswith('{"event":')]
        return [line for line in lines if line["event"] == event]

    def spans(self):
        return {} if self._spans is None else self._spans.get_finished_spans()

    def sold(self):
        client = self.firm.books.create_client(organization="Aster Works")
        self.firm.run()
        if self._spans is not None:
            self._spans.clear()
        lines = [{"name": "Work", "qty": "1", "unit_cost": "100.00"}]
        made = self.firm.books.create_invoice(client["id"], lines=lines, sent=True)
        return RecordId(self.firm.account, Kind.INVOICE, made["id"])


def by_logs(caplog, monkeypatch):
    return Told(Logs(), caplog, monkeypatch)


def by_spans(caplog, monkeypatch):
    pytest.importorskip("opentelemetry.sdk", reason="OpenTelemetry is not installed")
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from shared.adapters.telemetry.spans import Spans

    exporter, tracing = InMemorySpanExporter(), TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(exporter))
    return Told(Spans(tracing, MeterProvider()), caplog, monkeypatch, exporter)


@pytest.fixture(params=[by_logs, by_spans], ids=["logs", "opentelemetry"])
def told(request, caplog, monkeypatch) -> Iterator[Told]:
    return request.param(caplog, monkeypatch)


def test_a_webhook_its_message_and_its_row_are_one_trace(told):
    invoice = told.sold()
    told.firm.freshbooks.deliveries.run_pending()
    (message,) = told.firm.queue.requests()
    told.firm.drain()

    trace = trace_id_of(HOST)
    accepted = [line for line in told.lines("accepted") if line.get("record") == invoice.number]
    processed = [line for line in told.lines("processed") if line.get("record") == invoice.number]
    assert trace_id_of(message.traceparent) == trace
    assert [line["trace"] for line in accepted] == [trace]
    assert {line["trace"] for line in processed} == {trace}
    assert processed[0]["outcome"] == "created"
    assert told.firm.journal.latest[invoice].trace == trace
    assert len(told.firm.invoices()) == 1


def test_what_follows_from_a_record_stays_in_its_trace(told):
    told.sold()
    told.firm.freshbooks.deliveries.run_pending()
    told.firm.step()
    follow_ups = [each for each in told.firm.queue.requests() if each.cause == "follow-up"]

    assert follow_ups
    assert {trace_id_of(each.traceparent) for each in follow_ups} == {trace_id_of(HOST)}


def test_a_message_that_comes_again_stays_in_its_trace_and_says_when_it_is_due(told):
    told.sold()
    told.firm.freshbooks.deliveries.run_pending()
    told.firm.dataverse_door.fail(kind="status", status=503, times=None)
    (before,) = told.firm.queue.requests()
    told.firm.step()
    (after,) = told.firm.queue.requests()

    assert after.traceparent == before.traceparent
    assert before.due is None
    assert after.due is not None
    assert after.due > told.firm.clock()


def test_records_that_wait_stay_in_their_traces_and_so_does_what_became_a_dead_letter(told):
    told.sold()
    told.firm.freshbooks.deliveries.run_pending()
    (message,) = told.firm.queue.requests()
    last = message.model_copy(update={"attempt": told.firm.settings.max_attempts - 1})
    function_app.poisoned(func.QueueMessage(body=last.model_dump_json().encode()), context(LATER))
    (letter,) = told.firm.dead_letters.list_all()
    list(told.firm.connector.letters.retry(Wanted(letter.key)))
    again = told.firm.queue.requests()[-1]

    assert "traceparent" not in letter.body
    assert again.traceparent == message.traceparent
    assert [line["trace"] for line in told.lines("poisoned")] == [trace_id_of(HOST)]


def test_a_message_of_the_release_before_is_handled_in_the_trace_of_its_invocation(told):
    invoice = told.sold()
    body = {
        "v": 1,
        "account": invoice.business,
        "kind": "invoice",
        "record": invoice.number,
        "cause": "webhook",
        "seen": told.firm.clock().isoformat(),
        "attempt": 0,
    }
    function_app.process(func.QueueMessage(body=json.dumps(body).encode()), context(LATER))

    (line,) = [each for each in told.lines("processed") if each.get("record") == invoice.number]
    assert (line["outcome"], line["trace"]) == ("created", trace_id_of(LATER))


@pytest.mark.parametrize("bad", [7, None, "", "00-x", ["00"], "00-" + "0" * 32 + "-1-01"])
def test_a_traceparent_that_is_none_is_ignored(told, bad):
    invoice = told.sold()
    told.firm.freshbooks.deliveries.run_pending()
    message = json.loads(told.firm.queue.take())
    function_app.process(
        func.QueueMessage(body=json.dumps({**message, "traceparent": bad}).encode()),
        context("nonsense"),
    )

    (line,) = [each for each in told.lines("processed") if each.get("record") == invoice.number]
    assert line["outcome"] == "created"
    assert len(line["trace"]) == 32


def test_what_a_poll_finds_are_traces_of_their_own(told):
    told.firm.freshbooks.deliveries.set(drop=1.0)
    for number in range(3):
        told.firm.books.create_client(organization=f"Client {number}")
    told.firm.connector.poll.run(invocation=LATER)
    found = told.firm.queue.requests()
    told.firm.hosted = False  # in Azure each message has an invocation, and so a trace, of its own
    told.firm.drain()
    polled = [line for line in told.lines("processed") if line["cause"] == "poll"]

    assert {each.traceparent for each in found} == {""}
    assert len({line["trace"] for line in polled}) == len(polled) == len(found) >= 3
    assert trace_id_of(LATER) not in {line["trace"] for line in polled}


def test_the_spans_lead_from_the_webhook_to_the_requests_that_wrote_the_row(caplog, monkeypatch):
    told = by_spans(caplog, monkeypatch)
    told.sold()
    told.firm.freshbooks.deliveries.run_pending()
    told.firm.step()

    spans = told.spans()
    (webhook,) = [span for span in spans if span.name == "webhook"]
    (process,) = [span for span in spans if span.name == "process"]
    requests = [span for span in spans if span.kind.name == "CLIENT"]
    host, later = read_traceparent(HOST), read_traceparent(LATER)
    assert {f"{span.context.trace_id:032x}" for span in spans} == {host.trace_id}
    assert f"{webhook.parent.span_id:016x}" == host.span_id
    assert process.parent.span_id == webhook.context.span_id
    assert [f"{link.context.trace_id:032x}" for link in process.links] == [later.trace_id]
    assert {span.parent.span_id for span in requests} == {process.context.span_id}
    assert {span.attributes["peer.service"] for span in requests} == {"FreshBooks", "Dataverse"}
    assert all(span.attributes["http.response.status_code"] == 200 for span in requests)


def test_no_span_shows_a_query_a_name_or_a_token(caplog, monkeypatch):
    told = by_spans(caplog, monkeypatch)
    told.sold()
    told.firm.run()
    shown = repr([(span.name, dict(span.attributes or {})) for span in told.spans()])

    assert "Aster" not in shown
    assert "?" not in shown
    assert "a-token" not in shown


def test_a_strangers_webhook_makes_no_span(caplog, monkeypatch):
    told = by_spans(caplog, monkeypatch)
    told.sold()
    for number in range(100):
        told.firm.deliver(
            f"https://app.example/api/webhooks/freshbooks/x/invoice/guess{number}", b"a=1", {}
        )

    assert list(told.spans()) == []
    assert len(told.lines("refused")) == 1
