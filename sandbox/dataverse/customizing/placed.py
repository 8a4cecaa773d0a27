"""One control placed on a form: its class, its column, and what its parameters name.

Never looks at the form around it.
"""

from sandbox.dataverse.component_tables import CHART, FORM, TABLE_OF, VIEW
from sandbox.dataverse.customizing import drafts, fetches, markup
from sandbox.dataverse.customizing.controls import (
    CONTROLS,
    PARTY_LIST,
    QUICK_VIEW,
    SUB_GRID,
    TIMELINE,
    UNBOUND,
)
from sandbox.dataverse.customizing.markup import Element, text_of
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Column, Table

WHAT = "form xml"
MODES = frozenset({"Grid", "Chart", "All"})
MAX_ACTIVITIES = 15

_QUICK_VIEW_FORM = 6
_RECORDS = range(2, 251)


def check(env: Environment, table: Table, control: Element) -> None:
    """Refuse a control that shows what it cannot or what is not there.

    Args:
        env: the environment.
        table: whose form it stands on.
        control: the element.

    Raises:
        DataverseError: 400, the first thing that is wrong.
    """
    class_id, name = class_of(control), control.get("id", "")
    column = _column(table, control, class_id)
    if class_id == SUB_GRID:
        check_grid(env, control, table)
    elif class_id == QUICK_VIEW:
        _check_quick_view(env, table, control, column)
    elif class_id == TIMELINE:
        _check_timeline(env, control)
    elif class_id == PARTY_LIST and not table.is_activity:
        raise markup.invalid(WHAT, f"'{name}' is a party list and {table.name} no activity")


def class_of(control: Element) -> str:
    """Return the class id of a control.

    Raises:
        DataverseError: 400, there is no such class.
    """
    found = markup.guid(control.get("classid", ""))
    if found not in CONTROLS:
        raise markup.invalid(
            WHAT, f"the classid {control.get('classid')} of '{control.get('id')}' is not known"
        )
    return found


def check_grid(env: Environment, control: Element, table: Table | None) -> None:
    """Refuse a sub-grid or chart whose view, chart, table or relationship is not there.

    Args:
        env: the environment.
        control: the element.
        table: whose form it stands on, None on a dashboard.

    Raises:
        DataverseError: 400, the first thing that is wrong.
    """
    name = control.get("id", "")
    target = text_of(control, "parameters/TargetEntityType") or ""
    if target not in env.schema.tables:
        raise markup.invalid(WHAT, f"the TargetEntityType '{target}' of '{name}' names no table")
    view = text_of(control, "parameters/ViewId") or ""
    listed = text_of(control, "parameters/ViewIds") or ""
    for each in [view, *filter(None, listed.split(","))]:
        _check_component(env, VIEW, each, target, name)
    mode = text_of(control, "parameters/ChartGridMode") or "Grid"
    chart = text_of(control, "parameters/VisualizationId")
    if mode not in MODES:
        raise markup.invalid(WHAT, f"the ChartGridMode '{mode}' of '{name}' is not known")
    if chart:
        _check_component(env, CHART, chart, target, name)
    elif mode == "Chart":
        raise markup.invalid(WHAT, f"'{name}' shows a chart and names none")
    records = text_of(control, "parameters/RecordsPerPage")
    if records and not (records.isdigit() and int(records) in _RECORDS):
        raise markup.invalid(WHAT, f"RecordsPerPage of '{name}' is 2 to 250")
    relationship = text_of(control, "parameters/RelationshipName")
    if relationship and table is not None:
        _check_relationship(env, table, target, relationship)


def _column(table: Table, control: Element, class_id: str) -> Column | None:
    """Return the column a control shows; None where it shows none."""
    name, field = control.get("id", ""), control.get("datafieldname")
    known = CONTROLS[class_id]
    if class_id in UNBOUND | {PARTY_LIST}:
        if field and class_id in UNBOUND:
            raise markup.invalid(WHAT, f"'{name}', a {known.name}, shows no column")
        return None
    if not field:
        raise markup.invalid(WHAT, f"'{name}' names no column")
    column = table.columns.get(field)
    if column is None:
        raise fetches.no_column(table, field)
    if column.kind not in known.kinds:
        raise markup.invalid(
            WHAT, f"'{name}', a {known.name}, cannot show '{field}', which is {column.kind}"
        )
    return column


def _check_component(env: Environment, kind: str, given: str, target: str, control: str) -> None:
    """Refuse a view, chart or form that is not there or is of another table."""
    found = markup.guid(given)
    row = None if found is None else drafts.current(env, kind, found)
    if row is None:
        raise markup.invalid(WHAT, f"'{control}' names the {kind} {given}, which is not there")
    if row[TABLE_OF[kind]] != target:
        raise markup.invalid(
            WHAT, f"'{control}' names a {kind} of {row[TABLE_OF[kind]]}, not of {target}"
        )


def _check_relationship(env: Environment, table: Table, target: str, name: str) -> None:
    known = env.schema.relationships.get(name)
    if known is None or (known.parent, known.child) != (table.name, target):
        raise markup.invalid(
            WHAT, f"no relationship '{name}' leads from {table.name} to its {target}"
        )


def _check_quick_view(
    env: Environment, table: Table, control: Element, column: Column | None
) -> None:
    """Refuse a quick view whose forms are not there or not of what its lookup refers to."""
    name = control.get("id", "")
    inner = text_of(control, "parameters/QuickForms")
    root = markup.parse(inner, "QuickForms", "QuickFormIds")
    kinds = {
        kind
        for known in table.targets(column.name if column else "")
        for kind in (*known.kinds, known.parent)
    }
    forms = root.findall("QuickFormId")
    if not forms:
        raise markup.invalid(WHAT, f"the quick view '{name}' names no form")
    for form in forms:
        entity = form.get("entityname", "")
        if entity not in kinds:
            raise markup.invalid(WHAT, f"the lookup of '{name}' does not refer to '{entity}'")
        given = form.text or ""
        _check_component(env, FORM, given, entity, name)
        row = drafts.current(env, FORM, markup.guid(given) or "")
        if row is None or row["type"] != _QUICK_VIEW_FORM:
            raise markup.invalid(WHAT, f"'{name}' names a form that is no quick view form")


def _check_timeline(env: Environment, control: Element) -> None:
    listed = text_of(control, "parameters/UClientActivities") or ""
    names = [name.strip() for name in listed.split(",") if name.strip()]
    for name in names:
        found = env.schema.tables.get(name)
        if found is None or not found.is_activity:
            raise markup.invalid(WHAT, f"the timeline lists '{name}', which is no activity")
    if len(names) >= MAX_ACTIVITIES:
        raise markup.invalid(WHAT, f"the timeline lists {len(names)} activities (0x8004430d)")
