"""Consent and tokens, as FreshBooks documents them and as they were seen live.

Never the connector's own token keeping.
"""

import base64
import hashlib
import html
import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from sandbox.freshbooks import App, FreshBooks

REDIRECT = "https://crm.example/api/connect/freshbooks/callback"
APP = App(client_id="an-app", client_secret="its-secret", redirect_uris=(REDIRECT,))
ASKED = {
    "response_type": "code",
    "client_id": "an-app",
    "redirect_uri": REDIRECT,
    "scope": "user:invoices:read user:clients:read",
    "state": "a&b=1",
}


@pytest.fixture
def freshbooks(clock, inbox):
    return FreshBooks(clock=clock, send=inbox, background=False, app=APP)


@pytest.fixture
def consent(api):
    """Open the page, press a button, and return where the browser is sent."""

    def press(decision="allow", path="/oauth/authorize/", **changes):
        asked = {name: value for name, value in (ASKED | changes).items() if value is not None}
        page = api.call("GET", path, params=asked)
        fields = {
            html.unescape(name): html.unescape(value)
            for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page.text)
            if name != "decision"
        }
        answer = api.call("POST", path, data=fields | {"decision": decision}, allow_redirects=False)
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    return press


@pytest.fixture
def trade(api):
    """Post to the token endpoint."""

    def post(path="/auth/oauth/token", as_json=False, **fields):
        fields = {
            "client_id": "an-app",
            "client_secret": "its-secret",
            "redirect_uri": REDIRECT,
            **fields,
        }
        fields = {name: value for name, value in fields.items() if value is not None}
        body = {"json": fields} if as_json else {"data": fields}
        return api.session.post(
            f"https://api.freshbooks.test{path}", headers={"Authorization": None}, **body
        )

    return post


@pytest.fixture
def refresh(trade):
    def post(token, **fields):
        return trade(grant_type="refresh_token", refresh_token=token, **fields)

    return post


def test_allowing_sends_the_browser_back_with_a_code_and_the_state(consent):
    back = consent("allow")

    assert back["state"] == "a&b=1"
    assert back["code"]


def test_the_other_documented_authorize_address_works_too(consent):
    assert consent(path="/service/auth/oauth/authorize")["code"]


def test_cancelling_sends_the_browser_back_with_access_denied(consent):
    back = consent("cancel")

    assert back["error"] == "access_denied"
    assert back["state"] == "a&b=1"
    assert "code" not in back


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": "another"}, "unknown client"),
        ({"redirect_uri": REDIRECT + "/"}, "redirect uri"),
        ({"scope": "user:profile:write"}, "invalid, unknown, or malformed"),
        ({"scope": "user:webhooks:read"}, "invalid, unknown, or malformed"),
        ({"response_type": "token"}, "response type"),
        ({"code_challenge": "abc", "code_challenge_method": "plain"}, "S256"),
    ],
)
def test_a_wrong_request_is_said_on_the_page_and_not_redirected(api, changes, said):
    page = api.call("GET", "/oauth/authorize/", params=ASKED | changes, allow_redirects=False)

    assert page.status_code == 400
    assert said in page.text


def test_a_scope_that_is_not_enabled_on_the_app_fails_the_whole_consent(api, freshbooks):
    scopes = frozenset({"user:clients:read"})
    freshbooks.oauth.register(App("small", "s", (REDIRECT,), scopes))

    page = api.call("GET", "/oauth/authorize/", params=ASKED | {"client_id": "small"})

    assert page.status_code == 400


@pytest.mark.parametrize("uri", ["http://localhost:7071/cb", "https://crm.example/cb?tenant=1"])
def test_a_redirect_uri_is_registered_only_if_https_and_without_a_query(uri):
    with pytest.raises(ValueError, match="must be https"):
        App(redirect_uris=(uri,))


@pytest.mark.parametrize("path", ["/auth/oauth/token", "/service/auth/oauth/token"])
@pytest.mark.parametrize("as_json", [True, False])
def test_a_code_is_traded_for_tokens_as_form_and_as_json(consent, trade, clock, path, as_json):
    code = consent()["code"]

    body = trade(path, as_json, grant_type="authorization_code", code=code).json()

    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 43200
    assert body["created_at"] == int(clock.now.timestamp())
    assert body["scope"] == "user:profile:read user:invoices:read user:clients:read"
    assert re.fullmatch(r"[0-9a-f]{64}", body["refresh_token"])
    assert body["access_token"].count(".") == 2


def test_the_token_endpoint_takes_multipart_and_basic_authentication(api, consent):
    response = api.call(
        "POST",
        "/auth/oauth/token",
        files={
            "grant_type": (None, "authorization_code"),
            "redirect_uri": (None, REDIRECT),
            "code": (None, consent()["code"]),
        },
        auth=("an-app", "its-secret"),
    )

    assert response.json()["access_token"]


def test_a_code_works_once(consent, trade):
    code = consent()["code"]
    trade(grant_type="authorization_code", code=code)

    again = trade(grant_type="authorization_code", code=code)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_code_lives_five_minutes(consent, trade, clock):
    code = consent()["code"]
    clock.forward(minutes=5)

    late = trade(grant_type="authorization_code", code=code)

    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")


def test_the_redirect_uri_of_the_exchange_must_be_that_of_the_consent(consent, trade):
    code = consent()["code"]

    other = trade(grant_type="authorization_code", code=code, redirect_uri=REDIRECT + "/")

    assert other.json()["error"] == "invalid_grant"
    assert trade(grant_type="authorization_code", code=code).status_code == 200


