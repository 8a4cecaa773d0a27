import base64
import json

import pytest
import requests
import time_machine
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    ClientSecretCredential,
    EnvironmentCredential,
    ManagedIdentityCredential,
)

from sandbox.entra import SYSTEM_ASSIGNED, TENANT, Entra
from sandbox.web import InProcess

CLIENT, SECRET = "5f1b6a0e-8b7c-4a55-9e0e-0d6b2f4b7a11", "a client secret"
DATAVERSE = "https://org.crm.dynamics.com"
VAULT = "https://vault.azure.net"


def claims(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def test_a_client_with_its_secret_gets_a_token_for_the_resource(entra, credential):
    token = credential.get_token(f"{DATAVERSE}/.default").token

    assert entra.accepts(token, DATAVERSE)
    assert not entra.accepts(token, VAULT)
    assert claims(token)["aud"] == DATAVERSE
    assert claims(token)["tid"] == TENANT
    assert claims(token)["appid"] == CLIENT


def test_a_token_is_asked_for_once_while_it_lasts(entra, credential):
    credential.get_token(f"{DATAVERSE}/.default")
    credential.get_token(f"{DATAVERSE}/.default")

    assert entra.issued == {(CLIENT, DATAVERSE): 1}


def test_a_wrong_secret_is_refused_with_entra_s_own_code(entra_url):
    with (
        ClientSecretCredential(
            TENANT, CLIENT, "not the secret", authority=entra_url, disable_instance_discovery=True
        ) as wrong,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        wrong.get_token(f"{DATAVERSE}/.default")


@pytest.mark.parametrize(
    ("tenant", "client", "scope", "code"),
    [
        ("11111111-1111-1111-1111-111111111111", CLIENT, f"{VAULT}/.default", "AADSTS90002"),
        (TENANT, "22222222-2222-2222-2222-222222222222", f"{VAULT}/.default", "AADSTS700016"),
        (TENANT, CLIENT, f"{VAULT}/user_impersonation", "AADSTS1002012"),
    ],
)
def test_a_request_for_what_does_not_exist_is_refused(entra, tenant, client, scope, code):
    with requests.Session() as session:
        session.mount("https://", InProcess(entra))
        answer = session.post(
            f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": client,
                "client_secret": SECRET,
                "scope": scope,
            },
        )

    assert answer.status_code == 400
    assert answer.json()["error_description"].startswith(code)


def test_the_environment_s_credential_finds_the_directory(entra, entra_url, monkeypatch):
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", entra_url)
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_ID", CLIENT)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRET)
    with EnvironmentCredential(disable_instance_discovery=True) as credential:
        token = credential.get_token(f"{VAULT}/.default").token

    assert entra.accepts(token, VAULT)


@pytest.fixture
def app_service(entra, plain_url, monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{plain_url(entra)}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", entra.identity_header)


def test_the_system_assigned_identity_needs_no_secret(entra, app_service):
    with ManagedIdentityCredential() as credential:
        token = credential.get_token(f"{DATAVERSE}/.default").token

    assert entra.accepts(token, DATAVERSE)
    assert claims(token)["appid"] == SYSTEM_ASSIGNED


def test_a_user_assigned_identity_is_chosen_by_its_client_id(entra, app_service):
    chosen = entra.identities[0]
    with ManagedIdentityCredential(client_id=chosen) as credential:
        token = credential.get_token(f"{VAULT}/.default").token

    assert claims(token)["appid"] == chosen
    assert entra.issued == {(chosen, VAULT): 1}


def test_an_identity_the_machine_does_not_have_is_refused(app_service):
    stranger = "33333333-3333-3333-3333-333333333333"
    with (
        ManagedIdentityCredential(client_id=stranger) as credential,
        pytest.raises(ClientAuthenticationError, match="No User Assigned"),
    ):
        credential.get_token(f"{VAULT}/.default")


def test_a_caller_without_the_identity_header_is_refused(app_service, monkeypatch):
    monkeypatch.setenv("IDENTITY_HEADER", "guessed")
    with (
        ManagedIdentityCredential() as credential,
        pytest.raises(ClientAuthenticationError, match="401"),
    ):
        credential.get_token(f"{VAULT}/.default")


def test_a_virtual_machine_s_endpoint_serves_the_same_identities(entra, plain_url, monkeypatch):
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", plain_url(entra))
    with ManagedIdentityCredential() as credential:
        token = credential.get_token(f"{VAULT}/.default").token

    assert entra.accepts(token, VAULT)


def test_a_token_is_worth_nothing_after_its_lifetime():
    entra = Entra(lifetime=60)
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False) as time:
        token = entra.issue(CLIENT, VAULT)
        time.shift(59)
        before = entra.accepts(token, VAULT)
        time.shift(1)

        assert before
        assert not entra.accepts(token, VAULT)


@pytest.mark.parametrize("forged", ["", "x", "a.b.c", "é.é.é", "..", "a.b."])
def test_a_token_the_directory_did_not_issue_is_refused(forged):
    assert not Entra().accepts(forged, VAULT)


def test_a_token_with_changed_claims_is_refused():
    entra = Entra()
    header, body, seal = entra.issue(CLIENT, VAULT).split(".")
    changed = claims(f"{header}.{body}.{seal}") | {"aud": DATAVERSE}
    other = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()

    assert not entra.accepts(f"{header}.{other}.{seal}", DATAVERSE)
