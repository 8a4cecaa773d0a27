"""The price engine: line amounts and invoice totals, as the page on price calculation describes.

Product-discounting-methods has the two methods; the organization reference has its settings.
"""

from decimal import Decimal

import pytest

TOTALS = "totallineitemamount,totaltax,totaldiscountamount,totalamount,pricingerrorcode"


@pytest.fixture
def invoice(seeds):
    return seeds.invoice()


def totals(api, invoice):
    row = api.get(f"invoices({invoice})?$select={TOTALS}").json(parse_float=Decimal)
    return [row[name] for name in TOTALS.split(",")]


def test_a_write_in_line_is_quantity_times_price_less_discount_plus_tax(api, seeds, invoice):
    line = seeds.line(
        invoice,
        quantity=Decimal("2.5"),
        priceperunit=Decimal("10.50"),
        manualdiscountamount=Decimal("1.25"),
        tax=Decimal("3.00"),
    )

    row = api.get(f"invoicedetails({line})?$select=baseamount,extendedamount").json(
        parse_float=Decimal
    )
    assert row["baseamount"] == Decimal("26.25")
    assert row["extendedamount"] == Decimal("28.00")
    assert totals(api, invoice) == [25, 3, 0, 28, 0]


def test_the_total_adds_tax_and_freight_and_takes_both_discounts(api, seeds, invoice):
    seeds.line(invoice, quantity=2, priceperunit=Decimal(100), tax=Decimal(26))

    api.patch(
        f"invoices({invoice})",
        {"discountamount": 10, "discountpercentage": 5, "freightamount": 7.5},
    )

    assert totals(api, invoice) == [200, 26, 20, Decimal("213.5"), 0]


def test_changing_and_deleting_lines_recalculates(api, seeds, invoice):
    line, other = seeds.line(invoice), seeds.line(invoice)
    seen = [totals(api, invoice)[3]]

    api.patch(f"invoicedetails({line})", {"quantity": 3})
    seen.append(totals(api, invoice)[3])
    api.delete(f"invoicedetails({other})")
    seen.append(totals(api, invoice)[3])

    assert seen == [200, 400, 300]


def test_totals_that_are_pushed_are_overwritten(api, seeds, invoice):
    seeds.line(invoice)

    answer = api.patch(f"invoices({invoice})", {"totalamount": 999})

    assert answer.status_code == 204
    assert totals(api, invoice)[3] == 100


def test_totals_are_not_accepted_on_create(api, seeds, code):
    body = {
        "totalamount": 5,
        "customerid_account@odata.bind": f"/accounts({seeds.account()})",
    }

    assert code(api.post("invoices", body))[0] == 400


def test_without_a_price_list_calculation_is_skipped_and_says_so(api, seeds):
    invoice = seeds.invoice(pricelevelid=None)
    seeds.line(invoice)

    assert totals(api, invoice) == [0, 0, 0, 0, 2]


def test_a_price_list_in_another_currency_is_error_34(api, seeds):
    invoice = seeds.invoice(
        pricelevelid=seeds.price_list("CAD"), transactioncurrencyid=seeds.currency("USD")
    )
    seeds.line(invoice)

    assert totals(api, invoice) == [0, 0, 0, 0, 34]


def test_giving_the_right_price_list_later_repairs_the_totals(api, seeds):
    invoice = seeds.invoice(pricelevelid=None)
    seeds.line(invoice)

    bind = f"/pricelevels({seeds.price_list()})"
    api.patch(f"invoices({invoice})", {"pricelevelid@odata.bind": bind})

    assert totals(api, invoice) == [100, 0, 0, 100, 0]


def test_an_organization_may_make_price_lists_optional(api, seeds, dataverse):
    organization = dataverse.all("organization")[0]["organizationid"]
    dataverse.update("organization", organization, ispricelistmandatory=False)
    invoice = seeds.invoice(pricelevelid=None)
    seeds.line(invoice)

    assert totals(api, invoice) == [100, 0, 0, 100, 0]


def test_an_organization_may_switch_system_pricing_off(api, seeds, dataverse):
    organization = dataverse.all("organization")[0]["organizationid"]
    dataverse.update("organization", organization, oobpricecalculationenabled=False)
    invoice = seeds.invoice()
    seeds.line(invoice)

    api.patch(f"invoices({invoice})", {"totalamount": 999})

    assert totals(api, invoice)[3] == 999


