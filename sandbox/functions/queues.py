"""Queue triggers: receive, run, and delete, release or poison, as the host's listener does.

Never creates the queue it listens to.
"""

import logging
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from azure.functions.meta import Datum

from sandbox.functions import messages
from sandbox.functions.index import Function, converter
from sandbox.functions.invocations import FailedError, Invoker
from sandbox.functions.leases import Held, Leases
from sandbox.functions.settings import QueueOptions
from sandbox.functions.storage import Message, Queue, StorageError
from sandbox.functions.worker import StoppedError

log = logging.getLogger("sandbox.functions")

# How long the host hides a message while it works on it; host.json has no say in it.
LEASE = 600.0

_SHORTEST_WAIT = 0.1


class Backoff:
    """The waits between looks at an empty queue: random, doubling, up to a limit.

    Args:
        longest: seconds.
        rng: where the randomness comes from.
    """

    def __init__(self, longest: float, rng: random.Random) -> None:
        self._longest = longest
        self._random = rng
        self._misses = 0

    def found(self) -> None:
        """Begin anew: the queue was not empty."""
        self._misses = 0

    def missed(self) -> float:
        """Return the seconds to wait after one more look in vain."""
        wait = _SHORTEST_WAIT
        if self._misses:
            # 2**30 tenths of a second are beyond any limit host.json can set.
            doubled: float = _SHORTEST_WAIT * 2 ** min(self._misses - 1, 30)
            wait += doubled * self._random.uniform(0.8, 1.2)
        if wait < self._longest:
            self._misses += 1
        return min(wait, self._longest)


class QueueListener:
    """Listens to one queue for one function.

    Args:
        function: with a queue trigger.
        queue: its queue.
        poison: where its messages go when they failed too often, None where there is no such queue.
        options: of host.json.
        invoker: runs the function.
        lease: seconds a message is hidden while it is worked on.
    """

    def __init__(
        self,
        function: Function,
        queue: Queue,
        poison: Queue | None,
        *,
        options: QueueOptions,
        invoker: Invoker,
        lease: float,
    ) -> None:
        self.function = function
        self._queue = queue
        self._poison = poison
        self._options = options
        self._invoker = invoker
        self._lease = lease
        self._backoff = Backoff(options.max_polling_interval, random.Random())
        self._stopping = threading.Event()
        self._running = 0
        self._room = threading.Condition()
        self._leases = Leases(queue, seconds=lease)
        self._handlers = ThreadPoolExecutor(
            options.batch_size + options.new_batch_threshold,
            thread_name_prefix=f"queue-{queue.name}",
        )
        self._thread = threading.Thread(
            target=self._listen, name=f"listen-{queue.name}", daemon=True
        )

    def start(self) -> None:
        """Begin to listen."""
        self._leases.start()
        self._thread.start()

    def stop(self) -> None:
        """Receive no more; what was received goes on."""
        self._stopping.set()
        with self._room:
            self._room.notify_all()

    def close(self, seconds: float) -> bool:
        """Wait for what was received; False when it took longer than `seconds`."""
        self._thread.join(timeout=seconds)
        with self._room:
            drained = self._room.wait_for(lambda: self._running == 0, seconds)
        self._handlers.shutdown(wait=drained, cancel_futures=True)
        self._leases.close()
        return drained

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                batch = self._queue.receive(self._options.batch_size, self._lease)
            except StorageError as error:
                if error.code != "QueueNotFound":
                    log.warning("Queue '%s' cannot be read: %s", self._queue.name, error)
                batch = []
            if not batch:
                self._stopping.wait(self._backoff.missed())
                continue
            self._backoff.found()
            with self._room:
                self._running += len(batch)
            for message in batch:
                self._handlers.submit(self._handle, message)
            with self._room:
                self._room.wait_for(
                    lambda: (
                        self._running <= self._options.new_batch_threshold
                        or self._stopping.is_set()
                    )
                )

    def _handle(self, message: Message) -> None:
        try:
            with self._leases.hold(message) as held:
                self._process(held)
        except StorageError as error:
            # The message comes back when its lease ends: at least once is the contract.
            log.warning("Message %s could not be finished: %s", message.id, error)
        finally:
            with self._room:
                self._running -= 1
                self._room.notify_all()

    def _process(self, held: Held) -> None:
        message, options = held.message, self._options
        try:
            text = messages.decode(message.text, base64_on_wire=options.base64)
        except messages.UndecodableError:
            log.warning("Message %s is not base64.", message.id)
            self._to_poison(held)
            return
        if message.dequeue_count > options.max_dequeue_count and self._poison is not None:
            self._to_poison(held)
            return
        try:
            value = queue_message(self.function, text, message)
            reason = f"New queue message detected on '{self._queue.name}'."
            self._invoker.invoke(self.function, value, reason=reason)
        except StoppedError:
            self._finish(held, lambda receipt: self._queue.update(message.id, receipt, 0))
        except FailedError:
            self._failed(held)
        else:
            self._finish(held, lambda receipt: self._queue.delete(message.id, receipt))

    def _failed(self, held: Held) -> None:
        if self._poison is None:
            # Released at once, a message that cannot be poisoned would fail in a tight loop.
            self._leases.end(held)
        elif held.message.dequeue_count >= self._options.max_dequeue_count:
            self._to_poison(held)
        else:
            hidden = self._options.visibility_timeout
            self._finish(held, lambda receipt: self._queue.update(held.message.id, receipt, hidden))

    def _to_poison(self, held: Held) -> None:
        if self._poison is None:
            return
        log.warning(
            "Message has reached MaxDequeueCount of %d. Moving message to queue '%s'.",
            self._options.max_dequeue_count,
            self._poison.name,
        )
        self._poison.put(held.message.text)
        self._finish(held, lambda receipt: self._queue.delete(held.message.id, receipt))

    def _finish(self, held: Held, action: Callable[[str], object]) -> None:
        receipt = self._leases.end(held)
        try:
            action(receipt)
        except StorageError as error:
            if error.code not in {"MessageNotFound", "PopReceiptMismatch", "QueueNotFound"}:
                raise
            log.warning("Message %s is no longer ours: %s", held.message.id, error)


def queue_message(function: Function, text: str, message: Message | None) -> Callable[[], Any]:
    """Return what builds the value of a queue trigger's parameter from a decoded message.

    Building is left to the invocation: metadata that the payload has overwritten with what is no
    date makes it fail there, as in the worker.
    """
    if function.trigger_type in {str, bytes}:
        binary = str(function.trigger.get("dataType", "")).upper() == "BINARY"
        return lambda: text.encode() if binary else text
    metadata = messages.trigger_metadata(text, message)
    return lambda: converter(function.kind).decode(Datum(text, "string"), trigger_metadata=metadata)
