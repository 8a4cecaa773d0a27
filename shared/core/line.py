"""A line that tells of one event: one JSON object, for alerts, the workbook and people.

Never holds what a record holds, a name, an address or a secret: ids, counts, seconds and reasons.
"""

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Final

_LONGEST_TEXT: Final = 1000  # characters; Application Insights would cut the JSON at 32 thousand


class Level(StrEnum):
    """How a line is logged."""

    INFO = "info"
    WARNING = "warning"  # this unit failed
    ERROR = "error"  # a person is needed


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is written of one event.

    A field that is None or "" is left out, so whoever reads it finds nothing there.

    Attributes:
        event: what happened; it stands first, so that `startswith '{"event":"<event>"'` finds it.
    """

    event: ClassVar[str]

    @property
    def level(self) -> Level:
        """How it is logged."""
        return Level.INFO

    def __str__(self) -> str:
        told = {name: _told(value) for name, value in asdict(self).items()}
        kept = {name: value for name, value in told.items() if value not in {None, ""}}
        return json.dumps({"event": self.event, **kept}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def names(cls) -> frozenset[str]:
        """Return the names a line of this kind may hold."""
        return frozenset({"event", *(field.name for field in fields(cls))})


@dataclass(frozen=True, kw_only=True)
class Counted(Line):
    """A line that is written once a minute for all that are alike, with their number.

    Attributes:
        times: how many there were since the last one.
    """

    times: int = 1


def _told(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 1)
    if isinstance(value, str):
        return value[:_LONGEST_TEXT]
    return value
