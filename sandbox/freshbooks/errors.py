"""The ways FreshBooks says no: one exception, and the body each family of endpoints makes of it.

Never decides when something is refused.
"""

import re
from dataclasses import dataclass, field
from typing import Any

# google.rpc codes by HTTP status, as the newer API versions answer them.
_RPC = {400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 422: 3, 429: 8, 500: 13}
_GOOGLE_STYLE_SINCE = "2022-10-31"
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")

UNAUTHENTICATED = {
    "error": "unauthenticated",
    "error_description": "This action requires authentication to continue.",
}


@dataclass
class RefusedError(Exception):
    """A request is refused.

    Attributes:
        status: the HTTP status.
        errno: FreshBooks' own number.
        message: its text.
        fields: `object`, `field` and `value`, as far as they are known.
    """

    status: int
    errno: int
    message: str
    fields: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} (errno {self.errno}): {self.message}"


def unknown(kind: str, key: str, record: object) -> RefusedError:
    """Return the refusal of an id nobody has: 404, errno 1012."""
    named = {"object": kind, "field": key, "value": str(record)}
    return RefusedError(404, 1012, f"{kind.capitalize()} not found.", named)


def invalid(kind: str, key: str, value: object, message: str, errno: int = 1004) -> RefusedError:
    """Return the refusal of a field's value: 422 with the errno of the rule it breaks."""
    return RefusedError(422, errno, message, {"object": kind, "field": key, "value": str(value)})


def unauthenticated() -> RefusedError:
    """Return the refusal of a missing, expired or revoked access token."""
    return RefusedError(401, 1003, "The server could not verify that you are authorized.")


def google_style(version: str | None) -> bool:
    """Say whether this `X-API-VERSION` gets the newer error bodies (2022-10-31 and later)."""
    dated = version is not None and _DATED.fullmatch(version) is not None
    return dated and str(version) >= _GOOGLE_STYLE_SINCE


def accounting_body(error: RefusedError, *, version: str | None) -> dict[str, Any]:
    """Return the body of the accounting family, in the form of the asked API version."""
    if google_style(version):
        metadata = {key: error.fields.get(key, "") for key in ("object", "value", "field")}
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": str(error.errno),
            "domain": "accounting.api.freshbooks.com",
            "metadata": {**metadata, "message": error.message},
        }
        return {
            "code": _RPC.get(error.status, 2),
            "message": f"Request failed with status_code: {error.status}",
            "details": [info],
        }
    if error.status == 401:
        return dict(UNAUTHENTICATED)
    return {
        "response": {"errors": [{"errno": error.errno, "message": error.message, **error.fields}]}
    }


def events_body(error: RefusedError) -> dict[str, Any]:
    """Return the body of the events family; `details` only where a field is to blame."""
    if error.status == 401:
        return {"errno": 401, "message": "invalid_token: The request token failed to validate."}
    body: dict[str, Any] = {"errno": error.errno, "message": error.message}
    if error.fields:
        body["details"] = [f"{key}: {reason}" for key, reason in error.fields.items()]
    return body
