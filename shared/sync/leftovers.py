"""What the Functions host's own trigger leaves lying on a poison queue, taken all the same.

Never removes a message before it was handled.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.sync.ports import PoisonQueue

MOST_AT_ONCE: Final = 200  # messages that a minute's look takes


@dataclass(frozen=True)
class Leftovers:
    """Those of one poison queue.

    A text that is no base64 fails before the trigger is asked, and one that failed there too often
    is passed over for ever.

    Attributes:
        handle: does with a message's body what the trigger's function would.
    """

    queue: PoisonQueue
    handle: Callable[[bytes], object]

    def collect(self) -> int:
        """Take them, and return how many there were.

        Raises:
            ConnectorError: the queues or the tables cannot be reached; the rest follows later.
        """
        taken = 0
        while taken < MOST_AT_ONCE and (some := self.queue.take(most=32)):
            for parked in some:
                self.handle(_body(parked.text))
                self.queue.remove(parked)
                taken += 1
        return taken


def _body(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "replace")