def test_a_code_challenge_must_be_met(consent, trade):
    verifier = "a-verifier-of-at-least-forty-three-characters-in-all"
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    code = consent(code_challenge=challenge, code_challenge_method="S256")["code"]

    wrong = trade(grant_type="authorization_code", code=code, code_verifier="another")
    right = trade(grant_type="authorization_code", code=code, code_verifier=verifier)

    assert wrong.json()["error"] == "invalid_grant"
    assert right.status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "client_id": "no"}, 401, "invalid_client"),
        ({"grant_type": "refresh_token", "client_secret": "no"}, 401, "invalid_client"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "no"}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "no"}, 400, "invalid_grant"),
    ],
)
def test_the_token_endpoint_refuses_with_the_documented_errors(trade, fields, status, error):
    response = trade(**fields)

    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.json()["error_description"]


def test_an_empty_body_is_told_which_parameter_is_missing(api):
    response = api.call("POST", "/auth/oauth/token")

    assert response.status_code == 400
    assert response.json()["error_description"] == "Missing required parameter: grant_type."


def test_a_used_refresh_token_is_refused(freshbooks, refresh):
    first = freshbooks.grant()["refresh_token"]
    second = refresh(first).json()["refresh_token"]

    again = refresh(first)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert refresh(second).status_code == 200


def test_a_new_consent_kills_the_older_refresh_token_of_the_same_person(freshbooks, refresh):
    older = freshbooks.grant()["refresh_token"]
    newer = freshbooks.grant()["refresh_token"]

    assert refresh(older).json()["error"] == "invalid_grant"
    assert refresh(newer).status_code == 200


def test_another_person_and_another_app_have_chains_of_their_own(freshbooks, books, refresh):
    mine = freshbooks.grant()["refresh_token"]
    freshbooks.grant(identity=books.create_identity(email="second@example.org").id)
    freshbooks.grant(app=freshbooks.oauth.register(App("staging", "s", (REDIRECT,))))

    assert refresh(mine).status_code == 200


def test_a_refresh_keeps_the_scopes(freshbooks, refresh):
    granted = freshbooks.grant(scopes="user:clients:read")

    refreshed = refresh(granted["refresh_token"]).json()

    assert refreshed["scope"] == granted["scope"] == "user:profile:read user:clients:read"


def test_a_refresh_without_its_redirect_uri_is_refused_and_spends_nothing(freshbooks, refresh):
    token = freshbooks.grant()["refresh_token"]

    assert refresh(token, redirect_uri=None).json()["error"] == "invalid_request"
    assert refresh(token).status_code == 200


def test_an_access_token_lives_twelve_hours(api, clock):
    clock.forward(hours=11, minutes=59)
    before = api.call("GET", "/auth/api/v1/users/me").status_code
    clock.forward(minutes=1)
    after = api.call("GET", "/auth/api/v1/users/me").status_code

    assert (before, after) == (200, 401)


def test_an_older_access_token_survives_a_refresh_unless_the_switch_says_no(
    api, freshbooks, refresh
):
    token = freshbooks.grant()
    api.session.headers["Authorization"] = f"Bearer {token['access_token']}"
    newer = refresh(token["refresh_token"]).json()
    survives = api.call("GET", "/auth/api/v1/users/me").status_code
    freshbooks.switches.refresh_ends_access_tokens = True
    refresh(newer["refresh_token"])
    ended = api.call("GET", "/auth/api/v1/users/me").status_code

    assert (survives, ended) == (200, 401)


def test_a_refresh_may_answer_the_first_grants_created_at_and_then_dies_that_early(
    api, freshbooks, refresh, clock
):
    freshbooks.switches.refresh_keeps_created_at = True
    first = freshbooks.grant()
    clock.forward(hours=11)
    second = refresh(first["refresh_token"]).json()
    api.session.headers["Authorization"] = f"Bearer {second['access_token']}"
    clock.forward(hours=1)

    assert (second["created_at"], second["expires_in"]) == (first["created_at"], 43199)
    assert api.call("GET", "/auth/api/v1/users/me").status_code == 401


@pytest.mark.parametrize("base", ["/auth", "/service/auth"])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_revoked_token_is_dead_at_once(api, freshbooks, trade, refresh, base, kind):
    token = freshbooks.grant()
    api.session.headers["Authorization"] = f"Bearer {token['access_token']}"

    answer = trade(f"{base}/oauth/revoke", token=token[kind])

    assert (answer.status_code, answer.json()) == (200, {})
    assert api.call("GET", "/auth/api/v1/users/me").status_code == 401
    assert refresh(token["refresh_token"]).json()["error"] == "invalid_grant"


def test_the_metadata_names_the_endpoints_and_pkce(api):
    body = api.call("GET", "/.well-known/oauth-authorization-server").json()

    assert body["code_challenge_methods_supported"] == ["S256"]
    assert set(body["token_endpoint_auth_methods_supported"]) == {
        "client_secret_basic",
        "client_secret_post",
    }
    assert body["token_endpoint"].endswith("/service/auth/oauth/token")


def test_introspection_tells_living_tokens_from_dead_ones(freshbooks, trade):
    token = freshbooks.grant()["access_token"]

    alive = trade("/auth/oauth/introspect", token=token).json()
    dead = trade("/auth/oauth/introspect", token="no").json()

    assert alive["active"] is True
    assert dead == {"active": False}
