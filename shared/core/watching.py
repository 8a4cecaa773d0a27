"""Whether the queue is served: messages that could be taken are taken.

Never asks the queue; how old its oldest message is, is told to it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

# The host looks at least every two seconds and needs a minute or two to start; a deployment ends
# what is under way by force, and what was taken then is invisible, so it does not count.
UNSERVED_AFTER: Final = 300.0  # seconds
SLOW_AFTER: Final = 900.0  # seconds


@dataclass(frozen=True)
class QueueAge:
    """How the queue stands.

    Attributes:
        depth: messages on it, delayed ones included.
        oldest: seconds for which the oldest visible message has been visible; 0 without one.
        taken: seconds since a message was last taken, None when none ever was.
    """

    depth: int
    oldest: float
    taken: float | None

    @property
    def unserved(self) -> float:
        """For how many seconds messages have been visible while none was taken.

        A long backlog has an old head and is taken from all the time; a message that was delayed
        for hours has been visible for a moment only. Neither is a queue that is not served.
        """
        return self.oldest if self.taken is None else min(self.oldest, self.taken)

    @property
    def is_served(self) -> bool:
        """Whether messages are taken, as far as can be told."""
        return self.unserved <= UNSERVED_AFTER

    @property
    def is_slow(self) -> bool:
        """Whether they are taken, and yet wait long."""
        return self.oldest > SLOW_AFTER


def queue_age(
    depth: int, visible_since: datetime | None, taken_at: datetime | None, now: datetime
) -> QueueAge:
    """Return how the queue stands.

    Args:
        depth: messages on it.
        visible_since: when the oldest visible message became visible, None without one.
        taken_at: when a message was last taken, None when none ever was.
        now: UTC.
    """
    return QueueAge(
        depth=depth,
        oldest=_age(visible_since, now) or 0.0,
        taken=_age(taken_at, now),
    )


def _age(moment: datetime | None, now: datetime) -> float | None:
    # Clocks differ a little; nothing is older than nothing.
    return max(0.0, (now - moment).total_seconds()) if moment is not None else None
