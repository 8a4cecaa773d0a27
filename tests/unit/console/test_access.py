import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.front import ISSUER, NAME, TENANT_ID, principal_headers, signed_in
from shared.console.access import Access
from shared.console.principal import OPEN_PATHS, is_open
from shared.console.visit import read_identity
from tests.memory import FakeClock

CLOCK = FakeClock()
URI = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
ROLE = "Connector.Operator"
TENANT = "7c3f0a52-41d8-4e0b-9a66-2f1be0c7d915"
OTHER = "0b7a1a3e-5f0c-4d55-8a94-6f4f6a1f2d31"
ROBIN = {"name": "robin@tidewater.example", "object_id": "6d9f5a0c-3c1e-4b0e-9a67-0f3f2f5f8d11"}
PERSON = signed_in(TENANT, **ROBIN, roles=[ROLE])


def access(*, role=ROLE, tenant=TENANT, easy_auth=True, clock=CLOCK):
    return Access(
        secret="secret",
        operator_role=role,
        operator_tenant=tenant,
        easy_auth=easy_auth,
        clock=clock,
    )


def let_in(claims=PERSON, *, provider="aad", said=None, to=None):
    """Whether the claims of somebody whom a provider signed in open the pages."""
    headers = principal_headers(claims, provider=provider)
    idp = headers["X-MS-CLIENT-PRINCIPAL-IDP"] if said is None else said
    return (to or access()).signed_in(headers["X-MS-CLIENT-PRINCIPAL"], idp)


def encoded(body):
    return base64.b64encode(json.dumps(body).encode()).decode()


def person(**changes):
    return {**PERSON, **{name.replace("_", ":"): value for name, value in changes.items()}}


def without(*names):
    return {name: value for name, value in PERSON.items() if name not in names}


@pytest.mark.parametrize(
    "claims",
    [
        PERSON,
        person(roles=["Reader", ROLE, "Writer"]),
        {**without("roles"), URI: [ROLE]},
        without(ISSUER),
        without(TENANT_ID),
        {**without(TENANT_ID), "tid": TENANT.upper()},
        {**PERSON, "tid": TENANT},
        {**PERSON, ISSUER: f"https://sts.windows.net/{TENANT}/"},
        {**PERSON, ISSUER: f"https://login.microsoftonline.us/{TENANT}/v2.0"},
        {**PERSON, "groups": [ROLE, OTHER]},
    ],
)
def test_somebody_of_the_tenant_signed_in_with_the_role_is_let_in(claims):
    assert let_in(claims)
    assert let_in(claims, said="")


@pytest.mark.parametrize(
    "roles", [[], ["Reader"], [ROLE.lower()], [f"{ROLE} "], [f"Reader,{ROLE}"]]
)
def test_somebody_without_the_role_is_not(roles):
    assert not let_in(person(roles=roles))


@pytest.mark.parametrize("name", [NAME, "groups", "name", "role", "wids", "scp"])
def test_the_role_counts_in_no_claim_but_those_of_roles(name):
    assert not let_in({**without("roles"), name: [ROLE]})


def test_a_principal_cannot_name_the_claim_its_roles_are_in():
    listed = [{"typ": TENANT_ID, "val": TENANT}, {"typ": "nickname", "val": ROLE}]
    header = encoded({"auth_typ": "aad", "role_typ": "nickname", "claims": listed})

    assert not access().signed_in(header, "aad")


@pytest.mark.parametrize(
    "claims",
    [
        signed_in(OTHER, **ROBIN, roles=[ROLE]),
        without(TENANT_ID, ISSUER),
        {**PERSON, TENANT_ID: OTHER},
        {**PERSON, "tid": OTHER},
        {**PERSON, ISSUER: f"https://sts.windows.net/{OTHER}/"},
        {**PERSON, TENANT_ID: [TENANT, TENANT]},
        {**PERSON, TENANT_ID: [TENANT, OTHER]},
        {**PERSON, ISSUER: [PERSON[ISSUER], PERSON[ISSUER]]},
        {**PERSON, ISSUER: "https://accounts.google.com"},
        {**PERSON, ISSUER: f"https://evil.example/?{TENANT}"},
        {**without(ISSUER), TENANT_ID: ""},
    ],
)
def test_a_tenant_that_is_another_doubled_or_not_said_counts_for_nothing(claims):
    assert not let_in(claims)


@pytest.mark.parametrize("provider", ["google", "facebook", "AAD", "azureactivedirectory", ""])
def test_another_provider_than_entra_counts_for_nothing(provider):
    assert not let_in(provider=provider)


@pytest.mark.parametrize("said", ["google", "aad, aad", "aad,google", " aad", "AAD"])
def test_a_provider_that_contradicts_the_principal_counts_for_nothing(said):
    assert not let_in(said=said)


@pytest.mark.parametrize(
    "to",
    [access(easy_auth=False), access(role=""), access(tenant="")],
    ids=["platform", "role", "tenant"],
)
def test_without_platform_role_and_tenant_nobody_is_let_in_by_signing_in(to):
    assert not let_in(to=to)
    assert not let_in({**PERSON, "roles": [""], TENANT_ID: ""}, to=to)


SHAPES = ["[]", "null", "5", '{"claims": 5}', '{"auth_typ": "aad", "claims": [5, {"typ": []}]}']


@pytest.mark.parametrize("body", SHAPES)
def test_a_principal_of_another_shape_is_nobody(body):
    assert not access().signed_in(base64.b64encode(body.encode()).decode(), "aad")


