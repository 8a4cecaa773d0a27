"""What an answer of FreshBooks means: a result, nothing there, or one of our errors.

Never trusts the status alone: errors arrive with 200, and in several shapes.
"""

from collections.abc import Mapping
from typing import Any, Final

import requests

from shared.adapters.freshbooks.faults import FORBIDDEN, GONE, OK, SERVICE, error_for, read_faults
from shared.adapters.http.exact_json import decode_json
from shared.errors import RetryLaterError

# 401 is renewed and raised by the transport; every other 4xx is explained by its body.
EXPECTED: Final = range(400, 500)


def read_result(response: requests.Response, *, what: str) -> Mapping[str, Any] | None:
    """Return the answer's `result`, None when FreshBooks says that there is no such row.

    Args:
        response: an answer with any status but 401, 408, 429 and 5xx.
        what: what was asked, such as `GET client 17 of xazq5`.

    Raises:
        ConfigurationError: wrong account, wrong id family, missing role or scope.
        RetryLaterError: the row is being modified, or the answer cannot be read.
        RecordRefusedError: FreshBooks does not take the request as it is.
    """
    body = _json(response, what=what)
    faults = read_faults(body)
    if response.status_code in OK and not faults:
        envelope = body.get("response")
        result = envelope.get("result") if isinstance(envelope, Mapping) else None
        if isinstance(result, Mapping):
            return result
        raise RetryLaterError(f"FreshBooks: {what} was answered without a result.")
    if response.status_code != FORBIDDEN and any(fault.errno in GONE for fault in faults):
        return None
    raise error_for(response.status_code, faults, what=what)


def _json(response: requests.Response, *, what: str) -> Mapping[str, Any]:
    try:
        body = decode_json(response.content)
    except ValueError:
        body = None
    if isinstance(body, Mapping):
        return body
    if response.status_code in OK:
        raise RetryLaterError(
            f"FreshBooks: {what} was answered with something that is no JSON.", service=SERVICE
        )
    return {}
