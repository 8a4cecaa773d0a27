"""The timer's look after the connections: tokens kept fresh, webhooks kept alive, trouble told.

Never carries a record; polling does that whatever is found here.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.core.connections import ConnectionStatus, explain
from shared.core.lines import KeptUp, Need, Trouble, need_of
from shared.errors import ConnectorError
from shared.sync.connections import Connections
from shared.sync.ports import Clock, Telemetry
from shared.sync.reread import Reread
from shared.sync.rounds import Bounds, Rounds
from shared.sync.watch import Watch

REPAIR_WEBHOOKS_EVERY = timedelta(minutes=10)
_A_MOMENT: Final = timedelta(seconds=5)
# In one minute. A thousand businesses have had their turn in ten.
A_RUN: Final = Bounds(businesses=100, seconds=40.0)


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """Keeps every connection connected, or says that a person is needed; then measures.

    Attributes:
        resume: goes on with connections that are being made, and returns what keeps them waiting.
    """

    connections: Connections
    resume: Callable[[], list[str]]
    rounds: Rounds
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
        of_consents = self._go_on()
        statuses = self.connections.keep_warm()
        of_tokens = [
            self._told(status.problem, Need.RECONNECT if status.needs_login else Need.PATIENCE)
            for status in statuses
            if not status.works
        ]
        of_webhooks = self._go_round(status for status in statuses if status.works)
        return [*filter(None, [of_letters]), *of_consents, *of_tokens, *of_webhooks]

    def _bring_back(self) -> str:
        """Queue again what another release could not read; return what is wrong."""
        try:
            self.reread.run()
        except ConnectorError as error:
            return self._told(explain("The dead letters", error), need_of(error))
        return ""

    def _go_on(self) -> list[str]:
        """Go on with connections that are being made; return what is wrong."""
        try:
            waiting = self.resume()
        except ConnectorError as error:
            return [self._told(explain("New connections", error), need_of(error))]
        return [
            self._told(f"A new connection waits: {problem}", Need.PATIENCE) for problem in waiting
        ]

    def _go_round(self, statuses: Iterable[ConnectionStatus]) -> list[str]:
        """Look after the webhooks of some businesses; return what is wrong."""
        logins = [[business.id for business in status.businesses] for status in statuses]
        # A tick that is a moment early counts.
        seen_since = self.clock() - REPAIR_WEBHOOKS_EVERY + _A_MOMENT
        try:
            found = self.rounds.go(logins, seen_since=seen_since, bounds=A_RUN)
        except ConnectorError as error:
            return [self._told(explain("The webhooks", error), need_of(error))]
        return [
            self._told(explain(f"The webhooks of {business}", error), need_of(error))
            for business, error in found.items()
        ]

    def _told(self, problem: str, need: Need) -> str:
        """Tell a problem and return it; a needed login once a minute while it lasts."""
        self.telemetry.write(Trouble(what=need, text=problem))
        return problem
