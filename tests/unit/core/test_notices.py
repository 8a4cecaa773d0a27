"""When an invoice is worth a notice, and what a notice says."""

import json
from uuid import UUID, uuid4

import pytest

from shared.core.identity import Kind, RecordId
from shared.core.mapping import INVOICE_OPEN, INVOICE_PAID
from shared.core.notices import Event, Notice, event_of, render_notice
from shared.core.options import Status
from shared.core.policies import NoticePolicy
from shared.core.rows import Reference, State
from shared.core.views import RecordRow

INVOICE = RecordId("xazq5", Kind.INVOICE, 1000)
ACCOUNT, ANN = UUID(int=7), UUID(int=8)


def row(status: Status | None, state: State = INVOICE_OPEN) -> RecordRow:
    columns = {"fbx_status": int(status) if status is not None else None}
    return RecordRow(uuid4(), "1", columns, state=state)


def notice(event: Event, name: str = "Aster Works") -> Notice:
    return Notice(event, ANN, ACCOUNT, name, precision=2)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (Status.SENT, "overdue", Event.OVERDUE),
        (Status.PARTIAL, "overdue", Event.OVERDUE),
        (Status.PAID, "overdue", Event.OVERDUE),
        (Status.DRAFT, "overdue", Event.OVERDUE),
        (Status.OVERDUE, "overdue", None),
        (Status.SENT, "paid", Event.PAID),
        (Status.OVERDUE, "autopaid", Event.PAID),
        (Status.PAID, "paid", None),
        (Status.PAID, "autopaid", None),
        (Status.OVERDUE, "partial", None),
        (Status.SENT, "draft", None),
        (Status.DELETED, "paid", None),
        (Status.DELETED, "overdue", None),
        (Status.REPLACED, "overdue", None),
        (None, "paid", None),
        (None, "overdue", None),
    ],
)
def test_what_an_invoice_becomes_is_told_and_what_it_was_is_not(make, before, now, told):
    invoice = make.an_invoice(1000, v3_status=now)

    assert event_of(invoice, row(before), NoticePolicy.BOTH) is told


def test_an_invoice_without_a_row_is_seen_for_the_first_time(make):
    invoice = make.an_invoice(1000, v3_status="overdue")

    assert event_of(invoice, None, NoticePolicy.BOTH) is None


@pytest.mark.parametrize(("state", "told"), [(INVOICE_OPEN, Event.PAID), (INVOICE_PAID, None)])
def test_of_a_status_that_does_not_say_so_the_rows_state_says_that_it_was_paid(make, state, told):
    invoice = make.an_invoice(1000, v3_status="success", payment_status="paid")

    assert event_of(invoice, row(Status.SUCCESS, state), NoticePolicy.BOTH) is told


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (NoticePolicy.OFF, [None, None]),
        (NoticePolicy.OVERDUE, [Event.OVERDUE, None]),
        (NoticePolicy.BOTH, [Event.OVERDUE, Event.PAID]),
    ],
)
def test_only_what_was_chosen_is_told(make, policy, told):
    found = [
        event_of(make.an_invoice(1000, v3_status=now), row(Status.SENT), policy)
        for now in ("overdue", "paid")
    ]

    assert found == told


def test_a_notice_has_one_id_for_an_invoice_and_an_event(make):
    invoice = make.an_invoice(1000, v3_status="overdue")
    other = RecordId("xazq5", Kind.INVOICE, 1001)

    ids = {
        render_notice(invoice, notice(event), record=record).id
        for event in Event
        for record in (INVOICE, INVOICE, other)
    }

    assert len(ids) == 4


def test_a_notice_says_which_invoice_of_whom_and_how_much(make):
    invoice = make.an_invoice(
        1000,
        amount="1200.00",
        v3_status="overdue",
        due_date="2026-10-31",
        invoice_number="0042",
    )

    made = render_notice(invoice, notice(Event.OVERDUE), record=INVOICE)

    assert made.columns["title"] == "Invoice overdue"
    assert made.columns["body"] == (
        "Invoice 0042 of Aster Works is overdue since 2026-11-01: 1,200.00 USD open."
    )
    assert made.lookups == {"ownerid": Reference("systemuser", ANN)}
    assert made.optional


def test_a_notice_leads_to_the_account_in_whichever_app_it_is_read(make):
    made = render_notice(make.an_invoice(1000), notice(Event.PAID), record=INVOICE)

    assert json.loads(str(made.columns["data"])) == {
        "actions": [
            {
                "title": "Open account",
                "data": {"url": f"?pagetype=entityrecord&etn=account&id={ACCOUNT}"},
            }
        ]
    }
    assert "appmoduleid" not in made.columns


def test_a_notice_of_a_nameless_account_with_a_long_number_fits(make):
    invoice = make.an_invoice(1000, invoice_number="7" * 90)

    long = render_notice(invoice, notice(Event.PAID, "A" * 600), record=INVOICE)
    nameless = render_notice(invoice, notice(Event.PAID, ""), record=INVOICE)

    assert len(str(long.columns["body"])) <= 500
    assert "of its account is paid" in str(nameless.columns["body"])
