"""Totals: what Dynamics' price engine makes of the inputs is what FreshBooks asks for.

The engine and FreshBooks' arithmetic are written here from what both publish, once more.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.identity import Edition, Kind, RecordId
from shared.core.mapping import render_invoice
from shared.core.place import Place
from shared.core.pricing import DIFFERENCE, price_invoice
from shared.errors import RecordRefusedError
from tests.soak import SOAK

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
INVOICE = RecordId("xazq5", Kind.INVOICE, 1000)


def to_decimals(amount, decimals, rounding=ROUND_HALF_UP):
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=rounding)


# FreshBooks


@dataclass(frozen=True)
class Books:
    """How FreshBooks calculates; it publishes where it rounds as little as that it does.

    Attributes:
        decimals: of its amounts.
        rounds: what is rounded: each tax of a line, a line's taxes, or all taxes together.
        discount_first: whether taxes are due on what the discount leaves.
    """

    decimals: int = 2
    rounds: str = "tax"
    discount_first: bool = True

    def money(self, amount):
        return to_decimals(amount, self.decimals)

    def tax(self, line, net):
        each = self.money if self.rounds == "tax" else lambda amount: amount
        first = each(net * line["tax1"] / 100)
        second = each((net + first if line["compounded"] else net) * line["tax2"] / 100)
        return self.money(first + second) if self.rounds == "line" else first + second

    def invoice(self, lines, discount="0"):
        """Return an invoice's JSON of lines with qty, cost, tax1, tax2 and compounded."""
        percent = Decimal(discount)
        amounts = [self.money(line["qty"] * line["cost"]) for line in lines]
        taken_off = self.money(sum(amounts) * percent / 100)
        left = 1 - percent / 100 if self.discount_first else 1
        taxes = [self.tax(line, amount * left) for line, amount in zip(lines, amounts, strict=True)]
        total = sum(amounts) - taken_off + self.money(sum(taxes))
        return {
            "amount": f"{total:f}",
            "discount_value": f"{percent:f}",
            "discount_total": {"amount": f"{-taken_off:f}", "code": "USD"},
            "lines": [
                {
                    "name": "Work",
                    "description": "",
                    "qty": f"{line['qty']:f}",
                    "unit_cost": {"amount": f"{line['cost']:f}", "code": "USD"},
                    "amount": {"amount": f"{amount:f}", "code": "USD"},
                    "taxAmount1": f"{line['tax1']:f}",
                    "taxAmount2": f"{line['tax2']:f}" if line["tax2"] else None,
                    "compounded_tax": line["compounded"],
                }
                for line, amount in zip(lines, amounts, strict=True)
            ],
        }


def a_line(qty="1", cost="100.00", tax1="0", tax2="0", *, compounded=False):
    return {
        "qty": Decimal(qty),
        "cost": Decimal(cost),
        "tax1": Decimal(tax1),
        "tax2": Decimal(tax2),
        "compounded": compounded,
    }


# Dynamics


@dataclass(frozen=True)
class Organization:
    """What of an organization's settings decides how invoices are added up."""

    decimals: int = 2  # of the invoice's currency
    price_decimals: int = 2
    per_unit: bool = False  # the discount method
    halves: str = ROUND_HALF_UP  # which way it rounds them is not published

    def written(self, make, **fields):
        """Return the rows of an invoice; its `outstanding` and `paid` do not matter here."""
        place = Place(
            account=uuid4(),
            opportunity=None,
            currency=uuid4(),
            precision=self.decimals,
            price_precision=self.price_decimals,
        )
        invoice = make.an_invoice(1000, **fields)
        return render_invoice(invoice, edition=Edition(INVOICE), place=place, url="", now=NOW)

    def total(self, rows):
        """Return `totalamount` of rows as a server stores and adds them up, within its limits."""
        net = tax = Decimal(0)
        for row in rows.lines:
            of = row.columns
            quantity = to_decimals(of["quantity"], 5)
            price = to_decimals(of["priceperunit"], self.price_decimals)
            discount = to_decimals(of["manualdiscountamount"], self.decimals)
            base = to_decimals(quantity * price, self.decimals, self.halves)
            line_tax = to_decimals(of["tax"], self.decimals)
            assert abs(quantity) <= 10**11
            assert max(abs(price), abs(base)) <= 922337203685477
            assert 0 <= discount <= 10**12
            assert abs(line_tax) <= 10**12
            net += base - discount * (quantity if self.per_unit else 1)
            tax += line_tax
        percentage = to_decimals(rows.header.columns["discountpercentage"], 2)
        amount = to_decimals(rows.header.columns["discountamount"], self.decimals)
        assert 0 <= percentage <= 100
        assert 0 <= amount <= 10**12
        return to_decimals(net - amount - percentage * net / 100 + tax, self.decimals)


