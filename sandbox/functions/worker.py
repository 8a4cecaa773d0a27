"""The language worker: runs users' functions, sync ones on threads, async ones on one loop.

Never knows what started a function or what becomes of its result.
"""

import asyncio
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.functions.index import Function
from sandbox.functions.logs import current_invocation

_storage = threading.local()


class StoppedError(Exception):
    """The worker stopped before the function's turn came; nothing of it has run."""


@dataclass(frozen=True)
class TraceContext:
    """The W3C trace an invocation belongs to."""

    trace_parent: str
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RetryContext:
    """Always the first try: this host has no retry policies."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: Exception | None = None


@dataclass(frozen=True)
class Context:
    """What a function's `context` parameter is."""

    invocation_id: str
    function_name: str
    function_directory: str
    trace_context: TraceContext
    retry_context: RetryContext = RetryContext()
    thread_local_storage: threading.local = _storage


class Out:
    """What an output binding's parameter is."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, value: Any) -> None:
        """Set the output's value."""
        self._value = value

    def get(self) -> Any:
        """Return the output's value, None when it was not set."""
        return self._value


class Worker:
    """The threads and the event loop that every function of the app shares.

    Args:
        threads: for sync functions; None takes Python's own default.
    """

    def __init__(self, *, threads: int | None) -> None:
        # The worker leaves an unset count to the executor, which takes min(32, processors + 4).
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="function")
        self._stopped = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self._thread.start()

    def run(self, function: Function, arguments: dict[str, Any], invocation: str) -> Any:
        """Run `function` and return what it returned; its own exceptions pass through.

        Raises:
            StoppedError: `stop` came first.
        """
        if function.wants_context:
            arguments["context"] = _context(function, invocation)
        future = self._submit(function, arguments, invocation)
        try:
            return future.result()
        except CancelledError:
            if not future.cancelled():
                raise
            raise StoppedError(function.name) from None

    def _submit(
        self, function: Function, arguments: dict[str, Any], invocation: str
    ) -> Future[Any]:
        if self._stopped:
            raise StoppedError(function.name)
        try:
            if function.is_async:
                return asyncio.run_coroutine_threadsafe(
                    _run_async(function.call, arguments, invocation), self._loop
                )
            return self._pool.submit(_run, function.call, arguments, invocation)
        except RuntimeError as error:
            raise StoppedError(function.name) from error

    def stop(self) -> None:
        """Start no more functions; those running go on, those waiting raise `StoppedError`."""
        self._stopped = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End the loop, after everything that ran has ended."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        if not self._thread.is_alive():
            self._loop.close()


def _run(call: Callable[..., Any], arguments: dict[str, Any], invocation: str) -> Any:
    _storage.invocation_id = invocation
    token = current_invocation.set(invocation)
    try:
        return call(**arguments)
    finally:
        current_invocation.reset(token)
        _storage.invocation_id = None


async def _run_async(call: Callable[..., Any], arguments: dict[str, Any], invocation: str) -> Any:
    _storage.invocation_id = invocation
    current_invocation.set(invocation)
    return await call(**arguments)


def _context(function: Function, invocation: str) -> Context:
    code = getattr(function.call, "__code__", None)
    trace, span = uuid.uuid4().hex, uuid.uuid4().hex[:16]
    return Context(
        invocation_id=invocation,
        function_name=function.name,
        function_directory=str(Path(code.co_filename).parent) if code else "",
        trace_context=TraceContext(f"00-{trace}-{span}-01"),
    )
