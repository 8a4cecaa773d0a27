from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.accounts import render_account, render_balances
from shared.core.fitting import fit
from shared.core.identity import Kind, RecordId, read_client_key, read_key
from shared.core.mapping import (
    ENTRY_DONE,
    INVOICE_PAID,
    render_expense,
    render_invoice,
    render_payment,
    rounded,
)
from shared.core.options import EntryKind, Health, Status
from shared.core.place import Place, choose_opportunity
from shared.core.records import LastActivity
from shared.core.rows import Reference
from shared.core.views import Currency

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
CLIENT = RecordId("xazq5", Kind.CLIENT, 42)
INVOICE = RecordId("xazq5", Kind.INVOICE, 1000)
PAYMENT = RecordId("xazq5", Kind.PAYMENT, 7)
EXPENSE = RecordId("xazq5", Kind.EXPENSE, 9)
USD = Currency(uuid4(), "USD")
PLACE = Place(account=uuid4(), opportunity=None, currency=uuid4(), price_list=uuid4())


def rows_of(invoice, place=PLACE):
    return render_invoice(invoice, record=INVOICE, place=place, now=NOW)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_money_survives_to_the_cent(make, amount):
    invoice = make.an_invoice(1000, amount=str(amount), lines=[])

    rows = rows_of(invoice)

    assert rows.header.columns["fbx_total"] == amount
    assert rows.header.columns["fbx_outstanding"] == amount
    assert rows.entry.columns["fbx_amount"] == amount


@given(st.decimals(min_value=0, max_value=10**6, places=24))
def test_more_decimals_are_rounded_half_up_as_dataverse_stores_them(make, amount):
    invoice = make.an_invoice(1000, amount=str(amount), lines=[])

    total = rows_of(invoice).header.columns["fbx_total"]

    assert total == amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def test_a_currency_without_decimals_is_respected():
    assert rounded(Decimal("1234.5"), 0) == Decimal(1235)


def test_tax_is_an_amount_after_the_discount_and_compounds(make):
    line = make.a_line(
        qty="2", unit_cost="100.00", taxAmount1="10", taxAmount2="5", compounded_tax=True
    )
    plain = make.a_line(qty="2", unit_cost="100.00", taxAmount1="10", taxAmount2="5")

    rows = rows_of(make.an_invoice(1000, lines=[line, plain], discount_value="50"))

    assert rows.lines[0].columns["tax"] == Decimal("15.50")
    assert rows.lines[1].columns["tax"] == Decimal("15.00")
    assert rows.header.columns["discountpercentage"] == Decimal("50.00")


def test_lines_have_ids_by_position_and_not_by_lineid(make):
    first = rows_of(make.an_invoice(1000, lines=[make.a_line(lineid=5), make.a_line(lineid=9)]))
    second = rows_of(make.an_invoice(1000, lines=[make.a_line(lineid=1), make.a_line(lineid=2)]))

    assert [row.id for row in first.lines] == [row.id for row in second.lines]


def test_ids_do_not_change_between_versions_of_the_connector():
    # a changed id would write every record a second time
    assert str(RecordId("xazq5", Kind.INVOICE, 177).row) == "4a2512d7-9402-5bd5-91eb-cd483973e695"


def test_an_unknown_status_is_kept_as_unknown():
    assert Status.of("deposit_paid") is Status.DEPOSIT_PAID
    assert Status.of("something_new") is Status.UNKNOWN


def test_entries_appear_on_the_opportunity_when_there_is_one(make):
    opportunity = uuid4()
    place = Place(account=uuid4(), opportunity=opportunity, currency=uuid4())

    entry = rows_of(make.an_invoice(1000), place).entry

    assert entry.lookups["regardingobjectid"] == Reference("opportunity", opportunity)


def test_a_payment_without_an_invoice_is_a_credit(make):
    row = render_payment(
        make.a_payment(7, invoice=None),
        record=PAYMENT,
        place=PLACE,
        invoice=None,
        number="",
        now=NOW,
    )

    assert row.columns["fbx_kind"] == EntryKind.CREDIT
    assert row.lookups["fbx_invoiceid"] is None


