import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.console.visit import (
    COOKIE,
    LONGEST_FORM,
    VISITOR,
    Reply,
    named,
    read_cookie,
    read_form,
    redirect,
)


@pytest.mark.parametrize(
    "other",
    ["a=b", 'prefs={"lang":"en"}', "a@b=1", "name=Zoé", "x[y]=1", "=1", "bare", "path=/", 'q="'],
)
def test_our_cookie_is_found_whatever_comes_along(other):
    ours = f"{COOKIE}=c0ffee.1793000000.mark_-"

    assert read_cookie(f"{other}; {ours}") == "c0ffee.1793000000.mark_-"
    assert read_cookie(f"{ours}; {other}") == "c0ffee.1793000000.mark_-"


def test_our_cookies_are_told_apart():
    header = f"{VISITOR}=v1; {COOKIE}=c1; {VISITOR}x=no"

    assert (read_cookie(header), read_cookie(header, VISITOR)) == ("c1", "v1")


def test_both_cookies_are_for_this_host_and_https_only_and_unseen_by_scripts():
    replies = [redirect("/", cookie="c1"), named(Reply(200), visitor="v1")]
    cookies = [reply.headers["Set-Cookie"].split("; ") for reply in replies]

    assert [first for first, *_ in cookies] == [f"{COOKIE}=c1", f"{VISITOR}=v1"]
    assert all(name.startswith("__Host-") for name in (COOKIE, VISITOR))
    for _, *attributes in cookies:
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(attributes)
    assert "Set-Cookie" not in Reply(200).headers


def test_a_form_of_more_fields_than_any_of_ours_is_none():
    assert read_form(b"&".join([b"a=b"] * 2500)) != {}
    assert read_form(b"&".join([b"a=b"] * 2501)) == {}


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