def texts(rows):
    return [(row.columns["productdescription"], row.columns["description"]) for row in rows.lines]


def inputs(rows):
    return [(row.columns["quantity"], row.columns["priceperunit"]) for row in rows.lines]


def taxes(rows):
    return [row.columns["tax"] for row in rows.lines]


# What was seen


def test_a_price_with_more_decimals_than_the_organization_has_goes_as_an_amount(make):
    rows = Organization().written(make, **Books().invoice([a_line("120", "0.655")]))

    assert inputs(rows) == [(1, Decimal("78.60"))]
    assert texts(rows) == [("Work", "120 x 0.655")]
    assert Organization().total(rows) == Decimal("78.60")


def test_many_at_a_price_below_a_cent_are_not_nothing(make):
    rows = Organization().written(make, **Books().invoice([a_line("10000", "0.003")]))

    assert inputs(rows) == [(1, Decimal("30.00"))]
    assert texts(rows) == [("Work", "10000 x 0.003")]


def test_a_discount_goes_as_an_amount_and_never_as_a_percentage(make):
    rows = Organization().written(
        make, **Books().invoice([a_line(cost="12000.00")], discount="15.93303")
    )

    assert rows.header.columns["discountamount"] == Decimal("1911.96")
    assert rows.header.columns["discountpercentage"] == 0
    assert Organization().total(rows) == Decimal("10088.04")


@pytest.mark.parametrize("rounds", ["tax", "line", "total"])
def test_two_taxes_of_many_lines_come_to_what_freshbooks_makes_of_them(make, rounds):
    lines = [a_line(cost=f"{10 + n}.{n:02}", tax1="5", tax2="9.975") for n in range(3, 90, 7)]
    asked = Books(rounds=rounds).invoice(lines)

    rows = Organization().written(make, **asked)

    assert Organization().total(rows) == Decimal(asked["amount"])
    assert len(rows.lines) == len(lines)


# Lines


def test_a_line_that_multiplies_out_stays_as_it_is(make):
    rows = Organization().written(make, **Books().invoice([a_line("1.75", "85.40")]))

    assert inputs(rows) == [(Decimal("1.75"), Decimal("85.40"))]
    assert texts(rows) == [("Work", None)]


@pytest.mark.parametrize("halves", [ROUND_HALF_UP, ROUND_HALF_EVEN])
def test_no_half_is_left_to_the_engine(make, halves):
    organization = Organization(halves=halves)
    rows = organization.written(make, **Books().invoice([a_line("0.25", "142.50")]))

    assert inputs(rows) == [(1, Decimal("35.63"))]
    assert texts(rows) == [("Work", "0.25 x 142.50")]
    assert organization.total(rows) == Decimal("35.63")


def test_the_original_stands_in_front_where_a_long_description_is_cut(make):
    asked = Books().invoice([a_line("120", "0.655")])
    asked["lines"][0]["description"] = "word " * 1000

    ((_, text),) = texts(Organization().written(make, **asked))

    assert text.startswith("120 x 0.655\nword word")
    assert len(text) == 2000


def test_what_freshbooks_itself_does_not_multiply_out_goes_by_its_amount(make):
    asked = Books().invoice([a_line("2", "50.00")])
    asked["lines"][0]["amount"]["amount"] = asked["amount"] = "90.00"

    rows = Organization().written(make, **asked)

    assert inputs(rows) == [(1, Decimal("90.00"))]
    assert texts(rows) == [("Work", "2 x 50.00")]


