"""A form's fields: one value of the record as its control shows it, under its label.

Never shows a value through a control that is not made for its column; it says so instead.
"""

import re

from markupsafe import Markup

from sandbox.dataverse.metadata import Column, Table
from sandbox.dataverse.pages import classes
from sandbox.dataverse.pages.form_texts import Control, FormCell
from sandbox.dataverse.pages.markup import NONE, Text, problem
from sandbox.dataverse.pages.values_shown import EMPTY, link, shown
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row

_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_PHONE = re.compile(r"[+0-9][0-9 ()./-]*")


def field(visit: Visit, table: Table, row: Row, cell: FormCell, control: Control) -> Markup:
    """Return a column of a record with its label."""
    if control.class_id == classes.HIDDEN:
        return NONE
    column = table.columns.get(control.column)
    if control.class_id == classes.PARTY_LIST and column is None:
        return NONE  # who takes part in an activity is not simulated
    value = _value(visit, row, column, control)
    label = cell.label or (column.label if column is not None else control.column)
    return Markup(
        '<div class="field" data-column="{}" data-control="{}"{}{}>{}<dd>{}</dd></div>'
    ).format(
        control.column,
        control.id,
        Markup(' data-locked="true" title="Read only"') if control.disabled else NONE,
        Markup(' style="--span:{}"').format(cell.wide) if cell.wide > 1 else NONE,
        Markup("<dt>{}</dt>").format(label)
        if cell.labelled
        else Markup('<dt class="unseen">{}</dt>').format(label),
        value,
    )


def _value(visit: Visit, row: Row, column: Column | None, control: Control) -> Text:
    if column is None:
        return problem(f"'{control.column}'", "The table has no such column.")
    kinds = classes.FIELDS.get(control.class_id)
    if kinds is None:
        return problem(column.label, f"There is no control '{control.class_id}'.")
    if column.kind not in kinds:
        return problem(column.label, f"Its control does not show columns of type {column.kind}.")
    value = row.get(column.name)
    if isinstance(value, str) and control.class_id in _LINKS:
        return _LINKS[control.class_id](value)
    return shown(visit, row, column) or EMPTY


def _email(text: str) -> Text:
    if not _EMAIL.fullmatch(text):
        return text
    return Markup('<a href="mailto:{0}">{0}</a>').format(text)


def _phone(text: str) -> Text:
    return Markup('<a href="tel:{0}">{0}</a>').format(text) if _PHONE.fullmatch(text) else text


_LINKS = {classes.URL: link, classes.EMAIL: _email, classes.PHONE: _phone}
