from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.fingerprints import fingerprint
from shared.core.identity import Kind
from shared.core.records import SourceVersion, parse_record
from shared.errors import RecordRefusedError


def test_eastern_times_are_read_with_daylight_saving():
    summer = SourceVersion("2026-07-01 12:00:00").instants()
    winter = SourceVersion("2026-12-01 12:00:00").instants()

    assert summer == (datetime(2026, 7, 1, 16, tzinfo=UTC),) * 2
    assert winter == (datetime(2026, 12, 1, 17, tzinfo=UTC),) * 2


def test_the_repeated_hour_means_two_instants():
    earliest, latest = SourceVersion("2026-11-01 01:30:00").instants()

    assert (latest - earliest).total_seconds() == 3600


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(1, 10**7))  # noqa: DTZ001  # Eastern has no zone on the wire
def test_no_version_is_surely_older_both_ways(moment, seconds):
    from datetime import timedelta

    one = SourceVersion(str(moment))
    other = SourceVersion(str(moment + timedelta(seconds=seconds)))

    assert not (one.surely_older_than(other) and other.surely_older_than(one))
    assert not one.surely_older_than(one)


@pytest.mark.parametrize("text", ["", "yesterday", "0000-00-00 00:00:00"])
def test_an_unreadable_version_is_never_older(text):
    assert not SourceVersion(text).surely_older_than(SourceVersion("2026-01-01 00:00:00"))
    assert not SourceVersion("2026-01-01 00:00:00").surely_older_than(SourceVersion(text))


def test_zero_stands_for_no_client(make):
    assert make.an_expense(9, client=0).clientid is None


def test_amounts_keep_every_digit(make):
    invoice = make.an_invoice(1, amount="7.60133524082021936099189318", lines=[])

    assert invoice.amount.amount == Decimal("7.60133524082021936099189318")


def test_balances_come_as_a_list_with_one_entry_per_currency(make):
    client = make.a_client(42, outstanding_balance=[{"amount": make.money("100.00", "CAD")}])

    assert [(m.amount, m.code) for m in client.outstanding_balance] == [(Decimal("100.00"), "CAD")]


def test_an_invoice_read_without_lines_is_not_one_with_none(make):
    raw = make.invoice_json(1)
    del raw["lines"]

    assert parse_record(Kind.INVOICE, raw).lines is None


@pytest.mark.parametrize(("status", "draft"), [("draft", True), ("created", True), ("sent", False)])
def test_a_draft_is_told_by_its_status(make, status, draft):
    assert make.an_invoice(1, v3_status=status).draft is draft


def test_both_spellings_of_a_deposit_status_are_one(make):
    assert make.an_invoice(1, v3_status="deposit-paid").status == "deposit_paid"


def test_a_wrong_record_is_refused_by_field_and_not_by_value(make):
    raw = make.invoice_json(5, customerid="Jane Doe")

    with pytest.raises(RecordRefusedError, match="customerid") as caught:
        parse_record(Kind.INVOICE, raw)

    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize("empty", [None, {"amount": None, "code": "USD"}, {"amount": ""}, ""])
def test_a_lines_figures_may_be_empty(make, empty):
    line = make.a_line(compounded_tax=None, taxAmount1=None) | {"unit_cost": empty, "qty": None}

    (read,) = make.an_invoice(1, lines=[line]).lines

    assert (read.qty, read.unit_cost, read.tax1, read.compounded_tax) == (None, None, 0, False)
    assert make.an_invoice(1, discount_total=empty).discount_total is None


def test_a_price_that_is_no_number_is_refused_and_not_taken_for_none(make):
    line = make.a_line(unit_cost="1.00") | {"unit_cost": {"amount": "much", "code": "USD"}}

    with pytest.raises(RecordRefusedError, match="unit_cost"):
        make.an_invoice(1, lines=[line])


def test_a_fingerprint_moves_with_what_a_list_shows(make):
    before = fingerprint(make.an_invoice(1))

    assert fingerprint(make.an_invoice(1, paid="1.00")) != before
    assert fingerprint(make.an_invoice(1, v3_status="overdue")) != before
    assert fingerprint(make.an_invoice(1, vis_state=1)) != before
    assert fingerprint(make.an_invoice(1, organization="Other")) == before


def test_a_fingerprint_moves_with_the_amount_of_a_payment_or_expense(make):
    assert fingerprint(make.a_payment(7, amount="1.00")) != fingerprint(make.a_payment(7))
    assert fingerprint(make.an_expense(9, amount="1.00")) != fingerprint(make.an_expense(9))


@pytest.mark.parametrize(("vis_state", "deleted"), [(0, False), (1, True), (2, False)])
def test_what_is_archived_is_not_deleted(make, vis_state, deleted):
    assert make.a_client(42, vis_state=vis_state).deleted is deleted
    assert make.an_invoice(1, vis_state=vis_state).deleted is deleted


def test_a_name_falls_back_to_first_and_last(make):
    assert make.a_client(1, organization=" ", fname="Ada", lname="Reyes").name == "Ada Reyes"


@pytest.mark.parametrize(
    ("fields", "received"),
    [
        ({}, True),
        ({"from_credit": True}, False),
        ({"type": " Credit "}, False),
        ({"type": "Credit Card"}, True),
        ({"invoice": None}, False),
        ({"creditid": 5}, True),
    ],
)
def test_credits_and_their_use_are_no_money_received(make, fields, received):
    assert make.a_payment(7, **fields).is_received is received


def test_only_a_payment_without_an_invoice_stands_for_a_credit_note(make):
    assert make.a_payment(7, invoice=None, creditid=5).credit_note == 5
    assert make.a_payment(7, creditid=5).credit_note is None
    assert make.a_payment(7, invoice=None, creditid=0).credit_note is None


def test_a_fingerprint_of_what_has_no_version_moves_with_all_that_is_shown(make):
    before = fingerprint(make.a_credit(5))
    changes = (
        {"amount": "1.00"},
        {"code": "CAD"},
        {"paid": make.money("1.00")},
        {"clientid": 43},
        {"credit_number": "0000099"},
        {"credit_type": "prepayment"},
        {"create_date": "2026-10-21"},
        {"notes": "for May"},
        {"vis_state": 1},
    )

    assert len({before, *(fingerprint(make.a_credit(5, **each)) for each in changes)}) == 10
    assert fingerprint(make.a_credit(5, status="viewed", sentid=7)) == before
    assert fingerprint(make.a_category(3, name="Meals")) != fingerprint(make.a_category(3))


def test_a_fingerprint_shows_no_text(make):
    assert "Reyes" not in fingerprint(make.a_credit(5, notes="for Ms Reyes"))
    assert "Reyes" not in fingerprint(make.a_category(3, name="Dinners with Ms Reyes"))
