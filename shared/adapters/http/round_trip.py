"""How long the way to a service and back takes, from the connections that are made to it.

Never asks the service anything: what is measured happens anyway.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_LATELY: Final = 20  # connections
_TRIPS_OF_TLS: Final = 3  # to connect and to agree on keys: two with TLS 1.3, three with 1.2


class RoundTrip:
    """The shortest way there and back lately; safe for many threads.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._lately: deque[float] = deque(maxlen=_LATELY)
        self._lock = threading.Lock()

    def least(self) -> float:
        """Return seconds, 0 as long as nothing is known: never more than it really takes."""
        with self._lock:
            return min(self._lately, default=0.0)

    def measured(self, connect: Callable[[], None], *, trips: int) -> None:
        """Make a connection, which takes so many ways there and back, and note how long it took."""
        began = self._clock()
        connect()
        with self._lock:
            self._lately.append((self._clock() - began) / trips)


class MeasuringAdapter(HTTPAdapter):
    """An adapter of `requests` that measures the connections it makes."""

    def __init__(self, round_trip: RoundTrip, **options: Any) -> None:
        self._round_trip = round_trip
        super().__init__(**options)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools of connections, with those that are measured."""
        super().init_poolmanager(*arguments, **options)
        round_trip = self._round_trip

        class Plain(HTTPConnection):
            def connect(self) -> None:
                round_trip.measured(super().connect, trips=1)

        class Encrypted(HTTPSConnection):
            def connect(self) -> None:
                round_trip.measured(super().connect, trips=_TRIPS_OF_TLS)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}
