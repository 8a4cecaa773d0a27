"""What the texts of views and forms need to know of an environment.

Never changes anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def in_english(english: str) -> Mapping[int, str]:
    """Return a text as the only label of an environment in English."""
    return {1033: english}


@dataclass(frozen=True)
class Facts:
    """What differs by environment.

    Attributes:
        codes: number of each table (`ObjectTypeCode`); of custom tables each environment has its
            own.
        regarding: the relationship by which entries regard rows of a table, by table; Dataverse
            makes up its name.
        labels: a text in the environment's languages, its base language among them.
    """

    codes: Mapping[str, int]
    regarding: Mapping[str, str] = field(default_factory=dict)
    labels: Callable[[str], Mapping[int, str]] = in_english