@pytest.mark.parametrize("nothing", [None, {"amount": None, "code": "USD"}, ""])
def test_a_line_without_quantity_or_price_goes_by_its_amount(make, nothing):
    asked = Books().invoice([a_line(), a_line(), a_line()])
    asked["lines"][0] |= {"qty": None}
    asked["lines"][1] |= {"unit_cost": nothing}
    asked["lines"][2] |= {"qty": "", "unit_cost": nothing}

    rows = Organization().written(make, **asked)

    assert inputs(rows) == [(1, 100)] * 3
    assert texts(rows) == [("Work", None)] * 3


def test_a_line_of_text_costs_nothing(make):
    asked = Books().invoice([a_line(), a_line()])
    asked["lines"][1] |= {
        "name": "",
        "description": "Thank you",
        "qty": None,
        "unit_cost": None,
        "amount": None,
        "compounded_tax": None,
    }
    asked["amount"] = "100.00"

    rows = Organization().written(make, **asked)

    assert inputs(rows)[1] == (1, 0)
    assert texts(rows)[1] == ("Thank you", "Thank you")


def test_a_line_without_an_amount_is_multiplied_here(make):
    asked = Books().invoice([a_line("3", "33.333")])
    asked["lines"][0]["amount"] = None

    rows = Organization().written(make, **asked)

    assert inputs(rows) == [(1, Decimal("100.00"))]
    assert Organization().total(rows) == Decimal(asked["amount"])


@pytest.mark.parametrize("line", [("-2", "50.00"), ("2", "-50.00"), ("-3", "0.335"), ("0", "9.99")])
def test_negative_and_empty_lines_add_up(make, line):
    asked = Books().invoice([a_line(tax1="13"), a_line(*line, tax1="13", tax2="7")], discount="10")

    rows = Organization().written(make, **asked)

    assert Organization().total(rows) == Decimal(asked["amount"])
    assert len(rows.lines) == 2


@pytest.mark.parametrize(
    ("qty", "cost", "amount"),
    [("1000000000000", "0.01", "10000000000.00"), ("0.000001", "1000000", "1.00")],
)
def test_a_quantity_that_no_column_holds_goes_by_its_amount(make, qty, cost, amount):
    rows = Organization().written(make, **Books().invoice([a_line(qty, cost)]))

    assert inputs(rows) == [(1, Decimal(amount))]
    assert texts(rows) == [("Work", f"{qty} x {cost}")]


def test_where_prices_are_whole_the_quantity_says_the_cents(make):
    organization = Organization(price_decimals=0)
    rows = organization.written(make, **Books().invoice([a_line("120", "0.655"), a_line("3", "7")]))

    assert inputs(rows) == [(Decimal("78.60"), 1), (3, 7)]
    assert organization.total(rows) == Decimal("99.60")


def test_a_price_is_held_to_four_decimals_whatever_the_organization_sets(make):
    # the setting goes to ten, and the database's type for money has four
    organization = Organization(price_decimals=10)
    rows = organization.written(
        make, **Books().invoice([a_line("1000", "0.01234"), a_line("1000", "0.0123")])
    )

    assert inputs(rows) == [(1, Decimal("12.34")), (1000, Decimal("0.0123"))]


# Discounts


def test_a_surcharge_is_a_line_of_its_own(make):
    asked = Books().invoice([a_line(tax1="13")], discount="-5")

    rows = Organization().written(make, **asked)

    assert rows.header.columns["discountamount"] == 0
    assert texts(rows)[1] == ("Discount of -5 %", None)
    assert inputs(rows)[1] == (1, 5)
    assert rows.lines[1].id == INVOICE.line(2)
    assert Organization().total(rows) == Decimal(asked["amount"]) == Decimal("118.65")


def test_a_discount_beyond_its_column_is_a_line_of_its_own(make):
    asked = Books().invoice([a_line("10000", "400000000.00")], discount="50")

    rows = Organization().written(make, **asked)

    assert rows.header.columns["discountamount"] == 0
    assert inputs(rows)[1] == (1, -2 * 10**12)
    assert Organization().total(rows) == 2 * 10**12


