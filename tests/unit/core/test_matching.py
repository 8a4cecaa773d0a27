from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.homes import Account
from shared.core.matching import (
    Ambiguous,
    Matched,
    Unmatched,
    match_client,
    normal,
    suggest,
)
from shared.core.rows import State


def an_account(name="Aster Works", *, field="", active=True):
    columns = {"name": name}
    return Account(uuid4(), "1", columns, state=State(int(not active), 1), match_value=field)


def match(*candidates, name="Aster Works", field_name="", field_value=""):
    return match_client(
        name=name,
        field_name=field_name,
        field_value=field_value,
        candidates=candidates,
    )


def test_the_configured_field_comes_before_the_name():
    by_field = an_account("Other name", field="CA123")

    result = match(an_account(), by_field, field_name="vat_number", field_value="CA123")

    assert result == Matched(by_field, "the same vat_number")


def test_an_empty_field_matches_nobody():
    only = an_account(field="")

    assert match(only, field_name="vat_number", field_value="") == Matched(only, "the same name")


def test_an_exact_name_is_linked():
    account = an_account("  Aster   Works ")

    assert match(account) == Matched(account, "the same name")


@pytest.mark.parametrize("name", ["\uff21ster \uff37orks", "Aster\u00a0Works", "Aster\u3000Works"])
def test_a_name_typed_in_other_forms_of_the_same_letters_is_linked(name):
    account = an_account(name)

    assert match(account) == Matched(account, "the same name")


@pytest.mark.parametrize("name", ["aster works", "Ästér Works", "Aster Work"])
def test_what_only_dataverse_finds_equal_is_no_match(name):
    assert isinstance(match(an_account(name)), Unmatched)


def test_two_of_a_name_are_a_question():
    result = match(an_account(), an_account())

    assert isinstance(result, Ambiguous)
    assert len(result.candidates) == 2


def test_inactive_accounts_are_not_matched_by_name():
    assert isinstance(match(an_account(active=False)), Unmatched)


def test_a_client_without_a_name_matches_nobody():
    assert isinstance(match(an_account(""), name=" "), Unmatched)


def test_similar_names_are_suggested_most_similar_first():
    close = an_account("Northwind Trading Ltd.")
    closer = an_account("Northwind Trading Ltd")
    far = an_account("Contoso")

    assert suggest("Northwind Trading Ltd", [close, far, closer]) == (closer, close)


def test_no_more_than_a_handful_is_suggested():
    accounts = [an_account("Aster Works") for _ in range(9)]

    assert len(suggest("Aster Works", accounts)) == 5


def test_names_that_share_little_more_than_a_word_are_not_suggested():
    assert suggest("Aster Works", [an_account("Aster Logistics International")]) == ()
    assert suggest("Northwind Trading", [an_account("Northwind Traders Inc")]) != ()


@given(st.text(), st.lists(st.text(), max_size=5))
def test_matching_never_picks_a_name_that_is_not_the_same(name, others):
    result = match(*[an_account(other) for other in others], name=name)

    if isinstance(result, Matched):
        assert [normal(other) for other in others].count(normal(name)) == 1