def test_an_expense_names_category_and_vendor(make):
    expense = make.an_expense(9, category={"category": "Travel"})

    row = render_expense(expense, record=EXPENSE, place=PLACE, now=NOW)

    assert row.columns["subject"] == "Expense 12.50 USD: Travel"
    assert row.columns["fbx_reference"] == "Harbour Taxi"


@pytest.mark.parametrize(
    ("reference", "current", "written", "expected"),
    [
        ("", "b", True, "b"),
        ("PO 7", None, False, "a"),
        ("po 7 ", None, True, "a"),
        (" po 7", None, False, "a"),
        ("unknown", None, False, None),
        ("", None, False, None),
    ],
    ids=[
        "what it has",
        "by reference",
        "by reference later",
        "by reference with blanks",
        "two open",
        "two open, no reference",
    ],
)
def test_the_opportunity_is_never_guessed(reference, current, written, expected):
    ids = {"a": uuid4(), "b": uuid4()}

    chosen = choose_opportunity(
        reference=reference,
        open_opportunities={ids["a"]: "PO 7", ids["b"]: "Renewal"},
        current=ids.get(current),
        written=written,
    )

    assert chosen == ids.get(expected)


def test_two_opportunities_of_the_name_that_is_wanted_are_not_chosen_between():
    chosen = choose_opportunity(
        reference="PO 7",
        open_opportunities={uuid4(): "PO 7", uuid4(): "po 7"},
        current=None,
        written=False,
    )

    assert chosen is None


@pytest.mark.parametrize(("written", "taken"), [(False, True), (True, False)])
def test_the_only_open_opportunity_is_taken_by_new_invoices_alone(written, taken):
    only = uuid4()

    chosen = choose_opportunity(
        reference="", open_opportunities={only: "Renewal"}, current=None, written=written
    )

    assert (chosen == only) is taken


def balances(make, *, currency="USD", precision=2, **fields):
    def entries(amounts):
        return [{"amount": make.money(amount, code)} for code, amount in amounts.items()]

    client = make.a_client(
        42,
        **{f"{name}_balance": entries(amounts) for name, amounts in fields.items()},
    )
    return render_balances(
        client,
        record=CLIENT,
        currency=Currency(uuid4(), currency, precision),
        activity=LastActivity(date(2026, 10, 1), None),
    )


def test_health_says_what_the_balances_mean(make):
    def health(**fields):
        return balances(make, **fields)["fbx_financialhealth"]

    assert health(outstanding={"USD": "10"}, overdue={"CAD": "1"}) == Health.OVERDUE
    assert health(outstanding={"CAD": "10"}, overdue={"USD": "0"}) == Health.PAYMENT_DUE
    assert health(outstanding={"USD": "0"}) == Health.GOOD_STANDING


def test_a_client_that_only_paid_is_in_good_standing(make):
    columns = render_balances(
        make.a_client(42),
        record=CLIENT,
        currency=USD,
        activity=LastActivity(None, date(2026, 10, 1)),
    )

    assert columns["fbx_financialhealth"] == Health.GOOD_STANDING
    assert columns["fbx_lastpaymenton"] == date(2026, 10, 1)


def test_amounts_of_one_currency_are_added_up(make):
    two = [{"amount": make.money("10.00")}, {"amount": make.money("5.00")}]
    client = make.a_client(42, outstanding_balance=two)

    columns = render_balances(
        client, record=CLIENT, currency=USD, activity=LastActivity(None, None)
    )

    assert columns["fbx_outstanding"] == 15


def test_a_client_without_a_name_gets_one_by_its_number(make):
    client = make.a_client(42, organization="")

    row = render_account(client, record=CLIENT, currency=USD, balances={}, now=NOW)

    assert row.initial["name"] == "FreshBooks client 42"


@pytest.mark.parametrize(
    ("name", "description", "title"),
    [("Work", "Two days", "Work"), (" ", "Two days", "Two days"), ("", "", "Line 1")],
)
def test_a_line_is_called_by_what_there_is(make, name, description, title):
    line = make.a_line(name=name, description=description)

    (row,) = rows_of(make.an_invoice(1000, lines=[line])).lines

    assert row.columns["productdescription"] == title


