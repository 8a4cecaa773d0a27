"""Forgetting what is old, once a day, a piece each minute.

Never lets a fault reach whoever runs it, and never does a part that fails more than a few times.
"""

import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from shared.core.connections import explain
from shared.core.identity import PRUNE_CHECKPOINT, PRUNE_LEASE
from shared.core.lines import Trouble, need_of
from shared.core.retention import Progress
from shared.errors import ConnectorError
from shared.sync.forget import Forget
from shared.sync.ports import Checkpoints, Clock, Lease, Leases, Telemetry

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(days=1)
_CLOCKS_APART: Final = timedelta(minutes=10)  # what two instances' clocks may differ by, amply
_TAKES: Final = 120.0  # seconds; a piece takes a few


@dataclass(frozen=True)
class Pruned:
    """What a piece did.

    Attributes:
        deleted: how many rows and secrets.
        done: nothing is left to do today.
        problem: what it could not do, in words for an operator; "" when all went well.
    """

    deleted: int = 0
    done: bool = False
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Prune:
    """Keeps what is stored bounded; whoever holds the lease goes on where its note says."""

    forget: Forget
    checkpoints: Checkpoints
    leases: Leases
    telemetry: Telemetry
    clock: Clock

    def run(self) -> Pruned:
        """Do the next piece of today's run, if there is one left."""
        try:
            if not self._is_due():
                return Pruned(done=True)
            lease = self.leases.acquire(PRUNE_LEASE, seconds=_TAKES)
        except ConnectorError as error:
            return Pruned(problem=self._told(error))
        return self._go_on(lease) if lease is not None else Pruned()

    def _is_due(self) -> bool:
        last, now = self.checkpoints.get(PRUNE_CHECKPOINT), self.clock()
        return last is None or not -_CLOCKS_APART < now - last < EVERY

    def _go_on(self, lease: Lease) -> Pruned:
        begun = progress = Progress.parse(lease.note)
        done, problem = False, ""
        try:
            if not self._is_due():  # another instance ended the run meanwhile
                progress = Progress()
                return Pruned(done=True)
            progress, problem = self._next_piece(progress)
            if progress.step >= len(self.forget.list_parts()):
                self.checkpoints.set(PRUNE_CHECKPOINT, self.clock())
                logger.info("Forgot %d things that were old.", progress.deleted)
                done = True
        except ConnectorError as error:
            problem = self._told(error)
        finally:
            note = Progress() if done else progress
            with contextlib.suppress(ConnectorError):  # it ends by itself, and the piece is redone
                self.leases.give_back(replace(lease, note=note.model_dump_json()))
        return Pruned(progress.deleted - begun.deleted, done, problem)

    def _next_piece(self, progress: Progress) -> tuple[Progress, str]:
        """Do parts until one has more to do than a piece may, or fails."""
        for part in self.forget.list_parts()[progress.step :]:
            try:
                progress = part(progress)
            except ConnectorError as error:
                return progress.after_fault(), self._told(error)
            if progress.position:
                break
        return progress, ""

    def _told(self, error: ConnectorError) -> str:
        problem = explain("What is old", error)
        self.telemetry.count(Trouble(what=need_of(error), text=problem))
        return problem
