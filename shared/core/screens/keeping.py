"""What becomes of a component that people may have changed: made, brought up to date, left alone.

Never compares texts itself: it is given their fingerprints.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Verdict(Enum):
    """What is done with a component."""

    SAME = auto()
    CREATE = auto()
    UPDATE = auto()
    CHANGED = auto()  # by somebody, and theirs stays
    REMOVED = auto()  # by somebody, and it stays away


@dataclass(frozen=True)
class Known:
    """What the connector remembers of a component that it wrote.

    Attributes:
        wanted: fingerprint of what it wrote.
        stored: fingerprint of what Dataverse made of that, which may spell it differently; "" while
            it is being written, or where that did not come to its end.
        labels: fingerprint of its texts in further languages.
    """

    wanted: str
    stored: str
    labels: str = ""


def judge(
    wanted: str,
    found: str | None,
    known: Known | None,
    *,
    untouched: bool = True,
    restore: bool = False,
) -> Verdict:
    """Return what is done with a component.

    Args:
        wanted: fingerprint of what it should be.
        found: of what is there, None for nothing.
        known: what is remembered of it, None where no run came to its end.
        untouched: whether what is there and not remembered is as the platform made it.
        restore: whether somebody wants the connector's own back.
    """
    begun = known is not None and not known.stored
    if found is None:
        return Verdict.CREATE if known is None or begun or restore else Verdict.REMOVED
    if found == wanted:
        return Verdict.SAME
    if known is not None and found == known.stored:
        return Verdict.SAME if wanted == known.wanted else Verdict.UPDATE
    if restore or begun or (known is None and untouched):
        return Verdict.UPDATE
    return Verdict.CHANGED
