import json
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.settings import Settings, variable_name

ENOUGH = {
    "FRESHBOOKS_CLIENT_ID": "id",
    "FRESHBOOKS_CLIENT_SECRET": "hush",
    "FRESHBOOKS_REDIRECT_URI": "https://app.example/api/connect/freshbooks/callback",
    "DATAVERSE_URL": "https://org.crm.dynamics.com/",
    "KEY_VAULT_URL": "https://vault.example",
    "PUBLIC_URL": "https://app.example",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
}
ROOT = Path(__file__).resolve().parents[2]


def test_enough_settings_are_read():
    settings = Settings.load({**ENOUGH, "PRICE_LISTS": "usd=Retail; CAD=Retail Canada"})

    assert settings.dataverse_url == "https://org.crm.dynamics.com"
    assert settings.price_lists == {"USD": "Retail", "CAD": "Retail Canada"}
    assert settings.match_field is None


def test_everything_missing_is_named_in_one_error():
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({})

    assert all(name in str(caught.value) for name in ENOUGH if name != "AzureWebJobsStorage")


def test_storage_may_be_given_in_two_ways():
    without = {k: v for k, v in ENOUGH.items() if k != "AzureWebJobsStorage"}
    by_identity = {
        "AzureWebJobsStorage__queueServiceUri": "https://s.queue.core.windows.net",
        "AzureWebJobsStorage__tableServiceUri": "https://s.table.core.windows.net",
    }

    assert Settings.load({**without, **by_identity}).storage_connection_string is None
    with pytest.raises(ConfigurationError, match="AzureWebJobsStorage"):
        Settings.load(without)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATAVERSE_URL", "http://org.crm.dynamics.com"),
        ("DATAVERSE_URL", "org.crm.dynamics.com"),
        ("UNMATCHED_CLIENTS", "guess"),
        ("MATCH_CLIENT_FIELD", "vat_number"),
        ("MATCH_CLIENT_FIELD", "password:name"),
        ("MAX_ATTEMPTS", "0"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_shown(name, value):
    with pytest.raises(ConfigurationError, match=name) as caught:
        Settings.load({**ENOUGH, name: value})

    assert f"'{value}'" not in str(caught.value)


@pytest.mark.parametrize("name", ["FRESHBOOKS_CLIENT_SECRET", "DATAVERSE_CLIENT_SECRET"])
def test_a_reference_that_azure_could_not_resolve_is_no_secret(name):
    reference = "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/freshbooks)"

    with pytest.raises(ConfigurationError, match=f"{name} is a Key Vault reference") as caught:
        Settings.load({**ENOUGH, name: reference})
    assert "vault.azure.net" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "listed"),
    [
        ("https://App.Example", "https://app.example"),
        ("https://app.example:443/", "https://app.example"),
        ("https://app.example:8443", "https://app.example:8443"),
        ("http://localhost:443", "http://localhost:443"),
        ("https://App.example/Gateway/", "https://app.example/Gateway"),
    ],
)
def test_the_public_address_is_spelled_as_freshbooks_may_list_it(given, listed):
    assert Settings.load({**ENOUGH, "PUBLIC_URL": given}).public_url == listed


def test_the_redirect_uri_is_kept_to_the_letter():
    registered = "https://App.example/api/connect/freshbooks/callback/"
    settings = Settings.load({**ENOUGH, "FRESHBOOKS_REDIRECT_URI": registered})

    assert settings.freshbooks_redirect_uri == registered
    assert settings.connect_url == "https://App.example/api/connect/freshbooks"


def test_a_client_secret_sign_in_needs_its_three_settings():
    with pytest.raises(ConfigurationError, match="DATAVERSE_TENANT_ID"):
        Settings.load({**ENOUGH, "DATAVERSE_SIGN_IN": "client-secret"})


def test_secrets_do_not_show_in_a_dump():
    assert "hush" not in repr(Settings.load(ENOUGH))


def test_the_example_of_local_settings_names_only_settings():
    example = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
    ours = {variable_name(name) for name in Settings.model_fields}
    platforms = {"FUNCTIONS_WORKER_RUNTIME", "PYTHON_THREADPOOL_THREAD_COUNT"}

    assert set(example) <= ours | platforms