def test_an_invoice_without_a_number_is_called_by_its_id(make):
    rows = rows_of(make.an_invoice(1000, invoice_number=""))

    assert rows.header.columns["fbx_number"] == "1000"
    assert rows.entry.columns["fbx_reference"] == "1000"


def test_an_invoices_entry_names_its_purchase_order(make):
    rows = rows_of(make.an_invoice(1000, po_number="PO-7"))

    assert rows.entry.columns["fbx_reference"] == "PO-7"


def test_prices_and_quantities_keep_the_decimals_dataverse_has(make):
    place = Place(account=uuid4(), opportunity=None, currency=uuid4(), price_precision=4)
    line = make.a_line(qty="0.33333", unit_cost="0.0125")

    (row,) = rows_of(make.an_invoice(1000, lines=[line]), place).lines

    assert row.columns["quantity"] == Decimal("0.33333")
    assert row.columns["priceperunit"] == Decimal("0.0125")


@pytest.mark.parametrize("status", ["paid", "autopaid", "auto-paid"])
def test_an_invoice_that_is_settled_in_whatever_way_is_closed(make, status):
    rows = rows_of(make.an_invoice(1000, paid="100.00", v3_status=status))

    assert rows.header.state == INVOICE_PAID
    assert rows.entry.state == ENTRY_DONE


def test_an_expense_without_a_category_names_its_vendor(make):
    row = render_expense(make.an_expense(9), record=EXPENSE, place=PLACE, now=NOW)

    assert row.columns["subject"] == "Expense 12.50 USD: Harbour Taxi"


def test_an_account_shows_its_own_currency_and_names_the_others(make):
    columns = balances(make, outstanding={"USD": "10.50", "CAD": "99"}, overdue={"CAD": "9"})

    assert columns["fbx_outstanding"] == Decimal("10.50")
    assert columns["fbx_overdue"] == 0
    assert columns["fbx_balances"] == (
        "CAD: 99.00 open (9.00 overdue), 0.00 credit; USD: 10.50 open (0.00 overdue), 0.00 credit"
    )


@pytest.mark.parametrize(
    ("currency", "precision", "amount", "shown"),
    [("JPY", 0, "1234.5", "1235"), ("KWD", 3, "1.2345", "1.235"), ("USD", 2, "1.005", "1.01")],
)
def test_balances_have_the_decimals_of_their_currency(make, currency, precision, amount, shown):
    names = ("outstanding", "overdue", "credit")

    columns = balances(
        make, currency=currency, precision=precision, **{name: {currency: amount} for name in names}
    )

    assert {str(columns[f"fbx_{name}"]) for name in names} == {shown}


def test_contact_details_are_written_once_on_an_account_that_is_created(make):
    client = make.a_client(42, p_city="Halifax")

    row = render_account(
        client, record=CLIENT, currency=USD, balances={"fbx_clientkey": "x"}, now=NOW
    )

    assert row.initial["address1_city"] == "Halifax"
    assert "name" not in row.columns


def test_keys_tell_their_record_and_nothing_elses():
    assert read_client_key(CLIENT.client_key, "xazq5") == CLIENT
    assert read_key(PAYMENT.key, "xazq5") == PAYMENT
    assert read_client_key("other-42", "xazq5") is None
    assert read_key("other-invoice-42", "xazq5") is None
    assert read_key("xazq5-estimate-42", "xazq5") is None
    for nothing in ("xazq5-", "xazq5-invoice-", "xazq5-invoice-٣", "-", ""):
        assert read_client_key(nothing, "xazq5") is None
        assert read_key(nothing, "xazq5") is None


@given(st.text(max_size=3000))
def test_a_text_always_fits_its_column(text):
    fitted = fit("invoice", {"name": text})["name"]

    assert fitted is None or (0 < len(fitted.encode("utf-16-le")) <= 600)


def test_only_a_client_has_a_clients_key():
    with pytest.raises(ValueError, match="is no client"):
        assert INVOICE.client_key
