"""The timer's look after the connections: tokens kept fresh, webhooks kept alive, trouble told.

Never carries a record; polling does that whatever is found here.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

from shared.core.connections import SyncedBusiness, explain
from shared.core.identity import webhooks_checkpoint
from shared.core.lines import KeptUp, Need, Trouble, need_of
from shared.errors import ConnectorError
from shared.sync.connections import Connections
from shared.sync.ports import Checkpoints, Clock, Telemetry
from shared.sync.reread import Reread
from shared.sync.watch import Watch
from shared.sync.webhooks import Webhooks

REPAIR_WEBHOOKS_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """Keeps every connection connected, or says that a person is needed; then measures."""

    connections: Connections
    checkpoints: Checkpoints
    webhooks: Webhooks
    watch: Watch
    reread: Reread
    telemetry: Telemetry
    clock: Clock

    def run(self, *, invocation: str = "") -> list[str]:
        """Look after everything once and return what is wrong, in words for an operator.

        Args:
            invocation: the step of a trace that the host gave this invocation.
        """
        started = time.monotonic()
        with self.telemetry.unit("upkeep", invocation=invocation):
            try:
                problems = self._look_after_all()
                taken = (time.monotonic() - started) * 1000
                self.telemetry.write(KeptUp(problems=len(problems), ms=taken))
            finally:  # what keeps the connections from being looked after is when it matters
                self.watch.run()
        return problems

    def _look_after_all(self) -> list[str]:
        of_letters = self._bring_back()
        statuses = self.connections.keep_warm()
        of_tokens = [
            self._told(status.problem, Need.RECONNECT if status.needs_login else Need.PATIENCE)
            for status in statuses
            if not status.works
        ]
        of_webhooks = [
            self._look_after(business)
            for status in statuses
            if status.works
            for business in status.businesses
        ]
        return [problem for problem in (of_letters, *of_tokens, *of_webhooks) if problem]

    def _bring_back(self) -> str:
        """Queue again what another release could not read; return what is wrong."""
        try:
            self.reread.run()
        except ConnectorError as error:
            return self._told(explain("The dead letters", error), need_of(error))
        return ""

    def _look_after(self, business: SyncedBusiness) -> str:
        """Look after a business's webhooks; return what is wrong, "" when nothing is."""
        name, now = webhooks_checkpoint(business.id), self.clock()
        try:
            last = self.checkpoints.get(name)
            try:
                if last is None or now - last >= REPAIR_WEBHOOKS_EVERY:
                    self.webhooks.repair(business.id)
                    self.checkpoints.set(name, now)
            finally:  # what FreshBooks does not let us register keeps no other webhook away
                self.webhooks.settle(business.id)
        except ConnectorError as error:
            problem = explain(f"The webhooks of {business.id}", error)
            return self._told(problem, need_of(error))
        return ""

    def _told(self, problem: str, need: Need) -> str:
        """Tell a problem and return it; a needed login once a minute while it lasts."""
        self.telemetry.write(Trouble(what=need, text=problem))
        return problem
