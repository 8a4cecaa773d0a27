"""What becomes of a function's outputs: messages on queues, the answer of an HTTP request.

Never runs before the function has returned; a failing output fails the invocation.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookies import Morsel, SimpleCookie
from typing import Any
from urllib.parse import quote

from azure.functions.meta import Datum

from sandbox.functions import messages
from sandbox.functions.index import Function, converter
from sandbox.functions.storage import Queue


class OutputError(Exception):
    """A function's return value or output that its bindings cannot carry."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; 204 is what a function without an HTTP output gives."""

    status: int = 204
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def apply(
    function: Function,
    returned: Any,
    values: dict[str, Any],
    *,
    queue: Callable[[dict[str, Any]], Queue],
    base64_on_wire: bool,
) -> Answer:
    """Write every output of an invocation and return its HTTP answer.

    Args:
        function: the one that ran.
        returned: what it returned.
        values: what it set, by output parameter.
        queue: gives the queue an output binding names.
        base64_on_wire: the app's message encoding.

    Raises:
        OutputError: a value fits no binding.
        StorageError: a queue refused a message.
    """
    if returned is not None and function.returned is None:
        raise OutputError(
            f"function '{function.name}' without a $return binding returned a non-None value"
        )
    pairs = [(binding, values[name]) for name, binding in function.outputs.items()]
    pairs = [(binding, value) for binding, value in pairs if value is not None]
    if function.returned is not None and not (
        returned is None and function.returned["type"] != "http"
    ):
        pairs.append((function.returned, returned))
    encoded = [(binding, _encode(binding["type"], value)) for binding, value in pairs]
    answer = Answer()
    for binding, datum in encoded:
        match binding["type"]:
            case "http":
                answer = _answer(datum)
            case "queue":
                for content in _contents(datum):
                    text = messages.encode(content, base64_on_wire=base64_on_wire)
                    queue(binding).put(text)
            case other:
                raise OutputError(f"The output binding '{other}' is not known to this host.")
    return answer


def _encode(kind: str, value: Any) -> Datum:
    try:
        datum: Datum = converter(kind).encode(value, expected_type=None)
    except (NotImplementedError, AttributeError):
        raise OutputError(
            "unable to encode outgoing TypedData: "
            f"unsupported type '{kind}' for Python type '{type(value).__name__}'"
        ) from None
    return datum


def _contents(datum: Datum) -> Iterator[str | bytes]:
    if datum.type != "json":
        yield datum.value
        return
    value = json.loads(datum.value)
    for item in value if isinstance(value, list) else [value]:
        yield item["body"] if isinstance(item, dict) else item


def _answer(datum: Datum) -> Answer:
    if datum.type == "string":
        headers = [("Content-Type", "text/plain; charset=utf-8")]
        return Answer(200, headers, datum.value.encode())
    value = datum.value
    headers = [(name, each.value) for name, each in value["headers"].items()]
    for cookie in value["cookies"] or []:
        headers += [("Set-Cookie", each) for each in _cookies(cookie)]
    return Answer(int(value["status_code"].value), headers, value["body"].value)


def _cookies(cookie: SimpleCookie) -> Iterator[str]:
    # The host writes cookies anew from their parts, the value percent-encoded.
    for name, morsel in cookie.items():
        yield "; ".join([f"{name}={quote(morsel.value, safe='')}", *_attributes(morsel)])


def _attributes(morsel: Morsel[str]) -> Iterator[str]:
    for name in ("expires", "max-age", "domain", "path"):
        if morsel[name]:
            yield f"{name}={morsel[name]}"
    if morsel["secure"]:
        yield "secure"
    if morsel["samesite"].lower() in {"lax", "strict", "none"}:
        yield f"samesite={morsel['samesite'].lower()}"
    if morsel["httponly"]:
        yield "httponly"
