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
from shared.sync.backfill.control import Backfills
from shared.sync.connections import Connections
from shared.sync.decisions import Decisions
from shared.sync.leftovers import Leftovers
from shared.sync.ports import Clock, Telemetry
from shared.sync.prune import Prune
from shared.sync.reread import Reread
from shared.sync.waiting_mirror import WaitingMirror
from shared.sync.wake import Wake
from shared.sync.watch import Watch
from shared.sync.webhook_rounds import Bounds, WebhookRounds

REPAIR_WEBHOOKS_EVERY = timedelta(minutes=10)
_A_MOMENT: Final = timedelta(seconds=5)
# In one minute. A thousand businesses have had their turn in ten.
A_RUN: Final = Bounds(businesses=100, seconds=40.0)


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """Keeps every connection connected, or says that a person is needed; then measures.

    Attributes:
        resume: goes on with connections that are being made, and returns what keeps them waiting.
        is_open: says why nothing may be asked of a business's FreshBooks now, "" when it may.
    """

    connections: Connections
    is_open: Callable[[str], str]
    resume: Callable[[], list[str]]
    rounds: WebhookRounds
    watch: Watch
    wake: Wake
    decisions: Decisions
    poison: Leftovers
    backfill_poison: Leftovers
    reread: Reread
    prune: Prune
    mirror: WaitingMirror
    backfills: Backfills
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
        of_messages = [*self._bring_back()]
        self.wake.run()
        of_decisions = self._notice()
        of_consents = self._go_on()
        statuses = self.connections.keep_warm()
        for status in statuses:
            if status.works:
                self.wake.reconnected(status.id)
        of_tokens = [
            self._told(status.problem, Need.RECONNECT if status.needs_login else Need.PATIENCE)
            for status in statuses
            if not status.works
        ]
        of_webhooks = self._go_round(status for status in statuses if status.works)
        of_old = self.prune.run().problem
        of_waiting = self._show_waiting()
        of_backfills = self._go_on_with_history()
        return [
            *of_messages,
            *of_decisions,
            *of_consents,
            *of_tokens,
            *of_webhooks,
            *filter(None, [of_old]),
            *of_waiting,
            *of_backfills,
        ]

    def _bring_back(self) -> Iterable[str]:
        """Queue again what another release could not read, and what the host gave up on."""
        for what, bring in (
            ("The dead letters", self.reread.run),
            ("The poison queue", self.poison.collect),
            ("The poison queue of histories", self.backfill_poison.collect),
        ):
            try:
                bring()
            except ConnectorError as error:
                yield self._told(explain(what, error), need_of(error))

    def _notice(self) -> list[str]:
        """Notice what people decided in Dynamics; return what is wrong."""
        try:
            self.decisions.run()
        except ConnectorError as error:
            return [self._told(explain("Decisions in Dynamics", error), need_of(error))]
        return []

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
        logins = [
            [business.id for business in status.businesses if not self.is_open(business.id)]
            for status in statuses
        ]
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

    def _show_waiting(self) -> list[str]:
        """Show in Sales what waits for a person; return what is wrong."""
        what = "What waits, as Sales sees it,"
        try:
            found = self.mirror.run()
        except ConnectorError as error:
            return [self._told(explain(what, error), need_of(error))]
        return [
            self._told(
                explain(f"{what} of {business}" if business else what, error), need_of(error)
            )
            for business, error in found.items()
        ]

    def _go_on_with_history(self) -> list[str]:
        """Begin histories that are due; return what is wrong."""
        try:
            self.backfills.look()
        except ConnectorError as error:
            return [self._told(explain("Backfills", error), need_of(error))]
        return []

    def _told(self, problem: str, need: Need) -> str:
        """Tell a problem and return it; a needed login once a minute while it lasts."""
        self.telemetry.write(Trouble(what=need, text=problem))
        return problem
