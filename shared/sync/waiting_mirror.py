"""What waits for a person to choose an account, shown in Sales: looked at once a minute.

Never in the way of a record, asks Dataverse nothing while the list is as it was, and removes only
rows that it made.
"""

import contextlib
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from shared.core.identity import WAITING_CHECKPOINT, AwaitedKind, waiting_checkpoint
from shared.core.known import CLOCKS_APART
from shared.core.rows import Operation
from shared.core.waiting_rows import MOST, Asked, WaitingRows, asked_by, differences, rows_of
from shared.errors import (
    ConfigurationError,
    ConflictError,
    ConnectorError,
    RecordRefusedError,
    RetryLaterError,
)
from shared.sync.ports import Checkpoints, Holds, Traffic, traffic
from shared.sync.ports.waiting_rows import SeenWaiting

# Somebody may have changed or removed a row by hand.
WHOLE_EVERY: Final = timedelta(days=1)
# What could not be written, and a table or privilege that is missing.
AGAIN_AFTER: Final = timedelta(minutes=10)
PAUSE_CHECKPOINT: Final = f"{WAITING_CHECKPOINT}-pause"
AT_ONCE: Final = 50  # rows in a change set
MOST_OPERATIONS: Final = 1000
A_RUN: Final = timedelta(seconds=20)  # what is left then has its turn a minute later
_MOST_REFUSED: Final = 10
_MOST_LISTED: Final = 2000  # names that the note of a checkpoint holds
_TRIES: Final = 3
_BEGUN: Final = "begun"
_PARTLY: Final = " partly"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WaitingMirror:
    """Keeps the table of waiting records as the list of what waits is.

    A digest of what was written last is kept for each business: while the list has the same one,
    there is nothing to do. It is marked as begun before the first write, and the business is on a
    list of those that may have rows, so whatever is interrupted is taken up by the next look.

    Attributes:
        is_open: says why nothing may be asked of Dataverse now, "" when it may.
        most: rows of a business.
        operations: that a run may write; the next one goes on.
    """

    seen: SeenWaiting
    holds: Holds
    checkpoints: Checkpoints
    clock: Callable[[], datetime]
    is_open: Callable[[], str] = lambda: ""
    most: int = MOST
    operations: int = MOST_OPERATIONS

    def run(self) -> dict[str, ConnectorError]:
        """Look once, and return what is wrong by business, "" for what concerns all of them.

        Raises:
            ConnectorError: the tables cannot be read now.
        """
        if self.is_open():
            return {}  # it is as it was; once Dataverse answers again it is brought up to date
        with traffic(Traffic.BULK):
            return _Look(self, self.operations).run()


class _NoTableError(Exception):
    """The environment is of an earlier release: `schema apply` makes the table."""


@dataclass(frozen=True)
class _Done:
    """What became of a business's rows.

    Attributes:
        operations: how many were written.
        more: how many are left to the next run.
        clientless: rows that cannot be made, as their client has none that needs a person.
        refused: rows that Dataverse refuses.
    """

    operations: int
    more: int
    clientless: int
    refused: Sequence[RecordRefusedError]


