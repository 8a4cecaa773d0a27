"""What entries belong to: with invoices of their own table, and without the Sales app."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.check.policies import Policies
from tests.contract.check.picture import (
    DORMANT,
    ELSEWHERE,
    FIRST,
    RENEWAL,
    RETREAT,
    changed,
    told,
    with_policies,
)


def test_a_payment_sits_where_its_invoice_sits(judge, alter, ids):
    """The invoice was moved by a person and its payments stayed behind."""
    rows = alter("invoices", f"invoice-{ids.late}", lambda row: changed(row, opportunity=RENEWAL))

    found = [each for each in judge(invoices=rows) if "regarding" in each]

    said = "regarding has to be the opportunity Renewal, and is the opportunity PO-4471"
    assert found == [
        f"timeline entry of invoice 0001 ({FIRST}-invoice-{ids.late}): {said}",
        *(
            f"payment {number} ({FIRST}-payment-{number}): {said}"
            for number in (ids.first_part, ids.lowered)
        ),
    ]


def test_a_payment_whose_invoice_is_not_in_sales_is_on_the_account_without_a_link(
    judge, alter, entry, ids, edit
):
    rows = alter("invoices", f"invoice-{ids.paid}", lambda _: None)
    key = f"payment-{ids.whole}"

    def about(**fields):
        entries = alter("entries", key, lambda row: changed(row, **fields))
        return [each for each in judge(invoices=rows, entries=entries) if f"-{ids.whole})" in each]

    assert about(invoice=None) == []
    assert about(invoice=None, reference=None, subject="Payment 300.00 USD") == []
    assert about() == [
        (
            f"payment {ids.whole} ({FIRST}-{key}): "
            f"invoice has to be nothing, and is {FIRST}-invoice-{ids.paid}"
        )
    ]


def test_an_entry_does_not_belong_to_the_row_that_was_replaced(entry, ids):
    key = f"{FIRST}-invoice-{ids.euro}"

    assert entry(f"invoice-{ids.euro}", invoice=f"{key} (the row that was replaced)") == [
        f"invoice has to be {key}, and is {key} (the row that was replaced)"
    ]


def test_an_entry_on_an_inactive_account_is_named(entry, ids):
    assert entry(f"expense-{ids.crossing}", account=DORMANT) == [
        (
            "account has to be the account Harbour Group, "
            "and is the account Dormant Ltd, which is inactive"
        )
    ]


def test_a_payment_belongs_to_the_row_of_its_own_client_or_of_its_invoices(judge, edit, alter, ids):
    source = edit("payments", ids.whole, clientid=ids.bea)
    key = f"payment-{ids.whole}"

    def wrong(client):
        rows = alter("entries", key, lambda row: changed(row, client_row=client))
        return [each for each in judge(source=source, entries=rows) if "client row" in each]

    assert wrong(f"{FIRST}-{ids.bea}") == wrong(f"{FIRST}-{ids.harbour}") == []
    assert len(wrong(f"{FIRST}-{ids.asks}")) == 1


def test_a_payment_waits_with_either_client(judge, source, ids, edit):
    source = told(edit("payments", ids.whole, clientid=ids.asks), before=frozenset())

    assert (
        f"payment {ids.whole} ({FIRST}-payment-{ids.whole}) is in Dataverse, "
        "though its client waits for a decision" in judge(source=source)
    )


def test_an_expense_is_on_the_account_or_on_an_opportunity_that_was_there(
    judge, crm, source, entry, ids
):
    key = f"expense-{ids.crossing}"
    later = [
        crm.opportunities[0],
        changed(crm.opportunities[1], created=datetime(2026, 1, 1, tzinfo=UTC)),
    ]
    rows = [
        changed(row, regarding=RENEWAL, opportunity=RENEWAL) if row.key.endswith(key) else row
        for row in crm.entries
    ]
    sentence = (
        f"expense {ids.crossing} ({FIRST}-{key}): regarding has to be the account Harbour Group, "
        "and is the opportunity Renewal"
    )

    assert judge(entries=rows) == []
    assert judge(entries=rows, opportunities=later) == [sentence]
    moved = told(source, moved=frozenset({f"{FIRST}-{key}"}))
    assert judge(source=moved, entries=rows, opportunities=later) == []
    assert entry(key, regarding=ELSEWHERE) == [
        "regarding has to be the account Harbour Group, and is the account Elsewhere Inc."
    ]


def test_an_entry_belongs_to_whom_the_setting_gives_it(entry, source, ids):
    theirs = with_policies(source, row_owner="account")
    key = f"payment-{ids.whole}"

    (sentence,) = [
        each for each in entry(key, theirs, owner="u-anybody") if "belongs to the user" in each
    ]

    assert sentence == " belongs to the user u-anybody, and has to belong to its account's owner"


@pytest.fixture
def without_sales(source, crm):
    """The picture where entries are all there is: on the account, invoices' by their number."""
    numbers = {row.key: row["number"] for row in crm.invoices}
    entries = [
        changed(
            row,
            invoice=None if row["kind"] == "invoice" else row["invoice"],
            regarding=row["account"],
            opportunity=None,
            placed_by=None,
            reference=numbers[row.key] if row["kind"] == "invoice" else row["reference"],
        )
        for row in crm.entries
    ]
    return replace(source, policies=Policies(target="activity")), entries


def test_without_the_sales_app_entries_show_it_all(judge, without_sales):
    source, entries = without_sales

    assert judge(source=source, entries=entries, invoices=[], opportunities=[]) == []


def test_without_the_sales_app_payments_lead_to_the_entry_and_are_where_it_is(
    judge, without_sales, ids
):
    source, entries = without_sales
    key = f"{FIRST}-invoice-{ids.paid}"
    moved = [changed(row, account=ELSEWHERE) if row.key == key else row for row in entries]
    loose = [changed(row, invoice=None) for row in entries]

    named = f"payment {ids.whole} ({FIRST}-payment-{ids.whole})"
    assert judge(source=source, entries=moved)[1:] == [
        f"{named}: regarding has to be {ELSEWHERE}, and is the account Harbour Group",
        f"{named}: account has to be {ELSEWHERE}, and is the account Harbour Group",
    ]
    assert f"{named}: invoice has to be {key}, and is nothing" in judge(
        source=source, entries=loose
    )


def test_without_the_sales_app_an_entry_on_an_opportunity_or_without_its_number_is_named(
    judge, without_sales, ids
):
    source, entries = without_sales
    key = f"{FIRST}-invoice-{ids.paid}"
    start = f"timeline entry of invoice 0003 ({key})"

    def wrong(**fields):
        rows = [changed(row, **fields) if row.key == key else row for row in entries]
        return judge(source=source, entries=rows)

    assert wrong(regarding=RETREAT) == [
        f"{start}: regarding has to be the account Harbour Group, and is the opportunity PO-4471"
    ]
    assert wrong(reference="PO-9") == [
        f"{start}: reference is 0003 in FreshBooks, PO-9 in Dataverse"
    ]
    assert wrong(invoice=key) == [f"{start}: invoice has to be nothing, and is {key}"]


def test_what_is_in_the_tables_of_the_sales_app_is_named_unless_it_was_left_there(
    judge, without_sales
):
    source, entries = without_sales
    strays = ["x-invoice-1 is a row of the table invoice"]

    found = judge(source=source, entries=entries, strays=strays)

    assert found == [f"{strays[0]}, though entries are all there is"]
    assert judge(source=told(source, left=True), entries=entries, strays=strays) == []
