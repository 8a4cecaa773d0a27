import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.azure_access import load_access
from shared.core.records import Client
from shared.core.sign_in import AzureSignIn
from shared.errors import ConfigurationError
from shared.notation.lists import FIELDS
from shared.settings import PLATFORM_GIVEN, Settings, variable_name
from shared.sync.doctor.settings import ENOUGH_THREADS

ENOUGH = {
    "FRESHBOOKS_CLIENT_ID": "id",
    "FRESHBOOKS_CLIENT_SECRET": "hush-hush-hush-hush",
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

    assert all(name in str(caught.value) for name in ENOUGH)


def test_what_is_wrong_does_not_hide_what_is_missing():
    with pytest.raises(ConfigurationError) as caught:
        Settings.load(
            {
                "DATAVERSE_SIGN_IN": "client-secret",
                "DATAVERSE_ULR": "https://org.crm.dynamics.com",
                "MAX_ATTEMPTS": "none at all",
                "PRICE_LISTS": "USD",
            }
        )

    named = ("DATAVERSE_TENANT_ID", "MAX_ATTEMPTS", "PRICE_LISTS", "AzureWebJobsStorage")
    assert all(name in str(caught.value) for name in named)
    assert "DATAVERSE_ULR, perhaps DATAVERSE_URL" in str(caught.value)


def test_storage_may_be_given_in_two_ways():
    without = {k: v for k, v in ENOUGH.items() if k != "AzureWebJobsStorage"}
    by_identity = {
        "AzureWebJobsStorage__queueServiceUri": "https://s.queue.core.windows.net",
        "AzureWebJobsStorage__tableServiceUri": "https://s.table.core.windows.net",
    }

    assert Settings.load({**without, **by_identity}).storage_connection_string is None
    with pytest.raises(ConfigurationError, match="AzureWebJobsStorage"):
        Settings.load(without)


SIGHTLESS = " \t\r\n\u00a0\u200b\ufeff\u2028"


@given(
    before=st.text(SIGHTLESS, max_size=3),
    after=st.text(SIGHTLESS, max_size=3),
)
def test_what_nobody_sees_at_the_ends_of_a_setting_is_cut_off(before, after):
    plain = Settings.load(ENOUGH)

    assert Settings.load({name: f"{before}{text}{after}" for name, text in ENOUGH.items()}) == plain


def refusal(environment):
    """What is said of settings, "" when nothing is."""
    try:
        Settings.load(environment)
    except ConfigurationError as error:
        return str(error)
    return ""


OURS = sorted({variable_name(name) for name in Settings.model_fields} - PLATFORM_GIVEN)


@given(name=st.sampled_from(OURS), text=st.text(min_size=1))
def test_any_text_is_taken_or_refused_by_name_and_never_shown(name, text):
    said = refusal({**ENOUGH, name: text})

    assert not said or name in said
    # A piece of the refusal's own words is in it whatever was written.
    assert len(text) < 12 or text not in said or text in refusal({**ENOUGH, name: "\N{SNOWMAN}"})


def test_a_value_that_cannot_be_seen_is_none():
    settings = Settings.load({**ENOUGH, "MATCH_CLIENT_FIELD": " \ufeff", "OPERATOR_ROLE": ""})

    assert settings.match_field is None
    assert not settings.operator_role


@pytest.mark.parametrize(
    "page",
    [
        "https://org.crm.dynamics.com/",
        "https://org.crm.dynamics.com:443",
        "https://ORG.crm.dynamics.com",
        "https://org.api.crm.dynamics.com/api/data/v9.2/",
        "https://org.crm.dynamics.com/main.aspx?appid=6d9f5a0c&pagetype=entitylist#x",
        "https://org.crm.dynamics.com./WebResources/page.html",
    ],
)
def test_an_address_in_the_environment_means_the_environment(page):
    settings = Settings.load({**ENOUGH, "DATAVERSE_URL": page})

    assert settings.dataverse_url == "https://org.crm.dynamics.com"


@pytest.mark.parametrize(
    "address",
    ["https://org.crm4.dynamics.com", "https://org.crm.microsoftdynamics.us", "https://a.example"],
)
def test_an_environment_may_be_in_any_cloud(address):
    assert Settings.load({**ENOUGH, "DATAVERSE_URL": address}).dataverse_url == address


@pytest.mark.parametrize("text", ["Create", " create ", "CREATE"])
def test_a_word_may_be_written_in_any_case(text):
    assert Settings.load({**ENOUGH, "UNMATCHED_CLIENTS": text}).unmatched_clients == "create"


@pytest.mark.parametrize("text", ["True", "true", "1", "TRUE "])
def test_the_platform_says_in_several_ways_that_authentication_is_on(text):
    assert Settings.load({**ENOUGH, "WEBSITE_AUTH_ENABLED": text}).easy_auth


def test_the_storage_account_may_be_named_alone():
    without = {k: v for k, v in ENOUGH.items() if k != "AzureWebJobsStorage"}
    settings = Settings.load({**without, "AzureWebJobsStorage__accountName": "account1"})

    assert settings.storage_queue_url == "https://account1.queue.core.windows.net"
    assert settings.storage_table_url == "https://account1.table.core.windows.net"


def test_a_given_address_stands_beside_the_one_that_follows_from_the_account():
    zone = "https://account1.z12.queue.storage.azure.net"
    settings = Settings.load(
        {
            **{k: v for k, v in ENOUGH.items() if k != "AzureWebJobsStorage"},
            "AzureWebJobsStorage__accountName": "account1",
            "AzureWebJobsStorage__queueServiceUri": zone,
        }
    )

    assert settings.storage_queue_url == zone
    assert settings.storage_table_url == "https://account1.table.core.windows.net"


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


@pytest.mark.parametrize("written", ["client-secret", "Client Secret", "client_secret"])
def test_a_client_secret_sign_in_needs_its_three_settings(written):
    said = refusal({**ENOUGH, "DATAVERSE_SIGN_IN": written})

    names = ("DATAVERSE_TENANT_ID", "DATAVERSE_CLIENT_ID", "DATAVERSE_CLIENT_SECRET")
    assert all(f"{name} (DATAVERSE_SIGN_IN is client-secret)" in said for name in names)


def test_opentelemetry_needs_to_know_where_to():
    with pytest.raises(ConfigurationError, match="APPLICATIONINSIGHTS_CONNECTION_STRING"):
        Settings.load({**ENOUGH, "TELEMETRY": "opentelemetry"})


@pytest.mark.parametrize("chosen", ["", "logs"])
def test_the_lines_alone_are_the_default(chosen):
    settings = Settings.load({**ENOUGH, "TELEMETRY": chosen})

    assert settings.telemetry == "logs"


def test_another_telemetry_is_refused():
    with pytest.raises(ConfigurationError, match="TELEMETRY"):
        Settings.load({**ENOUGH, "TELEMETRY": "statsd"})


def test_secrets_do_not_show_in_a_dump():
    assert "hush-hush" not in repr(Settings.load(ENOUGH))


@pytest.mark.parametrize("page", ["", "?invitation=a.b%2Bc&x=%2F"])
def test_behind_easy_auth_a_link_leads_through_its_sign_in_first(page):
    address = f"https://app.example/api/connect/freshbooks{page}"
    tenant = "7c3f0a52-41d8-4e0b-9a66-2f1be0c7d915"

    link = urlsplit(Settings.load({**ENOUGH, "OPERATOR_TENANT_ID": tenant}).sign_in_url(address))

    assert (link.netloc, link.path) == ("app.example", "/.auth/login/aad")
    assert parse_qs(link.query) == {
        "post_login_redirect_uri": [address.removeprefix("https://app.example")]
    }
    assert Settings.load(ENOUGH).sign_in_url(address) == address


def test_the_example_of_local_settings_names_every_setting():
    example = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
    ours = {variable_name(name) for name in Settings.model_fields}

    assert set(example) == (ours - PLATFORM_GIVEN) | {"FUNCTIONS_WORKER_RUNTIME"}


def test_the_example_of_local_settings_is_refused_until_it_is_filled_in():
    example = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]

    with pytest.raises(ConfigurationError) as caught:
        Settings.load(example)

    unfilled = ("DATAVERSE_URL", "KEY_VAULT_URL", "PUBLIC_URL", "FRESHBOOKS_REDIRECT_URI")
    assert all(f"{name} still holds a placeholder" in str(caught.value) for name in unfilled)


