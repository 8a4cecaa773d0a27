"""How much of a budget one process has use for, from what it took and what waits.

Never asks the time: seconds that only grow are given to it.
"""

from dataclasses import dataclass
from typing import Final

from shared.core.buckets import used_of
from shared.core.rates import LOOK, Budget, Wants, wanted

_SHORTEST: Final = 0.5  # seconds; what is seen in less says little


@dataclass
class _Lately:
    requests: int = 0
    seconds: float = 0.0


class Demand:
    """What was asked for since the last look; not safe for several threads.

    Args:
        budget: what the service takes from all together.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._live, self._bulk = _Lately(), _Lately()
        self._since: float | None = None
        self._wants = Wants()

    def used(self, requests: int, seconds: float, *, bulk: bool) -> None:
        """Note requests that were sent, and what they take."""
        lately = self._bulk if bulk else self._live
        lately.requests += requests
        lately.seconds += seconds

    def wants(self, now: float, *, live: int, bulk: int) -> Wants:
        """Return what the process has use for, and begin anew.

        Args:
            now: seconds that only grow.
            live: requests that wait, of live traffic.
            bulk: the same in bulk.
        """
        first = self._since is None
        passed = max(_SHORTEST, now - (now if self._since is None else self._since))
        before = self._wants
        self._wants = Wants(
            self._wanted(before.live, self._live, live, passed),
            self._wanted(before.bulk, self._bulk, bulk, passed),
        )
        self._live, self._bulk, self._since = _Lately(), _Lately(), now
        # Who has just begun may want anything: it shares what is left by what is known to be live.
        return Wants(self._wants.live, 1.0) if first else self._wants

    def _wanted(self, before: float, lately: _Lately, waiting: int, passed: float) -> float:
        # What waits should have gone by the next look.
        requests = lately.requests / passed + waiting / LOOK
        each = max(0.0, lately.seconds) / max(1, lately.requests)
        asked = used_of(self._budget, requests=requests, seconds=each * requests)
        return wanted(before, asked=asked, least=self._budget.least)
