"""A clock that runs fast and shows the same time in every process.

Never set by the machine's own time of day, which may be changed under it.
"""

import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

_sleep = time.sleep  # a process of the race lets `time.sleep` itself run by the fast clock


@dataclass(frozen=True)
class FastClock:
    """Shows `start` when the machine has been up for `origin` seconds, then runs `factor` fast.

    All processes of a machine share the time since it started.
    """

    start: datetime
    origin: float
    factor: float

    def __call__(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed())

    def elapsed(self) -> float:
        """Seconds since `start`."""
        return (time.monotonic() - self.origin) * self.factor

    def sleep(self, seconds: float) -> None:
        _sleep(seconds / self.factor)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "start": self.start.isoformat()}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "FastClock":
        return cls(**{**fields, "start": datetime.fromisoformat(fields["start"])})
