"""The secrets adapter and a vault over https: versions, refusals, outages.

What the port promises, whoever keeps it, is in `ports/`.
"""

import time

import pytest

from shared.adapters.azure.key_vault import KeyVaultSecrets
from shared.errors import ConfigurationError, RetryLaterError
from tests.functional.vault import Credential


@pytest.fixture
def secrets(address):
    return KeyVaultSecrets(address, Credential())


def test_a_value_becomes_the_secrets_newest_version(secrets, vault):
    secrets.set("webhook-xazq5-invoice", "first")
    secrets.set("webhook-xazq5-invoice", "second")

    versions = [each.value for each in vault.versions("webhook-xazq5-invoice")]

    assert versions == ["first", "second"]


def test_denied_access_names_the_role_that_is_missing(secrets, vault):
    vault.set("freshbooks-token", "hidden", enabled=False)

    with pytest.raises(ConfigurationError, match=r"read freshbooks-token.*Key Vault Secrets"):
        secrets.get("freshbooks-token")


def test_an_identity_the_vault_does_not_know_is_a_wrong_setting(address):
    with pytest.raises(ConfigurationError, match="could not sign in"):
        KeyVaultSecrets(address, Credential("bad")).get("freshbooks-token")


def test_an_identity_without_a_token_is_a_wrong_setting(address):
    with pytest.raises(ConfigurationError, match="AZURE_CLIENT_ID"):
        KeyVaultSecrets(address, Credential("")).set("freshbooks-token", "value")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_vault_that_is_down_is_tried_later_and_soon_given_up(secrets, door, status):
    secrets.get("anything")
    door.fail(kind="status", status=status, times=None)
    started = time.monotonic()

    with pytest.raises(RetryLaterError, match=f"Key Vault: read freshbooks-token.*{status}"):
        secrets.get("freshbooks-token")
    assert time.monotonic() - started < 10


def test_one_stumble_of_the_vault_is_not_noticed(secrets, door):
    secrets.set("a", "value")
    door.fail(kind="status", status=503)

    assert secrets.get("a") == "value"


def test_a_deleted_secret_is_recovered_before_its_name_is_used_again(secrets, vault):
    secrets.set("freshbooks-token", "old")
    secrets.delete("freshbooks-token")
    gone = vault.versions("freshbooks-token")
    secrets.set("freshbooks-token", "new")

    assert gone == []
    assert [each.value for each in vault.versions("freshbooks-token")] == ["old", "new"]


def test_a_secret_that_is_being_deleted_or_recovered_is_tried_later(secrets, vault, door):
    secrets.set("freshbooks-token", "old")
    door.fail(kind="status", status=409, times=None)

    with pytest.raises(RetryLaterError, match="freshbooks-token is being deleted or recovered"):
        secrets.delete("freshbooks-token")
    with pytest.raises(RetryLaterError, match="freshbooks-token is being deleted or recovered"):
        secrets.set("freshbooks-token", "new")
    assert vault.secrets["freshbooks-token"] == "old"


def test_no_value_shows_in_an_error(secrets, door):
    secrets.get("anything")
    door.fail(kind="status", status=403, times=None)

    with pytest.raises(ConfigurationError) as refused:
        secrets.set("freshbooks-token", "very-secret")
    assert "very-secret" not in str(refused.value)
