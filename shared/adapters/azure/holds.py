"""What waits, in Azure Tables: holds, and the records that wait with them or for something else.

Never decides what is held or released.
"""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from shared.adapters.azure.columns import DamagedError, Row, parse_digits
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, clip, key, unkey
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.trace import valid_traceparent
from shared.core.waiting import NOTHING_SHOWN, Candidate, Hold, HoldState, Shown, Wait
from shared.errors import ConflictError, RetryLaterError, UnreadableRowError

_TRIES: Final = 5
_WAITING: Final = "~"  # sorts behind every subject's own characters
_HOLD: Final = "hold"
_WAITS: Final = "waiting"
_CANDIDATES: Final = TypeAdapter(list[tuple[UUID, str, str]])


class TableHolds:
    """The port `Holds` over the table `holds`.

    A partition is a business. Row `<subject>` is the hold, row `<subject>~<kind>~<record>` one
    record that waits with it: each is its own entity, so writers cannot overwrite each other's.
    """

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table(TableName.HOLDS)
        # What is held, and what waits with it, stands in the key too: it goes on waiting.
        self._rows = Rows(self._table, read_hold, instead=_unreadable_hold)
        self._waiting = Rows(
            self._table, read_waiting, instead=lambda row, _error: _waiting_of_key(row)
        )

    def get(self, business: str, awaited: Awaited) -> Hold | None:
        """Return a hold, None when there is none."""
        return self._rows.get(business, key(str(awaited)))

    def list_all(self, business: str | None = None) -> Iterator[Hold]:
        """Yield all holds, waiting and ignored; one whose row cannot be read is said to be so."""
        if business is None:
            yield from self._rows.query("what eq @what", what=_HOLD)
        else:
            yield from self._rows.query(
                "PartitionKey eq @business and what eq @what", business=business, what=_HOLD
            )

    def upsert(self, hold: Hold) -> None:
        """Open a hold or bring it up to date; `since` of an open one is kept.

        Raises:
            RetryLaterError: storage is down, or others keep opening and closing the hold.
            ConfigurationError: access is denied.
        """
        opened = _hold_properties(hold)
        # Many workers meet the same unknown client at once: no version to fight over.
        changed = {name: value for name, value in opened.items() if name != "since"}
        for _ in range(_TRIES):
            try:
                self._table.merge(changed)
            except ConflictError:
                with contextlib.suppress(ConflictError):
                    self._table.insert(opened)
                    return
            else:
                return
        raise RetryLaterError(f"The hold {hold.business}/{hold.awaited} keeps coming and going.")

    def delete(self, business: str, awaited: Awaited) -> None:
        """Close a hold; one that is gone is fine. The records that wait with it stay."""
        self._table.delete(business, key(str(awaited)))

    def add_waiting(
        self,
        awaited: Awaited,
        request: SyncRequest,
        *,
        since: datetime | None = None,
        reason: str = "",
        shown: Shown = NOTHING_SHOWN,
        partly: bool = False,
        noted: bool = False,
    ) -> None:
        """Note a record that waits; noting it again replaces what is shown of it."""
        self._table.upsert(
            {
                "PartitionKey": request.business,
                "RowKey": _waiting(awaited, request),
                "what": _WAITS,
                "request": request.plain().model_dump_json(),
                "traceparent": request.traceparent or None,
                "since": since.astimezone(UTC) if since is not None else None,
                "reason": clip(reason) or None,
                "label": clip(shown.label) or None,
                "name": clip(shown.name) or None,
                "amount": shown.amount or None,
                "currency": shown.currency or None,
                "partly": partly or None,
                "noted": noted or None,
            }
        )

    def list_waiting(
        self, business: str, awaited: Awaited, *, most: int | None = None
    ) -> Iterator[SyncRequest]:
        """Yield the records that wait for something, at most so many."""
        first = key(str(awaited)) + _WAITING
        found = self._waiting.query(
            "PartitionKey eq @business and RowKey ge @first and RowKey lt @last",
            business=business,
            first=first,
            last=first + _WAITING,  # kinds are letters, which sort before it
        )
        yield from (wait.request for wait in islice(found, most))

    def list_waits(
        self, business: str | None = None, *, kind: AwaitedKind | None = None
    ) -> Iterator[Wait]:
        """Yield every record that waits, with what it waits for."""
        conditions, values = ["what eq @what"], {"what": _WAITS}
        if business is not None:
            conditions.append("PartitionKey eq @business")
            values["business"] = business
        if kind is not None:
            # Keys begin with the kind and a hyphen, which a full stop sorts behind.
            conditions.append("RowKey ge @first and RowKey lt @last")
            values |= {"first": f"{kind}-", "last": f"{kind}."}
        yield from self._waiting.query(" and ".join(conditions), **values)

    def delete_waiting(self, awaited: Awaited, request: SyncRequest) -> None:
        """Forget a record that waited; one that is gone is fine."""
        self._table.delete(request.business, _waiting(awaited, request))

    def confirm(
        self,
        business: str,
        awaited: Awaited,
        request: SyncRequest | None = None,
        *,
        noted: bool = True,
    ) -> None:
        """Note whether the invoice's entry says that something is there; one gone is fine."""
        row = key(str(awaited)) if request is None else _waiting(awaited, request)
        with contextlib.suppress(ConflictError):
            self._table.merge({"PartitionKey": business, "RowKey": row, "noted": noted})


