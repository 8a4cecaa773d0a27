"""Entries that are missing, too many or wrong, and what nobody may be accused of."""

from dataclasses import replace
from datetime import date

import pytest

from sandbox.check.found.tables import shown_day
from sandbox.check.policies import Policies
from tests.contract.check.picture import (
    FIRST,
    HARBOUR,
    changed,
    entry_row,
    money,
    told,
    with_policies,
)


@pytest.mark.parametrize(
    ("record", "label"),
    [
        ("invoice-{0.beas}", "timeline entry of invoice 0009"),
        ("payment-{0.whole}", "payment {0.whole}"),
        ("payment-{0.applied}", "credit applied {0.applied}"),
        ("credit-{0.note}", "credit note 0000001"),
        ("expense-{0.crossing}", "expense {0.crossing}"),
    ],
)
def test_an_entry_that_is_missing_twice_there_or_nobodys_is_named(
    judge, crm, alter, ids, record, label
):
    key = record.format(ids)
    (row,) = (each for each in crm.entries if each.key == f"{FIRST}-{key}")
    kind = key.partition("-")[0]

    missing = judge(entries=alter("entries", key, lambda _: None))
    twice = judge(entries=[*crm.entries, row])
    nobodys = judge(entries=[*crm.entries, replace(row, key=f"{FIRST}-{kind}-1")])

    assert missing == [f"{label.format(ids)} ({FIRST}-{key}) is missing in Dataverse"]
    assert twice == [f"{FIRST}-{key} is in Dataverse more than once"]
    assert nobodys == [f"{FIRST}-{kind}-1 is in Dataverse, but not in FreshBooks"]


def test_a_credit_note_is_known_by_either_word_for_it(judge, crm, ids):
    rows = [replace(row, key=row.key.replace("-credit-", "-credit_note-")) for row in crm.entries]

    assert judge(entries=rows) == []


def test_the_payment_that_stands_for_a_credit_note_may_be_left_out(judge, alter, ids):
    assert judge(entries=alter("entries", f"payment-{ids.standing}", lambda _: None)) == []


def test_a_credit_is_not_shown_a_second_time_by_its_payment(entry, ids):
    shown = entry(f"payment-{ids.standing}", state="completed", status="recorded")

    assert shown == [
        "state is canceled in FreshBooks, completed in Dataverse",
        "status is replaced in FreshBooks, recorded in Dataverse",
    ]


def test_a_credit_without_a_note_is_needed(judge, source, alter, ids):
    first, second = source.books
    unnoted = replace(source, books=(replace(first, credits={}), second))
    rows = alter("entries", f"payment-{ids.standing}", lambda _: None)

    found = judge(source=unnoted, entries=rows)

    key = f"{FIRST}-payment-{ids.standing}"
    assert f"credit {ids.standing} ({key}) is missing in Dataverse" in found


def test_where_credit_notes_cannot_be_read_the_payment_that_stands_for_one_is_needed(
    judge, source, alter, ids
):
    unread = with_policies(source, credits="payments")
    key = f"payment-{ids.standing}"
    without = [row for row in alter("entries", key, lambda _: None) if "-credit-" not in row.key]
    shown = alter(
        "entries",
        key,
        lambda row: changed(
            row, state="completed", status="recorded", **{"actual end": row["date"]}
        ),
    )

    assert judge(source=unread, entries=shown) == []
    assert judge(source=unread, entries=without) == [
        f"credit {ids.standing} ({FIRST}-{key}) is missing in Dataverse"
    ]


def test_an_expense_of_nobody_has_no_entry_and_one_that_lost_its_client_is_canceled(
    judge, edit, crm, entry, ids
):
    key = f"{FIRST}-expense-{ids.own}"
    there = entry_row(key, "", date(2026, 1, 7), kind="expense", currency=None)
    canceled = {"state": "canceled", "status": "deleted"}

    assert judge(entries=[*crm.entries, changed(there, **canceled)]) == []
    assert judge(entries=[*crm.entries, there]) == [
        f"expense {ids.own} ({key}): state is canceled in FreshBooks, completed in Dataverse",
        f"expense {ids.own} ({key}): status is deleted in FreshBooks, recorded in Dataverse",
    ]
    freed = edit("expenses", ids.crossing, clientid=0)
    assert entry(f"expense-{ids.crossing}", freed, **canceled) == []
    assert len(entry(f"expense-{ids.crossing}", freed)) == 2


def test_an_expense_of_nobody_is_nobodys_where_all_are_carried_over(
    judge, source, crm, entry, edit, ids
):
    everything = with_policies(source, expenses="all")
    key = f"{FIRST}-expense-{ids.own}"
    (crossing,) = [each for each in crm.entries if each.key.endswith(f"-expense-{ids.crossing}")]
    nobodys = dict.fromkeys(("account", "regarding", "client row"))
    url = f"https://my.freshbooks.com/#/expense/{ids.own}"
    there = replace(changed(crossing, url=url, **nobodys), key=key, id="another row")

    assert judge(source=everything, entries=[*crm.entries, there]) == []
    assert judge(source=everything) == [f"expense {ids.own} ({key}) is missing in Dataverse"]
    lost = changed(there, account=HARBOUR)
    assert judge(source=everything, entries=[*crm.entries, lost]) == [
        f"expense {ids.own} ({key}): account has to be nothing, and is the account Harbour Group"
    ]


