"""JSON with exact numbers, both ways: Decimal never passes through a binary float.

Never knows what the JSON is about.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from json.encoder import encode_basestring_ascii as _quoted
from types import NoneType
from typing import Any, Final
from uuid import UUID


def encode_json(value: Any) -> str:
    """Return `value` as compact JSON: Decimal as an exact number, days, instants and ids as text.

    Raises:
        TypeError: a value JSON has no words for, among them float and an instant without a zone.
        ValueError: a number that is not finite.
    """
    return _encoder_of(type(value))(value)  # type: ignore[arg-type]  # a class can be hashed


def encode_each(values: Iterable[Any]) -> list[str]:
    """Return each value as `encode_json` does."""
    return [encode_json(value) for value in values]


def _encode_mapping(value: Mapping[Any, Any]) -> str:
    pairs = [f"{_quoted(str(name))}:{encode_json(item)}" for name, item in value.items()]
    return "{" + ",".join(pairs) + "}"


def _encode_sequence(value: Sequence[Any]) -> str:
    return "[" + ",".join([encode_json(item) for item in value]) + "]"


def _encode_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError("JSON has no NaN and no infinity.")
    return format(value, "f")


def _encode_instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError("An instant without a zone means nothing to a service.")
    return _quoted(value.astimezone(UTC).isoformat().replace("+00:00", "Z"))


def _refuse_float(_: float) -> str:
    raise TypeError("A float is not exact; use Decimal.")


# In this order: a bool is an int, an instant is a date.
_ENCODERS: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
    (str, _quoted),
    (NoneType, lambda _: "null"),
    (bool, lambda value: "true" if value else "false"),
    (int, int.__repr__),
    (Decimal, _encode_decimal),
    (float, _refuse_float),
    (Mapping, _encode_mapping),
    (list, _encode_sequence),
    (tuple, _encode_sequence),
    (datetime, _encode_instant),
    (date, lambda value: _quoted(value.isoformat())),
    (UUID, lambda value: _quoted(str(value))),
)


@cache
def _encoder_of(kind: type[object]) -> Callable[[Any], str]:
    for known, encode in _ENCODERS:
        if issubclass(kind, known):
            return encode
    raise TypeError(f"{kind.__name__} is not sent to a service.")


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
