"""What Dynamics itself adds an invoice up to, against what FreshBooks asks for."""

import random
from decimal import Decimal

import pytest

from tests.functional.world import Firm
from tests.soak import SOAK

PAID = 2
TWO_TAXES = {"taxName1": "GST", "taxAmount1": "5", "taxName2": "QST", "taxAmount2": "9.975"}
# The four that were seen to be off: by 0.60, by all of it, by 0.32 and by a cent here and there.
SEEN = {
    "120 x 0.655": ([{"qty": "120", "unit_cost": "0.655"}], "0"),
    "10,000 x 0.003": ([{"qty": "10000", "unit_cost": "0.003"}], "0"),
    "15.93303 % off": ([{"qty": "12", "unit_cost": "1000.00"}], "15.93303"),
    "5 % and 9.975 %": (
        [{"qty": "1", "unit_cost": f"{10 + n}.{n:02}", **TWO_TAXES} for n in range(3, 90, 7)],
        "0",
    ),
}


@pytest.fixture
def firm():
    return Firm()


def configure(firm, **columns):
    """Change the organization's settings."""
    (organization,) = firm.dataverse.all("organization")
    firm.dataverse.update("organization", organization["organizationid"], **columns)


def a_currency(firm, code, precision):
    currency = firm.dataverse.add(
        "transactioncurrency",
        isocurrencycode=code,
        currencyname=code,
        currencysymbol=code,
        currencyprecision=precision,
        exchangerate=1,
    )
    firm.dataverse.add(
        "pricelevel", name=code, transactioncurrencyid=("transactioncurrency", currency)
    )


def an_invoice(firm, *lines, code="USD", **fields):
    client = firm.books.create_client(organization="Aster Works", currency_code=code)
    named = [{"name": "Work", **line} for line in lines]
    return firm.books.create_invoice(client["id"], lines=named, sent=True, **fields)


def again(firm):
    """Handle every message that ever was once more."""
    for request in list(firm.queue.sent):
        firm.queue.send(request)
    firm.drain()


def totals(firm):
    """Return Dynamics' own total and the one that is carried over."""
    (row,) = firm.invoices()
    return Decimal(str(row["totalamount"])), Decimal(str(row["fbx_total"]))


def shown(firm):
    """Return quantity, price, name and text of the lines as people see them."""
    rows = sorted(firm.dataverse.all("invoicedetail"), key=lambda row: row["lineitemnumber"])
    return [
        (row["quantity"], row["priceperunit"], row["productdescription"], row["description"])
        for row in rows
    ]


def assert_equal(firm, invoice):
    asked = Decimal(invoice["amount"]["amount"])
    assert totals(firm) == (asked, asked)
    assert not firm.dead_letters.letters
    before = firm.everything()
    again(firm)
    assert firm.everything() == before


@pytest.mark.parametrize("price_decimals", [0, 2, 4])
@pytest.mark.parametrize("lines", SEEN)
def test_what_was_seen_to_be_off_is_equal_and_stays(firm, lines, price_decimals):
    configure(firm, pricingdecimalprecision=price_decimals)
    sold, discount = SEEN[lines]

    invoice = an_invoice(firm, *sold, discount_value=discount)
    firm.run()

    assert_equal(firm, invoice)


def an_ugly_line(draw):
    taxes = {} if draw.random() < 0.4 else TWO_TAXES | {"compounded_tax": draw.random() < 0.3}
    return {
        "qty": draw.choice(("1", "0.25", "7.5", "0.3333", "-1", "0", "10000", "33.33333")),
        "unit_cost": draw.choice(("72.33", "142.50", "0.655", "0.003", "99.999", "-20.05", "1000")),
        **taxes,
    }


@pytest.mark.parametrize("price_decimals", [0, 2, 4])
def test_ugly_invoices_are_all_equal_and_none_is_written_twice(firm, price_decimals):
    configure(firm, pricingdecimalprecision=price_decimals)
    draw = random.Random(price_decimals)
    client = firm.books.create_client(organization="Aster Works")
    asked = {}
    for _ in range(1000 if SOAK else 25):
        lines = [{"name": "Work", **an_ugly_line(draw)} for _ in range(draw.randint(1, 6))]
        discount = draw.choice(("0", "0", "10", "15.93303", "33.3333", "-5", "100"))
        invoice = firm.books.create_invoice(
            client["id"], lines=lines, sent=True, discount_value=discount
        )
        asked[invoice["invoice_number"]] = Decimal(invoice["amount"]["amount"])
    firm.run()
    before = firm.everything()

    again(firm)

    assert {row["fbx_number"]: row["totalamount"] for row in firm.invoices()} == asked
    assert firm.everything() == before


@pytest.mark.parametrize("per_unit", [0, 1])
def test_the_discount_method_does_not_matter(firm, per_unit):
    (organization,) = firm.dataverse.all("organization")
    if organization.get("discountcalculationmethod", 0) != per_unit:
        if "discountcalculationmethod" not in organization:
            pytest.skip("the stand-in for Dataverse knows one method")
        configure(firm, discountcalculationmethod=per_unit)

    invoice = an_invoice(
        firm, {"qty": "100", "unit_cost": "11.00", **TWO_TAXES}, discount_value="15.93303"
    )
    firm.run()

    assert_equal(firm, invoice)


