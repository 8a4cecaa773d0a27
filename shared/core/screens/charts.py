"""What a chart is: sums of a table's amounts by a category.

Never says which charts there are.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.core.screens.identity import screen_id
from shared.core.screens.views import Filter


class ChartShape(StrEnum):
    """How a chart is drawn."""

    COLUMNS = "Column"
    BARS = "Bar"


@dataclass(frozen=True)
class Measure:
    """A sum that a chart shows.

    Attributes:
        column: an amount in base currency, since amounts of several currencies do not add up.
        title: English.
    """

    column: str
    title: str


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        name: ours, such as `account.overdue`; its id is made from it.
        table: whose rows it sums up.
        category: column that rows are grouped by.
        by_month: groups days by month, of one year: a month's number says no year.
        top: most categories, the largest sums first; 0 for all in their own order.
    """

    name: str
    table: str
    title: str
    description: str
    category: str
    measures: tuple[Measure, ...]
    shape: ChartShape = ChartShape.COLUMNS
    by_month: bool = False
    top: int = 0
    filter: Filter | None = None

    @property
    def id(self) -> UUID:
        """Its id."""
        return screen_id("chart", self.name)
