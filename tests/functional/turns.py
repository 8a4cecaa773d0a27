"""Workers that take turns: one request at a time, in an order that a seed chooses.

Never lets two of them run at once, so an order comes out the same every time.
"""

import random
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from shared.sync import ports
from tests.functional.world import Firm
from tests.memory import MemoryDeadLetters, MemoryHolds, MemoryJournal, MemoryQueue

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# What a worker may ask of each store.
PORTS = {
    store: [name for name in vars(port) if not name.startswith("_")]
    for store, port in (
        (MemoryJournal, ports.Journal),
        (MemoryHolds, ports.Holds),
        (MemoryDeadLetters, ports.DeadLetters),
        (MemoryQueue, ports.SyncQueue),
    )
}
_LONGEST = 60.0  # seconds of real time that one turn may take


class Turns:
    """Stops every worker before each of its requests, until it is its turn.

    A request and what the worker does with its answer, up to its next request, are one turn. So is
    a call of the tables or the queue, where that is wanted.

    Attributes:
        taken: the numbers of the workers in the order of their turns.
    """

    def __init__(self, firm: Firm, seed: int, *, storage: bool = False) -> None:
        self.firm = firm
        stores = (firm.journal, firm.holds, firm.dead_letters, firm.queue)
        self._stores = stores if storage else ()
        self.taken: list[int] = []
        self._random = random.Random(seed)
        self._names: dict[int, int] = {}
        self._go: list[threading.Event] = []
        self._stopped: list[threading.Event] = []
        self._done: list[bool] = []
        self._failed: list[BaseException] = []

    def run(self, *workers: Callable[[], object]) -> None:
        """Let all of them finish; what one of them raises is raised."""
        firm = self.firm
        firm.freshbooks_door.app = self._before(firm.freshbooks)
        firm.dataverse_door.app = self._before(firm.dataverse)
        for store in self._stores:
            for method in PORTS[type(store)]:
                store.before(method, self.pause)
        self._go = [threading.Event() for _ in workers]
        self._stopped = [threading.Event() for _ in workers]
        self._done = [False for _ in workers]
        threads = [
            threading.Thread(target=self._work, args=(number, worker), daemon=True)
            for number, worker in enumerate(workers)
        ]
        for number, thread in enumerate(threads):
            thread.start()
            assert self._stopped[number].wait(_LONGEST)
        while waiting := [number for number, done in enumerate(self._done) if not done]:
            number = self._random.choice(waiting)
            self.taken.append(number)
            self._stopped[number].clear()
            self._go[number].set()
            assert self._stopped[number].wait(_LONGEST), f"worker {number} is stuck"
        for thread in threads:
            thread.join(_LONGEST)
        firm.freshbooks_door.app = firm.freshbooks
        firm.dataverse_door.app = firm.dataverse
        for store in self._stores:
            store.heal()
        if self._failed:
            raise self._failed[0]

    def pause(self, *_given: object) -> None:
        """Wait for one's turn; who is no worker goes on."""
        number = self._names.get(threading.get_ident())
        if number is not None:
            self._stopped[number].set()
            assert self._go[number].wait(_LONGEST)
            self._go[number].clear()

    def _work(self, number: int, worker: Callable[[], object]) -> None:
        self._names[threading.get_ident()] = number
        try:
            self.pause()
            worker()
        except BaseException as error:  # noqa: BLE001  # told where the test waits
            self._failed.append(error)
        finally:
            self._done[number] = True
            self._stopped[number].set()

    def _before(self, app: "WSGIApplication") -> "WSGIApplication":
        def stopping(
            environ: "WSGIEnvironment", start_response: "StartResponse"
        ) -> Iterable[bytes]:
            self.pause()
            return app(environ, start_response)

        return stopping
