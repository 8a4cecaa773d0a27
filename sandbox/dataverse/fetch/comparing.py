"""A column's values in the form in which they are compared, and what a query writes in that form.

Never sees more than one column.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.dataverse import errors, values, xml_texts
from sandbox.dataverse.collation import fold
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import CHOICES, REFERENCES, TEXT, Column, Kind
from sandbox.dataverse.store import Row

Getter = Callable[[Row], Any]
_YES_NO = {"1": True, "true": True, "0": False, "false": False}
_FLAGS = frozenset({Kind.BOOLEAN, Kind.MANAGED_PROPERTY})


def getter(column: Column) -> Getter:
    """Return a function that gets a column's comparable value from a row, or None."""
    name = column.name
    if column.kind in TEXT:
        return lambda row: None if (value := row.get(name)) is None else fold(value)
    if column.kind in REFERENCES:
        return lambda row: None if (value := row.get(name)) is None else value[1]
    if column.kind is Kind.DATETIME:
        return lambda row: None if (value := row.get(name)) is None else padded(value)
    return lambda row: row.get(name)


def padded(day: str) -> str:
    """Return a stored date as a moment: a day without a time begins at midnight."""
    return day if len(day) > len("2026-01-31") else f"{day}T00:00:00Z"


def text_getter(env: Environment, column: Column) -> Getter:
    """Return a function that gets the text a pattern is matched against.

    That of a lookup is the name of the row it leads to.

    Raises:
        DataverseError: 400, the column has no text.
    """
    if column.kind in TEXT:
        return getter(column)
    if column.kind not in REFERENCES:
        raise errors.request(f"A pattern does not apply to '{column.name}', which is no text.")
    return lambda row: _folded(named(env, row.get(column.name)))


def named(env: Environment, reference: tuple[str, str] | None) -> str | None:
    """Return the name of the row a lookup leads to."""
    found = env.store.get(*reference) if reference else None
    return None if found is None or reference is None else _title(env, reference[0], found)


def _title(env: Environment, table: str, row: Row) -> str | None:
    return row.get(env.schema.tables[table].title)


def _folded(text: str | None) -> str | None:
    return None if text is None else fold(text)


def sort_getter(env: Environment, column: Column, *, raw: bool) -> Getter:
    """Return a function that gets what rows are sorted by: of lookups and choices what is read.

    Args:
        env: the environment.
        column: what they are sorted by.
        raw: choices are sorted by their values.
    """
    if column.kind in REFERENCES:
        return lambda row: _folded(named(env, row.get(column.name)))
    if column.kind in CHOICES and not raw:
        return lambda row: _folded(column.options.get(row.get(column.name, -1)))
    return getter(column)


def literal(column: Column, text: str) -> Any:
    """Return a query's value in the form `getter` gives.

    Raises:
        DataverseError: 400, the column cannot have such a value.
    """
    try:
        return _literal(column, text.strip() if column.kind not in TEXT else text)
    except (ValueError, KeyError, InvalidOperation):
        raise errors.request(
            f"The value '{text}' of the condition on '{column.name}' is no {column.kind}."
        ) from None


def _literal(column: Column, text: str) -> Any:
    if column.kind in TEXT:
        return fold(text)
    if column.kind in REFERENCES | {Kind.GUID}:
        found = xml_texts.identifier(text)
        if not values.is_guid(found):
            raise ValueError(text)
        return found
    if column.kind in _FLAGS:
        return _YES_NO[text.lower()]
    if column.kind is Kind.DATETIME:
        when = values.moment(moment(text))
        return padded(when[:10]) if column.behavior == "DateOnly" else when
    if column.kind in CHOICES:
        return int(text)
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def moment(text: str) -> datetime:
    """Return the time a query writes; one without an offset is taken as UTC.

    Raises:
        ValueError: it is none.
    """
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def day(column: Column, text: str) -> date:
    """Return the day a condition names.

    Raises:
        DataverseError: 400, it names none.
    """
    try:
        return moment(text).date()
    except ValueError:
        raise errors.request(
            f"The value '{text}' of the condition on '{column.name}' is no day."
        ) from None
