"""The rows by which Sales sees what waits for a person to choose an account: which, and how.

Never decides that something waits; it shows what the connector's own list says.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Final
from uuid import UUID

from shared.core.differences import plan_row
from shared.core.fitting import fit
from shared.core.identity import AwaitedKind, Kind, RecordId, read_key
from shared.core.options import EntryKind
from shared.core.rows import Current, Operation, Reference, Remove, Row
from shared.core.schema import CLIENT_TABLE, WAITING_CLIENT_LOOKUP, WAITING_TABLE
from shared.core.waiting import Hold, Wait

# Of one business; what began to wait last is left out.
MOST: Final = 2000

_KINDS: Final = {
    Kind.INVOICE: EntryKind.INVOICE,
    Kind.PAYMENT: EntryKind.PAYMENT,
    Kind.EXPENSE: EntryKind.EXPENSE,
    Kind.CREDIT: EntryKind.CREDIT,
}


@dataclass(frozen=True)
class Asked:
    """What a person is asked about the clients of one business.

    Attributes:
        reasons: why a person is asked, by the client's number.
    """

    business: str
    reasons: Mapping[str, str]


def asked_by(holds: Iterable[Hold]) -> dict[str, Asked]:
    """Return the clients that need a person, by business; without those that are left out."""
    known = list(holds)
    left_out = {(hold.business, hold.awaited.name) for hold in known if hold.leaves_out}
    reasons: dict[str, dict[str, str]] = {}
    for hold in known:
        of_client = hold.awaited.kind is AwaitedKind.CLIENT and hold.is_open
        if of_client and (hold.business, hold.awaited.name) not in left_out:
            reasons.setdefault(hold.business, {})[hold.awaited.name] = hold.reason
    return {business: Asked(business, found) for business, found in reasons.items()}


@dataclass(frozen=True)
class WaitingRows:
    """The rows of one business as they should be.

    Attributes:
        rows: by id, those that have waited longest first.
        clients: whose account each row waits for.
        left_out: how many records more wait.
    """

    business: str
    rows: Mapping[UUID, Row]
    clients: Mapping[UUID, RecordId]
    left_out: int = 0

    @property
    def digest(self) -> str:
        """What tells these rows from others."""
        said = [
            [str(row.id), str(self.clients[row.id]), [str(value) for value in row.columns.values()]]
            for row in self.rows.values()
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def rows_of(asked: Asked, waits: Iterable[Wait], *, most: int = MOST) -> WaitingRows:
    """Return the rows of the records that wait for a person to choose their client's account.

    What is in Sales but for a link is in Sales. A record waits for one client: for which it began
    to wait last.

    Args:
        asked: the business's clients that need a person.
        waits: records of the business that wait.
        most: rows.
    """
    latest: dict[RecordId, Wait] = {}
    for wait in sorted(waits, key=lambda wait: wait.since):
        if _is_shown(wait, asked):
            latest[wait.request.record] = wait
    oldest_first = sorted(latest.values(), key=lambda wait: (wait.since, wait.request.record.key))
    shown = oldest_first[:most]
    return WaitingRows(
        asked.business,
        {(row := _row(wait, asked)).id: row for wait in shown},
        {row_id(wait.request.record): _client(wait) for wait in shown},
        left_out=len(oldest_first) - len(shown),
    )


def row_id(record: RecordId) -> UUID:
    """Return the primary key of the row by which a record is shown to wait."""
    return record.derived(f"{record.kind}-waiting")


@dataclass(frozen=True)
class Differences:
    """What makes the rows that are there those that should be.

    Attributes:
        clientless: rows that cannot be made: their client has no row that needs a person.
    """

    operations: Sequence[Operation]
    clientless: int


def differences(
    wanted: WaitingRows, there: Iterable[Current], clients: Mapping[str, UUID]
) -> Differences:
    """Return what makes the rows that are there those that should be.

    Only rows that the connector made are removed: their ids follow from what they say.

    Args:
        wanted: the rows of a business.
        there: its rows in Dataverse.
        clients: the rows of its clients that need a person, by their keys.
    """
    found = {row.id: row for row in there}
    operations: list[Operation] = []
    homeless: set[UUID] = set()
    for row in wanted.rows.values():
        client = clients.get(wanted.clients[row.id].client_key)
        if client is None:
            homeless.add(row.id)
            continue
        lookups = {WAITING_CLIENT_LOOKUP.name: Reference(CLIENT_TABLE, client)}
        named = Row(row.table, row.id, row.columns, lookups)
        operations += plan_row(named, found.get(row.id))
    kept = wanted.rows.keys() - homeless
    operations += _removals(found.values(), kept, wanted.business)
    return Differences(tuple(operations), len(homeless))


def _removals(
    found: Iterable[Current], kept: Collection[UUID], business: str
) -> Iterator[Operation]:
    for row in found:
        record = read_key(row.text("fbx_sourcekey"), business)
        is_ours = record is not None and row_id(record) == row.id
        if is_ours and row.id not in kept:
            yield Remove(WAITING_TABLE, row.id, row.etag)


def _is_shown(wait: Wait, asked: Asked) -> bool:
    return (
        wait.awaited.kind is AwaitedKind.CLIENT
        and wait.awaited.name in asked.reasons
        and wait.request.business == asked.business
        and wait.request.kind in _KINDS
        and not wait.partly
    )


def _client(wait: Wait) -> RecordId:
    return RecordId(wait.request.business, Kind.CLIENT, int(wait.awaited.name))


def _row(wait: Wait, asked: Asked) -> Row:
    record, shown = wait.request.record, wait.shown
    columns = {
        "fbx_name": f"{record.kind.capitalize()} {shown.label or record.number}",
        "fbx_kind": int(_KINDS[record.kind]),
        "fbx_amount": shown.amount,
        "fbx_currency": shown.currency,
        # Dataverse keeps seconds.
        "fbx_since": wait.since.astimezone(UTC).replace(microsecond=0),
        "fbx_reason": wait.reason or asked.reasons[wait.awaited.name],
        "fbx_business": record.business,
        "fbx_sourcekey": record.key,
    }
    return Row(WAITING_TABLE, row_id(record), fit(WAITING_TABLE, columns))