def _waiting(awaited: Awaited, request: SyncRequest) -> str:
    return f"{key(str(awaited))}{_WAITING}{request.kind}{_WAITING}{request.number}"


def _hold_properties(hold: Hold) -> dict[str, Any]:
    candidates = [[str(each.account), each.name, each.note] for each in hold.candidates]
    return {
        "PartitionKey": hold.business,
        "RowKey": key(str(hold.awaited)),
        "what": _HOLD,
        "subject": str(hold.awaited),
        "name": clip(hold.name),
        "reason": clip(hold.reason),
        "since": hold.since.astimezone(UTC),
        "candidates": _fitting(candidates),
        "state": str(hold.state),
        "value": clip(hold.value) or None,
        "noted": hold.noted or None,
    }


def _fitting(candidates: list[list[str]]) -> str:
    """Return as many candidates as one property holds; the operator can search for the rest."""
    while clip(text := json.dumps(candidates)) != text:
        candidates = candidates[:-1]
    return text


def read_hold(row: Row) -> Hold:
    """Read a row of `holds` that is a hold."""
    if row.text("what") != _HOLD:
        raise DamagedError("what is not as this release writes it")
    subject = row.text("subject")
    if key(subject) != row.key:
        raise DamagedError("subject is not what the row's key says")
    try:
        awaited = Awaited.parse(subject)
    except ValueError:
        raise DamagedError("subject is nothing this release knows to wait for") from None
    return Hold(
        business=row.partition,
        awaited=awaited,
        name=row.text("name"),
        reason=row.text("reason"),
        since=row.moment("since"),
        candidates=tuple(Candidate(*each) for each in row.shaped("candidates", _CANDIDATES)),
        state=row.word("state", HoldState),
        value=row.text("value", default=""),
        noted=row.entity.get("noted") is True,
    )


def _unreadable_hold(row: Row, error: UnreadableRowError) -> Hold | None:
    try:
        awaited = Awaited.parse(unkey(row.key) or "")
    except ValueError:
        return None
    return Hold(
        business=row.partition,
        awaited=awaited,
        name="",
        reason=str(error),
        since=row.changed_at,
        state=HoldState.UNREADABLE,
    )


def is_waiting(row: Row) -> bool:
    """Say whether a row of `holds` is a record that waits."""
    return _WAITING in row.key


def read_waiting(row: Row) -> Wait:
    """Read a row of `holds` that is a record which waits."""
    awaited, named = _named(row)
    request = row.shaped("request", _REQUEST)
    if request.record != named:
        raise DamagedError("request is of another record than the row's key")
    traceparent = valid_traceparent(row.entity.get("traceparent"))
    return Wait(
        awaited,
        request.model_copy(update={"traceparent": traceparent}),
        since=row.moment_or_none("since") or row.changed_at,
        reason=row.text("reason", default=""),
        shown=Shown(
            label=row.text("label", default=""),
            name=row.text("name", default=""),
            amount=row.text("amount", default=""),
            currency=row.text("currency", default=""),
        ),
        partly=row.entity.get("partly") is True,
        noted=row.entity.get("noted") is True,
    )


def _waiting_of_key(row: Row) -> Wait | None:
    try:
        awaited, record = _named(row)
        request = SyncRequest.of(record, cause=Cause.RELEASE, seen=row.changed_at)
    except ValueError:
        return None
    return Wait(awaited, request, since=row.changed_at)


def _named(row: Row) -> tuple[Awaited, RecordId]:
    head, kind, number = [*row.key.split(_WAITING), "", ""][:3]
    try:
        awaited = Awaited.parse(unkey(head) or "")
        return awaited, RecordId(row.partition, Kind(kind), parse_digits(number, "the key"))
    except DamagedError:
        raise
    except ValueError:
        raise DamagedError("its key is none of this release") from None


_REQUEST: Final = TypeAdapter(SyncRequest)
