"""The price engine: line amounts and invoice totals, as the page on price calculation describes."""

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
