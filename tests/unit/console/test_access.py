import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.console.access import Access
from tests.memory import FakeClock

CLOCK = FakeClock()
URI = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"


def access(*, role="Connector.Operator", easy_auth=True, clock=CLOCK):
    return Access(secret="secret", operator_role=role, easy_auth=easy_auth, clock=clock)


def principal(*claims, role_typ="roles"):
    body = {"auth_typ": "aad", "role_typ": role_typ, "name_typ": "name"}
    listed = [{"typ": typ, "val": val} for typ, val in claims]
    return base64.b64encode(json.dumps(body | {"claims": listed}).encode()).decode()


@pytest.mark.parametrize(
    ("claims", "role_typ"),
    [
        ([("roles", "Connector.Operator")], "roles"),
        ([(URI, "Connector.Operator")], URI),
        ([("roles", "Reader"), ("groups", "x"), ("roles", "Connector.Operator")], "roles"),
        ([("my-roles", "Connector.Operator")], "my-roles"),
    ],
)
def test_somebody_signed_in_with_the_role_is_let_in(claims, role_typ):
    assert access().signed_in(principal(*claims, role_typ=role_typ))


@pytest.mark.parametrize(
    "claims",
    [
        [],
        [("roles", "Reader")],
        [("name", "Connector.Operator")],
        [("roles", "connector.operator")],
    ],
)
def test_somebody_without_the_role_is_not(claims):
    assert not access().signed_in(principal(*claims))


def test_a_header_counts_for_nothing_when_the_platform_did_not_put_it_there():
    header = principal(("roles", "Connector.Operator"))

    assert not access(easy_auth=False).signed_in(header)


def test_without_a_configured_role_nobody_is_let_in_by_signing_in():
    assert not access(role="").signed_in(principal(("roles", "")))


@pytest.mark.parametrize("role_typ", [[], {}, ["roles"], None, 7])
def test_a_principal_of_another_shape_is_read_without_raising(role_typ):
    assert not access().signed_in(principal(("name", "Connector.Operator"), role_typ=role_typ))


@given(header=st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_any_header_is_read_without_raising(header):
    assert not access().signed_in(header)


@pytest.mark.parametrize("body", ["[]", "null", '{"claims": 5}', '{"claims": [5, {"typ": []}]}'])
def test_a_principal_of_another_shape_has_no_roles(body):
    assert not access().signed_in(base64.b64encode(body.encode()).decode())


def test_a_deeply_nested_principal_is_refused():
    header = base64.b64encode(b"[" * 40_000).decode()

    assert not access().signed_in(header)


def test_what_is_signed_counts_only_where_it_belongs():
    clock = FakeClock()
    made = access(clock=clock)
    signed = {
        "invitation": made.invitation("c1"),
        "state": made.state("c1"),
        "cookie": made.cookie("c1"),
        "form": made.form("c1"),
    }
    read = {
        (name, where): getattr(made, f"read_{where}")(text)
        for name, text in signed.items()
        for where in signed
    }

    assert {names for names, value in read.items() if value} == {(n, n) for n in signed}
    assert set(read.values()) == {None, "c1"}


def test_a_link_and_a_state_last_a_quarter_of_an_hour_and_a_browser_an_hour():
    clock = FakeClock()
    made = access(clock=clock)
    link, state, cookie = made.invitation("c1"), made.state("c1"), made.cookie("c1")
    clock.advance(15 * 60 + 1)

    assert (made.read_invitation(link), made.read_state(state)) == (None, None)
    assert made.read_cookie(cookie) == "c1"
    clock.advance(45 * 60)
    assert made.read_cookie(cookie) is None


def test_links_and_cookies_stay_what_they_were_for_those_who_have_them():
    made = access()

    assert (made.invitation("c0ffee"), made.state("c0ffee")) == (
        "c0ffee.1793632500.Nq_Hxxqsdfh10Ce_gify44PZnUyObta98jqWk-CrBDo",
        "c0ffee.1793632500.sJk7T3f194M8oSCY-KiczPTZHIdZ4pFA2JlGP-P6CTU",
    )
    assert (made.cookie("c0ffee"), made.form("c0ffee")) == (
        "c0ffee.1793635200.ooSVRi-6LDp6fMYIUDDW0oXc2ja0gnmFQMIXgyuws7o",
        "c0ffee.1793635200.hjoAp0uNC4DgdjSMsMXCgp1mxKL09Mjm3oam-FmvtqA",
    )


def test_the_secret_is_not_shown_with_what_holds_it():
    assert "'secret'" not in repr(access())