def test_a_line_carries_its_invoice_s_currency(api, seeds, dataverse):
    invoice = seeds.invoice(
        pricelevelid=seeds.price_list("CAD"), transactioncurrencyid=seeds.currency("CAD")
    )
    line = seeds.line(invoice, priceperunit=Decimal("13.60"))

    row = dataverse.get("invoicedetail", line)
    assert row["_transactioncurrencyid_value"] == seeds.currency("CAD")
    assert row["extendedamount_base"] == Decimal(10)


def test_an_invoice_with_lines_is_created_and_priced_in_one_request(api, seeds, dataverse):
    line = {"isproductoverridden": True, "quantity": 1, "priceperunit": 12.34}

    made = api.post(
        "invoices?$select=totalamount,invoicenumber",
        {
            "name": "I",
            "customerid_account@odata.bind": f"/accounts({seeds.account()})",
            "pricelevelid@odata.bind": f"/pricelevels({seeds.price_list()})",
            "invoice_details": [
                {**line, "productdescription": "a"},
                {**line, "productdescription": "b"},
            ],
        },
        Prefer="return=representation",
    )

    assert made.json(parse_float=Decimal)["totalamount"] == Decimal("24.68")
    assert made.json()["invoicenumber"].startswith("INV-")
    assert len(dataverse.all("invoicedetail")) == 2


def test_invoice_numbers_are_given_and_not_unique(api, seeds, dataverse):
    one, two = seeds.invoice(), seeds.invoice()
    seeds.invoice(invoicenumber="SAME")
    seeds.invoice(invoicenumber="same")

    numbers = [row["invoicenumber"] for row in dataverse.all("invoice")]
    assert len(set(numbers)) == 4
    assert (
        dataverse.get("invoice", one)["invoicenumber"]
        != (dataverse.get("invoice", two)["invoicenumber"])
    )


@pytest.mark.parametrize("name", ["freightamount", "discountamount"])
def test_negative_freight_and_discount_are_out_of_range(api, invoice, code, name):
    assert code(api.patch(f"invoices({invoice})", {name: -1})) == (400, "0x80044330")


@pytest.mark.parametrize(
    "missing", ["invoiceid@odata.bind", "isproductoverridden", "productdescription"]
)
def test_a_line_without_what_it_needs_is_refused(api, invoice, code, missing):
    body = {
        "invoiceid@odata.bind": f"/invoices({invoice})",
        "isproductoverridden": True,
        "productdescription": "x",
        "quantity": 1,
    }
    del body[missing]

    assert code(api.post("invoicedetails", body))[0] == 400


# product-discounting-methods: the discount is taken off the line, or off each unit of it.


@pytest.mark.parametrize(
    ("method", "extended"), [(0, Decimal(19990)), (1, Decimal(18000))], ids=["line", "unit"]
)
def test_a_discount_is_taken_off_the_line_or_off_every_unit(
    api, seeds, dataverse, invoice, method, extended
):
    dataverse.set({"organization": {"discountcalculationmethod": method}})

    line = seeds.line(invoice, quantity=200, priceperunit=100, manualdiscountamount=10)

    row = dataverse.get("invoicedetail", line)
    assert (row["baseamount"], row["extendedamount"]) == (20000, extended)
    assert totals(api, invoice) == [extended, 0, 0, extended, 0]
    off = dataverse.get("invoice", invoice)["totallineitemdiscountamount"]
    assert off == 20000 - extended


def test_a_discount_per_unit_is_rounded_as_an_amount(api, seeds, dataverse, invoice):
    dataverse.set({"organization": {"discountcalculationmethod": 1}})

    seeds.line(
        invoice,
        quantity=Decimal("1.5"),
        priceperunit=Decimal(10),
        manualdiscountamount=Decimal("0.33"),
        tax=Decimal("1.00"),
    )

    # 0.495 is half a cent over.
    assert totals(api, invoice) == [Decimal("14.50"), 1, 0, Decimal("15.50"), 0]


def test_what_settles_prices_is_told_by_the_organization(api, dataverse):
    given = {
        "discountcalculationmethod": 1,
        "ispricelistmandatory": False,
        "oobpricecalculationenabled": False,
        "pricingdecimalprecision": 4,
    }

    shown = dataverse.set({"organization": given})["organization"]

    (row,) = api.rows(f"organizations?$select={','.join(given)}")
    assert shown == given
    assert {name: row[name] for name in given} == given


