"""Dashboards: how many components they hold, how cells span rows, what the components show.

Never looks at a table's own forms.
"""

from sandbox.dataverse.customizing import markup, placed
from sandbox.dataverse.customizing.controls import SUB_GRID
from sandbox.dataverse.customizing.markup import Element
from sandbox.dataverse.environment import Environment

WHAT = "form xml"
MAX_COMPONENTS = 6


def check(env: Environment, root: Element) -> None:
    """Refuse a dashboard's text.

    Raises:
        DataverseError: 400, the first thing that is wrong.
    """
    components = list(root.iter("control"))
    if not components:
        raise markup.invalid(WHAT, "a dashboard shows something")
    if len(components) > MAX_COMPONENTS:
        raise markup.invalid(WHAT, f"a dashboard holds at most {MAX_COMPONENTS} components")
    for control in components:
        if placed.class_of(control) != SUB_GRID:
            raise markup.invalid(WHAT, f"'{control.get('id')}' cannot stand on a dashboard")
        placed.check_grid(env, control, None)
    for section in root.iter("section"):
        _check_spans(section)


def _check_spans(section: Element) -> None:
    """Refuse a cell that spans more rows than the section has below it."""
    rows = section.findall("rows/row")
    for number, row in enumerate(rows):
        for cell in row.findall("cell"):
            if int(cell.get("rowspan", "1")) > len(rows) - number:
                raise markup.invalid(
                    WHAT, f"the cell {cell.get('id')} spans more rows than its section has"
                )