def test_an_expense_says_whether_it_is_billed(edit, entry, ids):
    key = f"expense-{ids.crossing}"
    for fields, billing in (
        ({"status": 4}, "recouped"),
        ({"status": 2}, "billed"),
        ({"invoiceid": 7}, "billed"),
        ({"billable": False}, "not billable"),
    ):
        books = edit("expenses", ids.crossing, **fields)
        assert len(entry(key, books)) == 1
        assert entry(key, books, billing=billing) == []


def test_expenses_that_are_there_stay_and_no_new_one_comes_where_they_are_off(
    judge, source, entry, ids
):
    off = with_policies(source, expenses="off")
    key = f"{FIRST}-expense-{ids.crossing}"

    assert entry(f"expense-{ids.crossing}", off, amount=money("1")) == []
    assert judge(source=told(off, before=frozenset({key}))) == [
        (
            f"expense {ids.returned} ({FIRST}-expense-{ids.returned}) is in Dataverse, "
            "though expenses are not carried over"
        )
    ]


@pytest.mark.parametrize("kind", ["payments", "expenses", "credits"])
def test_an_entry_in_a_currency_that_dynamics_lacks_is_not_to_be_there(judge, edit, ids, kind):
    number = {"payments": ids.whole, "expenses": ids.crossing, "credits": ids.note}[kind]

    found = judge(source=edit(kind, number, amount={"amount": "300.00", "code": "CHF"}))

    assert any(
        each.endswith("is in Dataverse, though Dynamics does not have its currency CHF")
        for each in found
    )


@pytest.mark.parametrize("kind", ["payment", "credit", "expense"])
def test_nothing_of_a_client_that_waits_is_carried_over(judge, source, crm, ids, kind):
    key = f"{FIRST}-{ids.harbour}"
    waits = told(source, held=frozenset({ids.harbour}), before=frozenset())
    newly = [
        each
        for each in judge(source=waits)
        if f"-{kind}-" in each and each.endswith("though its client waits for a decision")
    ]

    assert len(newly) == {"payment": 7, "credit": 1, "expense": 2}[kind]
    assert crm.clients[0].key == key


@pytest.mark.parametrize("kind", ["payments", "expenses", "credits"])
def test_the_entry_of_a_deleted_record_is_canceled_or_as_it_was(judge, edit, alter, ids, kind):
    number = {"payments": ids.whole, "expenses": ids.crossing, "credits": ids.note}[kind]
    source = edit(kind, number, vis_state=1)
    policies = Policies(deleted_records="keep")

    def about(source, **fields):
        rows = alter("entries", f"{kind[:-1]}-{number}", lambda row: changed(row, **fields))
        found = judge(source=source, entries=rows)
        return [each for each in found if f"-{number})" in each]

    canceled = {"state": "canceled", "status": "deleted"}
    assert about(source, **canceled, amount=money("1")) == []
    assert len(about(source)) == 2
    assert len(about(source, **canceled, outstanding=money("1"))) == 1
    assert about(replace(source, policies=policies), amount=money("1")) == []


def test_the_entry_of_a_deleted_invoice_is_removed_where_that_is_the_policy(judge, source, ids):
    key = f"{FIRST}-invoice-{ids.deleted}"

    found = judge(source=with_policies(source, deleted_records="delete"))

    start = f"timeline entry of invoice 0004 ({key}) "
    assert f"{start}is in Dataverse, though it was deleted in FreshBooks" in found


def test_a_payment_from_credit_is_no_money_received(entry, ids):
    assert entry(f"payment-{ids.applied}", kind="payment") == [
        "kind is credit applied in FreshBooks, payment in Dataverse"
    ]


@pytest.mark.parametrize(
    ("subject", "right"),
    [
        ("Payment 60.00 USD for invoice 0001, 20.00 returned", True),
        ("Payment for invoice 0001: received 60.00 USD, returned 20.00", True),
        ("Payment 40.00 USD for invoice 0001", False),
        ("Payment 60.00 USD for invoice 0001", False),
        ("Payment 60.00 USD, 20.00 returned", False),
        ("Payment 60.00 for invoice 0001, 20.00 returned", False),
        (None, False),
    ],
)
def test_the_subject_of_a_lowered_payment_says_both(entry, ids, subject, right):
    assert (entry(f"payment-{ids.lowered}", subject=subject) == []) is right


