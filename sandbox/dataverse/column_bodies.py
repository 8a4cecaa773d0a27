"""A column's definition as a client sends it, read into a column.

Never adds the column to a table.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.dataverse import define, errors
from sandbox.dataverse.describing import CRM, first_label
from sandbox.dataverse.metadata import Column, Kind

Json = dict[str, Any]

MAX_TEXT, MAX_MEMO = 4000, 1_048_576
_LEVELS = frozenset({"None", "Recommended", "ApplicationRequired"})


def read(body: Json) -> Column:
    """Return the column a definition describes.

    Raises:
        DataverseError: 400, a type or a property of it is wrong; 501, the sandbox lacks the type.
    """
    kind = str(body.get("@odata.type", "")).lstrip("#").removeprefix(CRM).removeprefix("Complex")
    reader = _READERS.get(kind)
    if reader is None:
        raise errors.unsupported(f"columns of type '{kind}'")
    schema = str(body.get("SchemaName"))
    column = reader(body, schema)
    column.schema = schema
    column.label = first_label(body.get("DisplayName"), schema)
    column.required = required_level(body)
    column.custom = True
    column.definition = body
    return column


def required_level(body: Json) -> str:
    """Return the level a definition asks for.

    Raises:
        DataverseError: 400, a client cannot choose it.
    """
    level = (body.get("RequiredLevel") or {}).get("Value", "None")
    if level not in _LEVELS:
        raise errors.argument(f"RequiredLevel '{level}' cannot be chosen.")
    return str(level)


def _text(body: Json, schema: str) -> Column:
    length = _between(body, "MaxLength", 1, MAX_TEXT, 100)
    column = define.text(schema.lower(), int(length))
    column.format = str((body.get("FormatName") or {}).get("Value", "Text"))
    return column


def _memo(body: Json, schema: str) -> Column:
    return define.memo(schema.lower(), int(_between(body, "MaxLength", 1, MAX_MEMO, 2000)))


def _whole(body: Json, schema: str) -> Column:
    low = _between(body, "MinValue", -(2**31), 2**31 - 1, -(2**31))
    high = _between(body, "MaxValue", -(2**31), 2**31 - 1, 2**31 - 1)
    return define.whole(schema.lower(), int(low), int(high))


def _decimal(body: Json, schema: str) -> Column:
    low = _between(body, "MinValue", -(10**11), 10**11, -(10**11))
    high = _between(body, "MaxValue", -(10**11), 10**11, 10**11)
    digits = int(_between(body, "Precision", 0, 10, 2))
    return define.number(schema.lower(), str(low), str(high), precision=digits)


def _double(body: Json, schema: str) -> Column:
    column = _decimal({**body, "Precision": body.get("Precision", 2)}, schema)
    column.kind = Kind.DOUBLE
    return column


def _money(body: Json, schema: str) -> Column:
    limit = int(define.MONEY_LIMIT)
    low = _between(body, "MinValue", -limit, limit, -limit)
    high = _between(body, "MaxValue", -limit, limit, limit)
    return define.money(
        schema.lower(),
        str(low),
        str(high),
        precision=int(_between(body, "Precision", 0, 4, 2)),
        precision_source=int(_between(body, "PrecisionSource", 0, 2, 2)),
    )


def _date(body: Json, schema: str) -> Column:
    behavior = (body.get("DateTimeBehavior") or {}).get("Value", "UserLocal")
    shape = body.get("Format", "DateAndTime")
    if behavior not in {"DateOnly", "UserLocal", "TimeZoneIndependent"}:
        raise errors.argument(f"DateTimeBehavior '{behavior}' is not known.")
    if shape not in {"DateOnly", "DateAndTime"} or (behavior == "DateOnly" and shape != behavior):
        raise errors.argument(f"Format '{shape}' does not go with behavior '{behavior}'.")
    return Column(schema.lower(), Kind.DATETIME, behavior=behavior, format=shape)


def _choice(body: Json, schema: str) -> Column:
    if "GlobalOptionSet@odata.bind" in body or (body.get("OptionSet") or {}).get("IsGlobal"):
        raise errors.unsupported("global choices")
    options: dict[int, str] = {}
    for option in (body.get("OptionSet") or {}).get("Options") or []:
        value = option.get("Value")
        if type(value) is not int or value in options:
            raise errors.argument(f"The option value '{value}' is no number of its own.")
        options[value] = first_label(option.get("Label"), str(value))
    default = body.get("DefaultFormValue")
    chosen = default if type(default) is int and default in options else None
    return define.choice(schema.lower(), options, default=chosen)


def _flag(body: Json, schema: str) -> Column:
    column = define.flag(schema.lower(), default=body.get("DefaultValue") is True)
    options = body.get("OptionSet") or {}
    yes, no = options.get("TrueOption") or {}, options.get("FalseOption") or {}
    column.options = {
        0: first_label(no.get("Label"), "No"),
        1: first_label(yes.get("Label"), "Yes"),
    }
    return column


def _between(body: Json, name: str, low: int, high: int, default: int) -> Decimal:
    value = body.get(name)
    if value is None:
        return Decimal(default)
    if type(value) not in {int, Decimal} or not low <= value <= high:
        raise errors.argument(f"{name} is between {low} and {high}.")
    return Decimal(value)


_READERS: dict[str, Callable[[Json, str], Column]] = {
    "StringAttributeMetadata": _text,
    "MemoAttributeMetadata": _memo,
    "IntegerAttributeMetadata": _whole,
    "DecimalAttributeMetadata": _decimal,
    "DoubleAttributeMetadata": _double,
    "MoneyAttributeMetadata": _money,
    "DateTimeAttributeMetadata": _date,
    "PicklistAttributeMetadata": _choice,
    "BooleanAttributeMetadata": _flag,
}
