"""The access token for Dataverse: shared, renewed in time, dropped when refused, explained."""

import json
import threading
import time

import pytest
import trustme
from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from werkzeug.wrappers import Request

from sandbox.web import json_response, serve
from shared.adapters.azure.credentials import LazyCredential, client_secret, managed_identity
from shared.adapters.azure.entra import DataverseToken, no_token
from shared.errors import ConfigurationError, RetryLaterError

URL = "https://org.crm.dynamics.com"


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


class Credential:
    """Gives tokens numbered from 1 that live an hour; fails while `error` is set."""

    def __init__(self, clock, *, lifetime=3600):
        self.clock, self.lifetime = clock, lifetime
        self.count, self.scopes, self.error = 0, [], None
        self.gate = threading.Event()
        self.gate.set()

    def get_token(self, *scopes, **_options):
        assert self.gate.wait(10)
        self.scopes.append(scopes)
        if self.error is not None:
            raise self.error
        self.count += 1
        return AccessToken(f"token-{self.count}", int(self.clock.now + self.lifetime))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def credential(clock):
    return Credential(clock)


@pytest.fixture
def token(credential, clock):
    return DataverseToken(credential, f"{URL}/api/data/v9.2", clock=clock)


def test_a_token_is_asked_for_once_and_for_the_origin_alone(token, credential):
    assert [token(None), token(None)] == ["token-1", "token-1"]
    assert credential.scopes == [(f"{URL}/.default",)]


def test_a_token_is_renewed_five_minutes_before_it_expires(token, clock):
    token(None)
    clock.now += 3600 - 301
    early = token(None)
    clock.now += 2

    assert (early, token(None)) == ("token-1", "token-2")


def test_one_thread_renews_while_the_others_go_on(token, credential, clock):
    token(None)
    clock.now += 3600 - 200
    credential.gate.clear()
    renewer = threading.Thread(target=token, args=(None,))
    renewer.start()
    while not token._renewing.locked():
        time.sleep(0.001)

    others = [token(None) for _ in range(5)]
    credential.gate.set()
    renewer.join(10)

    assert others == ["token-1"] * 5
    assert (token(None), credential.count) == ("token-2", 2)


def test_threads_that_come_without_a_token_wait_for_the_same_one(token, credential):
    credential.gate.clear()
    got = []
    threads = [threading.Thread(target=lambda: got.append(token(None))) for _ in range(8)]
    for thread in threads:
        thread.start()
    credential.gate.set()
    for thread in threads:
        thread.join(10)

    assert (got, credential.count) == (["token-1"] * 8, 1)


def test_a_renewal_that_fails_leaves_the_old_token_in_use(token, credential, clock):
    token(None)
    clock.now += 3600 - 200
    credential.error = ServiceRequestError("down")

    assert [token(None), token(None)] == ["token-1", "token-1"]
    assert len(credential.scopes) == 2


def test_a_token_about_to_expire_is_not_used_any_more(token, credential, clock):
    token(None)
    clock.now += 3600 - 5
    credential.error = ServiceRequestError("down")

    with pytest.raises(RetryLaterError):
        token(None)


def test_a_refused_token_is_dropped(token):
    refused = token(None)

    assert (token(refused), token(None)) == ("token-2", "token-2")


def test_a_token_refused_to_many_threads_is_renewed_once(token, credential):
    start = threading.Barrier(6)
    got = []

    def refused():
        old = token(None)
        start.wait(10)
        got.append(token(old))

    threads = [threading.Thread(target=refused) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert (got, credential.count) == (["token-2"] * 6, 2)


def test_a_refused_token_is_not_given_again_by_the_credentials_own_cache(clock):
    built = []

    def build():
        cached = Credential(clock)
        cached.count = len(built) * 10
        first = cached.get_token()
        cached.get_token = lambda *_scopes, **_options: first
        built.append(cached)
        return cached

    token = DataverseToken(LazyCredential(build, advice=""), URL, clock=clock)
    refused = token(None)

    assert (token(refused), len(built)) == ("token-11", 2)


def test_nothing_is_built_before_the_first_token():
    def build():
        raise AssertionError("too early")

    lazy = LazyCredential(build, advice="")
    DataverseToken(lazy, URL)

    assert lazy.advice == ""


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        ServiceRequestError("no route"),
        ServiceResponseError("reset"),
        caused(ClientAuthenticationError("Authentication failed: x"), ServiceRequestError("x")),
    ],
)
def test_an_entra_out_of_reach_is_for_the_queue(token, credential, error):
    credential.error = error

    with pytest.raises(RetryLaterError, match="Entra"):
        token(None)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("AADSTS7000215: Invalid client secret provided.", "DATAVERSE_CLIENT_SECRET"),
        ("AADSTS7000222: expired", "expired"),
        ("AADSTS700016: not found", "DATAVERSE_CLIENT_ID"),
        ("something new", "check the credential"),
    ],
)
def test_a_refused_sign_in_says_what_to_check(token, credential, said, advice):
    credential.error = ClientAuthenticationError(f"Authentication failed: {said}")

    with pytest.raises(ConfigurationError, match=advice):
        token(None)


