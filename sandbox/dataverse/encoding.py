"""JSON as Dataverse writes and reads it: decimals are plain numbers and never pass through float.

Never knows a table.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any

from sandbox.dataverse import errors

_quote: Callable[[str], str] = encode_basestring_ascii


class Number(str):
    """A number already spelled as it is to appear in JSON."""

    __slots__ = ()


def decimal(value: Decimal, digits: int) -> Number:
    """Spell `value` with `digits` decimals."""
    return Number(format(value, f".{digits}f"))


def dumps(value: Any) -> str:
    """Return `value` as JSON text; `Number` and `Decimal` become numbers."""
    kind = type(value)
    encode = _BY_TYPE.get(kind)
    if encode is not None:
        return encode(value)
    if isinstance(value, str):
        return _quote(value)
    return json.dumps(value)


def loads(body: bytes) -> Any:
    """Parse a request's JSON; fractions become `Decimal`.

    Raises:
        DataverseError: 400, it is no JSON.
    """
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise errors.payload(f"the body is not JSON ({error}).") from None


def loads_object(body: bytes) -> dict[str, Any]:
    """Parse a request's JSON object.

    Raises:
        DataverseError: 400, it is something else.
    """
    parsed = loads(body)
    if not isinstance(parsed, dict):
        raise errors.payload("a JSON object was expected.")
    return parsed


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _dict(value: dict[str, Any]) -> str:
    return "{" + ",".join([f"{_quote(key)}:{dumps(each)}" for key, each in value.items()]) + "}"


def _list(value: Any) -> str:
    return "[" + ",".join([dumps(each) for each in value]) + "]"


_BY_TYPE: dict[type, Callable[[Any], str]] = {
    str: _quote,
    Number: str,
    int: repr,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
    Decimal: lambda value: format(value, "f"),
    dict: _dict,
    list: _list,
    tuple: _list,
}
