"""Brings back what another release buried because it could not read it.

Never removes a letter before its message is on the queue again.
"""

import logging
from dataclasses import dataclass
from typing import Final

from shared.core.later import readable_again
from shared.sync.ports import Clock, DeadLetters, SyncQueue

logger = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 200  # messages, each minute


@dataclass(frozen=True, kw_only=True)
class Reread:
    """Looks through the dead letters for messages this release can read.

    While two releases run at once, or after a roll back, the older one takes messages that have a
    field it does not know for no messages at all.
    """

    dead_letters: DeadLetters
    queue: SyncQueue
    clock: Clock

    def run(self) -> int:
        """Put those messages on the queue again and return how many there were.

        Raises:
            ConnectorError: the letters or the queue cannot be reached; the rest follow later.
        """
        sent = 0
        for letter in self.dead_letters.list_all():
            request = readable_again(letter, now=self.clock())
            if request is None:
                continue
            self.queue.send(request)
            self.dead_letters.delete(letter.key)
            sent += 1
            if sent == MOST_AT_ONCE:
                break
        if sent:
            logger.info("%d messages that another release could not read are queued again", sent)
        return sent
