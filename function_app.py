"""Every trigger of the app on one page, one call each.

Nothing is decided here and nothing is connected at import: the connector is built on first use, so
that a missing setting is told by the log and the doctor instead of hiding all functions.
"""

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import azure.functions as func

from shared.connector import connector, is_ready, prepare, receive, telemetry
from shared.core.lines import Refusal, Refused, Trouble, need_of
from shared.errors import ConnectorError

if TYPE_CHECKING:
    from shared.console.connect import ConnectPages
    from shared.console.visit import Reply, Visit

# Other people's loggers print addresses at INFO.
for name in ("azure", "urllib3", "msal"):
    logging.getLogger(name).setLevel(logging.WARNING)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.function_name("webhook")
@app.route("webhooks/freshbooks/{account}/{noun}/{key}", methods=["POST"])
def webhook(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """FreshBooks reports a change; answered only after the message is on the queue."""
    if not is_ready():
        return _json({"error": "not ready, try again"}, 503)
    try:
        answer = receive().handle(
            business=req.route_params.get("account", ""),
            noun=req.route_params.get("noun", ""),
            key=req.route_params.get("key", ""),
            body=req.get_body(),
            signature=req.headers.get("X-FreshBooks-Hmac-SHA256"),
            content_type=req.headers.get("Content-Type", ""),
            invocation=_trace(context),
        )
    except ConnectorError as error:
        text = f"Webhooks are not taken, FreshBooks repeats them: {error}"
        telemetry().count(Refused(why=Refusal.NOT_READY))
        telemetry().count(Trouble(what=need_of(error), text=text))
        return _json({"error": "not ready, try again"}, 503)
    key = "status" if answer.status == 200 else "error"  # noqa: PLR2004  # HTTP's own number
    return _json({key: answer.text}, answer.status)


@app.function_name("health")
@app.route("health", methods=["GET"])
def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the host passes it
    """Whether the settings are complete, and no word more; makes no outside call."""
    return _json({"status": "ok"}, 200) if is_ready() else _json({"status": "not ok"}, 503)


@app.function_name("process")
@app.queue_trigger(arg_name="msg", queue_name="sync-requests", connection="AzureWebJobsStorage")
def process(msg: func.QueueMessage, context: func.Context) -> None:
    """Bring one record up to date in Dataverse."""
    connector().process.handle(msg.get_body(), invocation=_trace(context))


@app.function_name("poisoned")
@app.queue_trigger(
    arg_name="msg", queue_name="sync-requests-poison", connection="AzureWebJobsStorage"
)
def poisoned(msg: func.QueueMessage, context: func.Context) -> None:
    """Let a message the host gave up on be tried again, alone and later."""
    connector().poison.handle(msg.get_body(), invocation=_trace(context))


@app.function_name("backfill")
@app.queue_trigger(arg_name="msg", queue_name="backfill", connection="AzureWebJobsStorage")
def backfill(msg: func.QueueMessage, context: func.Context) -> None:
    """Carry pages of a history, or a record of it that goes alone."""
    connector().backfills.lanes.handle(msg.get_body(), invocation=_trace(context))


@app.function_name("backfill_poisoned")
@app.queue_trigger(arg_name="msg", queue_name="backfill-poison", connection="AzureWebJobsStorage")
def backfill_poisoned(msg: func.QueueMessage, context: func.Context) -> None:
    """Let a page that the host gave up on be carried record by record, a record alone and later."""
    connector().backfills.lanes.revive(msg.get_body(), invocation=_trace(context))


@app.function_name("poll")
@app.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
def poll(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001  # the host passes it
    """Find what webhooks missed."""
    connector().poll.run(invocation=_trace(context))


@app.function_name("reconcile")
@app.timer_trigger(arg_name="timer", schedule="0 7,17,27,37,47,57 2-5 * * *")
def reconcile(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001  # the host passes it
    """Compare both sides once a night, a piece at a time."""
    connector().reconciling.nightly.run(invocation=_trace(context))


@app.function_name("upkeep")
@app.timer_trigger(arg_name="timer", schedule="20 * * * * *")
def upkeep(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001  # the host passes it
    """Keep FreshBooks' tokens fresh and its webhooks alive, or say that a person is needed."""
    connector().upkeep.run(invocation=_trace(context))


@app.function_name("connect")
@app.route("connect/freshbooks", methods=["GET"])
def connect(req: func.HttpRequest) -> func.HttpResponse:
    """Show an invited or signed-in administrator the button that connects FreshBooks."""
    return _page(req, lambda pages, visit: pages.open(visit))


@app.function_name("connect_start")
@app.route("connect/freshbooks", methods=["POST"])
def connect_start(req: func.HttpRequest) -> func.HttpResponse:
    """The button was pressed: begin a connection and lead on to FreshBooks' consent page."""
    return _page(req, lambda pages, visit: pages.start(visit))


@app.function_name("connect_callback")
@app.route("connect/freshbooks/callback", methods=["GET"])
def connect_callback(req: func.HttpRequest) -> func.HttpResponse:
    """FreshBooks sends the browser back, with a code or with the reason why not."""
    return _page(req, lambda pages, visit: pages.callback(visit))


@app.function_name("connect_steps")
@app.route("connect/freshbooks/steps", methods=["GET"])
def connect_steps(req: func.HttpRequest) -> func.HttpResponse:
    """Show how far the connection is."""
    return _page(req, lambda pages, visit: pages.steps(visit))


@app.function_name("connect_advance")
@app.route("connect/freshbooks/steps", methods=["POST"])
def connect_advance(req: func.HttpRequest) -> func.HttpResponse:
    """Take the steps that are no person's now; the timer takes them within a minute."""
    return _page(req, lambda pages, visit: pages.advance(visit))


@app.function_name("connect_state")
@app.route("connect/freshbooks/state", methods=["GET"])
def connect_state(req: func.HttpRequest) -> func.HttpResponse:
    """Show how every connection stands, and what a person has to do."""
    return _page(req, lambda pages, visit: pages.state(visit))


@app.function_name("connect_business")
@app.route("connect/freshbooks/business", methods=["POST"])
def connect_business(req: func.HttpRequest) -> func.HttpResponse:
    """Take the choice of the businesses to sync."""
    return _page(req, lambda pages, visit: pages.choose(visit))


def _page(
    req: func.HttpRequest, answer: "Callable[[ConnectPages, Visit], Reply]"
) -> func.HttpResponse:
    from shared.console.connect import shown
    from shared.console.visit import VISITOR, Visit, read_cookie, read_form, read_identity

    principal, provider = read_identity(req.headers, req.url)
    cookies = req.headers.get("Cookie", "")
    visit = Visit(
        query=dict(req.params),
        form=read_form(req.get_body()),
        cookie=read_cookie(cookies),
        visitor=read_cookie(cookies, VISITOR),
        principal=principal,
        provider=provider,
    )
    reply = shown(lambda: answer(connector().pages, visit), telemetry())
    return func.HttpResponse(
        reply.body, status_code=reply.status, headers=dict(reply.headers), mimetype="text/html"
    )


def _trace(context: func.Context) -> str:
    """Return the step of a trace that the host gave this invocation, as far as it gave one."""
    return str(context.trace_context.trace_parent or "")


def _json(body: dict[str, str], status: int) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype="application/json")


prepare()
