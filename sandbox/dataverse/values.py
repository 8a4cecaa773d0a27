"""One column's value: from JSON with all its limits, and back to JSON and to what people read.

Never sees a row. Stored forms: text `str`, whole numbers and choices `int`, other numbers
`Decimal`, dates `"2026-01-31"` or `"2026-01-31T10:00:00Z"`, references `(table, id)`.
"""

import functools
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.encoding import decimal
from sandbox.dataverse.metadata import NUMBERS, Column, Kind

GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_PROPERTY_NAMES = {"iscustomizable": "iscustomizableanddeletable"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# What XmlConvert.VerifyXmlChars refuses: control characters and halves of surrogate pairs.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FIRST_YEAR = 1753  # SQL Server's datetime begins there


def is_guid(text: str) -> bool:
    """Say whether `text` is a GUID as URLs and JSON spell it."""
    return GUID.fullmatch(text) is not None


def parse(table: str, column: Column, value: Any) -> Any:
    """Turn a JSON value into the stored form.

    Raises:
        DataverseError: 400: wrong JSON type, too long, out of range, or no such option.
    """
    if value is None:
        return None
    return _PARSERS[column.kind](table, column, value)


def scale(value: Decimal, digits: int) -> Decimal:
    """Round to `digits` decimals, halves away from zero."""
    if not value and not value.is_signed():
        return _zero(digits)  # most amounts of a row are
    return value.quantize(_unit(digits), rounding=ROUND_HALF_UP)


@functools.cache
def _unit(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits)


@functools.cache
def _zero(digits: int) -> Decimal:
    return Decimal(0).quantize(_unit(digits))


def emit(column: Column, value: Any) -> Any:
    """Turn a stored value into what `encoding.dumps` writes."""
    if value is None:
        return None
    if type(value) is Decimal:
        return decimal(value, shown_digits(column, value))
    if type(value) is tuple:
        return value[1]
    if column.kind is Kind.MANAGED_PROPERTY:
        named = _PROPERTY_NAMES.get(column.name, column.name)
        return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": named}
    return value


def shown_digits(column: Column, value: Decimal) -> int:
    """Return how many decimals a number has on the wire: four, and more where it keeps more."""
    if column.kind is not Kind.MONEY:
        return max(4, column.precision)
    return max(4, len(f"{value:f}".partition(".")[2]))


def moment(when: datetime) -> str:
    """Spell an aware time as rows store it, to the second."""
    return when.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def formatted(column: Column, value: Any, *, symbol: str = "", digits: int = 2) -> str | None:
    """Return what a person with US English settings reads, or None where there is nothing to.

    Args:
        column: whose value it is.
        value: the stored form; references are named by the caller.
        symbol: the row's currency symbol.
        digits: the row's currency's decimals.
    """
    if value is None:
        return None
    if column.kind is Kind.MONEY:
        return f"{'-' if value < 0 else ''}{symbol}{scale(abs(value), digits):,f}"
    if column.kind in NUMBERS:
        return f"{scale(value, column.precision):,f}"
    if column.kind is Kind.DATETIME:
        return _formatted_date(column, value)
    if column.options:
        return column.options.get(int(value))
    return f"{value:,d}" if column.kind in {Kind.INTEGER, Kind.BIGINT} else None


def _formatted_date(column: Column, value: str) -> str:
    when = datetime.fromisoformat(value)
    shown = f"{when.month}/{when.day}/{when.year}"
    if column.format == "DateOnly":
        return shown
    return f"{shown} {when.hour % 12 or 12}:{when:%M} {'AM' if when.hour < 12 else 'PM'}"


def _wrong_type(table: str, column: Column, expected: str) -> errors.DataverseError:
    return errors.payload(
        f"cannot convert the value of property '{column.name}' of '{table}' to Edm.{expected}."
    )


def _text(table: str, column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong_type(table, column, "String")
    if found := _NO_XML.search(value):
        raise errors.DataverseError(
            400,
            errors.INVALID_CHARACTER,
            f"Invalid character in field '{column.name}': '\\u{ord(found.group()):04x}', "
            f"hexadecimal value 0x{ord(found.group()):02X}, is an invalid character.",
        )
    # .NET's and SQL Server's count: UTF-16, so most emoji are two.
    if column.length and len(value.encode("utf-16-le")) // 2 > column.length:
        raise errors.DataverseError(
            400,
            errors.TOO_LONG,
            f"The length of the '{column.name}' attribute of the '{table}' entity exceeded the "
            f"maximum allowed length of '{column.length}'.",
        )
    return value


def _whole(table: str, column: Column, value: Any) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise _wrong_type(table, column, "Int32")
    if column.kind is Kind.INTEGER and not -(2**31) <= value < 2**31:
        raise _wrong_type(table, column, "Int32")
    _check_range(table, column, Decimal(value), errors.INTEGER_RANGE)
    return value


def _number(table: str, column: Column, value: Any) -> Decimal:
    if type(value) not in {int, Decimal}:
        raise _wrong_type(table, column, "Decimal")
    exact = Decimal(value)
    _check_range(table, column, exact, errors.DECIMAL_RANGE)
    return exact if column.kind is Kind.MONEY else scale(exact, column.precision)


def _check_range(table: str, column: Column, value: Decimal, code: str) -> None:
    if (column.low is not None and value < column.low) or (
        column.high is not None and value > column.high
    ):
        raise _range(table, column, code)


def _range(table: str, column: Column, code: str) -> errors.DataverseError:
    return errors.DataverseError(
        400,
        code,
        f"The value of '{column.name}' on record of type '{table}' is outside the valid range "
        f"({column.low} to {column.high}).",
    )


def _flag(table: str, column: Column, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(table, column, "Boolean")
    return value


def _managed_property(table: str, column: Column, value: Any) -> bool:
    """Read a BooleanManagedProperty, of which only the value is kept."""
    if not isinstance(value, dict) or not isinstance(value.get("Value"), bool):
        raise _wrong_type(table, column, "BooleanManagedProperty")
    return bool(value["Value"])


def _choice(table: str, column: Column, value: Any) -> int:
    if type(value) is not int:
        raise _wrong_type(table, column, "Int32")
    if value not in column.options:
        raise errors.DataverseError(
            400,
            errors.BAD_OPTION,
            f"The value '{value}' of '{column.name}' on record of type '{table}' is outside the "
            f"valid range. Accepted Values: {','.join(map(str, column.options))}",
        )
    return value


def _guid(table: str, column: Column, value: Any) -> str:
    if not isinstance(value, str) or not is_guid(value):
        raise _wrong_type(table, column, "Guid")
    return value.lower()


def _date(table: str, column: Column, value: Any) -> str:
    expected = "Date" if column.behavior == "DateOnly" else "DateTimeOffset"
    if not isinstance(value, str):
        raise _wrong_type(table, column, expected)
    try:
        stored = _day(value) if expected == "Date" else _moment(value)
    except ValueError:
        raise _wrong_type(table, column, expected) from None
    if int(stored[:4]) < _FIRST_YEAR:
        raise _range(table, column, errors.INVALID_ARGUMENT)
    return stored


def _day(value: str) -> str:
    if not _DAY.fullmatch(value):
        raise ValueError(value)
    return date.fromisoformat(value).isoformat()


def _moment(value: str) -> str:
    """Read a point in time; one without an offset is taken as UTC, as Dataverse does."""
    when = datetime.fromisoformat(value)
    return moment(when if when.tzinfo else when.replace(tzinfo=UTC))


_PARSERS: dict[Kind, Callable[[str, Column, Any], Any]] = {
    Kind.STRING: _text,
    Kind.MEMO: _text,
    Kind.ENTITY_NAME: _text,
    Kind.INTEGER: _whole,
    Kind.BIGINT: _whole,
    Kind.DECIMAL: _number,
    Kind.DOUBLE: _number,
    Kind.MONEY: _number,
    Kind.BOOLEAN: _flag,
    Kind.MANAGED_PROPERTY: _managed_property,
    Kind.DATETIME: _date,
    Kind.PICKLIST: _choice,
    Kind.STATE: _choice,
    Kind.STATUS: _choice,
    Kind.GUID: _guid,
}
