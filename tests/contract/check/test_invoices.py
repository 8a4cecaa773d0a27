"""Invoices that are missing, too many or wrong, and what nobody may be accused of."""

from dataclasses import replace

import pytest

from tests.contract.check.picture import (
    DORMANT,
    FIRST,
    HARBOUR,
    SECOND,
    TODAY,
    about_invoices,
    changed,
    invoice_row,
    money,
    told,
    with_policies,
)


def test_an_invoice_that_is_missing_is_named_once(judge, alter, ids):
    rows = alter("invoices", f"invoice-{ids.beas}", lambda row: None)

    assert about_invoices(judge(invoices=rows)) == [
        f"invoice 0009 ({FIRST}-invoice-{ids.beas}) is missing in Dataverse"
    ]


def test_an_invoice_that_a_person_deleted_may_stay_away_until_the_next_change(
    judge, source, alter, ids
):
    by_hand = told(source, deleted=frozenset({f"{FIRST}-invoice-{ids.beas}"}))
    rows = alter("invoices", f"invoice-{ids.beas}", lambda row: None)

    assert about_invoices(judge(source=by_hand, invoices=rows)) == []


def test_two_living_rows_of_one_invoice_are_named(judge, crm):
    found = judge(invoices=[*crm.invoices, replace(crm.invoices[1], id="another")])

    assert found == [f"{crm.invoices[1].key} is in Dataverse more than once"]


def test_an_invoice_of_nobody_is_named_and_one_of_another_business(judge, crm, ids):
    strangers = [
        replace(crm.invoices[1], key=key)
        for key in (f"{FIRST}-invoice-1", f"{SECOND}-invoice-{ids.late}")
    ]

    assert judge(invoices=[*crm.invoices, *strangers]) == [
        f"{FIRST}-invoice-1 is in Dataverse, but not in FreshBooks",
        (
            f"{SECOND}-invoice-{ids.late} is in Dataverse, "
            f"though in FreshBooks it is in business {FIRST}"
        ),
    ]


def test_rows_of_a_business_that_is_not_compared_are_nobodys_business(judge, source):
    only_first = replace(source, books=source.books[:1], others=frozenset({SECOND}))

    assert judge(source=only_first) == []


def test_what_was_there_when_a_client_began_to_wait_may_be_as_it_likes(judge, source, crm, ids):
    key = f"{FIRST}-invoice-{ids.waiting}"
    stale = invoice_row(key, f"{FIRST}-{ids.asks}", "0010", "1.00", DORMANT)
    rows = [*crm.invoices, stale]

    assert judge(invoices=rows) == []
    assert judge(source=told(source, before=frozenset({key})), invoices=rows) == []
    assert judge(source=told(source, before=frozenset()), invoices=rows) == [
        f"invoice 0010 ({key}) is in Dataverse, though its client waits for a decision"
    ]


def test_a_client_that_was_told_to_wait_counts_like_one_whose_row_says_so(judge, source, crm, ids):
    waits = told(source, held=frozenset({f"{FIRST}-{ids.bea}"}), before=frozenset())
    start = f"invoice 0009 ({FIRST}-invoice-{ids.beas})"

    found = judge(source=waits)

    assert f"{start} is in Dataverse, though its client waits for a decision" in found


def test_an_invoice_in_a_currency_that_dynamics_lacks_is_not_to_be_there(judge, crm, ids):
    found = judge(currencies={"USD": crm.currencies["USD"]})

    assert about_invoices(found) == [
        (
            f"invoice 0007 ({FIRST}-invoice-{ids.euro}) is in Dataverse, "
            "though Dynamics does not have its currency EUR"
        ),
        (
            f"invoice 0009 ({FIRST}-invoice-{ids.beas}) is in Dataverse, "
            "though Dynamics does not have its currency EUR"
        ),
    ]


def test_a_deleted_invoice_is_removed_where_that_is_the_policy(judge, source, ids):
    found = judge(source=with_policies(source, deleted_records="delete"))

    assert about_invoices(found) == [
        (
            f"invoice 0004 ({FIRST}-invoice-{ids.deleted}) is in Dataverse, "
            "though it was deleted in FreshBooks"
        )
    ]


def test_a_deleted_invoice_stays_as_it_was_where_that_is_the_policy(invoice, source, ids):
    kept = with_policies(source, deleted_records="keep")

    assert invoice(ids.deleted, kept, state="active", status="sent", outstanding=money("9")) == []


