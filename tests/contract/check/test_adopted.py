"""Invoices that Sales had already, and rows that another one stands for."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.contract.check.picture import (
    ELSEWHERE,
    FIRST,
    HARBOUR,
    RENEWAL,
    changed,
    invoice_row,
    money,
    told,
    with_policies,
)

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def test_lines_name_address_and_totals_of_an_adopted_invoice_are_not_ours(invoice, ids):
    theirs = {
        "adopted": True,
        "name": "Workshop with Harbour",
        "native_total": None,
        "sum_of_lines": money("0"),
        "lines": 0,
        "billing_city": "Dallas",
        "due_date": None,
        "complete": False,
        "opportunity": RENEWAL,
    }

    assert invoice(ids.paid, **theirs) == []
    assert len(invoice(ids.paid, **theirs, outstanding=money("1"), status="sent")) == 2


@pytest.mark.parametrize("policy", ["cancel", "delete", "keep"])
def test_an_adopted_invoice_is_never_canceled_nor_deleted(invoice, source, ids, policy):
    source = with_policies(source, deleted_records=policy)
    kept = {"adopted": True, "state": "paid", "status_reason": "complete"}

    assert invoice(ids.deleted, source, **kept) == []
    wrong = invoice(ids.deleted, source, **kept, status="sent")
    assert len(wrong) == (0 if policy == "keep" else 1)


def existing(customer=HARBOUR, total="300.00", currency="EUR", number="0009", **more):
    row = invoice_row("", "", number, total, customer, currency=currency, **more)
    return replace(row, id=f"{number} {total}")


@pytest.mark.parametrize(
    ("policy", "rows", "waits"),
    [
        ("adopt", [existing()], False),
        ("adopt", [existing(total="299.99")], True),
        ("adopt", [existing(currency="USD")], True),
        ("adopt", [existing(), existing(total="1.00")], True),
        ("adopt", [existing(customer=ELSEWHERE, total="1.00")], False),
        ("adopt", [existing(number="0008", total="1.00")], False),
        ("adopt", [existing(total="1.00", state="canceled")], False),
        ("adopt", [], False),
        ("hold", [existing()], True),
        ("hold", [], False),
        ("ignore", [existing(total="1.00")], False),
    ],
)
def test_an_invoice_waits_for_a_person_where_sales_has_one_of_its_number(
    judge, source, alter, ids, policy, rows, waits
):
    found = judge(
        source=with_policies(source, existing_invoices=policy),
        invoices=alter("invoices", f"invoice-{ids.beas}", lambda row: None),
        entries=alter("entries", f"invoice-{ids.beas}", lambda row: None),
        unclaimed=rows,
    )

    missing = [
        each for each in found if "0009" in each and each.endswith("is missing in Dataverse")
    ]
    assert len(missing) == (0 if waits else 2)


@pytest.mark.parametrize(
    ("policy", "row", "beside", "twice"),
    [
        ("adopt", {}, False, True),
        ("hold", {"total": "1.00"}, False, True),
        ("adopt", {}, True, False),
        ("ignore", {}, False, False),
        ("adopt", {"state": "canceled"}, False, False),
        ("adopt", {"customer": ELSEWHERE}, False, False),
        ("adopt", {"created": LATER}, False, False),
    ],
)
def test_a_row_beside_one_that_sales_had_is_a_double_unless_a_person_wanted_it(
    judge, source, ids, policy, row, beside, twice
):
    key = f"{FIRST}-invoice-{ids.beas}"
    source = told(source, beside=frozenset({key} if beside else ()))

    found = judge(
        source=with_policies(source, existing_invoices=policy), unclaimed=[existing(**row)]
    )

    assert [key in each for each in found if "twice" in each] == [True] * twice


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": "sent"}, "status of its old row has to be replaced, and is sent"),
        ({"state": "active"}, "state of its old row has to be canceled, and is active"),
        ({"outstanding": Decimal(5)}, "outstanding of its old row has to be 0, and is 5"),
    ],
)
def test_a_row_whose_currency_was_given_up_asks_for_nothing(judge, crm, ids, fields, sentence):
    rows = [changed(row, **fields) if row["replaced by"] else row for row in crm.invoices]

    assert judge(invoices=rows) == [f"{FIRST}-invoice-{ids.euro} was replaced by EUR: {sentence}"]


def test_a_number_under_the_former_currency_is_named(invoice, ids):
    (sentence, *_) = invoice(ids.euro, currency="USD")

    assert sentence.endswith(": currency is EUR in FreshBooks, USD in Dataverse")


def test_a_row_that_was_replaced_does_not_stand_for_its_invoice(judge, crm, ids):
    rows = [row for row in crm.invoices if f"-{ids.euro}" not in row.key or row["replaced by"]]

    assert f"invoice 0007 ({FIRST}-invoice-{ids.euro}) is missing in Dataverse" in judge(
        invoices=rows
    )
