"""A view's layout: which columns a list shows, in which order and how wide.

Never runs the view's query.
"""

from dataclasses import dataclass

from sandbox.dataverse import errors, xml_texts
from sandbox.dataverse.customizing import markup

_WIDEST = 2000


@dataclass(frozen=True, slots=True)
class LayoutCell:
    """One column of a list.

    Attributes:
        name: what the query calls it: a column's name, or `alias.column`.
        width: in pixels; 0 leaves it open.
        sortable: people may sort by it.
        label: what stands above it; empty for the column's own label.
    """

    name: str
    width: int = 0
    sortable: bool = True
    label: str = ""


def read(text: str) -> tuple[LayoutCell, ...]:
    """Return the columns a layout shows.

    Raises:
        DataverseError: 400, it is no layout.
    """
    root = markup.parse(text, "layout")
    row = root.find("row")
    if root.tag != "grid" or row is None:
        raise errors.request("Invalid layout xml.")
    cells = []
    for cell in row.findall("cell"):
        name, width = cell.get("name", ""), cell.get("width", "")
        if not name:
            raise errors.request("Invalid layout xml: a cell has no name.")
        if xml_texts.is_true(cell.get("ishidden")):
            continue
        wide = min(int(width), _WIDEST) if width.isascii() and width.isdigit() else 0
        sortable = not xml_texts.is_true(cell.get("disableSorting"))
        cells.append(LayoutCell(name, wide, sortable, cell.get("label", "")))
    return tuple(cells)
