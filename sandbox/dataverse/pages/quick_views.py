"""Which quick view form a lookup shows: one for each table it may lead to.

Never shows anything while the lookup is empty.
"""

from dataclasses import dataclass

from sandbox.dataverse import errors, xml_texts
from sandbox.dataverse.customizing import markup
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.pages.form_texts import Control
from sandbox.dataverse.pages.stored import QUICK_VIEW
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row


@dataclass(frozen=True)
class Seen:
    """The record seen through a lookup, and the form that shows it."""

    form: Row
    table: Table
    row: Row


def find(visit: Visit, table: Table, row: Row, control: Control) -> Seen | None:
    """Return what a quick view control shows of the row its lookup leads to.

    Returns:
        None where the lookup is empty, or no form is named for the table it leads to.

    Raises:
        DataverseError: the column is missing, or the named form is.
    """
    if control.column not in table.columns:
        raise errors.request(f"The table has no column '{control.column}'.")
    reference = row.get(control.column)
    target = visit.env.store.get(*reference) if isinstance(reference, tuple) else None
    if target is None or not isinstance(reference, tuple):
        return None
    named = _forms(control).get(reference[0])
    if named is None:
        return None
    form = visit.stored.form(named, QUICK_VIEW)
    if form is None or form.get("objecttypecode") != reference[0]:
        raise errors.request(f"There is no quick view form {named} of {reference[0]}.")
    return Seen(form, visit.env.schema.tables[reference[0]], target)


def _forms(control: Control) -> dict[str, str]:
    """Return the forms by table; the parameter's text is XML once more."""
    text = control.parameters.get("QuickForms", "")
    if not text:
        return {}
    root = markup.parse(text, "quick view")
    return {
        each.get("entityname", ""): xml_texts.identifier(each.text)
        for each in root.iter("QuickFormId")
    }
