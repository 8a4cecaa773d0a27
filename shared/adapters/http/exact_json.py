"""JSON with exact numbers, both ways: Decimal never passes through a binary float.

Never knows what the JSON is about.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


def encode_json(value: Any) -> str:
    """Return `value` as compact JSON: Decimal as an exact number, days, instants and ids as text.

    Raises:
        TypeError: a value JSON has no words for, among them float and an instant without a zone.
        ValueError: a number that is not finite.
    """
    match value:
        case Mapping():
            pairs = (f"{json.dumps(str(name))}:{encode_json(item)}" for name, item in value.items())
            return "{" + ",".join(pairs) + "}"
        case list() | tuple():
            return "[" + ",".join(map(encode_json, value)) + "]"
        case Decimal():
            if not value.is_finite():
                raise ValueError("JSON has no NaN and no infinity.")
            return format(value, "f")
        case float():
            raise TypeError("A float is not exact; use Decimal.")
        case _:
            return json.dumps(value, default=_text)


def encode_each(values: Iterable[Any]) -> list[str]:
    """Return each value as `encode_json` does."""
    return [encode_json(value) for value in values]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("An instant without a zone means nothing to a service.")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not sent to a service.")


def decode_json(body: bytes | str) -> Any:
    """Parse JSON with numbers that have a point or an exponent as Decimal.

    Raises:
        ValueError: it is no JSON; includes bytes that are no text.
    """
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"JSON has no {constant}.")
