"""Rows of answers as values, and what it means that an answer holds something else.

Never sends anything.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from shared.adapters.dataverse import readings, views
from shared.adapters.dataverse.api import DataverseApi
from shared.core.homes import ClientRow
from shared.core.schema import CLIENT_TABLE
from shared.core.views import RecordRow
from shared.errors import RetryLaterError

Answer = Mapping[str, Any]

_Value = TypeVar("_Value")


def parsed(table: str, parse: Callable[[], _Value]) -> _Value:
    """Return what is read from an answer about a table.

    Raises:
        RetryLaterError: the answer holds no row of it.
    """
    try:
        return parse()
    except (ValueError, KeyError, TypeError) as error:
        raise RetryLaterError(
            f"Dataverse: an answer holds no row of {table} ({type(error).__name__})."
        ) from error


def record_row(table: str, row: Answer | None) -> RecordRow | None:
    """Return a row that stands for a record, None where there is none."""
    return parsed(table, lambda: readings.to_record_row(table, row)) if row is not None else None


def client_row(row: Answer | None) -> ClientRow | None:
    """Return a client's own row, None where there is none."""
    return parsed(CLIENT_TABLE, lambda: readings.to_client(row)) if row is not None else None


def first_row(api: DataverseApi, answer: Answer | None) -> Answer | None:
    """Return the first row of a list, None where there is none."""
    return next(iter(api.list_rows(answer)), None) if answer is not None else None


def client_rows(api: DataverseApi, account: Answer) -> Iterator[Answer]:
    """Yield the clients that were read with an account."""
    if views.CLIENTS in account:
        yield from api.list_rows(account, views.CLIENTS)
