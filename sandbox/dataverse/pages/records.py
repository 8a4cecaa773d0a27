"""A record through its table's main form, with the others to choose from.

Never shows a form that is not active.
"""

from markupsafe import Markup

from sandbox.dataverse import errors
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.pages import addresses, form_texts, plain, timelines
from sandbox.dataverse.pages.form_texts import Control, Form
from sandbox.dataverse.pages.forms import Filled
from sandbox.dataverse.pages.markup import NONE, none, picker, problem
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row


def show(visit: Visit, table: Table, row_id: str) -> Markup:
    """Return the page of a record.

    Raises:
        DataverseError: 404, there is no such record or form; 400, no such order of its timeline.
    """
    row = visit.env.store.get(table.name, row_id.lower())
    if row is None:
        raise errors.missing(table.name, row_id)
    timelines.settings(visit, {})
    forms = visit.stored.main_forms(table.name)
    chosen = _chosen(visit, forms)
    owner = (table.name, str(row[table.id]))
    if chosen is None:
        note = none("This table has no active main form.")
        timeline = NONE
        if table.has_activities:
            timeline = timelines.show(visit, Control("timeline", ""), owner)
        rest = plain.left_over(visit, table, row, ())
        return _head(table, row, NONE, NONE) + note + timeline + rest
    others = [
        (str(each["name"]), addresses.record(*owner, form=str(each["formid"]))) for each in forms
    ]
    named = picker("form", str(chosen["name"]), others)
    try:
        form = form_texts.read(str(chosen["formxml"]))
    except DataverseError as error:
        body = problem(f"The form '{chosen['name']}'", error)
        form = Form((), ())
    else:
        body = NONE
    filled = Filled(visit, form, table, row)
    on_form = {control.column for control in form.controls()}
    return (
        _head(table, row, named, filled.header())
        + body
        + Markup('<div class="form" data-form="{}">{}</div>').format(
            chosen["formid"], filled.body()
        )
        + plain.left_over(visit, table, row, on_form)
    )


def _chosen(visit: Visit, forms: list[Row]) -> Row | None:
    wanted = visit.asked("form")
    if not wanted:
        return forms[0] if forms else None
    found = next((each for each in forms if each["formid"] == wanted.lower()), None)
    if found is None:
        raise errors.missing("systemform", wanted)
    return found


def _head(table: Table, row: Row, named: Markup, fields: Markup) -> Markup:
    label = table.label or table.schema
    return Markup(
        '<header class="head" data-table="{}" data-record="{}"><div><div class="kind">'
        '<a href="{}">{}</a> {}</div><h1>{}</h1></div>{}</header>'
    ).format(
        table.name,
        row[table.id],
        addresses.rows(table.name),
        label,
        named,
        row.get(table.title) or "(no name)",
        fields,
    )
