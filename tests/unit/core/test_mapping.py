from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.entries import ENTRY_DONE, render_credit, render_expense, render_payment
from shared.core.fitting import fit
from shared.core.identity import Edition, Kind, RecordId, read_client_key, read_key
from shared.core.mapping import INVOICE_PAID, render_invoice
from shared.core.options import EntryKind, Status
from shared.core.place import Place
from shared.core.price_engine import rounded
from shared.core.rows import Reference
from shared.core.views import Currency

URL = "https://my.freshbooks.com/#/invoice/xazq5-1000"
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
CLIENT = RecordId("xazq5", Kind.CLIENT, 42)
INVOICE = RecordId("xazq5", Kind.INVOICE, 1000)
PAYMENT = RecordId("xazq5", Kind.PAYMENT, 7)
EXPENSE = RecordId("xazq5", Kind.EXPENSE, 9)
CREDIT = RecordId("xazq5", Kind.CREDIT, 5)
USD = Currency(uuid4(), "USD")
PLACE = Place(account=uuid4(), opportunity=None, currency=uuid4(), price_list=uuid4())


def rows_of(invoice, place=PLACE):
    return render_invoice(invoice, edition=Edition(INVOICE), place=place, url=URL, now=NOW)


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

    rows = rows_of(make.an_invoice(1000, lines=[line, plain], discount_value="50", amount="230.50"))

    assert [row.columns["tax"] for row in rows.lines] == [Decimal("15.50"), Decimal("15.00")]
    assert rows.header.columns["discountamount"] == Decimal("200.00")
    assert rows.header.columns["discountpercentage"] == 0


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
        edition=Edition(PAYMENT),
        place=PLACE,
        invoice=None,
        number="",
        received=None,
        url=URL,
        now=NOW,
    )

    assert row.columns["fbx_kind"] == EntryKind.CREDIT
    assert row.lookups["fbx_invoiceid"] is None


@pytest.mark.parametrize(
    ("paid", "left"), [("25.00", None), ("0.00", "25.00"), ("10.00", "15.00"), ("30.00", None)]
)
def test_a_credit_shows_what_is_left_where_freshbooks_says_so(make, paid, left):
    credit = make.a_credit(5, amount="25.00", paid=make.money(paid), notes="for May")

    row = render_credit(credit, edition=Edition(CREDIT), place=PLACE, url=URL, now=NOW)

    shown = row.columns["fbx_outstanding"]
    assert shown == (Decimal(left) if left else None)
    assert row.columns["subject"] == "Credit 25.00 USD"
    assert row.columns["fbx_kind"] == EntryKind.CREDIT
    assert row.columns["fbx_reference"] == "0000005"
    assert row.columns["fbx_method"] == "goodwill"
    assert row.columns["description"] == "for May"
    assert row.state == ENTRY_DONE
    assert row.id == CREDIT.row


def test_an_expense_names_category_and_vendor(make):
    expense = make.an_expense(9, category={"category": "Travel"})

    row = render_expense(expense, edition=Edition(EXPENSE), place=PLACE, url=URL, now=NOW)

    assert row.columns["subject"] == "Expense 12.50 USD: Travel"
    assert row.columns["fbx_reference"] == "Harbour Taxi"


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


def test_an_invoice_whose_number_is_blank_is_called_by_its_id(make):
    assert (
        rows_of(make.an_invoice(1000, invoice_number="  ")).header.columns["fbx_number"] == "1000"
    )


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


@pytest.mark.parametrize(
    ("status", "payments", "done"),
    [
        ("success", "paid", True),
        ("success", "auto-paid", True),
        ("success", "unpaid", False),
        ("something new", "paid", True),
        ("something new", "partial", False),
        ("sent", "paid", False),
        ("disputed", "paid", False),
        ("partial", "partial", False),
    ],
)
def test_what_freshbooks_says_of_payments_decides_where_the_status_does_not(
    make, status, payments, done
):
    rows = rows_of(make.an_invoice(1000, v3_status=status, payment_status=payments))

    assert (rows.header.state == INVOICE_PAID) is done
    assert (rows.entry.state == ENTRY_DONE) is done


@pytest.mark.parametrize("status", ["draft", "created"])
def test_of_a_draft_that_is_shown_nothing_is_outstanding(make, status):
    rows = rows_of(make.an_invoice(1000, v3_status=status, amount="80.00"))

    assert rows.header.columns["fbx_status"] == Status.DRAFT
    assert (rows.header.columns["fbx_total"], rows.header.columns["fbx_outstanding"]) == (80, 0)
    assert rows.entry.columns["subject"] == "Invoice 0001000: 80.00 USD, draft"


def test_an_invoice_that_was_overpaid_says_by_how_much(make):
    rows = rows_of(make.an_invoice(1000, amount="80.00", paid="100.00", v3_status="sent"))

    assert rows.header.columns["fbx_outstanding"] == -20
    assert rows.entry.columns["subject"] == "Invoice 0001000: 80.00 USD, 20.00 USD too much"


def test_an_invoices_entry_is_dated_by_the_invoice_and_ends_when_it_is_due_or_was_settled(make):
    dates = {"create_date": "2026-10-01", "due_date": "2026-10-31"}
    living = rows_of(make.an_invoice(1000, **dates)).entry
    settled = rows_of(make.an_invoice(1000, v3_status="paid", **dates)).entry
    made, due = (datetime(2026, 10, day, 12, tzinfo=UTC) for day in (1, 31))

    assert (living.columns["sortdate"], living.columns["scheduledend"]) == (made, due)
    assert "actualend" not in living.stamps
    assert (settled.columns["scheduledend"], settled.stamps["actualend"]) == (made, made)


def test_an_expense_without_a_category_names_its_vendor(make):
    row = render_expense(
        make.an_expense(9), edition=Edition(EXPENSE), place=PLACE, url=URL, now=NOW
    )

    assert row.columns["subject"] == "Expense 12.50 USD: Harbour Taxi"


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


@pytest.mark.parametrize("part", ["header", "entry"])
def test_an_invoice_says_when_it_was_paid_and_since_when_it_is_overdue(make, part):
    late = make.an_invoice(1000, v3_status="overdue", due_date="2026-10-31")
    paid = make.an_invoice(1000, v3_status="paid", date_paid="2026-11-01", due_date="2026-10-31")
    half = make.an_invoice(1000, v3_status="partial", date_paid="2026-11-01")

    shown = [
        (row.columns["fbx_overduesince"], row.columns["fbx_paidon"])
        for row in (getattr(rows_of(each), part) for each in (late, paid, half))
    ]

    assert shown == [(date(2026, 11, 1), None), (None, date(2026, 11, 1)), (None, None)]


def test_an_overdue_invoice_without_a_due_date_was_due_on_its_day(make):
    invoice = make.an_invoice(1000, v3_status="overdue", due_date=None, create_date="2026-10-01")

    assert rows_of(invoice).header.columns["fbx_overduesince"] == date(2026, 10, 2)


def test_an_invoice_that_is_due_at_the_end_of_time_says_no_day_after_it(make):
    invoice = make.an_invoice(1000, v3_status="overdue", due_date="9999-12-31")

    assert rows_of(invoice).header.columns["fbx_overduesince"] is None
