"""What waits for a person, in Azure Tables: holds, the records that wait with them, dead letters.

Never decides what is held or released.
"""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from shared.adapters.azure.tables import Entity, Table, Tables, clip, key, moment, readable
from shared.core.events import SyncRequest
from shared.core.identity import Awaited
from shared.core.journal import DeadLetter
from shared.core.trace import valid_traceparent
from shared.core.waiting import Candidate, Hold, HoldState
from shared.errors import ConflictError, RetryLaterError

_TRIES: Final = 5
_WAITING: Final = "~"  # sorts behind every subject's own characters
_HOLD: Final = "hold"
_LETTERS: Final = "letter"
_LONGEST_BODY: Final = 4000


class TableHolds:
    """The port `Holds` over the table `holds`.

    A partition is a business. Row `<subject>` is the hold, row `<subject>~<kind>~<record>` one
    record that waits with it: each is its own entity, so writers cannot overwrite each other's.
    """

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table("holds")

    def get(self, business: str, awaited: Awaited) -> Hold | None:
        """Return a hold, None when there is none."""
        found = self._table.get(business, key(str(awaited)))
        return _hold(found) if found is not None else None

    def list_all(self, business: str | None = None) -> Iterator[Hold]:
        """Yield all holds, waiting and ignored."""
        if business is None:
            found = self._table.query("what eq @what", what=_HOLD)
        else:
            found = self._table.query(
                "PartitionKey eq @business and what eq @what", business=business, what=_HOLD
            )
        yield from readable(found, _hold)

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

    def add_waiting(self, awaited: Awaited, request: SyncRequest) -> None:
        """Note a record that waits for the hold; noting it again changes nothing."""
        self._table.upsert(
            {
                "PartitionKey": request.business,
                "RowKey": _waiting(awaited, request),
                "what": "waiting",
                "request": request.bare.model_dump_json(),  # all the release before this one reads
                "traceparent": request.traceparent or None,
            }
        )

    def list_waiting(self, business: str, awaited: Awaited) -> Iterator[SyncRequest]:
        """Yield the records that wait."""
        first = key(str(awaited)) + _WAITING
        found = self._table.query(
            "PartitionKey eq @business and RowKey ge @first and RowKey lt @last",
            business=business,
            first=first,
            last=first + _WAITING,  # kinds are letters, which sort before it
        )
        yield from readable(found, _request)

    def delete_waiting(self, awaited: Awaited, request: SyncRequest) -> None:
        """Forget a record that waited; one that is gone is fine."""
        self._table.delete(request.business, _waiting(awaited, request))


class TableDeadLetters:
    """The port `DeadLetters` over the table `deadletters`, all in one partition."""

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table("deadletters")

    def add(self, letter: DeadLetter) -> None:
        """Keep a dead letter; the same key again replaces it."""
        self._table.upsert(
            {
                "PartitionKey": _LETTERS,
                "RowKey": key(letter.key),
                "name": clip(letter.key),
                "body": letter.body[:_LONGEST_BODY],
                "reason": clip(letter.reason),
                "at": letter.at.astimezone(UTC),
                "code": clip(letter.code),
                "request_id": clip(letter.request_id),
                "traceparent": letter.traceparent or None,
            }
        )

    def list_all(self) -> Iterator[DeadLetter]:
        """Yield all dead letters, oldest first."""
        found = self._table.query("PartitionKey eq @partition", partition=_LETTERS)
        yield from sorted(readable(found, _letter), key=lambda letter: (letter.at, letter.key))

    def get(self, key_: str) -> DeadLetter | None:
        """Return one, None when there is none."""
        found = self._table.get(_LETTERS, key(key_))
        return _letter(found) if found is not None else None

    def delete(self, key_: str) -> None:
        """Forget one; one that is gone is fine."""
        self._table.delete(_LETTERS, key(key_))


def _waiting(awaited: Awaited, request: SyncRequest) -> str:
    return f"{key(str(awaited))}{_WAITING}{request.kind}{_WAITING}{request.number}"


def _request(entity: Entity) -> SyncRequest:
    request = SyncRequest.model_validate_json(entity["request"])
    return request.model_copy(update={"traceparent": valid_traceparent(entity.get("traceparent"))})


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
    }


def _fitting(candidates: list[list[str]]) -> str:
    """Return as many candidates as one property holds; the operator can search for the rest."""
    while clip(text := json.dumps(candidates)) != text:
        candidates = candidates[:-1]
    return text


def _hold(entity: Entity) -> Hold:
    return Hold(
        business=entity["PartitionKey"],
        awaited=Awaited.parse(entity["subject"]),
        name=entity["name"],
        reason=entity["reason"],
        since=moment(entity["since"]),
        candidates=tuple(
            Candidate(UUID(account), name, note)
            for account, name, note in json.loads(entity["candidates"])
        ),
        state=HoldState(entity["state"]),
    )


def _letter(entity: Entity) -> DeadLetter:
    return DeadLetter(
        key=entity["name"],
        body=entity["body"],
        reason=entity["reason"],
        at=moment(entity["at"]),
        code=entity["code"],
        request_id=entity["request_id"],
        traceparent=valid_traceparent(entity.get("traceparent")),
    )