def identity_service(environ, start_response):
    """A managed identity's endpoint, as App Service has it."""
    request = Request(environ)
    if request.headers.get("X-IDENTITY-HEADER") != "knock":
        return json_response({}, status=401)(environ, start_response)
    who = request.args.get("client_id", "system")
    reply = {
        "access_token": f"{who} for {request.args['resource']}",
        "expires_on": str(int(time.time()) + 3600),
        "resource": request.args["resource"],
        "token_type": "Bearer",
    }
    return json_response(reply)(environ, start_response)


@pytest.mark.parametrize(("client_id", "who"), [(None, "system"), ("9a8d", "9a8d")])
def test_a_managed_identity_signs_in_without_a_secret(client_id, who, monkeypatch):
    with serve(identity_service) as url:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "knock")
        token = DataverseToken(managed_identity(client_id), URL)(None)

    assert token == f"{who} for {URL}"


class Directory:
    """A tenant's token endpoint that knows one secret."""

    def __call__(self, environ, start_response):
        request = Request(environ)
        origin = request.host_url.rstrip("/")
        if request.path.endswith("/openid-configuration"):
            reply = json_response(
                {
                    "issuer": f"{origin}/tenant/v2.0",
                    "authorization_endpoint": f"{origin}/tenant/oauth2/v2.0/authorize",
                    "token_endpoint": f"{origin}/tenant/oauth2/v2.0/token",
                }
            )
        elif request.form.get("client_secret") != "right":
            said = {"error": "invalid_client", "error_description": "AADSTS7000215: no. " * 3}
            reply = json_response(said, status=401)
        else:
            scope = request.form["scope"]
            reply = json_response(
                {"token_type": "Bearer", "expires_in": 3599, "access_token": f"app for {scope}"}
            )
        return reply(environ, start_response)


@pytest.fixture
def authority(tmp_path, monkeypatch):
    ca, folder = trustme.CA(), tmp_path
    certificate = ca.issue_cert("localhost", "127.0.0.1")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(folder / "chain.pem", append=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder / "ca.pem"))
    with serve(
        Directory(), certificate=str(folder / "chain.pem"), key=str(folder / "key.pem")
    ) as url:
        yield url


def test_an_app_signs_in_with_its_secret_at_an_authority_of_this_machine(authority):
    token = DataverseToken(client_secret("tenant", "app", "right", authority), URL)

    assert token(None) == f"app for {URL}/.default"


def test_a_wrong_secret_is_a_setting_to_fix_and_is_not_repeated(authority):
    token = DataverseToken(client_secret("tenant", "app", "wr0ng", authority), URL)

    with pytest.raises(ConfigurationError, match="AADSTS7000215") as caught:
        token(None)

    assert "wr0ng" not in str(caught.value)
    assert "DATAVERSE_CLIENT_SECRET" in str(caught.value)


def test_an_authority_that_is_no_address_is_a_setting_to_fix():
    token = DataverseToken(client_secret("tenant", "app", "s", "http://127.0.0.1:1"), URL)

    with pytest.raises(ConfigurationError, match="DATAVERSE_TENANT_ID"):
        token(None)


def test_no_token_is_shown_in_an_error(token, credential):
    credential.error = ClientAuthenticationError(json.dumps({"access_token": "s3cret"}))

    with pytest.raises(ConfigurationError) as caught:
        token(None)

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("status", "throttled"), [(503, False), (429, True)])
def test_entra_in_trouble_is_entras_trouble(status, throttled):
    error = HttpResponseError("no")
    error.status_code = status

    told = no_token(error, "Dataverse", advice="check")

    assert isinstance(told, RetryLaterError)
    assert (told.service, told.throttled) == ("Entra", throttled)


def test_entra_that_does_not_answer_or_gives_no_token_is_named_too():
    lost = no_token(ServiceRequestError("no"), "Dataverse", advice="check")
    denied = no_token(ClientAuthenticationError("AADSTS7000222: x"), "Dataverse", advice="check")

    assert (lost.service, denied.service) == ("Entra", "Entra")
