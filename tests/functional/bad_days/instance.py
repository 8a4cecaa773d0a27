"""A process of the function app, and a timer trigger, as the host keeps them.

Never runs anything; the host does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.app import Connector
from tests.functional.bad_days.storage import Received
from tests.functional.bad_days.timeline import Task


@dataclass(eq=False)
class Instance:
    """One process of the function app.

    Attributes:
        connector: what it built; nothing in memory outlives the process.
        skew: how far its clock is ahead.
        serves: whether it listens to the queue.
        fuse: steps until it dies, None while nothing kills it.
    """

    connector: Connector
    skew: timedelta = timedelta(0)
    serves: bool = True
    fuse: int | None = None
    dead: bool = False
    tasks: dict[Task, None] = field(default_factory=dict)  # in the order they began
    in_hand: dict[Task, Received] = field(default_factory=dict)
    look_at: datetime | None = None


@dataclass(eq=False)
class Timer:
    """A timer trigger: the next run is planned when the last one has ended."""

    run: Callable[[Connector], object]
    every: timedelta
    next_at: datetime
    results: list[tuple[datetime, object]] = field(default_factory=list)
    task: Task | None = None