def test_what_was_received_less_what_went_back_is_what_a_payment_is(judge, source, entry, ids):
    unknown = told(source, most={})
    key = f"payment-{ids.lowered}"
    subject = "Payment 40.00 USD for invoice 0001"

    assert entry(key, unknown, subject=subject) == []
    assert entry(key, unknown, subject=subject, received_less_returned=money("60")) == [
        "received less returned is 40.00 or nothing in FreshBooks, 60 in Dataverse"
    ]


def test_a_payment_that_was_never_more_was_not_returned(source, entry, ids):
    most = {**source.told.most, f"{FIRST}-payment-{ids.whole}": money("300.00")}
    known = told(source, most=most)
    key = f"payment-{ids.whole}"

    assert entry(key, known) == entry(key, known, received=money("300"), returned=money("0")) == []
    assert entry(key, known, received=money("310"), returned=money("10")) == [
        "received is 300.00 or nothing in FreshBooks, 310 in Dataverse",
        "returned is 0 or nothing in FreshBooks, 10 in Dataverse",
    ]


def test_a_payment_says_the_number_that_its_invoice_has_now(judge, edit, ids):
    renumbered = edit("invoices", ids.paid, invoice_number="INV-77")
    start = f"payment {ids.whole} ({FIRST}-payment-{ids.whole}): "

    found = [each.removeprefix(start) for each in judge(source=renumbered) if start in each]

    assert found == [
        (
            "subject is something with 300.00 USD and INV-77 in it in FreshBooks, "
            "Payment 300.00 USD for invoice 0003 in Dataverse"
        ),
        "reference is INV-77 in FreshBooks, 0003 in Dataverse",
    ]


def test_a_payment_of_a_deleted_invoice_may_say_what_that_was_called(judge, edit, ids):
    gone = edit("invoices", ids.paid, invoice_number="INV-77", vis_state=1)

    assert not [each for each in judge(source=gone) if f"payment-{ids.whole})" in each]


def test_an_expense_follows_the_name_of_its_category(judge, source, ids):
    first, second = source.books
    category = first.expenses[ids.crossing]["categoryid"]
    renamed = {**first.categories, category: {**first.categories[category], "category": "Ferries"}}
    source = replace(source, books=(replace(first, categories=renamed), second))

    assert judge(source=source) == [
        (
            f"expense {ids.crossing} ({FIRST}-expense-{ids.crossing}): "
            "method is Ferries in FreshBooks, Advertising in Dataverse"
        )
    ]


def test_what_freshbooks_leaves_empty_may_be_anything(entry, edit, ids):
    silent = edit("expenses", ids.crossing, vendor=None, notes="")

    assert entry(f"expense-{ids.crossing}", silent, reference="Somebody", description=None) == []


@pytest.mark.parametrize(
    ("paid", "left", "right"),
    [
        ("5.00", "15.00", True),
        ("5.00", None, False),
        ("5.00", "20.00", False),
        ("20.00", None, True),
        ("20.00", "0.00", True),
        ("20.00", "20.00", False),
    ],
)
def test_a_credit_note_shows_what_is_left_where_freshbooks_says_so(
    entry, edit, ids, paid, left, right
):
    source = edit("credits", ids.note, paid={"amount": paid, "code": "USD"})

    found = entry(f"credit-{ids.note}", source, outstanding=money(left) if left else None)

    assert (found == []) is right


def test_an_expense_may_be_open_or_completed_and_not_canceled(entry, ids):
    key = f"expense-{ids.crossing}"

    assert entry(key, state="open", actual_end=None) == []
    assert entry(key, state="canceled") == [
        "state is completed or open in FreshBooks, canceled in Dataverse"
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-01-15T12:00:00Z", date(2026, 1, 15)),
        ("2026-01-15T05:00:00Z", date(2026, 1, 15)),
        ("2026-01-15T00:00:00Z", "2026-01-15T00:00:00Z (2026-01-14 in the east)"),
        (None, None),
    ],
)
def test_a_day_is_written_as_a_moment_that_is_on_that_day_for_everybody(text, shown):
    assert shown_day(text) == shown


def test_an_open_invoice_ends_when_it_is_due(entry, edit, ids):
    key = f"invoice-{ids.beas}"
    undated = edit("invoices", ids.beas, due_date=None)

    assert entry(key, scheduled_end=date(2026, 1, 11)) == [
        "scheduled end is 2026-02-10 in FreshBooks, 2026-01-11 in Dataverse"
    ]
    assert "scheduled end is 2026-01-11 in FreshBooks, 2026-02-10 in Dataverse" in entry(
        key, undated
    )


@pytest.mark.parametrize(
    ("record", "page"),
    [
        ("payment-{0.whole}", "invoice/{0.paid}"),
        ("credit-{0.note}", "client/{0.harbour}"),
    ],
)
def test_what_has_no_page_of_its_own_is_looked_at_where_it_belongs(entry, ids, record, page):
    key, url = record.format(ids), f"https://my.freshbooks.com/#/{page.format(ids)}"

    assert entry(key, url=url) == []
    own = key.partition("-")[2]
    assert len(entry(key, url=f"https://my.freshbooks.com/#/payment/{own}")) == 1