@pytest.mark.parametrize("discount", ["100", "150", "0.001"])
def test_discounts_that_leave_nothing_less_or_nearly_all_add_up(make, discount):
    asked = Books().invoice([a_line(tax1="7"), a_line(cost="0.01", tax1="7")], discount=discount)

    rows = Organization().written(make, **asked)

    assert Organization().total(rows) == Decimal(asked["amount"])


def test_without_freshbooks_amount_of_the_discount_its_percentage_says_it(make):
    asked = Books().invoice([a_line(tax1="13")], discount="7.5")
    del asked["discount_total"]

    rows = Organization().written(make, **asked)

    assert rows.header.columns["discountamount"] == Decimal("7.50")


def test_taxes_are_right_whether_a_discount_comes_before_them_or_after(make):
    lines = [a_line(tax1="13"), a_line(cost="10.00", tax1="5")]

    before, after = (
        taxes(
            Organization().written(
                make, **Books(discount_first=first).invoice(lines, discount="10")
            )
        )
        for first in (True, False)
    )

    assert before == [Decimal("11.70"), Decimal("0.45")]
    assert after == [Decimal("13.00"), Decimal("0.50")]


# Taxes and what they cannot take up


def test_the_last_cents_go_to_the_lines_with_most_tax(make):
    asked = Books().invoice([a_line(cost="1.00", tax1="10"), a_line(tax1="10"), a_line("3")])
    asked["amount"] = "411.11"

    rows = Organization().written(make, **asked)

    assert taxes(rows) == [Decimal("0.10"), Decimal("10.01"), 0]


def test_without_a_tax_the_rest_is_a_line_of_its_own(make):
    asked = Books().invoice([a_line()])
    asked["amount"] = "100.01"

    rows = Organization().written(make, **asked)

    assert taxes(rows) == [0, 0]
    assert texts(rows)[1] == (DIFFERENCE, None)
    assert inputs(rows)[1] == (1, Decimal("0.01"))
    assert rows.lines[1].id == INVOICE.line(2)


def test_what_rounding_does_not_explain_is_not_called_a_tax(make):
    asked = Books().invoice([a_line(tax1="10")])
    asked["amount"] = "150.00"

    rows = Organization().written(make, **asked)

    assert taxes(rows) == [10, 0]
    assert inputs(rows)[1] == (1, 40)


def test_a_tax_beyond_its_column_goes_into_the_line_of_the_rest(make):
    asked = Books().invoice([a_line("100000", "200000000.00", tax1="10")])

    rows = Organization().written(make, **asked)

    assert taxes(rows) == [10**12, 0]
    assert Organization().total(rows) == Decimal(asked["amount"])


def test_an_invoice_without_lines_has_its_total_as_one(make):
    rows = Organization().written(make, amount="12.34", lines=[])

    assert inputs(rows) == [(1, Decimal("12.34"))]


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "1e15"},
        {"paid": "1e15"},
        {"discount_total": {"amount": "-1e15", "code": "USD"}},
        {"lines": [{"qty": "1", "unit_cost": {"amount": "-1e15", "code": "USD"}}]},
        {"lines": [{"qty": "1", "unit_cost": {"amount": "6e14", "code": "USD"}}] * 2},
    ],
    ids=["total", "paid", "discount", "line", "sum"],
)
def test_an_amount_that_no_column_holds_is_refused_in_words(make, change):
    with pytest.raises(RecordRefusedError, match="beyond 922,337,203,685,477"):
        Organization().written(make, **{"amount": "1.00", **change})


# Everything at once

QUANTITIES = ("1", "2", "0", "-1", "0.25", "7.5", "0.3333", "1.123456789", "120", "10000", "-0.1")
QUANTITIES += ("0.00001", "33.33333")
COSTS = ("0", "0.01", "0.003", "0.655", "72.33", "142.50", "99.999", "-20.05", "1234567.89")
COSTS += ("7.60133524082021936099189318", "0.0001", "1000")
PERCENTAGES = ("0", "0", "5", "9.975", "13", "8.25", "20", "0.5", "33.333", "100")
DISCOUNTS = ("0", "0", "0", "10", "7.5", "15.93303", "33.3333", "-5", "100", "0.01")