def test_a_draft_that_is_shown_asks_for_nothing(judge, source, crm, ids):
    key = f"{FIRST}-invoice-{ids.draft}"
    shown = with_policies(source, draft_invoices="show")

    def about(**fields):
        draft = {"status": "draft", "outstanding": money("0")}
        days = {"date": crm.invoices[2]["date"].replace(day=3), "due date": None}
        row = invoice_row(key, f"{FIRST}-{ids.harbour}", "0005", "300.00", HARBOUR)
        address = {name: crm.invoices[0][name] for name in row.fields if "billing" in name}
        first, *others = shown.books
        books = {**first.invoices, ids.draft: {**first.invoices[ids.draft], "due_date": None}}
        source = replace(shown, books=(replace(first, invoices=books), *others))
        made = replace(row, fields={**row.fields, **draft, **days, **address, **fields})
        found = judge(source=source, invoices=[*crm.invoices, made])
        return [each for each in about_invoices(found) if f"({key})" in each]

    assert about() == []
    assert len(about(outstanding=money("300.00"))) == 1
    assert len(about(state="paid")) == 1
    assert f"invoice 0005 ({key}) is missing in Dataverse" in judge(source=shown)


@pytest.mark.parametrize(
    ("v3_status", "payment_status", "said", "state"),
    [
        ("deposit_partial", "partial", "deposit partial", "active"),
        ("deposit-paid", "partial", "deposit paid", "active"),
        ("autopaid", "auto-paid", "autopaid", "paid"),
        ("success", "unpaid", "success", "active"),
        ("success", "paid", "success", "paid"),
        ("success", "auto-paid", "success", "paid"),
        ("brand_new", "unpaid", "unknown", "active"),
        ("brand_new", "paid", "unknown", "paid"),
        ("disputed", "paid", "disputed", "active"),
    ],
)
def test_every_status_has_its_picture(
    judge, edit, alter, ids, v3_status, payment_status, said, state
):
    source = edit("invoices", ids.beas, v3_status=v3_status, payment_status=payment_status)
    reason = {"active": "billed", "paid": "complete"}[state]

    def wrong(**fields):
        rows = alter("invoices", f"invoice-{ids.beas}", lambda row: changed(row, **fields))
        return about_invoices(judge(source=source, invoices=rows))

    assert wrong(status=said, state=state, status_reason=reason) == []
    assert len(wrong(status="sent", state="canceled", status_reason=reason)) == 2


def test_the_name_is_the_number_and_the_organization_as_of_the_invoice(judge, edit, ids):
    renamed = edit("clients", ids.harbour, organization="Harbour Holding")

    assert about_invoices(judge(source=renamed)) == []
    other = edit("invoices", ids.paid, organization="Harbour Holding")
    (sentence,) = about_invoices(judge(source=other))
    assert sentence == (
        f"invoice 0003 ({FIRST}-invoice-{ids.paid}): "
        "name is 0003 Harbour Holding in FreshBooks, 0003 Harbour Group in Dataverse"
    )


def test_one_line_of_an_older_address_is_named_and_an_empty_address_leaves_all(
    judge, edit, invoice, ids
):
    (sentence,) = invoice(ids.paid, billing_street_2="Suite 400")
    assert sentence.endswith(": billing street 2 is nothing in FreshBooks, Suite 400 in Dataverse")
    parts = ("street", "street2", "city", "province", "code", "country")
    empty = edit("invoices", ids.paid, **dict.fromkeys(parts, ""))
    assert invoice(ids.paid, empty, billing_city="Zug") == []


def test_figures_finer_than_the_currency_in_dynamics_are_rounded_there(
    judge, edit, crm, alter, ids
):
    fils = {"amount": "300.125", "code": "EUR"}
    source = edit("invoices", ids.beas, amount=fils, outstanding=fils)

    def wrong(amount):
        rows = alter(
            "invoices",
            f"invoice-{ids.beas}",
            lambda row: changed(row, total=money(amount), outstanding=money(amount)),
        )
        found = about_invoices(judge(source=source, invoices=rows))
        return [each for each in found if "total is" in each or "outstanding is" in each]

    assert wrong("300.13") == wrong("300.12") == []
    assert len(wrong("300.14")) == 2


def test_a_row_that_an_earlier_release_wrote_may_lack_its_newer_days(judge, source, crm):
    emptied = [
        changed(row, **{"paid on": None, "overdue since": None})
        if row["paid on"] or row["overdue since"]
        else row
        for row in crm.invoices
    ]
    wrong = [changed(row, **{"paid on": TODAY}) for row in crm.invoices]

    def of_rows(**given):
        return [each for each in judge(**given) if each.startswith("invoice ")]

    earlier = told(source, earlier=True)
    assert of_rows(invoices=emptied) != []
    assert of_rows(source=earlier, invoices=emptied) == []
    assert of_rows(source=earlier, invoices=wrong) != []
