"""What a deployed app answers to strangers, and what it means when that is not right.

Never follows a redirect: FreshBooks counts one as a failure, so it has to be seen.
"""

import http.client
import json
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

SECONDS: Final = 35.0  # an app that starts cold has thirty
HEALTH: Final = "/api/health"
PAGE: Final = "/api/connect/freshbooks/state"
WEBHOOK: Final = "/api/webhooks/freshbooks/probe/invoice/probe"
DOCTOR: Final = "python -m shared doctor"


@dataclass(frozen=True)
class Reply:
    """What came back.

    Attributes:
        status: HTTP's; 0 when nothing came.
        error: the text of an error in the connector's own form; "" when it is not of the connector.
        reason: why nothing came.
    """

    status: int
    error: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Finding:
    """What one probe says.

    Attributes:
        text: a line for a person.
        is_wrong: whether the deployment is not as it should be.
        may_pass: whether it may be right in a moment, so that it is worth asking again.
    """

    text: str
    is_wrong: bool = False
    may_pass: bool = False


def ask(base: str, path: str, method: str = "GET", seconds: float = SECONDS) -> Reply:
    """Send a request as a stranger would, without a signature and without a sign-in."""
    parts = urlsplit(base)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=seconds)
    form = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
    try:
        connection.request(method, path, body="name=probe" if form else None, headers=form)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return Reply(0, reason=str(error) or type(error).__name__)
    finally:
        connection.close()
    return Reply(answer.status, error=_error(body))


def health(reply: Reply) -> Finding:
    """Judge what the health page answers."""
    match reply.status:
        case 200:
            return Finding(f"ok: {HEALTH} answers.")
        case 503:
            return Finding(
                f"not ready: {HEALTH} answers 503. A setting or the FreshBooks secret is missing;"
                f" {DOCTOR} says which. Before the secret is in the vault this is as expected."
            )
        case 404:
            return Finding(
                f"wrong: {HEALTH} answers 404. The app runs without functions: the package did not"
                " start. Look at its log: az webapp log tail, or Application Insights, exceptions.",
                is_wrong=True,
                may_pass=True,
            )
        case 401 | 403 | 301 | 302 | 307:
            return Finding(
                f"wrong: {HEALTH} answers {reply.status}. Easy Auth stands before it: its path is"
                " missing in excludedPaths. Run: azd provision",
                is_wrong=True,
                may_pass=True,
            )
        case 0:
            return Finding(
                f"wrong: {HEALTH} does not answer ({reply.reason}). The app has not started, or"
                " PUBLIC_URL does not lead to it.",
                is_wrong=True,
                may_pass=True,
            )
        case status:
            return Finding(f"wrong: {HEALTH} answers {status}.", is_wrong=True, may_pass=True)


def page(reply: Reply) -> Finding:
    """Judge what an operator's page answers to somebody who is not signed in, with Easy Auth on."""
    if reply.status == 401 and not reply.error:  # noqa: PLR2004  # HTTP's own number
        return Finding(f"ok: {PAGE} is closed to strangers.")
    if reply.status in {301, 302, 307}:
        return Finding(
            f"wrong: {PAGE} answers {reply.status}, a redirect to a sign-in. It is closed, but the"
            " deployed settings are not those of infra/: Return401 is expected. Run: azd provision",
            is_wrong=True,
        )
    return Finding(
        f"wrong: {PAGE} answers {reply.status} {reply.reason} to a stranger; the platform should"
        " answer 401. Easy Auth is not on yet, though ENTRA_CLIENT_ID is set. Run: azd provision",
        is_wrong=True,
        may_pass=True,
    )


def webhook(reply: Reply) -> Finding:
    """Judge what the folder of the webhooks answers to what nobody signed."""
    match reply.status:
        case 401 if reply.error:
            return Finding("ok: the connector itself refuses an unsigned webhook.")
        case 401 | 403:
            return Finding(
                f"wrong: Easy Auth answers {reply.status} for the connector: FreshBooks cannot"
                " deliver. excludedPaths needs /api/webhooks/freshbooks/*. Run: azd provision",
                is_wrong=True,
                may_pass=True,
            )
        case 301 | 302 | 307 | 308:
            return Finding(
                f"wrong: a webhook is answered with a redirect ({reply.status}), which FreshBooks"
                " counts as a failure: Easy Auth stands before it, or PUBLIC_URL is not https.",
                is_wrong=True,
                may_pass=True,
            )
        case 503 if reply.error:
            return Finding(
                "not ready: webhooks are answered with 503 until the settings are complete;"
                f" {DOCTOR} says what is missing."
            )
        case status:
            return Finding(
                f"wrong: an unsigned webhook is answered with {status} {reply.reason}; the"
                " connector's own 401 is expected.",
                is_wrong=True,
                may_pass=True,
            )


def _error(body: bytes) -> str:
    """Return the text of an error as the connector words it; Easy Auth sends no such body."""
    try:
        read = json.loads(body)
    except ValueError:
        return ""
    return str(read.get("error", "")) if isinstance(read, dict) else ""
