"""What a value has to be, where being equal is not all there is to it."""

from decimal import Decimal

import pytest

from sandbox.check.rules import (
    Amounts,
    AtLeast,
    Cell,
    Naming,
    NoneOf,
    OneOf,
    Subject,
    Text,
    agrees,
    is_rounded,
    numbers,
)
from sandbox.check.words import said, written


@pytest.mark.parametrize(
    ("wanted", "found", "digits", "same"),
    [
        ("10.00", "10.0000", 2, True),
        ("10.005", "10.01", 2, True),
        ("10.005", "10.00", 2, True),
        ("10.005", "10.02", 2, False),
        ("10.01", "10.00", 2, False),
        ("10.5", "10", 0, True),
        ("10.5", "11", 0, True),
        ("10.5", "10.4", 0, False),
        ("10.005", "10.01", None, False),
    ],
)
def test_an_amount_is_the_same_to_the_digits_that_there_are(wanted, found, digits, same):
    assert agrees(Decimal(wanted), Cell(Decimal(found), digits=digits)) is same


def test_nothing_is_not_zero():
    assert not agrees(None, Cell(Decimal(0)))
    assert not agrees(Decimal(0), Cell(None))


@pytest.mark.parametrize(
    ("found", "room", "right"),
    [
        ("a long name", 20, True),
        ("a long name", None, True),
        ("a long n…", 9, True),
        ("a long…", 9, True),
        ("a lon...", 9, True),
        ("a long na", 9, False),
        ("a…", 9, False),
        ("b long n…", 9, False),
        ("a long n…", 20, False),
        ("a long name…", 20, False),
        (None, 20, False),
    ],
)
def test_a_text_is_cut_only_where_there_is_no_room(found, room, right):
    assert Text("a long name").holds(Cell(found, room)) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("USD: 1234567.00 open", True),
        ("USD: 1,234,567.00 open", True),
        ("USD: 1,234567.00 open", False),
        ("USD: 12,34567.00 open", False),
        ("USD: 1,234,568.00 open", False),
        (None, False),
    ],
)
def test_thousands_may_be_parted(text, right):
    assert Amounts("USD: 1234567.00 open").holds(Cell(text)) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("https://my.freshbooks.com/#/invoice/8675301-217", True),
        ("https://my.freshbooks.com/#/invoice/2170", False),
        ("https://my.freshbooks.com/#/invoice/1217", False),
        (None, False),
    ],
)
def test_an_address_names_its_record_by_its_whole_number(text, right):
    assert Naming((217,)).holds(Cell(text)) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Payment 1.00 USD for invoice 0001", True),
        ("Payment 1,001.00 USD for invoice 0001", False),
        ("Payment for invoice 0001 in USD", False),
        ("1.00 USD: 0001", True),
        ("Payment 1.00 EUR for invoice 0001", False),
        ("Payment 1.00 USD for invoice 2", False),
    ],
)
def test_the_number_of_an_invoice_is_no_amount(text, right):
    assert Subject((Decimal(1),), "USD", "0001").holds(Cell(text)) is right


def test_a_subject_that_was_cut_may_have_lost_its_number():
    text = "Payment 1.00 USD for invoi…"

    assert Subject((Decimal(1),), "USD", "0001").holds(Cell(text, room=27))
    assert not Subject((Decimal(2),), "USD", "0001").holds(Cell(text, room=27))
    assert not Subject((Decimal(1),), "USD", "0001").holds(Cell(text[:-1], room=27))


def test_alternatives_hold_one_by_one():
    assert agrees(OneOf((None, Decimal(1))), Cell(None))
    assert agrees(OneOf((None, Decimal(1))), Cell(Decimal(1)))
    assert not agrees(OneOf((None, Decimal(1))), Cell(Decimal(2)))
    assert not NoneOf(("deleted",)).holds(Cell("deleted"))
    assert [AtLeast(2).holds(Cell(count)) for count in (1, 2, 3)] == [False, True, True]


@pytest.mark.parametrize(
    ("value", "exact", "right"),
    [("0.01", "0.005", True), ("0.00", "0.005", True), ("0.01", "0.0049", False)],
)
def test_halves_may_be_rounded_to_either_side(value, exact, right):
    assert is_rounded(Decimal(value), Decimal(exact), 2) is right


def test_numbers_are_read_from_texts():
    assert numbers("120 x 0.655, less -1,234.50.") == {
        Decimal(120),
        Decimal("0.655"),
        Decimal("-1234.50"),
    }


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        ("5", "USD", "5.00"),
        ("5.000", "JPY", "5"),
        ("5.5", "JPY", "5.5"),
        ("1500.5", "KWD", "1500.500"),
        ("0.125", "USD", "0.125"),
        ("-20", "EUR", "-20.00"),
    ],
)
def test_an_amount_is_written_with_its_currencys_decimals(amount, code, text):
    assert written(Decimal(amount), code) == text


def test_values_are_said_for_people():
    assert [said(each) for each in (None, "", True, False, Decimal("1.50"))] == [
        "nothing",
        "nothing",
        "yes",
        "no",
        "1.50",
    ]
    assert said(OneOf((Decimal(0), None, Decimal(0)))) == "0 or nothing"


def test_a_subject_says_an_amount_to_the_digits_of_its_currency():
    wanted = Subject((Decimal("15094.78"),), "JPY")

    assert wanted.holds(Cell("Credit 15,095 JPY", digits=0))
    assert not wanted.holds(Cell("Credit 15,096 JPY", digits=0))
    assert not wanted.holds(Cell("Credit 15,095 JPY", digits=2))
