"""Invocations: one run of a function from its trigger's value to its outputs, counted and logged.

Never decides what a failure means for the trigger: the listeners do.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.functions import outputs
from sandbox.functions.index import Function
from sandbox.functions.storage import Queue
from sandbox.functions.worker import Out, StoppedError, Worker

log = logging.getLogger("sandbox.functions")


@dataclass
class Count:
    """The invocations of one function.

    Attributes:
        running: started and not ended.
        finished: ended, however.
        failed: of the finished ones, those that raised or whose output could not be written.
    """

    running: int = 0
    finished: int = 0
    failed: int = 0


class FailedError(Exception):
    """An invocation failed; the cause is what the function raised."""


class Invoker:
    """Runs functions on a worker and writes their outputs.

    Args:
        worker: where the functions run.
        queue: gives the queue that an output binding names.
        base64_on_wire: the app's message encoding.
    """

    def __init__(
        self, worker: Worker, *, queue: Callable[[dict[str, Any]], Queue], base64_on_wire: bool
    ) -> None:
        self._worker = worker
        self._queue = queue
        self._base64 = base64_on_wire
        self._counts: dict[str, Count] = {}
        self._changed = threading.Condition()

    def invoke(self, function: Function, value: Any, *, reason: str) -> outputs.Answer:
        """Run `function` with `value` for its trigger, write its outputs, return the HTTP answer.

        Args:
            function: to run.
            value: for the trigger's parameter; a callable is called first, as part of the
                invocation, because decoding a message can fail too.
            reason: for the log.

        Raises:
            FailedError: it raised, or an output could not be written.
            StoppedError: the worker stopped before it began.
        """
        invocation = str(uuid.uuid4())
        self._count(function.name, running=1)
        log.info("Executing 'Functions.%s' (Reason='%s', Id=%s)", function.name, reason, invocation)
        began = time.perf_counter()
        outcome, ended = "Failed", {"finished": 1, "failed": 1}
        try:
            answer = self._run(function, value, invocation)
            outcome, ended = "Succeeded", {"finished": 1}
        except StoppedError:
            outcome, ended = "Not started", {}
            raise
        # Whatever a function raises is its failure, never the host's.
        except Exception as error:
            log.exception("Exception in 'Functions.%s' (Id=%s)", function.name, invocation)
            raise FailedError(function.name) from error
        else:
            return answer
        finally:
            self._count(function.name, running=-1, **ended)
            log.info(
                "Executed 'Functions.%s' (%s, Id=%s, Duration=%dms)",
                function.name,
                outcome,
                invocation,
                (time.perf_counter() - began) * 1000,
            )

    def counts(self) -> dict[str, Count]:
        """Return a copy of the counts by function."""
        with self._changed:
            return {name: Count(**vars(count)) for name, count in self._counts.items()}

    def wait(self, satisfied: Callable[[dict[str, Count]], bool], seconds: float) -> bool:
        """Wait until the counts satisfy a condition; False when they did not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: satisfied(self._counts), seconds)

    def _run(self, function: Function, value: Any, invocation: str) -> outputs.Answer:
        arguments: dict[str, Any] = {name: Out() for name in function.outputs}
        arguments[function.trigger["name"]] = value() if callable(value) else value
        unknown = {each["name"] for each in function.bindings} - set(arguments) - {"$return"}
        if unknown:
            raise outputs.OutputError(f"The input bindings {unknown} are not known to this host.")
        outs = {name: arguments[name] for name in function.outputs}
        returned = self._worker.run(function, arguments, invocation)
        return outputs.apply(
            function,
            returned,
            {name: out.get() for name, out in outs.items()},
            queue=self._queue,
            base64_on_wire=self._base64,
        )

    def _count(self, name: str, *, running: int = 0, finished: int = 0, failed: int = 0) -> None:
        with self._changed:
            count = self._counts.setdefault(name, Count())
            count.running += running
            count.finished += finished
            count.failed += failed
            self._changed.notify_all()
