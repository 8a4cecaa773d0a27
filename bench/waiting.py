"""The messages of a queue, taken one at a time as the Functions host takes them.

Never handles one, and leaves one that was not handled where it is.
"""

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from azure.storage.queue import QueueClient

from shared.settings import Settings

_PATIENCE: Final = 20.0  # seconds for the next message
_LOOK_EVERY: Final = 0.02
_HIDDEN: Final = 600  # seconds that nobody else sees it


class Waiting:
    """What waits on a queue.

    Raises:
        SystemExit: storage is not reached by a connection string, as it is in the sandbox.
    """

    def __init__(self, queue: str) -> None:
        connection = Settings.load().storage_connection_string
        if connection is None:
            raise SystemExit("AzureWebJobsStorage must be a connection string here.")
        self._queue = QueueClient.from_connection_string(connection.get_secret_value(), queue)

    @contextmanager
    def next(self) -> Iterator[bytes]:
        """Yield the body of the next message, and delete it when it was handled.

        Raises:
            SystemExit: none came.
        """
        deadline = time.monotonic() + _PATIENCE
        while (message := self._queue.receive_message(visibility_timeout=_HIDDEN)) is None:
            if time.monotonic() > deadline:
                raise SystemExit("No message came.")
            time.sleep(_LOOK_EVERY)
        yield base64.b64decode(message.content)
        self._queue.delete_message(message)