@pytest.mark.parametrize("value", [None, 5, [TENANT], {}])
@pytest.mark.parametrize("name", [TENANT_ID, "roles"])
def test_a_claim_that_is_no_text_makes_nobody_of_the_principal(name, value):
    listed = [
        {"typ": TENANT_ID, "val": TENANT},
        {"typ": "roles", "val": ROLE},
        {"typ": name, "val": value},
    ]

    assert not access().signed_in(encoded({"auth_typ": "aad", "claims": listed}), "aad")


def test_a_name_that_is_doubled_in_the_principal_makes_nobody_of_it():
    listed = json.dumps([{"typ": TENANT_ID, "val": TENANT}, {"typ": "roles", "val": ROLE}])
    twice = f'{{"auth_typ": "google", "auth_typ": "aad", "claims": {listed}}}'

    assert not access().signed_in(base64.b64encode(twice.encode()).decode(), "aad")
    once = twice.replace('"auth_typ": "google", ', "")
    assert access().signed_in(base64.b64encode(once.encode()).decode(), "aad")


def test_a_deeply_nested_principal_is_refused():
    header = base64.b64encode(b"[" * 40_000).decode()

    assert not access().signed_in(header, "")


def test_a_principal_longer_than_any_header_is_not_read():
    assert not let_in({**PERSON, "groups": [OTHER] * 2000})


TEXT = st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode()))


@given(header=TEXT, provider=TEXT)
def test_any_header_is_read_without_raising_and_lets_nobody_in(header, provider):
    assert not access().signed_in(header, provider)


VALUES = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=4),
    st.sampled_from([ROLE, TENANT, OTHER, PERSON[ISSUER], f"https://sts.windows.net/{OTHER}/"]),
)
NAMES = st.sampled_from(["roles", URI, "tid", TENANT_ID, ISSUER, "groups", "name"])
CLAIMS = st.lists(st.fixed_dictionaries({"typ": NAMES, "val": VALUES}), max_size=6)


@given(
    claims=CLAIMS,
    kind=st.sampled_from(["aad", "google", None]),
    provider=st.sampled_from(["aad", "", "google"]),
    easy_auth=st.booleans(),
    role=st.sampled_from(["", ROLE]),
    tenant=st.sampled_from(["", TENANT]),
)
def test_nobody_is_let_in_without_the_platform_the_provider_the_tenant_and_the_role(
    claims, kind, provider, easy_auth, role, tenant
):
    to = access(easy_auth=easy_auth, role=role, tenant=tenant)

    if to.signed_in(encoded({"auth_typ": kind, "claims": claims}), provider):
        values = [each["val"] for each in claims]
        assert easy_auth
        assert (role, tenant) == (ROLE, TENANT)
        assert kind == "aad"
        assert provider in {"", "aad"}
        assert ROLE in [each["val"] for each in claims if each["typ"] in {"roles", URI}]
        assert TENANT in values or PERSON[ISSUER] in values
        vouching = [e["val"] for e in claims if e["typ"] in {"tid", TENANT_ID, ISSUER}]
        assert not any(OTHER in str(each) for each in vouching)


@pytest.mark.parametrize(
    "path",
    [
        "/api/health",
        "/api/health/",
        "/API/Health",
        "/api/webhooks/freshbooks/xazq5/invoice/a-key",
        "/api/webhooks/freshbooks",
        "/api/%77ebhooks/freshbooks/x",
    ],
)
def test_on_a_path_that_is_open_to_strangers_the_headers_do_not_count(path):
    headers = principal_headers(PERSON)

    assert is_open(path)
    assert read_identity(headers, f"https://app.example{path}?a=b") == ("", "")


@pytest.mark.parametrize(
    "path", ["/api/connect/freshbooks", "/api/connect/freshbooks/state", "/", "/api/healthy"]
)
def test_on_the_pages_the_headers_are_read_in_any_case(path):
    headers = {name.lower(): value for name, value in principal_headers(PERSON).items()}

    assert not is_open(path)
    assert access().signed_in(*read_identity(headers, f"https://app.example{path}"))


def test_a_button_begins_its_consent_in_its_browser_for_a_quarter_of_an_hour():
    clock = FakeClock()
    ours = access(clock=clock)
    button = ours.start_form("c0ffee", browser="b1")
    read = [ours.read_start_form(button, browser=name) for name in ("b1", "b2", "", "c0ffee")]
    clock.advance(15 * 60 + 1)

    assert read == ["c0ffee", None, None, None]
    assert ours.read_start_form(button, browser="b1") is None


def test_no_value_of_ours_counts_for_another_purpose():
    ours = access()
    made = {
        "invitation": ours.invitation("c0ffee"),
        "state": ours.state("c0ffee"),
        "cookie": ours.cookie("c0ffee"),
        "form": ours.form("c0ffee"),
        "visitor": ours.visitor("c0ffee"),
    }

    for name, made_here in made.items():
        read = getattr(ours, f"read_{name}")
        assert [other for other, value in made.items() if read(value)] == [name]
        assert not read(ours.start_form("c0ffee", browser="b1"))
        assert not ours.read_start_form(made_here, browser="c0ffee")


@given(text=st.text(), browser=st.text())
def test_any_button_is_read_without_raising(text, browser):
    assert access().read_start_form(text, browser=browser) is None


def test_no_page_of_the_operator_is_on_an_open_path():
    assert not [path for path in OPEN_PATHS if "connect" in path]
