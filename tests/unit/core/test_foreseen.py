"""What would become of records, counted and called by one word."""

from uuid import uuid4

import pytest

from shared.core.afterwards import STATE, Difference
from shared.core.entries import ENTRY_CANCELLED, ENTRY_DONE
from shared.core.foreseen import Action, Fate, Foreseen, RowChange, tally
from shared.core.identity import Kind, RecordId
from shared.core.mapping import INVOICE_CANCELLED, INVOICE_OPEN
from shared.core.schema import ACTIVITY_TABLE, CLIENT_TABLE
from shared.core.waiting import Shown

NUMBERS = {Kind.CLIENT: 42, Kind.INVOICE: 1000, Kind.PAYMENT: 7, Kind.EXPENSE: 9}


def a_change(table, action, state=None):
    found = (Difference(STATE, None, state),) if state is not None else ()
    return RowChange(table, uuid4(), action, "", "USD", found)


def foreseen(kind, *rows, fate=Fate.CARRIED, number=None):
    record = RecordId("xazq5", kind, number or NUMBERS[kind])
    return Foreseen(record, Shown(), fate, rows=rows)


CREATE, UPDATE, DELETE = Action.CREATE, Action.UPDATE, Action.DELETE


@pytest.mark.parametrize(
    ("kind", "rows", "action"),
    [
        (Kind.INVOICE, [], None),
        (Kind.CLIENT, [("account", CREATE), (CLIENT_TABLE, CREATE)], Action.CREATE),
        # linked to an account that is there, and unlinked from one
        (Kind.CLIENT, [("account", UPDATE), (CLIENT_TABLE, UPDATE)], Action.UPDATE),
        (Kind.INVOICE, [("invoice", CREATE), (ACTIVITY_TABLE, CREATE)], Action.CREATE),
        # a person deleted its entry
        (Kind.INVOICE, [("invoice", UPDATE), (ACTIVITY_TABLE, CREATE)], Action.UPDATE),
        # entries are all there is
        (Kind.INVOICE, [(ACTIVITY_TABLE, CREATE)], Action.CREATE),
        (Kind.INVOICE, [("invoice", UPDATE, INVOICE_CANCELLED)], Action.CANCEL),
        (Kind.INVOICE, [("invoice", UPDATE, INVOICE_OPEN)], Action.UPDATE),
        (Kind.INVOICE, [("invoice", DELETE), ("invoicedetail", DELETE)], Action.CANCEL),
        # fewer lines than before
        (Kind.INVOICE, [("invoice", UPDATE), ("invoicedetail", DELETE)], Action.UPDATE),
        # in another currency now: the rows it had are cancelled beside it
        (
            Kind.INVOICE,
            [("invoice", CREATE), ("invoice", UPDATE, INVOICE_CANCELLED)],
            Action.CREATE,
        ),
        (Kind.PAYMENT, [(ACTIVITY_TABLE, UPDATE, ENTRY_CANCELLED)], Action.CANCEL),
        (Kind.EXPENSE, [(ACTIVITY_TABLE, UPDATE, ENTRY_DONE)], Action.UPDATE),
    ],
)
def test_one_word_says_what_would_be_done_to_a_record(kind, rows, action):
    assert foreseen(kind, *(a_change(*row) for row in rows)).action is action


def test_every_record_is_counted_once():
    paid, gone = a_change("invoice", UPDATE), a_change("invoice", UPDATE, INVOICE_CANCELLED)
    new = a_change(CLIENT_TABLE, CREATE)

    totals = tally(
        [
            foreseen(Kind.CLIENT, new, fate=Fate.HELD),
            foreseen(Kind.INVOICE, paid),
            foreseen(Kind.INVOICE, gone, number=1001),
            foreseen(Kind.INVOICE, gone),  # told again: it was counted
            foreseen(Kind.INVOICE, number=1002),
            foreseen(Kind.PAYMENT, fate=Fate.WAITING),
            foreseen(Kind.PAYMENT),  # and does not wait in the end
            foreseen(Kind.EXPENSE, fate=Fate.REFUSED),
        ]
    )

    assert {word: count for word, count in totals.items() if count} == {
        "create": 1,
        "update": 1,
        "cancel": 1,
        "held": 1,
        "refused": 1,
        "unchanged": 2,
    }