def a_random_invoice(draw, decimals):
    lines = [
        a_line(
            *draw.choice(
                [
                    (draw.choice(QUANTITIES), draw.choice(COSTS)),
                    (draw.choice(QUANTITIES), f"{draw.randrange(1, 99999) / 100:.2f}"),
                    ("1000000000000", draw.choice(("0.01", "0.003", "-0.0001"))),
                ]
            ),
            draw.choice(PERCENTAGES),
            draw.choice(PERCENTAGES),
            compounded=draw.random() < 0.3,
        )
        for _ in range(draw.choice((1, 2, 3, 5, 12)))
    ]
    books = Books(decimals, draw.choice(("tax", "line", "total")), draw.random() < 0.8)
    with localcontext(prec=60):
        asked = books.invoice(lines, draw.choice(DISCOUNTS))
    for line in asked["lines"]:
        if draw.random() < 0.05:
            line |= {"qty": None, "unit_cost": None}
    if draw.random() < 0.05:
        asked["lines"].append({"description": "Thank you"})
    return asked


@pytest.mark.parametrize(
    ("price_decimals", "per_unit"), [(0, False), (2, True), (4, False), (10, True)]
)
def test_the_ugliest_invoices_come_to_freshbooks_total_wherever_the_settings_allow_it(
    make, price_decimals, per_unit
):
    draw = random.Random(price_decimals)
    equal, impossible = 0, 0
    for number in range(20_000 if SOAK else 400):
        # decimals of FreshBooks' amounts and of the currency in Dynamics
        theirs, ours = draw.choice(((2, 2), (2, 2), (2, 3), (3, 3), (0, 0), (2, 0), (3, 2)))
        halves = draw.choice((ROUND_HALF_UP, ROUND_HALF_EVEN))
        organization = Organization(ours, price_decimals, per_unit, halves)
        asked = a_random_invoice(draw, theirs)
        rows = organization.written(make, **asked)

        total, shown = organization.total(rows), rows.header.columns["fbx_total"]
        assert total == shown, (number, organization, asked)
        # a surcharge, and where both sides have other decimals what no tax takes up
        more = (Decimal(asked["discount_total"]["amount"]) > 0) + (theirs != ours)
        assert len(rows.lines) <= len(asked["lines"]) + more
        equal += total == Decimal(asked["amount"])
        impossible += to_decimals(Decimal(asked["amount"]), ours) != Decimal(asked["amount"])

    assert equal + impossible == number + 1
    print(f"equal: {equal}; more decimals than the currency has in Dynamics: {impossible}")


amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=6)
percentages = st.decimals(min_value=0, max_value=200, places=4)
lines = st.builds(
    lambda qty, cost, amount, tax1, tax2, compounded: {
        "qty": None if qty is None else str(qty),
        "unit_cost": None if cost is None else {"amount": str(cost), "code": "USD"},
        "amount": None if amount is None else {"amount": str(amount), "code": "USD"},
        "taxAmount1": str(tax1),
        "taxAmount2": str(tax2),
        "compounded_tax": compounded,
    },
    st.none() | amounts,
    st.none() | st.decimals(min_value=-(10**4), max_value=10**4, places=6),
    st.none() | amounts,
    percentages,
    percentages,
    st.booleans(),
)


@given(
    total=amounts,
    discount=amounts,
    sold=st.lists(lines, max_size=6),
    decimals=st.integers(0, 4),
    price_decimals=st.integers(0, 10),
)
def test_figures_that_do_not_fit_together_come_to_the_total_all_the_same(
    make, total, discount, sold, decimals, price_decimals
):
    organization = Organization(decimals, price_decimals)
    money = {"amount": str(discount), "code": "USD"}

    rows = organization.written(make, amount=str(total), discount_total=money, lines=sold)

    assert organization.total(rows) == to_decimals(total, decimals)


@given(sold=st.lists(lines, max_size=6), price_decimals=st.integers(0, 10))
def test_what_the_engine_makes_of_it_is_known_before_it_is_written(make, sold, price_decimals):
    invoice = make.an_invoice(1000, amount="100.00", lines=sold)

    priced = price_invoice(invoice, precision=2, price_precision=price_decimals)

    assert priced.total == 100
    assert priced == price_invoice(invoice, precision=2, price_precision=price_decimals)
