"""Virtual time in which much happens at once: tasks that take turns, one running at a time.

Never lets two tasks run together and never waits in real time, so one seed is one course of events.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final, Protocol

from tests.functional.doors import Killed
from tests.memory import FakeClock

_STUCK: Final = 120.0  # real seconds after which a task is surely stuck


class Process(Protocol):
    """What tasks run in: a process that can die, and whose clock may be wrong.

    Attributes:
        dead: whoever runs in it ends at the next step.
        skew: how far its clock is ahead.
    """

    dead: bool
    skew: timedelta


class Task:
    """One thread of a process, which runs only while it is its turn."""

    def __init__(self, work: Callable[[], object], process: Process) -> None:
        self.process = process
        self.over = False
        self.error: BaseException | None = None
        self.turn = threading.Semaphore(0)
        self._work = work

    def run(self) -> None:
        """Do the work, and keep how it ended."""
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001  # a process that dies ends its tasks too
            self.error = error
        self.over = True


class Timeline(FakeClock):
    """The clock of a simulation, and the tasks that wait on it.

    A task gives up its turn where its process would wait: for a service's answer, and in a pause.
    Whatever lies between is one step, as if it took no time.

    Attributes:
        others: returns when something else happens next; until then a task need not take turns.
    """

    def __init__(self) -> None:
        super().__init__()
        self.others: Callable[[], datetime] = self.true
        self._waiting: list[tuple[datetime, int, Task]] = []
        self._order = itertools.count()
        self._back = threading.Semaphore(0)
        self._here = threading.local()

    def __call__(self) -> datetime:
        """Return the time as the process that asks sees it."""
        task = self.current
        return self.now + task.process.skew if task is not None else self.now

    def true(self) -> datetime:
        """Return the time as it is, whoever asks."""
        return self.now

    @property
    def current(self) -> Task | None:
        """The task that runs, None outside of all, and within a service that a task asks."""
        found: Task | None = getattr(self._here, "task", None)
        return found

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Let what follows happen in no task, such as in a service: no wait, and the true time."""
        task, self._here.task = self.current, None
        try:
            yield
        finally:
            self._here.task = task

    def advance(self, seconds: float) -> None:
        """Let time pass: for a task the others run meanwhile, else it just is later."""
        task = self.current
        if task is None:
            super().advance(seconds)
            return
        if task.process.dead:
            raise Killed
        until = self.now + timedelta(seconds=max(0.0, seconds))
        if until < self.others():
            self.now = until
            return
        self._put(task, seconds)
        self._back.release()
        task.turn.acquire()
        if task.process.dead:
            raise Killed

    def start(self, work: Callable[[], object], process: Process) -> Task:
        """Let a task begin now, when it is its turn."""
        task = Task(work, process)
        threading.Thread(target=self._main, args=(task,), daemon=True).start()
        self._put(task, 0)
        return task

    def next_at(self) -> datetime | None:
        """Return when the next task goes on, None when none waits."""
        while self._waiting and self._waiting[0][2].over:
            heapq.heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else None

    def step(self) -> Task:
        """Let the next task go on until it waits or is over, and return it."""
        at, _, task = heapq.heappop(self._waiting)
        self.now = max(self.now, at)
        self.let(task)
        return task

    def let(self, task: Task) -> None:
        """Let a task that waits go on now; one of a process that died ends."""
        task.turn.release()
        if not self._back.acquire(timeout=_STUCK):
            raise AssertionError("a task waits for something that only another task can give it")

    def _put(self, task: Task, seconds: float) -> None:
        at = self.now + timedelta(seconds=max(0.0, seconds))
        heapq.heappush(self._waiting, (at, next(self._order), task))

    def _main(self, task: Task) -> None:
        task.turn.acquire()
        self._here.task = task
        task.run()
        self._back.release()
