"""The version of the connector's schema, as the solution in Dataverse carries it.

Never decides what a version holds: newer schemas only add, so that old and new releases of the
connector work on one environment at the same time.
"""

from enum import Enum, auto
from typing import Final

from shared.core import schema

# Raised with every change of the schema or of the role: the second number when something is added.
VERSION: Final = "1.3.0.0"


class Standing(Enum):
    """How an environment's schema stands to this connector's."""

    OLDER = auto()
    SAME = auto()
    NEWER = auto()


def standing_of(version: str, *, ours: str = VERSION) -> Standing:
    """Return how an environment's version stands to ours; an unreadable one is older.

    >>> standing_of("1.10.0.0", ours="1.9.0.0")
    <Standing.NEWER: 3>
    """
    theirs, wanted = _numbers(version), _numbers(ours)
    if theirs == wanted:
        return Standing.SAME
    return Standing.NEWER if theirs > wanted else Standing.OLDER


def describe(version: str, *, managed: bool) -> str | None:
    """Return what an administrator has to do about an environment's version, None for nothing.

    Args:
        version: of the solution.
        managed: whether it was imported, so that its next version has to be imported too.
    """
    if standing_of(version) is not Standing.OLDER:
        return None
    remedy = (
        "import the managed solution of this release"
        if managed
        else "run `python -m shared schema apply`"
    )
    return f"Solution {schema.SOLUTION} is of version {version} instead of {VERSION}: {remedy}."


def note(version: str, *, managed: bool) -> list[str]:
    """Return what is worth knowing about a solution though nothing has to be done."""
    lines = []
    if managed:
        lines.append(
            f"Solution {schema.SOLUTION} {version} is managed: it came by import, changes come by "
            "importing its next version, and nothing is changed here."
        )
    if standing_of(version) is Standing.NEWER:
        lines.append(
            f"Solution {schema.SOLUTION} {version} is newer than this connector ({VERSION}): "
            "columns it does not know are left alone."
        )
    return lines


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.strip().split(".")
    numbers = [int(part) if part.isascii() and part.isdecimal() else -1 for part in parts]
    while numbers and numbers[-1] == 0:
        numbers.pop()  # 1.1 is 1.1.0.0
    return tuple(numbers)
