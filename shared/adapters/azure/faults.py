"""What an exception of an Azure SDK means for the connector.

Never swallows one: it comes out as one of our errors, or untouched where the caller expects it.
"""

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from shared.errors import ConfigurationError, ConnectorError, RetryLaterError

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError, HttpResponseError

    from shared.sync.ports import Telemetry

# Not found, already there or being changed, changed meanwhile: the caller knows what that means.
CALLERS: Final = {404, 409, 412}
_LATER: Final = {408, 429}
_THROTTLED: Final = 429
_NO_TOKEN: Final = 401
_DENIED: Final = 403
_SERVER_FAULT: Final = 500
_LONGEST_NAME: Final = 80
_DONE: Final = 200  # the SDK does not show what a success was answered with
_UNKNOWN_HOST: Final = ("name or service not known", "failed to resolve", "getaddrinfo failed")
_BY_KEY: Final = (
    "the key in AzureWebJobsStorage is not this account's, or the account's network rules keep "
    "this machine out; the administrator copies the connection string again (Access keys), or "
    "allows the network"
)
# Codes of storage that say more than their status, which reads like a missing role.
_MENDED: Final = {
    "KeyBasedAuthenticationNotPermitted": "the account takes no keys; the administrator names it "
    "in AzureWebJobsStorage__accountName and removes the connection string AzureWebJobsStorage",
    "AccountIsDisabled": "the storage account is disabled; the administrator enables it",
}


@contextlib.contextmanager
def translated(
    what: str, *, service: str, role: str, telemetry: "Telemetry", by_key: bool = False
) -> Iterator[None]:
    """Turn Azure's exceptions into the connector's, except the ones a caller decides on.

    Answers with a status in `CALLERS` pass through.

    Args:
        what: what was tried, such as `Key Vault: read freshbooks-token`.
        service: its name where requests are counted.
        role: the Azure role that allows it, named when access is denied.
        telemetry: told of it as one request, whatever the SDK made of it.
        by_key: whether a connection string signs us in, where no role counts.

    Raises:
        RetryLaterError: throttling, an outage, no answer.
        ConfigurationError: no access or no such service; the text names the role.
    """
    from azure.core import exceptions

    with telemetry.request(service, what) as told:
        # A list that is left early was answered too; the SDK does not show with what.
        told.answered(_DONE)
        try:
            yield
        except exceptions.HttpResponseError as error:
            told.answered(error.status_code or 0)
            if error.status_code in CALLERS:
                raise
            raise _from_answer(
                error, what=what, service=service, role=role, by_key=by_key
            ) from error
        except exceptions.AzureError as error:
            told.answered(0)
            raise _without_answer(error, what=what, service=service) from error


def code_of(error: "HttpResponseError") -> str:
    """Return the service's own code for an error, "" when it gave none."""
    code = getattr(error, "error_code", None) or getattr(error.error, "code", None)
    return str(getattr(code, "value", code) or _code_in_body(error))[:_LONGEST_NAME]


def _code_in_body(error: "HttpResponseError") -> str:
    # The table SDK leaves the answer to an insert undecoded.
    try:
        response: Any = error.response
        return str(json.loads(response.text())["odata.error"]["code"])
    except (AttributeError, ValueError, KeyError, TypeError):
        return ""


def _from_answer(
    error: "HttpResponseError", *, what: str, service: str, role: str, by_key: bool
) -> ConnectorError:
    status, code = error.status_code, code_of(error)
    said = " ".join(part for part in (str(status or ""), code) if part)
    if status in {_NO_TOKEN, _DENIED} and (mend := _MENDED.get(code, _BY_KEY if by_key else "")):
        return ConfigurationError(f"{what} is denied ({said}): {mend}.", service=service)
    if status in {None, _NO_TOKEN}:
        # azure-identity wraps what went wrong on the way to a token, often without a status.
        return ConfigurationError(
            f"{what}: the app could not sign in ({said or type(error).__name__}). Check its "
            "managed identity (AZURE_CLIENT_ID), in the terminal the tenant you are signed in to "
            "(AZURE_TENANT_ID), or the storage's connection string.",
            service=service,
        )
    if status in _LATER or (status or 0) >= _SERVER_FAULT:
        return RetryLaterError(
            f"{what} failed for now ({said}).",
            retry_after=_wait(error),
            service=service,
            throttled=status == _THROTTLED,
        )
    if status == _DENIED:
        return ConfigurationError(
            f"{what} is denied ({said}). The administrator gives the app's identity, in the "
            f"terminal your own, the role '{role}'.",
            service=service,
        )
    return ConfigurationError(f"{what} is refused ({said}).", service=service)


def _without_answer(error: "AzureError", *, what: str, service: str) -> RetryLaterError:
    # The SDK's text repeats the address: only whether its name is known is told.
    unknown = any(words in str(error).lower() for words in _UNKNOWN_HOST)
    kind = f"{type(error).__name__}, nobody knows its host's name" if unknown else ""
    return RetryLaterError(
        f"{what} got no answer ({kind or type(error).__name__}).", service=service
    )


def _wait(error: "HttpResponseError") -> float | None:
    headers = getattr(error.response, "headers", {})
    text = str(headers.get("Retry-After", ""))
    return float(text) if text.isdecimal() else None
