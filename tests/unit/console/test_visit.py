import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.console.visit import COOKIE, LONGEST_FORM, read_cookie, read_form


@pytest.mark.parametrize(
    "other",
    ["a=b", 'prefs={"lang":"en"}', "a@b=1", "name=Zoé", "x[y]=1", "=1", "bare", "path=/", 'q="'],
)
def test_our_cookie_is_found_whatever_comes_along(other):
    ours = f"{COOKIE}=c0ffee.1793000000.mark_-"

    assert read_cookie(f"{other}; {ours}") == "c0ffee.1793000000.mark_-"
    assert read_cookie(f"{ours}; {other}") == "c0ffee.1793000000.mark_-"


@given(header=st.text())
def test_any_cookie_header_is_read_without_raising(header):
    assert read_cookie(header) == ""


def test_a_form_keeps_every_value_of_a_field():
    assert read_form(b"form=x&account=a&account=b%20c") == {"form": ["x"], "account": ["a", "b c"]}


@given(body=st.binary(max_size=200))
def test_any_body_is_read_without_raising(body):
    assert isinstance(read_form(body), dict)


def test_a_strangers_huge_form_costs_no_memory():
    body = b"a=b&" * LONGEST_FORM
    tracemalloc.start()
    fields = read_form(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert fields == {}
    assert most < len(body)
