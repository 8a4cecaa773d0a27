"""Lines of invoices, and the totals that Dynamics makes of them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sandbox.check.found.crm import Currency, FoundLine, Organization
from tests.contract.check.picture import FIRST, about_invoices, changed, money


def line(text="Hours", detail="3 x 33.333", quantity="1", price="100"):
    return FoundLine(text, detail, money(quantity), money(price))


@pytest.mark.parametrize(
    ("written", "right"),
    [
        (line(), True),
        (line("Hours (3 x 33.333)", ""), True),
        (line("Hours", "", "3", "33.333"), True),
        (line("Hours", "3 at 33.333 each", "1", "100"), True),
        (line("Hours", ""), False),
        (line("Hours", "3 x 33.33"), False),
        (line("Travel", "3 x 33.333"), False),
        (line("", "3 x 33.333"), False),
    ],
)
def test_a_line_that_is_written_otherwise_says_the_original(invoice, ids, written, right):
    assert (invoice(ids.taxed, line_1=written) == []) is right


def test_a_line_has_its_description_and_a_long_text_is_cut(judge, edit, alter, ids):
    name, words = "Planning " * 100, "What was planned. " * 200
    source = edit("invoices", ids.paid, lines=[*edited(edit, ids, name=name, description=words)])

    def wrong(text, detail):
        def write(row):
            done = FoundLine(text, detail, money("2"), money("150"))
            return replace(changed(row, line_1=done), rooms={"line 1": 850})

        rows = alter("invoices", f"invoice-{ids.paid}", write)
        return about_invoices(judge(source=source, invoices=rows))

    cut = " ".join(name.split())[:849] + "…"
    assert wrong(cut, words[:1999] + "…") == []
    assert wrong(name[:849], words) != []
    assert wrong(cut, "What was planned.") != []


def edited(edit, ids, **fields):
    source = edit("invoices", ids.paid)
    return [{**line, **fields} for line in source.books[0].invoices[ids.paid]["lines"]]


def test_a_line_without_quantity_or_price_has_its_text(judge, edit, ids):
    silent = edited(edit, ids, qty=None, unit_cost=None)

    assert about_invoices(judge(source=edit("invoices", ids.paid, lines=silent))) == []


def test_more_lines_may_follow_and_fewer_may_not(judge, alter, ids, invoice):
    assert invoice(ids.late, lines=3, line_3=line(), amount_of_line_3=money("0")) == []

    def shorter(row):
        kept = {name: value for name, value in row.fields.items() if "line 2" not in name}
        return replace(row, fields=kept | {"lines": 1})

    rows = alter("invoices", f"invoice-{ids.late}", shorter)
    assert about_invoices(judge(invoices=rows)) == [
        (
            f"invoice 0001 ({FIRST}-invoice-{ids.late}): lines is 2 or more in FreshBooks, "
            "1 in Dataverse"
        )
    ]


@pytest.mark.parametrize(
    ("organization", "fields", "silent"),
    [
        (Organization(), {}, False),
        (Organization(engine=False), {}, True),
        (Organization(price_list_mandatory=False), {"price_list": None}, False),
        (Organization(price_digits=0), {}, False),
    ],
)
def test_the_native_total_is_to_the_cent_where_the_engine_calculates_it(
    invoice, judge, alter, ids, organization, fields, silent
):
    def wrong(number, **more):
        rows = alter("invoices", f"invoice-{number}", lambda row: changed(row, **more))
        return about_invoices(judge(invoices=rows, organization=organization))

    found = wrong(ids.paid, native_total=money("300.01"), **fields)

    assert [each for each in found if "native total" in each and f"-{ids.paid})" in each] == (
        []
        if silent
        else [
            (
                f"invoice 0003 ({FIRST}-invoice-{ids.paid}): native total is 300.00 in FreshBooks, "
                "300.01 in Dataverse"
            )
        ]
    )


def test_a_total_that_dynamics_has_no_decimals_for_is_not_asked_for(judge, edit, alter, ids):
    odd = {"amount": "300.50", "code": "USD"}
    lines = edited(edit, ids, amount=odd)
    source = edit("invoices", ids.paid, amount=odd, lines=lines, paid=odd)
    rows = alter(
        "invoices",
        f"invoice-{ids.paid}",
        lambda row: changed(row, total=money("300.50"), paid=money("300.50")),
    )

    coarse = about_invoices(
        judge(source=source, invoices=rows, organization=Organization(price_digits=0))
    )
    fine = about_invoices(judge(source=source, invoices=rows))

    assert coarse == []
    assert [each.partition("): ")[2].partition(" is ")[0] for each in fine] == [
        "amount of line 1",
        "sum of lines",
        "native total",
    ]


def test_an_invoice_gets_the_price_list_that_there_is(judge, crm, alter, ids, invoice):
    (sentence,) = invoice(ids.paid, price_list=None)
    assert sentence.endswith(": price list is USD in FreshBooks, nothing in Dataverse")

    unpriced = crm.currencies | {"USD": Currency(2, Decimal(1))}
    rows = alter(
        "invoices",
        f"invoice-{ids.paid}",
        lambda row: changed(row, price_list=None, native_total=money("0")),
    )
    assert about_invoices(judge(invoices=rows, currencies=unpriced)) == []
