"""What a form is: tabs of sections of fields, lists and quick views.

Never says which forms there are.
"""

from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from shared.core.screens.charts import Chart
from shared.core.screens.identity import screen_id
from shared.core.screens.views import View


class FormKind(IntEnum):
    """Kinds of forms, by Dataverse's numbers (`type`)."""

    DASHBOARD = 0
    MAIN = 2
    QUICK_VIEW = 6
    CARD = 11


@dataclass(frozen=True)
class Field:
    """A column on a form.

    Attributes:
        title: English; "" for the column's own.
        open: whether people may change it; what the connector owns is not theirs to change.
    """

    column: str
    title: str = ""
    open: bool = False


@dataclass(frozen=True)
class SubGrid:
    """A list of related rows, or a chart of them.

    Attributes:
        name: unique on its form.
        title: English.
        relationship: over which rows are related to the form's; "" for all rows.
        regarding: over the relationship of activities that regard the form's row, whose name
            differs by environment.
        chart: shown in place of the rows.
        rows: most rows on a page, and how many lines it takes on the form.
    """

    name: str
    title: str
    view: View
    relationship: str = ""
    regarding: bool = False
    chart: Chart | None = None
    rows: int = 5


@dataclass(frozen=True)
class QuickView:
    """A quick view form of the row that a lookup leads to; nothing while the lookup is empty.

    Attributes:
        lookup: column of the form's table.
        form: shown for rows of its table; rows of other tables show nothing.
    """

    name: str
    title: str
    lookup: str
    form: "Form"


Item = Field | SubGrid | QuickView


@dataclass(frozen=True)
class Section:
    """A part of a tab.

    Attributes:
        name: unique on its form, begins with `fbx_` unless the platform gives the name.
        title: English; "" shows none.
        across: how many fields stand side by side.
    """

    name: str
    title: str
    items: tuple[Item, ...]
    across: int = 1


@dataclass(frozen=True)
class TabColumn:
    """A column of sections on a tab; `width` in percent."""

    width: int
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Tab:
    """A tab of a form.

    Attributes:
        name: unique on its form, begins with `fbx_`.
        title: English.
    """

    name: str
    title: str
    columns: tuple[TabColumn, ...]
    show_title: bool = True


@dataclass(frozen=True)
class Form:
    """A form, or a dashboard, whose `table` is "".

    Attributes:
        name: ours, such as `account.quick`; its id is made from it unless `generated`.
        title: English.
        generated: it comes with its table, and is rewritten.
    """

    name: str
    table: str
    kind: FormKind
    title: str
    description: str
    tabs: tuple[Tab, ...]
    generated: bool = False

    @property
    def id(self) -> UUID:
        """Its id, where it is one that the connector makes."""
        return screen_id("form", self.name)