@dataclass
class _Look:
    """One look at all businesses.

    Attributes:
        left: operations that may still be written.
    """

    mirror: WaitingMirror
    left: int
    listed: set[str] = field(default_factory=set)

    def run(self) -> dict[str, ConnectorError]:
        mirror = self.mirror
        self.listed = set(mirror.checkpoints.get_note(WAITING_CHECKPOINT).split())
        asked = asked_by(mirror.holds.list_all())
        problems: dict[str, ConnectorError] = {}
        started = mirror.clock()
        for business in _in_turn({*asked, *self.listed}, started):
            if self.left <= 0 or mirror.clock() - started > A_RUN:
                return problems
            try:
                wanted = self._wanted(asked.get(business, Asked(business, {})))
                if self._is_settled(wanted):
                    continue
                paused, why = self._pause()
                if paused:
                    return {**problems, "": why} if why is not None else problems
                self._bring(wanted)
            except ConfigurationError as error:
                if error.service:
                    self._rest(str(error))
                return {**problems, "": error}
            except _NoTableError:
                self._rest("")
                return problems
            except ConnectorError as error:
                problems[business] = error
                if isinstance(error, RetryLaterError) and error.service:
                    return problems  # others would meet it too
        return problems

    def _wanted(self, asked: Asked) -> WaitingRows:
        waits = (
            self.mirror.holds.list_waits(asked.business, kind=AwaitedKind.CLIENT)
            if asked.reasons
            else ()
        )
        return rows_of(asked, waits, most=self.mirror.most)

    def _is_settled(self, wanted: WaitingRows) -> bool:
        """Say whether there is nothing to do about a business now."""
        if wanted.business not in self.listed:
            return not wanted.rows
        name = waiting_checkpoint(wanted.business)
        note = self.mirror.checkpoints.get_note(name)
        if note not in {wanted.digest, wanted.digest + _PARTLY}:
            return False
        every = WHOLE_EVERY if note == wanted.digest else AGAIN_AFTER
        return self._is_recent(self.mirror.checkpoints.get(name), every)

    def _bring(self, wanted: WaitingRows) -> None:
        """Make a business's rows what they should be, and remember it.

        Raises:
            RecordRefusedError: some rows are refused; the others are as they should be.
            ConnectorError: it could not be done now.
        """
        checkpoints, name = self.mirror.checkpoints, waiting_checkpoint(wanted.business)
        # Before the first write: who goes on after this one knows that there may be rows.
        if wanted.business not in self.listed:
            self._keep_list({*self.listed, wanted.business})
        checkpoints.set(name, self.mirror.clock(), note=_BEGUN)
        done = self._write_in_turn(wanted)
        logger.info(
            "Waiting records of %s in Dynamics: %d wanted, %d more left out, %d changes, %d without"
            " their client's row, %d refused.",
            wanted.business,
            len(wanted.rows),
            wanted.left_out,
            done.operations,
            done.clientless,
            len(done.refused),
        )
        if done.more:
            return
        if done.refused or done.clientless:
            checkpoints.set(name, self.mirror.clock(), note=wanted.digest + _PARTLY)
        elif wanted.rows:
            checkpoints.set(name, self.mirror.clock(), note=wanted.digest)
        else:
            checkpoints.delete(name)
            self._keep_list(self.listed - {wanted.business})
        if done.refused:
            raise done.refused[-1]

    def _write_in_turn(self, wanted: WaitingRows) -> _Done:
        """Write what differs; where something changed meanwhile, look again a few times."""
        for _ in range(_TRIES - 1):
            with contextlib.suppress(ConflictError):
                return self._write(wanted)
        return self._write(wanted)

    def _write(self, wanted: WaitingRows) -> _Done:
        there = self.mirror.seen.look(wanted.business)
        if there is None:
            raise _NoTableError
        found = differences(wanted, there.rows, there.clients)
        some = found.operations[: self.left]
        refused = self._apply(some)
        self.left -= len(some)
        more = len(found.operations) - len(some)
        return _Done(len(some), more, found.clientless, refused)

    def _apply(self, operations: Sequence[Operation]) -> list[RecordRefusedError]:
        """Apply operations but those that Dataverse refuses, and return these refusals."""
        refused: list[RecordRefusedError] = []
        parts = [operations[at : at + AT_ONCE] for at in range(0, len(operations), AT_ONCE)]
        while parts and len(refused) < _MOST_REFUSED:
            part = parts.pop(0)
            try:
                self.mirror.seen.write(part)
            except RecordRefusedError as error:
                if len(part) == 1:
                    refused.append(error)
                else:  # one of them is: the others are not to wait for it
                    parts[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
        return refused

    def _keep_list(self, listed: set[str]) -> None:
        note = " ".join(islice(sorted(listed), _MOST_LISTED))
        self.mirror.checkpoints.set(WAITING_CHECKPOINT, self.mirror.clock(), note=note)
        self.listed = listed

    def _rest(self, why: str) -> None:
        """Ask no more for a while; `why` is told meanwhile, "" tells nothing."""
        self.mirror.checkpoints.set(PAUSE_CHECKPOINT, self.mirror.clock(), note=why)

    def _pause(self) -> tuple[bool, ConfigurationError | None]:
        """Return whether Dataverse is not to be asked now, and what is told."""
        checkpoints = self.mirror.checkpoints
        if not self._is_recent(checkpoints.get(PAUSE_CHECKPOINT), AGAIN_AFTER):
            return False, None
        why = checkpoints.get_note(PAUSE_CHECKPOINT)
        return True, ConfigurationError(why, service="Dataverse") if why else None

    def _is_recent(self, moment: datetime | None, every: timedelta) -> bool:
        return moment is not None and -CLOCKS_APART < self.mirror.clock() - moment < every


def _in_turn(businesses: Collection[str], now: datetime) -> list[str]:
    """Return businesses beginning with another one each minute, so that each has its turn."""
    ordered = sorted(businesses)
    first = int(now.timestamp() // 60) % max(len(ordered), 1)
    return [*ordered[first:], *ordered[:first]]