@pytest.mark.parametrize(
    "given",
    [
        {"discountcalculationmethod": 2},
        {"pricingdecimalprecision": 11},
        {"pricingdecimalprecision": -1},
        {"name": "B"},
    ],
)
def test_an_organization_has_no_other_settings(api, given):
    answer = api.session.post(f"{api.origin}/_sandbox/settings", json={"organization": given})

    assert answer.status_code == 400


# Money columns: PrecisionSource 2 is the currency's decimals, 1 the organization's for prices.


@pytest.fixture
def invoice_in(seeds, dataverse):
    """An invoice in a currency of its own, with its price list."""

    def make(code, precision, rate="2"):
        currency = dataverse.add(
            "transactioncurrency",
            currencyname=code,
            isocurrencycode=code,
            currencysymbol=code,
            currencyprecision=precision,
            exchangerate=Decimal(rate),
        )
        prices = dataverse.add("pricelevel", name=code, transactioncurrencyid=currency)
        return seeds.invoice(transactioncurrencyid=currency, pricelevelid=prices)

    return make


@pytest.mark.parametrize(
    ("code", "precision", "expected"),
    [
        ("JPY", 0, ["37", "1", "2", "36"]),
        ("EUR", 2, ["37.04", "1.50", "1.85", "36.69"]),
        ("KWD", 3, ["37.037", "1.499", "1.852", "36.684"]),
    ],
)
def test_amounts_are_kept_in_the_currency_s_decimals(
    api, seeds, dataverse, invoice_in, code, precision, expected
):
    dataverse.set({"organization": {"pricingdecimalprecision": 4}})
    invoice = invoice_in(code, precision)
    seeds.line(invoice, quantity=3, priceperunit=Decimal("12.3457"), tax=Decimal("1.4994"))

    api.patch(f"invoices({invoice})", {"discountpercentage": 5})

    assert totals(api, invoice)[:4] == [Decimal(each) for each in expected]


@pytest.mark.parametrize(
    ("precision", "price", "gross"),
    [
        (0, "1", "100"),
        (2, "0.65", "65"),
        (3, "0.655", "65.5"),
        (4, "0.6550", "65.50"),
        (6, "0.654979", "65.50"),
        (10, "0.6549789123", "65.50"),
    ],
)
def test_prices_keep_the_organization_s_decimals(
    api, seeds, dataverse, invoice, precision, price, gross
):
    dataverse.set({"organization": {"pricingdecimalprecision": precision}})

    line = seeds.line(invoice, quantity=100, priceperunit=Decimal("0.6549789123"))

    row = api.get(f"invoicedetails({line})?$select=priceperunit,baseamount")
    found = row.json(parse_float=Decimal)
    assert found["priceperunit"] == Decimal(price)
    assert found["baseamount"] == Decimal(gross)
    assert dataverse.get("invoicedetail", line)["priceperunit"] == Decimal(price)


def test_a_quantity_keeps_five_decimals(seeds, dataverse, invoice):
    line = seeds.line(invoice, quantity=Decimal("0.003456"), priceperunit=Decimal(10000))

    row = dataverse.get("invoicedetail", line)
    assert row["quantity"] == Decimal("0.00346")
    assert row["baseamount"] == Decimal("34.60")


def test_a_discount_in_percent_keeps_two_decimals(api, seeds, invoice):
    seeds.line(invoice, quantity=1, priceperunit=Decimal(10000))

    api.patch(f"invoices({invoice})", {"discountpercentage": 15.93303})

    row = api.get(f"invoices({invoice})?$select=discountpercentage").json(parse_float=Decimal)
    assert row["discountpercentage"] == Decimal("15.93")
    assert totals(api, invoice) == [10000, 0, 1593, 8407, 0]


def test_the_discount_is_rounded_before_it_is_taken_off(api, seeds, invoice):
    seeds.line(invoice, quantity=1, priceperunit=Decimal("100.10"))

    api.patch(f"invoices({invoice})", {"discountpercentage": 0.15})

    # 0.15015: the totals go on with what the column shows.
    assert totals(api, invoice) == [Decimal("100.10"), 0, Decimal("0.15"), Decimal("99.95"), 0]


def test_every_amount_has_its_twin_in_the_base_currency(seeds, dataverse, invoice_in):
    invoice = invoice_in("KWD", 3, rate="0.4")
    seeds.line(invoice, quantity=1, priceperunit=Decimal("1.23"), tax=Decimal("0.001"))

    row = dataverse.get("invoice", invoice)
    assert row["totalamount"] == Decimal("1.231")
    assert row["totalamount_base"] == Decimal("3.0775")
    assert row["exchangerate"] == Decimal("0.4")
