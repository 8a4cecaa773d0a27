"""What one entry of a timeline says: through its card form, or as every activity without one.

Never shows what a card form does not name, nor what a timeline leaves out of one: only the first
two fields of its header and the first three of its details show.
"""

from dataclasses import dataclass

from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.pages import form_texts
from sandbox.dataverse.pages.form_texts import Section
from sandbox.dataverse.pages.markup import NONE, Text
from sandbox.dataverse.pages.stored import CARD
from sandbox.dataverse.pages.values_shown import shown
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row

HEADER, DETAILS = "CardHeader", "CardDetails"


@dataclass(frozen=True)
class Card:
    """What an entry says.

    Attributes:
        title: bold, at its top.
        corner: lower right.
        heading: below the title.
        text: a line until it is opened.
        more: only when it is opened.
        form: the card form's id, empty for the default card.
    """

    title: Text
    text: Text
    corner: Text = NONE
    heading: Text = NONE
    more: Text = NONE
    form: str = ""


def of(visit: Visit, table: Table, row: Row, form_id: str) -> Card:
    """Return an activity's card.

    Args:
        visit: who looks.
        table: the activity's table.
        row: the activity.
        form_id: the card form the timeline names for the table; empty for none.
    """
    default = Card(title=row.get(table.title) or "", text=row.get("description") or "")
    form = visit.stored.form(form_id, CARD) if form_id else None
    if form is None:
        return default
    try:
        read = form_texts.read(str(form["formxml"]))
    except DataverseError:
        return default
    sections = {
        section.name: section
        for tab in read.tabs
        for _, sections in tab.columns
        for section in sections
    }
    header = _values(visit, table, row, sections.get(HEADER))
    details = _values(visit, table, row, sections.get(DETAILS))
    title, corner = [*header, NONE, NONE][:2]
    heading, text, more = [*details, NONE, NONE, NONE][:3]
    return Card(title, text, corner, heading, more, str(form["formid"]))


def _values(visit: Visit, table: Table, row: Row, section: Section | None) -> list[Text]:
    """Return the values of a section's fields in order; empty ones keep their place."""
    found: list[Text] = []
    for cell in section.cells if section is not None else ():
        column = None if cell.control is None else table.columns.get(cell.control.column)
        if column is not None:
            found.append(shown(visit, row, column))
    return found