def test_a_line_that_cannot_be_multiplied_says_what_it_was(firm):
    an_invoice(firm, {"qty": "120", "unit_cost": "0.655", "description": "Labels, printed"})
    firm.run()

    assert shown(firm) == [(1, Decimal("78.60"), "Work", "120 x 0.655\nLabels, printed")]


def test_a_surcharge_and_a_quantity_that_no_column_holds_are_shown_as_amounts(firm):
    invoice = an_invoice(
        firm, {"qty": "1000000000000", "unit_cost": "0.01", **TWO_TAXES}, discount_value="-5"
    )
    firm.run()

    assert shown(firm) == [
        (1, Decimal("10000000000.00"), "Work", "1000000000000 x 0.01"),
        (1, Decimal("500000000.00"), "Discount of -5 %", None),
    ]
    assert_equal(firm, invoice)


def test_lines_without_quantity_or_price_are_shown_by_their_amount(firm):
    invoice = an_invoice(firm, {"qty": "1", "unit_cost": "10.00"}, {"qty": "0", "unit_cost": "0"})
    row = firm.books.row("invoice", invoice["id"])
    first, second = row.now["lines"]
    nothing = {"qty": None, "unit_cost": None}
    text = {**nothing, "amount": None, "name": "", "description": "With thanks"}
    row.now = {**row.now, "lines": [{**first, **nothing}, {**second, **text}]}

    firm.run()

    assert shown(firm) == [(1, 10, "Work", None), (1, 0, "With thanks", "With thanks")]
    assert_equal(firm, invoice)


@pytest.mark.parametrize(("code", "precision"), [("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_currencies_with_other_decimals_are_equal_too(firm, code, precision):
    a_currency(firm, code, precision)
    invoice = an_invoice(
        firm,
        {"qty": "3", "unit_cost": "1000", "taxName1": "VAT", "taxAmount1": "10"},
        {"qty": "-1", "unit_cost": "500", "taxName1": "VAT", "taxAmount1": "10"},
        code=code,
        discount_value="20",
    )
    firm.run()

    assert_equal(firm, invoice)


def test_an_edit_takes_the_lines_of_our_own_out_again(firm):
    invoice = an_invoice(firm, {"qty": "1", "unit_cost": "10.00"}, discount_value="-5")
    firm.run()
    assert len(shown(firm)) == 2

    firm.clock.advance(60)
    invoice = firm.books.edit_invoice(invoice["id"], discount_value="5")
    firm.run()

    assert len(shown(firm)) == 1
    assert_equal(firm, invoice)


def test_a_paid_invoice_as_an_earlier_release_wrote_it_is_brought_over(firm):
    invoice = an_invoice(firm, {"qty": "120", "unit_cost": "0.655"}, discount_value="15.93303")
    firm.run()
    (header,), (line,) = firm.invoices(), firm.dataverse.all("invoicedetail")
    firm.dataverse.update(
        "invoice", header["invoiceid"], discountpercentage=Decimal("15.93"), discountamount=None
    )
    firm.dataverse.update(
        "invoicedetail",
        line["invoicedetailid"],
        quantity=Decimal(120),
        priceperunit=Decimal("0.66"),
        manualdiscountamount=None,
        description=None,
    )
    firm.books.pay_invoice(invoice["id"], invoice["amount"]["amount"])

    firm.run()

    assert firm.invoices()[0]["statecode"] == PAID
    assert firm.invoices()[0]["discountpercentage"] == 0
    assert_equal(firm, invoice)


def test_inputs_that_an_earlier_release_left_empty_are_no_reason_to_write(firm):
    invoice = an_invoice(firm, {"qty": "1", "unit_cost": "10.00"})
    firm.run()
    (header,), (line,) = firm.invoices(), firm.dataverse.all("invoicedetail")
    firm.dataverse.update("invoice", header["invoiceid"], discountamount=None)
    firm.dataverse.update("invoicedetail", line["invoicedetailid"], manualdiscountamount=None)

    assert_equal(firm, invoice)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("invoice", "discountpercentage"),
        ("invoice", "discountamount"),
        ("invoicedetail", "manualdiscountamount"),
        ("invoicedetail", "tax"),
    ],
)
def test_an_input_that_a_person_changed_is_put_right(firm, table, column):
    invoice = an_invoice(firm, {"qty": "2", "unit_cost": "10.00"}, discount_value="10")
    firm.run()
    (row,) = firm.dataverse.all(table)
    firm.dataverse.update(table, row[f"{table}id"], **{column: Decimal(3)})
    assert totals(firm)[0] != totals(firm)[1]

    again(firm)

    assert_equal(firm, invoice)


@pytest.mark.parametrize("without", ["engine", "price list"])
def test_where_dynamics_does_not_calculate_freshbooks_total_stands(firm, without):
    if without == "engine":
        configure(firm, oobpricecalculationenabled=False)
    else:
        for row in firm.dataverse.all("pricelevel"):
            firm.dataverse.delete("pricelevel", row["pricelevelid"])
    an_invoice(firm, {"qty": "120", "unit_cost": "0.655"}, discount_value="10")
    firm.run()
    before = firm.everything()

    again(firm)

    (row,) = firm.invoices()
    assert row["totalamount"] in {None, 0}
    assert row["fbx_total"] == Decimal("70.74")
    assert firm.everything() == before
