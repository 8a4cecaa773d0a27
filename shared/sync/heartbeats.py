"""That something still happens, noted where every process can see it, at most once a minute.

Never fails: what cannot be noted is noted a minute later.
"""

import contextlib
import threading
from datetime import datetime, timedelta
from typing import Final

from shared.core.identity import heartbeat_checkpoint
from shared.errors import ConnectorError
from shared.sync.ports import Checkpoints, Clock

EVERY: Final = timedelta(minutes=1)

TAKEN: Final = heartbeat_checkpoint("taken")  # a message was taken from the queue
WEBHOOK: Final = heartbeat_checkpoint("webhook")  # when the newest that was handled had come in
POLL: Final = heartbeat_checkpoint("poll")  # a poll ended


class Heartbeats:
    """Notes when something happened last; safe for many threads."""

    def __init__(self, checkpoints: Checkpoints, clock: Clock) -> None:
        self._checkpoints = checkpoints
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[str, datetime] = {}

    def beat(self, name: str, moment: datetime | None = None) -> None:
        """Note that something happened.

        Args:
            name: the checkpoint under which it is kept.
            moment: when it did, UTC; None for now.
        """
        now = self._clock()
        with self._lock:
            noted = self._noted.get(name)
            if noted is not None and timedelta() <= now - noted < EVERY:
                return
            self._noted[name] = now
        with contextlib.suppress(ConnectorError):
            self._checkpoints.set(name, moment or now)

    def last(self, name: str) -> datetime | None:
        """Return when something happened last, None when it never did.

        Raises:
            ConnectorError: the tables cannot be read.
        """
        return self._checkpoints.get(name)
