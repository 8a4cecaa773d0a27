"""On which account and opportunity an invoice is, and whose its row is."""

from datetime import UTC, datetime

import pytest

from sandbox.check.found.crm import Reference
from tests.contract.check.picture import (
    DORMANT,
    ELSEWHERE,
    FIRST,
    HARBOUR,
    RENEWAL,
    about_invoices,
    changed,
    invoice_row,
    told,
    with_policies,
)

AN_HOUR_LATER = datetime(2025, 1, 1, 1, tzinfo=UTC)


def test_an_invoice_on_an_inactive_account_is_named(invoice, ids):
    (sentence,) = invoice(ids.beas, customer=DORMANT)

    assert sentence == (
        f"invoice 0009 ({FIRST}-invoice-{ids.beas}): customer has to be "
        "the account Harbour Group, and is the account Dormant Ltd, which is inactive"
    )


def test_of_a_client_without_a_row_nothing_may_be_on_an_inactive_account(judge, crm, alter, ids):
    clients = alter("clients", str(ids.bea), lambda row: None)

    def wrong(customer):
        rows = alter("invoices", f"invoice-{ids.beas}", lambda row: changed(row, customer=customer))
        return [each for each in judge(clients=clients, invoices=rows) if "customer" in each]

    assert wrong(HARBOUR) == []
    assert wrong(DORMANT) == [
        (
            f"invoice 0009 ({FIRST}-invoice-{ids.beas}): customer has to be an active account, "
            "and is the account Dormant Ltd, which is inactive"
        )
    ]


def test_what_is_left_of_a_client_who_is_gone_stays_on_its_account(judge, crm, edit, ids):
    source = edit("invoices", ids.waiting, customerid=ids.gone)
    key = f"{FIRST}-invoice-{ids.waiting}"
    former = Reference("account", "a-former", "Former Customer", active=False)
    clients = [
        changed(row, account=former) if row["state"] == "gone" else row for row in crm.clients
    ]

    def about(customer):
        row = invoice_row(key, f"{FIRST}-{ids.gone}", "0010", "300.00", customer)
        found = judge(source=source, clients=clients, invoices=[*crm.invoices, row])
        return [each for each in about_invoices(found) if "customer" in each]

    assert about(former) == []
    assert len(about(HARBOUR)) == 1


def test_a_purchase_order_decides_whatever_the_invoice_is_on(invoice, ids):
    start = f"invoice 0001 ({FIRST}-invoice-{ids.late})"

    for elsewhere, said in ((None, "nothing"), (RENEWAL, "the opportunity Renewal")):
        assert invoice(ids.late, opportunity=elsewhere) == [
            (
                f"{start} has the purchase order po-4471, by which it belongs to "
                f"the opportunity PO-4471, and it is on {said}"
            )
        ]


def test_a_purchase_order_that_names_none_or_two_is_on_none(judge, edit, crm, invoice, ids):
    unheard = edit("invoices", ids.late, po_number="PO-9")
    named_twice = [*crm.opportunities[:1], changed(crm.opportunities[1], name="PO-4471 ")]

    (of_none,) = [each for each in about_invoices(judge(source=unheard)) if "belongs to" in each]
    (of_two,) = about_invoices(judge(opportunities=named_twice))

    assert "by which it belongs to none, and it is on the opportunity PO-4471" in of_none
    assert "by which it belongs to none, and it is on the opportunity PO-4471" in of_two


def test_an_opportunity_that_was_opened_later_draws_nothing_and_takes_nothing_away(
    judge, crm, alter, ids, invoice, edit
):
    retreat, renewal = crm.opportunities
    later = [changed(retreat, created=AN_HOUR_LATER), renewal]
    moved_off = alter("invoices", f"invoice-{ids.late}", lambda row: changed(row, opportunity=None))
    second = [retreat, changed(renewal, name="PO-4471", created=AN_HOUR_LATER)]

    assert about_invoices(judge(opportunities=later)) == []
    assert about_invoices(judge(opportunities=later, invoices=moved_off)) == []
    assert about_invoices(judge(opportunities=second)) == []

    unnamed = edit("invoices", ids.late, po_number="")
    found = about_invoices(judge(source=unnamed, opportunities=later))
    assert f"invoice 0001 ({FIRST}-invoice-{ids.late}) is on the opportunity PO-4471, " in found[-1]
    assert found[-1].endswith("which was opened later")


def test_an_invoice_without_purchase_order_is_on_no_other_accounts_opportunity(
    invoice, judge, crm, ids
):
    theirs = [crm.opportunities[0], changed(crm.opportunities[1], account=ELSEWHERE)]

    assert invoice(ids.paid, opportunity=RENEWAL) == []
    assert invoice(ids.paid, opportunity=None) == []
    rows = [
        changed(row, opportunity=RENEWAL) if row.key.endswith(f"-{ids.paid}") else row
        for row in crm.invoices
    ]
    assert about_invoices(judge(invoices=rows, opportunities=theirs)) == [
        (
            f"invoice 0003 ({FIRST}-invoice-{ids.paid}) is on the opportunity Renewal, "
            "which is another account's"
        )
    ]


def test_the_number_by_which_an_opportunity_was_found_is_said(invoice, ids):
    assert invoice(ids.late, placed_by=" Po-4471 ") == []
    assert invoice(ids.late, placed_by="PO-1") == [
        (
            f"invoice 0001 ({FIRST}-invoice-{ids.late}) is on the opportunity PO-4471 "
            "by its purchase order po-4471, and says that it is by PO-1"
        )
    ]


def test_an_invoice_that_a_person_moved_stays_where_it_was_put(invoice, source, ids):
    moved = told(source, moved=frozenset({f"{FIRST}-invoice-{ids.late}"}))

    assert invoice(ids.late, moved, opportunity=RENEWAL) == []
    assert invoice(ids.late, moved, opportunity=None) == []


@pytest.mark.parametrize(
    ("setting", "owner", "disabled", "right"),
    [
        (None, "u-anybody", False, True),
        ("account", "u-sales", False, True),
        ("account", "u-connector", False, False),
        ("account", "u-connector", True, True),
        ("account", "u-anybody", True, False),
        ("connector", "u-connector", False, True),
        ("connector", "u-sales", False, False),
    ],
)
def test_a_row_belongs_to_whom_the_setting_gives_it(
    judge, source, alter, ids, setting, owner, disabled, right
):
    policies = with_policies(source, row_owner=setting)
    rows = alter("invoices", f"invoice-{ids.beas}", lambda row: changed(row, owner=owner))

    found = judge(
        source=policies,
        invoices=rows,
        disabled=frozenset({"u-sales"} if disabled else ()),
    )

    start = f"invoice 0009 ({FIRST}-invoice-{ids.beas}) belongs to the user {owner}"
    assert any(each.startswith(start) for each in found) is not right


def test_a_row_that_a_person_gave_away_is_theirs(judge, source, alter, ids):
    key = f"{FIRST}-invoice-{ids.beas}"
    given = told(with_policies(source, row_owner="account"), reassigned=frozenset({key}))
    rows = alter("invoices", f"invoice-{ids.beas}", lambda row: changed(row, owner="u-anybody"))

    assert judge(source=given, invoices=rows) == []
