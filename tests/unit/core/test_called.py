"""What people call records: numbers to the letter, names in either case, ids without noughts."""

import pytest

from shared.core.called import as_id, called_so, is_surely_id, surely, telling_word
from shared.core.identity import Kind
from shared.core.records import parse_record


def a_client(number, organization="", **names):
    raw = {"id": number, "organization": organization, "vis_state": 0, **names}
    return parse_record(Kind.CLIENT, raw)


def numbers(clients, text):
    return [each.id for each in called_so(clients, text)]


ASTER, LTD, PERSON = (
    a_client(1, "Aster Works"),
    a_client(2, "Aster Works Ltd"),
    a_client(3, fname="Ada", lname="Lovelace"),
)
ALL = (ASTER, LTD, PERSON)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("aster  works", [1]),  # a whole name before a part of another
        ("Works", [1, 2]),
        ("ada lovelace", [3]),
        ("Lovelace Ada", []),
        ("", []),
        (" ", []),
    ],
)
def test_a_client_is_named_whole_or_in_part(text, found):
    assert numbers(ALL, text) == found


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("17", 17),
        ("id:17", 17),
        ("0017", None),  # what people call a record
        ("id:0017", None),
        ("A-17", None),
        ("-3", None),
        ("0", None),
        ("", None),
        ("\N{ARABIC-INDIC DIGIT SEVEN}", None),
        (str(2**63), None),
        ("9" * 5000, None),
    ],
)
def test_an_id_is_a_number_without_noughts_in_front(text, number):
    assert as_id(text) == number


def test_a_text_that_says_that_it_is_an_id_is_one_whatever_others_are_called():
    assert is_surely_id(surely(17))
    assert not is_surely_id("17")
    assert not is_surely_id("id:A-17")


def test_the_longest_word_of_a_name_is_looked_for():
    assert telling_word("  Works of Lovelace ") == "Lovelace"
    assert telling_word("  ") == ""
