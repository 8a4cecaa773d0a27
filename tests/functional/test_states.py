"""The page docs/states.md: every row of its tables is what Dynamics shows, and none is unknown."""

from collections.abc import Callable

import pytest

from shared.core.options import ClientState, EntryKind, Health, Status, label
from tests.functional.states import (
    adopted,
    alone,
    clients,
    columns,
    existing,
    invoices,
    payments,
    places,
)
from tests.functional.states.page import PAGE, Said, rows

# The scenes take place in the same few firms, one after the other.
pytestmark = pytest.mark.xdist_group("states")

TABLES: dict[str, Callable[[Said], None]] = {
    "Clients, state of the client": clients.check_state,
    "Balances of a client, column": columns.check,
    "Balances of a client, financial health": clients.check_health,
    "Accounts, column": columns.check,
    "Invoices, in FreshBooks": invoices.check,
    "Where it belongs, `po_number`": places.check_place,
    "Invoices that Sales has already, `EXISTING_INVOICES`": existing.check_setting,
    "Invoices that Sales has already, a person decides": existing.check_decision,
    "Invoices that Sales has already, in FreshBooks": adopted.check,
    "Payments, in FreshBooks": payments.check,
    "Expenses, `EXPENSES`": places.check_expenses,
    "Expenses, in FreshBooks": places.check_billing,
}
# Rows that are not so yet, by the beginning of what they say; each fails until it is so, and may
# not stand here any longer then.
NOT_YET: dict[str, str] = {}


def reason(said):
    """Return why a row is not so yet, None where it is to be so."""
    return next((why for row, why in NOT_YET.items() if str(said).startswith(row)), None)


def marked(said):
    why = reason(said)
    marks = [pytest.mark.xfail(reason=why, strict=True)] if why else []
    return pytest.param(said, marks=marks, id=f"{said.table}: {said.cells[0]}"[:100])


@pytest.mark.parametrize("said", [marked(said) for said in rows()])
def test_what_the_page_says_is_what_dynamics_shows(said):
    assert said.table in TABLES, f"nobody knows this table: {said}"

    TABLES[said.table](said)


@pytest.mark.parametrize(
    "said", [marked(said) for said in rows() if said.table == "Invoices, in FreshBooks"]
)
def test_what_the_page_says_of_invoices_their_entries_show_without_the_sales_app_too(said):
    alone.check(said)


def test_nothing_is_waited_for_that_the_page_does_not_say():
    assert [row for row in NOT_YET if not any(str(said).startswith(row) for said in rows())] == []


def test_every_scene_is_still_on_the_page():
    said = rows()
    first, whole = {each.cells[0] for each in said}, {each.cells for each in said}

    assert {*clients.BECOMES, *invoices.HAPPENS} <= first
    assert {*clients.HEALTH, *places.PLACES, *places.EXPENSES} <= whole
    assert {*existing.DECISIONS, *adopted.LIVES} <= whole
    assert {*existing.DONE} <= {cell for each in said for cell in each.cells}
    assert {*payments.PAYMENTS} <= {(each.cells[0], each.cells[-1]) for each in said}
    assert {*columns.COLUMNS} <= {(each.table, *each.cells) for each in said}


@pytest.mark.parametrize("options", [ClientState, EntryKind, Health, Status])
def test_every_word_of_a_choice_is_on_the_page(options):
    text = PAGE.read_text().casefold().replace("`", "").replace("_", " ")

    assert [each.name for each in options if label(each).casefold() not in text] == []
