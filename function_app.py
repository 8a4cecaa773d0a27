"""Every trigger of the app on one page, one call each.

Nothing is decided here and nothing is connected at import: the connector is built on first use, so
that a missing setting shows on the health page instead of hiding all functions.
"""

import json
import logging

import azure.functions as func

from shared.app import connector, problem
from shared.errors import ConnectorError

# Other people's loggers print addresses at INFO.
for name in ("azure", "urllib3", "msal"):
    logging.getLogger(name).setLevel(logging.WARNING)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.function_name("webhook")
@app.route("webhooks/freshbooks/{account}/{noun}", methods=["POST"])
def webhook(req: func.HttpRequest) -> func.HttpResponse:
    """FreshBooks reports a change; answered only after the message is on the queue."""
    try:
        answer = connector().receive(
            account=req.route_params.get("account", ""),
            noun=req.route_params.get("noun", ""),
            body=req.get_body(),
            signature=req.headers.get("X-FreshBooks-Hmac-SHA256"),
            content_type=req.headers.get("Content-Type", ""),
        )
    except ConnectorError as error:
        logging.getLogger(__name__).warning("Webhook not taken, FreshBooks repeats it: %s", error)
        return _json({"error": "not ready, try again"}, 503)
    key = "status" if answer.status == 200 else "error"  # noqa: PLR2004  # HTTP's own number
    return _json({key: answer.text}, answer.status)


@app.function_name("health")
@app.route("health", methods=["GET"])
def health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the host passes it
    """Whether the settings are complete; makes no outside call."""
    trouble = problem()
    if trouble:
        return _json({"status": "not configured", "problem": trouble}, 503)
    return _json({"status": "ok"}, 200)


@app.function_name("process")
@app.queue_trigger(arg_name="msg", queue_name="sync-requests", connection="AzureWebJobsStorage")
def process(msg: func.QueueMessage) -> None:
    """Bring one record up to date in Dataverse."""
    connector().process(msg.get_body())


@app.function_name("poisoned")
@app.queue_trigger(
    arg_name="msg", queue_name="sync-requests-poison", connection="AzureWebJobsStorage"
)
def poisoned(msg: func.QueueMessage) -> None:
    """Keep a message the host gave up on as a dead letter."""
    connector().process.poisoned(msg.get_body())


@app.function_name("poll")
@app.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
def poll(timer: func.TimerRequest) -> None:  # noqa: ARG001  # the host passes it
    """Find what webhooks missed."""
    connector().poll()


def _json(body: dict[str, str], status: int) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype="application/json")
