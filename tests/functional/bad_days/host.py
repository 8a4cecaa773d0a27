"""A Functions host in virtual time: instances that die, messages that come back, timers.

Never looks into the connector: it calls what `function_app.py` calls, as often as the host would.
Facts are from `azure-functions.md`, sections 1 and 2.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from shared.app import Connector
from tests.functional.bad_days.instance import Instance, Timer
from tests.functional.bad_days.storage import HostQueue, Received, renewed_until
from tests.functional.bad_days.timeline import Task, Timeline
from tests.functional.doors import Killed

# Of host.json, and what the listener itself does.
BATCH: Final = 16
NEW_BATCH: Final = 8
MAX_DEQUEUE: Final = 5
AFTER_A_FAILURE: Final = 30.0
LONGEST_LOOK: Final = 2.0
RESTART: Final = 20.0  # seconds until an instance that died is replaced


class Host:
    """Runs the triggers of `function_app.py` while time passes.

    Attributes:
        queue: of the sync requests.
        poisoned: what the host gave up on, and no function has taken yet.
        instances: those that listen to the queue; `timers_on` has the timers and the webhooks.
        failures: errors that got out of a function, oldest first.
        crashes: how many instances died.
    """

    def __init__(
        self,
        timeline: Timeline,
        queue: HostQueue,
        build: Callable[[], Connector],
        *,
        instances: int = 1,
        seed: int = 0,
        at_once: int = BATCH + NEW_BATCH,
    ) -> None:
        self.timeline, self.queue, self._build = timeline, queue, build
        self.at_once = at_once
        self.random = random.Random(f"host {seed}")
        self.instances = [Instance(build()) for _ in range(instances)]
        self.timers_on = Instance(build(), serves=False)
        self.serving = True
        self.poisoned: list[bytes] = []
        self.failures: list[BaseException] = []
        self.crashes = 0
        self.handled = 0
        self.timers: dict[str, Timer] = {
            "poll": self._timer(lambda connector: connector.poll.run(), minutes=5),
            "upkeep": self._timer(lambda connector: connector.upkeep.run(), minutes=1, offset=20),
        }
        self._planned: list[tuple[datetime, int, Callable[[], object]]] = []
        self._end = timeline.now
        timeline.others = lambda: min(self._end, *(at for at, _ in self._events()))
        self._source: tuple[Callable[[], datetime | None], Callable[[], object]] | None = None

    def deliveries(self, due: Callable[[], datetime | None], deliver: Callable[[], object]) -> None:
        """Let webhooks be delivered when they are due."""
        self._source = (due, deliver)

    def at(self, moment: datetime, call: Callable[[], object]) -> None:
        """Let something happen at a moment, outside of the function app."""
        self._planned.append((moment, len(self._planned), call))
        self._planned.sort(key=lambda planned: planned[:2])

    def after(self, seconds: float, call: Callable[[], object]) -> None:
        """Let something happen after so many seconds."""
        self.at(self.timeline.now + timedelta(seconds=seconds), call)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.run_until(self.timeline.now + timedelta(seconds=seconds))

    def run_until(self, end: datetime, *, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass until a moment or until something is so; say whether it came to that."""
        self._end = end
        while not until():
            at, happens = min(self._events(), key=lambda event: event[0])
            if at > end:
                self.timeline.now = max(self.timeline.now, end)
                return until()
            self.timeline.now = max(self.timeline.now, at)
            happens()
        return True

    def wait_for(self, so: Callable[[], bool], *, seconds: float) -> bool:
        """Let time pass until something is so, at most so long; say whether it came to that."""
        return self.run_until(self.timeline.now + timedelta(seconds=seconds), until=so)

    def catch_up(self) -> None:
        """Plan the timers anew after time has passed in which nothing ran."""
        for timer in self.timers.values():
            while timer.next_at <= self.timeline.now:
                timer.next_at += timer.every

    def crash(self, instance: Instance, *, restart: float = RESTART) -> None:
        """Kill a process: whatever it does ends, and its messages come back when their time is up.

        Args:
            instance: one of the host's.
            restart: seconds until another one takes its place.
        """
        instance.dead = True
        self.crashes += 1
        for received in instance.in_hand.values():
            self.queue.comes_back(received, at=renewed_until(received, self.timeline.now))
        instance.in_hand.clear()
        for task in list(instance.tasks):
            if not task.over:
                self.timeline.let(task)
        self.after(restart, lambda: self._replace(instance))

    def step(self) -> None:
        """Be where a process may die; called by its own tasks."""
        task = self.timeline.current
        if task is None:
            return
        process = task.process
        assert isinstance(process, Instance)
        if process.dead:
            raise Killed
        if process.fuse is not None:
            process.fuse -= 1
            if process.fuse <= 0:
                process.dead = True
                raise Killed

    def crash_all(self, *, restart: float = RESTART) -> None:
        """Kill every process of the function app."""
        for instance in (*self.instances, self.timers_on):
            if not instance.dead:
                self.crash(instance, restart=restart)

    def idle(self) -> bool:
        """Say whether no message is taken or waits to be seen."""
        return not self.queue.messages and not self.queue.in_hand and not self.poisoned

    # inside

    def _timer(self, run: Callable[[Connector], object], *, minutes: int, offset: int = 0) -> Timer:
        timer = Timer(run, timedelta(minutes=minutes), self.timeline.now)
        timer.next_at = self._occurrence(timer.every, timedelta(seconds=offset))
        return timer

    def _occurrence(self, every: timedelta, offset: timedelta) -> datetime:
        midnight = self.timeline.now.replace(hour=0, minute=0, second=0, microsecond=0)
        passed = (self.timeline.now - midnight - offset) // every
        return midnight + offset + (passed + 1) * every

    def _events(self) -> Iterator[tuple[datetime, Callable[[], object]]]:
        """Yield what may come next; of what is due together, the first here goes first."""
        yield datetime.max.replace(tzinfo=self.timeline.now.tzinfo), lambda: None
        if self._planned:
            yield self._planned[0][0], self._happen
        if self._source is not None and (due := self._source[0]()) is not None:
            yield due, self._source[1]
        if (going_on := self.timeline.next_at()) is not None:
            yield going_on, self._step
        for timer in self.timers.values():
            if timer.task is None and not self.timers_on.dead:
                yield timer.next_at, lambda timer=timer: self._fire(timer)  # type: ignore[misc]  # bound here
        if self.poisoned and (able := self._able()):
            yield self.timeline.now, lambda: self._start_poisoned(able[0])
        for instance in self._able():
            if (at := self._look_at(instance)) is not None:
                yield at, lambda instance=instance: self._look(instance)  # type: ignore[misc]  # bound here

    def _happen(self) -> None:
        _, _, call = self._planned.pop(0)
        call()

    def _able(self) -> list[Instance]:
        """Return the instances that would take messages now."""
        if not self.serving:
            return []
        most = self.at_once - BATCH if self.at_once > BATCH else self.at_once - 1
        return [
            each
            for each in self.instances
            if each.serves and not each.dead and len(each.in_hand) <= most
        ]

    def _look_at(self, instance: Instance) -> datetime | None:
        """Return when an instance that has room looks at the queue next, as far as it matters."""
        visible = self.queue.next_visible()
        if visible is None:
            instance.look_at = None
            return None
        soonest = max(visible, self.timeline.now)
        latest = soonest + timedelta(seconds=LONGEST_LOOK)
        if instance.look_at is None or instance.look_at > latest or instance.look_at < visible:
            # A busy listener looks again at once, a quiet one within two seconds.
            wait = 0.0 if instance.in_hand else self.random.uniform(0, LONGEST_LOOK)
            instance.look_at = soonest + timedelta(seconds=wait)
        return instance.look_at

    def _look(self, instance: Instance) -> None:
        instance.look_at = None
        for _ in range(min(BATCH, self.at_once - len(instance.in_hand))):
            received = self.queue.receive()
            if received is None:
                return
            if received.count > MAX_DEQUEUE:
                self._poison(received)
            else:
                self._start(instance, received)

    def _start(self, instance: Instance, received: Received) -> None:
        task = self.timeline.start(
            lambda: instance.connector.process.handle(received.body), instance
        )
        instance.tasks[task] = None
        instance.in_hand[task] = received

    def _start_poisoned(self, instance: Instance) -> None:
        body = self.poisoned.pop(0)
        task = self.timeline.start(lambda: instance.connector.poison.handle(body), instance)
        instance.tasks[task] = None

    def _fire(self, timer: Timer) -> None:
        process, began = self.timers_on, self.timeline.now

        def run() -> None:
            timer.results.append((began, timer.run(process.connector)))

        timer.task = self.timeline.start(run, process)
        process.tasks[timer.task] = None

    def _step(self) -> None:
        task = self.timeline.step()
        process = task.process
        assert isinstance(process, Instance)
        if task.over:
            self._ended(process, task)
        if process.dead and process in {*self.instances, self.timers_on}:
            self.crash(process)

    def _ended(self, process: Instance, task: Task) -> None:
        process.tasks.pop(task, None)
        if process.dead:
            return
        if task.error is not None:
            self.failures.append(task.error)
        for timer in self.timers.values():
            if timer.task is task:
                timer.task = None
                timer.next_at += timer.every * max(
                    1, -((timer.next_at - self.timeline.now) // timer.every)
                )
        received = process.in_hand.pop(task, None)
        if received is None:
            return
        self.handled += 1
        if task.error is None:
            self.queue.done(received)
        elif received.count >= MAX_DEQUEUE:
            self._poison(received)
        else:
            later = self.timeline.now + timedelta(seconds=AFTER_A_FAILURE)
            self.queue.comes_back(received, at=later)

    def _poison(self, received: Received) -> None:
        self.poisoned.append(received.body)
        self.queue.done(received)

    def _replace(self, instance: Instance) -> None:
        fresh = Instance(self._build(), skew=instance.skew, serves=instance.serves)
        if instance is self.timers_on:
            self.timers_on = fresh
            for timer in self.timers.values():
                timer.task = None
            self.catch_up()
        else:
            self.instances[self.instances.index(instance)] = fresh
