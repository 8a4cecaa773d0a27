"""A view as Dataverse keeps it: what it fetches (FetchXML) and how it lays it out (layout XML).

Never sends anything. https://learn.microsoft.com/power-apps/developer/model-driven-apps/customize-entity-views
"""

from typing import Final
from xml.etree.ElementTree import Element

from shared.adapters.dataverse.odata import ENTITY_SETS
from shared.adapters.dataverse.screens.facts import Facts
from shared.adapters.dataverse.screens.xml import child, element, text_of
from shared.core import schema
from shared.core.screens.views import Condition, Filter, View, ViewKind

# The column that rows of a table are called by.
PRIMARY_NAMES: Final = {
    "account": "name",
    "invoice": "name",
    "opportunity": "name",
    **{table.name: table.primary for table in schema.TABLES},
}


def fetch_xml(view: View) -> str:
    """Return what a view fetches: its cells, the primary key and whatever it is sorted by."""
    root = element(
        "fetch", {"version": "1.0", "output-format": "xml-platform", "mapping": "logical"}
    )
    table = child(root, "entity", {"name": view.table})
    own = [cell.column for cell in view.cells]
    key, name = ENTITY_SETS[view.table].key, PRIMARY_NAMES[view.table]
    for column in dict.fromkeys((key, name, *own, *(order.column for order in view.orders))):
        child(table, "attribute", {"name": column})
    for order in view.orders:
        child(table, "order", {"attribute": order.column, "descending": order.descending})
    if view.filter is not None:
        add_filter(table, view.filter)
    if view.kind is ViewKind.QUICK_FIND:
        _add_find(table, view.find)
    return text_of(root)


def layout_xml(view: View, facts: Facts) -> str:
    """Return how a view lays out what it fetches."""
    name = PRIMARY_NAMES[view.table]
    grid = element(
        "grid",
        {
            "name": "resultset",
            "object": facts.codes.get(view.table, 0),
            "jump": name,
            "select": 1,
            "icon": 1,
            "preview": 1,
        },
    )
    row = child(grid, "row", {"name": "result", "id": ENTITY_SETS[view.table].key})
    for cell in view.cells:
        child(row, "cell", {"name": cell.column, "width": cell.width})
    return text_of(grid)


def add_filter(parent: Element, condition: Filter) -> None:
    """Add a filter with all that is in it."""
    made = child(parent, "filter", {"type": "or" if condition.any_of else "and"})
    for part in condition.parts:
        if isinstance(part, Filter):
            add_filter(made, part)
        else:
            _add_condition(made, part)


def _add_condition(parent: Element, condition: Condition) -> None:
    attributes = {"attribute": condition.column, "operator": condition.operator}
    if condition.operator in _SEVERAL:
        made = child(parent, "condition", attributes)
        for value in condition.values:
            child(made, "value", text=value)
        return
    one = {"value": condition.values[0]} if condition.values else {}
    child(parent, "condition", {**attributes, **one})


# What takes values as elements, however many there are.
_SEVERAL: Final = frozenset({"in", "not-in", "between", "not-between"})


def _add_find(table: Element, columns: tuple[str, ...]) -> None:
    """Add the filter of a quick find: what somebody typed stands for `{0}`."""
    made = child(table, "filter", {"type": "or", "isquickfindfields": 1})
    for column in columns:
        child(made, "condition", {"attribute": column, "operator": "like", "value": "{0}"})
