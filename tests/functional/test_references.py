"""Reading what a Key Vault reference stands for: a vault over https, its refusals, its outages."""

import pytest
from azure.core.pipeline.transport import RequestsTransport
from werkzeug.wrappers import Request

from sandbox.keyvault import KeyVault
from sandbox.web import json_response
from shared.adapters.azure.references import parse_reference, read_secret
from shared.cli.environment import resolve
from shared.errors import ConfigurationError, ConnectorError, NotPossibleError
from tests.functional.vault import Credential, over_https

SETTING = "FRESHBOOKS_CLIENT_SECRET"
ROLE = "Give yourself the role 'Key Vault Secrets User' on the vault"


def reference_to(address, name="freshbooks", version=""):
    text = f"@Microsoft.KeyVault(SecretUri={address}/secrets/{name}/{version})"
    return parse_reference(text, setting=SETTING)


def read(address, *, token="good", **which):
    return read_secret(reference_to(address, **which), Credential(token), setting=SETTING)


def test_the_newest_version_is_read_unless_one_is_named(address, vault):
    old = vault.set("freshbooks", "old").version
    vault.set("freshbooks", "new")

    assert read(address) == "new"
    assert read(address, version=old) == "old"


def test_settings_are_handed_on_with_what_their_references_stand_for(address, vault):
    vault.set("freshbooks", "hush")
    values = {SETTING: f"@microsoft.keyvault( SecretUri={address}/secrets/freshbooks )", "A": "b"}

    assert resolve(values, Credential()) == {SETTING: "hush", "A": "b"}


@pytest.mark.parametrize("which", [{"name": "missing"}, {"version": "0" * 32}])
def test_a_secret_that_is_not_there_is_named_with_its_vault(address, vault, which):
    vault.set("freshbooks", "hush")

    with pytest.raises(ConfigurationError, match="has no such secret or version") as refused:
        read(address, **which)

    assert reference_to(address).host in str(refused.value)


def refusing(status, inner):
    """A vault that lets the token pass and then refuses."""

    def answer(environ, start_response):
        if not Request(environ).headers.get("Authorization"):
            return KeyVault(accepts=bool)(environ, start_response)
        error = {"code": "Forbidden", "message": "No.", "innererror": {"code": inner}}
        return json_response({"error": error}, status=status)(environ, start_response)

    return answer


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("ForbiddenByRbac", ROLE),
        ("ForbiddenByPolicy", ROLE),
        ("ForbiddenByFirewall", "Allow this machine's address in the vault's networking"),
        ("ForbiddenByConnection", "Allow this machine's address in the vault's networking"),
        ("SecretDisabled", "is disabled"),
    ],
)
def test_a_refusal_says_what_is_missing(tmp_path, inner, said):
    with (
        over_https(refusing(403, inner), tmp_path) as address,
        pytest.raises(ConfigurationError) as refused,
    ):
        read(address)

    assert said in str(refused.value)
    assert str(refused.value).startswith(SETTING)
    assert reference_to(address).host in str(refused.value)


def test_a_token_the_vault_does_not_take_is_of_another_tenant(address):
    with pytest.raises(ConfigurationError, match="Sign in to the tenant of the vault"):
        read(address, token="bad")


@pytest.fixture
def impatient(monkeypatch):
    """Another attempt is made at once."""
    monkeypatch.setattr(RequestsTransport, "sleep", lambda *_: None)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_vault_that_is_down_is_no_wrong_setting(address, door, vault, status):
    vault.set("freshbooks", "hush")
    read(address)
    door.fail(kind="status", status=status, times=None)

    with pytest.raises(NotPossibleError, match=f"does not answer .{status}"):
        read(address)


@pytest.mark.usefixtures("impatient")
def test_a_vault_that_cannot_be_reached_is_no_wrong_setting():
    with pytest.raises(NotPossibleError, match="whether it can be reached from this network"):
        read("https://localhost:9")


def test_whatever_the_vault_answers_in_the_terminal_it_is_no_finding_about_the_settings(address):
    with pytest.raises(NotPossibleError, match="no such secret"):
        resolve({SETTING: f"@Microsoft.KeyVault(SecretUri={address}/secrets/x)"}, Credential())


def test_a_value_shows_in_no_error(address, door, vault):
    vault.set("freshbooks", "very-secret")
    read(address)
    door.fail(kind="status", status=403, times=None)

    with pytest.raises(ConnectorError) as refused:
        read(address)

    assert "very-secret" not in str(refused.value)
