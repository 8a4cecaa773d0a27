"""Timer triggers: run on schedule, and once more when an occurrence was missed.

Never runs a function while its previous run goes on.
"""

import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from azure.functions.meta import Datum

from sandbox.functions import ncrontab
from sandbox.functions.index import Function, converter
from sandbox.functions.invocations import FailedError, Invoker
from sandbox.functions.storage import StorageError
from sandbox.functions.worker import StoppedError

log = logging.getLogger("sandbox.functions")

# What .NET gives for a moment that has not been.
_NEVER = "0001-01-01T00:00:00+00:00"


class Status(Protocol):
    """Where a timer's last and next occurrence survive the host."""

    def get(self, name: str) -> bytes | None:
        """Return what was written."""

    def put(self, name: str, content: bytes) -> None:
        """Write it."""


class TimerListener:
    """Runs one function on its schedule.

    Args:
        function: with a timer trigger.
        schedule: of its binding, resolved.
        invoker: runs the function.
        status: None where there is no storage account; nothing is ever past due then.
    """

    def __init__(
        self,
        function: Function,
        schedule: ncrontab.Schedule,
        *,
        invoker: Invoker,
        status: Status | None,
    ) -> None:
        self.function = function
        self._schedule = schedule
        self._invoker = invoker
        monitored = function.trigger.get("useMonitor", True) and not _is_dense(schedule, _now())
        self._status = status if monitored else None
        self._blob = f"timers/local/Host.Functions.{function.name}/status"
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._listen, name=f"timer-{function.name}", daemon=True
        )

    def start(self) -> None:
        """Begin to keep the schedule."""
        self._thread.start()

    def stop(self) -> None:
        """Start no more runs."""
        self._stopping.set()

    def close(self, seconds: float) -> bool:
        """Wait for a run to end; False when it took longer than `seconds`."""
        self._thread.join(timeout=seconds)
        return not self._thread.is_alive()

    def _listen(self) -> None:
        stored = self._read()
        if stored.get("Next", _NEVER) != _NEVER and _parse(stored["Next"]) < _now():
            self._run(stored, past_due=True)
        elif self.function.trigger.get("runOnStartup"):
            self._run(stored, past_due=False)
        elif not stored:
            self._write(_NEVER)
        last = _now()
        while not self._stopping.is_set():
            # A wait may end a little early by this clock: no occurrence is run twice for it.
            due = self._schedule.next_after(max(last, _now()))
            if due is None:
                log.warning("The schedule of '%s' never comes.", self.function.name)
                return
            if not self._stopping.wait((due - _now()).total_seconds()):
                last = due
                self._run(self._read(), past_due=False, due=due)

    def _run(self, stored: dict[str, str], *, past_due: bool, due: datetime | None = None) -> None:
        value = timer_request(stored, past_due=past_due)
        reason = f"Timer fired at {_now().isoformat()}"
        try:
            self._invoker.invoke(self.function, value, reason=reason)
        except FailedError:
            log.debug("'%s' waits for its next occurrence.", self.function.name)
        except StoppedError:
            return
        self._write((due or _now()).isoformat())

    def _read(self) -> dict[str, str]:
        try:
            content = self._status.get(self._blob) if self._status else None
        except StorageError as error:
            log.warning("The status of '%s' cannot be read: %s", self.function.name, error)
            return {}
        return dict(json.loads(content)) if content else {}

    def _write(self, last: str) -> None:
        if self._status is None:
            return
        following = self._schedule.next_after(_now())
        status = {
            "Last": last,
            "Next": following.isoformat() if following else _NEVER,
            "LastUpdated": _now().isoformat(),
        }
        try:
            self._status.put(self._blob, json.dumps(status).encode())
        except StorageError as error:
            log.warning("The status of '%s' cannot be kept: %s", self.function.name, error)


def timer_request(stored: dict[str, str], *, past_due: bool) -> Any:
    """Return the value of a timer trigger's parameter."""
    status = {name: stored.get(name, _NEVER) for name in ("Last", "Next", "LastUpdated")}
    info = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
    data = Datum(json.dumps(info), "json")
    return converter("timerTrigger").decode(data, trigger_metadata={})


def _is_dense(schedule: ncrontab.Schedule, now: datetime) -> bool:
    # The host keeps no status of schedules that come more often than every minute.
    moment: datetime | None = now
    for _ in range(6):
        following = schedule.next_after(moment) if moment else None
        if moment and following and moment != now and following - moment < timedelta(minutes=1):
            return True
        moment = following
    return False


def _now() -> datetime:
    return datetime.now(UTC)


def _parse(text: str) -> datetime:
    return datetime.fromisoformat(text)
