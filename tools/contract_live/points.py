"""An open point of the published facts: what is asked, and what the connector relies on.

Never asks anything itself.
"""

from dataclasses import dataclass
from enum import StrEnum


class Service(StrEnum):
    """Whom a point is about."""

    DATAVERSE = "Dataverse"
    FRESHBOOKS = "FreshBooks"
    AZURE = "Azure"


@dataclass(frozen=True)
class Point:
    """Something that no public source settles, or that sources tell differently.

    Attributes:
        id: short and stable, for reports.
        question: what is open, in our own words.
        relies: what the connector does about it; "either" where both answers are provided for.
        reason: why it cannot be asked from a laptop, "" where a check asks it.
    """

    id: str
    service: Service
    question: str
    relies: str
    reason: str = ""
