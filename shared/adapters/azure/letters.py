"""Dead letters in Azure Tables: what nothing more is done for until an operator decides.

Never decides about one.
"""

from collections.abc import Iterator
from datetime import UTC
from typing import Any, Final

from shared.adapters.azure.columns import Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, clip, etag_of, key, unkey
from shared.core.journal import DeadLetter
from shared.core.trace import valid_traceparent
from shared.errors import UnreadableRowError

_LETTERS: Final = "letter"


class TableDeadLetters:
    """The port `DeadLetters` over the table `deadletters`, all in one partition."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table(TableName.DEAD_LETTERS)
        self._rows = Rows(self._table, read_letter, instead=_unreadable_letter)

    def add(self, letter: DeadLetter) -> None:
        """Keep a dead letter; the same key again replaces it."""
        self._table.upsert(_letter_properties(letter))

    def list_all(self) -> Iterator[DeadLetter]:
        """Yield all dead letters that wait for a decision, oldest first.

        One that cannot be read says so and has its key.
        """
        yield from (letter for letter in self._list() if letter.dismissed_at is None)

    def list_dismissed(self) -> Iterator[DeadLetter]:
        """Yield those that an operator dismissed, oldest first."""
        yield from (letter for letter in self._list() if letter.dismissed_at is not None)

    def get(self, key_: str) -> DeadLetter | None:
        """Return one, dismissed or not; None when there is none."""
        return self._rows.get(_LETTERS, key(key_))

    def replace(self, letter: DeadLetter) -> None:
        """Keep a letter as it is now, if it is still `letter.version`.

        Raises:
            ConflictError: it is gone, or another one by now.
        """
        self._table.replace(_letter_properties(letter), etag=letter.version)

    def delete(self, key_: str, *, version: str = "") -> None:
        """Forget one; one that is gone is fine.

        Raises:
            ConflictError: it is another one than `version` by now.
        """
        if version:
            self._table.delete_version(_LETTERS, key(key_), etag=version)
        else:
            self._table.delete(_LETTERS, key(key_))

    def _list(self) -> list[DeadLetter]:
        found = self._rows.query("PartitionKey eq @partition", partition=_LETTERS)
        return sorted(found, key=lambda letter: (letter.at, letter.key))


def _letter_properties(letter: DeadLetter) -> dict[str, Any]:
    """Return a letter's row; the release before has not all of the columns, and leaves them out."""
    dismissed = letter.dismissed_at
    return {
        "PartitionKey": _LETTERS,
        "RowKey": key(letter.key),
        "name": clip(letter.key),
        "body": clip(letter.body),
        "reason": clip(letter.reason),
        "at": letter.at.astimezone(UTC),
        "code": clip(letter.code),
        "request_id": clip(letter.request_id),
        "traceparent": letter.traceparent or None,
        "label": clip(letter.label) or None,
        "customer": clip(letter.name) or None,
        "amount": letter.amount or None,
        "currency": letter.currency or None,
        "dismissed_at": dismissed.astimezone(UTC) if dismissed is not None else None,
    }


def read_letter(row: Row) -> DeadLetter:
    """Read a row of `deadletters`."""
    return DeadLetter(
        key=row.text("name"),
        body=row.text("body"),
        reason=row.text("reason"),
        at=row.moment("at"),
        code=row.text("code"),
        request_id=row.text("request_id"),
        traceparent=valid_traceparent(row.entity.get("traceparent")),
        label=row.text("label", default=""),
        name=row.text("customer", default=""),
        amount=row.text("amount", default=""),
        currency=row.text("currency", default=""),
        dismissed_at=row.moment_or_none("dismissed_at"),
        version=etag_of(row.entity),
    )


def _unreadable_letter(row: Row, error: UnreadableRowError) -> DeadLetter:
    """Keep what can be told of a letter: it is still retried or dismissed by its key."""
    body = row.entity.get("body")
    return DeadLetter(
        key=unkey(row.key) or row.key,
        body=body if isinstance(body, str) else "",
        reason=str(error),
        at=row.changed_at,
        version=etag_of(row.entity),
    )