def test_every_field_clients_can_be_matched_by_is_one_of_theirs():
    assert set(FIELDS) <= {*Client.model_fields, *vars(Client)}


def test_enough_threads_are_as_many_as_messages_run_at_once():
    queues = json.loads((ROOT / "host.json").read_text())["extensions"]["queues"]

    assert queues["batchSize"] + queues["newBatchThreshold"] == ENOUGH_THREADS


@pytest.mark.parametrize(
    ("given", "sign_in"),
    [
        ({}, AzureSignIn.AUTO),
        ({"AZURE_SIGN_IN": "azure-cli"}, AzureSignIn.AZURE_CLI),
        ({"AZURE_SIGN_IN": "managed-identity"}, AzureSignIn.MANAGED_IDENTITY),
    ],
)
def test_how_to_sign_in_to_azure_is_known_before_anything_else_is(given, sign_in):
    assert load_access(given).azure_sign_in is sign_in
    assert Settings.load({**ENOUGH, **given}).azure_sign_in is sign_in


@pytest.mark.parametrize(
    ("name", "value"), [("AZURE_SIGN_IN", "browser"), ("AZURE_TENANT_ID", "a tenant; rm")]
)
def test_a_wrong_way_to_sign_in_is_named_and_its_value_is_not_shown(name, value):
    for read in (load_access, Settings.load):
        with pytest.raises(ConfigurationError, match=name) as caught:
            read({**ENOUGH, name: value})

        assert f"'{value}'" not in str(caught.value)


def test_the_platform_tells_where_it_runs_by_its_identity_endpoint():
    assert load_access({"IDENTITY_ENDPOINT": "http://x"}).identity_endpoint == "http://x"
    assert load_access({"IDENTITY_ENDPOINT": ""}).identity_endpoint is None


def test_dataverse_is_signed_in_to_without_a_secret_unless_one_is_asked_for():
    settings = Settings.load({**ENOUGH, "DATAVERSE_SIGN_IN": "managed-identity"})

    assert settings.dataverse_sign_in is Settings.load(ENOUGH).dataverse_sign_in
