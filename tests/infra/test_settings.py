"""One set of settings: what Azure is given, what stands in the example, what the code reads."""

import json
import re
from pathlib import Path

import pytest

from shared.settings import PLATFORM_GIVEN, Settings, variable_name
from tools import tables

ROOT = Path(__file__).resolve().parents[2]
READ = {variable_name(field) for field in Settings.model_fields}
IDENTITY = "33333333-3333-3333-3333-333333333333"
SANDBOX = "the real service is the default; only the sandbox stands somewhere else"

# The only table of exceptions: what one side has and another has not, each with its reason.
NOT_LOCAL = dict.fromkeys(PLATFORM_GIVEN, "the platform alone sets it")
NOT_IN_AZURE = NOT_LOCAL | {
    "AzureWebJobsStorage": "a connection string, which the storage account does not take",
    "AzureWebJobsStorage__accountName": "the addresses say the same, and hold in every cloud",
    "AZURE_SIGN_IN": "in Azure the managed identity signs in, whatever is said",
    "AZURE_TENANT_ID": "a person's, in a terminal",
    "APP_IDENTITY_CLIENT_ID": "a terminal's: to the app it is AZURE_CLIENT_ID",
    "ENTRA_AUTHORITY": SANDBOX,
    "FRESHBOOKS_API_URL": SANDBOX,
    "FRESHBOOKS_AUTH_URL": SANDBOX,
    "FRESHBOOKS_WEB_URL": SANDBOX,
}
NOT_FOR_THE_TERMINAL = {
    "AZURE_CLIENT_ID": "azure-identity on a laptop would take it for its own",
    "OPERATOR_ROLE": "who may use the pages is the app's to say",
    "PYTHON_THREADPOOL_THREAD_COUNT": "the worker's alone",
    "TELEMETRY": "a terminal tells the person who looks at it",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "a terminal tells the person who looks at it",
}
PLATFORMS_IN_AZURE = {
    "AzureWebJobsStorage__blobServiceUri": "the host's locks, timers and keys",
    "AzureWebJobsStorage__credential": "the host signs in with an identity",
    "AzureWebJobsStorage__clientId": "with this one",
    "AzureWebJobsFeatureFlags": "the host keeps no table of its own",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "and as whom it is sent",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "the exporter does not report its own use",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "nor does its newer part",
    "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID": "Easy Auth proves itself with the identity",
}
PLATFORMS_LOCALLY = {
    "FUNCTIONS_WORKER_RUNTIME": "a property of the app in Flex Consumption, which refuses it here",
}
FORBIDDEN = {
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_WORKER_RUNTIME_VERSION",
    "FUNCTIONS_EXTENSION_VERSION",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "ENABLE_ORYX_BUILD",
    "WEBSITE_VNET_ROUTE_ALL",
}
SECRETS = {
    "FRESHBOOKS_CLIENT_SECRET": "freshbooks-client-secret",
    "DATAVERSE_CLIENT_SECRET": "dataverse-client-secret",
}


def example():
    return json.loads((ROOT / "local.settings.example.json").read_text())["Values"]


def resolved(settings):
    """Return settings as the platform hands them over, with what the firm has to fill in."""
    known = {
        r"@Microsoft\.KeyVault\(.*\)": "3f" * 32,
        r"<clientId of [^>]*>": "77777777-7777-7777-7777-777777777777",
        r"<ConnectionString of [^>]*>": "InstrumentationKey=77777777-7777-7777-7777-777777777777",
        r"your-org": "org",
    }
    found = dict(settings)
    for name in settings:
        for pattern, instead in known.items():
            found[name] = re.sub(pattern, instead, found[name])
    return found


def test_azure_is_given_every_setting_the_code_reads_and_what_the_platform_needs(deployments):
    given = {name for each in deployments.values() for name in each.settings}

    assert given - PLATFORMS_IN_AZURE.keys() == READ - NOT_IN_AZURE.keys()
    assert PLATFORMS_IN_AZURE.keys() <= given


def test_the_local_example_holds_every_setting_that_counts_on_a_laptop():
    assert example().keys() - PLATFORMS_LOCALLY.keys() == READ - NOT_LOCAL.keys()
    assert PLATFORMS_LOCALLY.keys() <= example().keys()


def test_every_exception_is_one():
    assert NOT_IN_AZURE.keys() <= READ
    assert NOT_LOCAL.keys() <= READ
    assert NOT_FOR_THE_TERMINAL.keys() <= READ - NOT_IN_AZURE.keys()
    assert not (PLATFORMS_IN_AZURE.keys() | PLATFORMS_LOCALLY.keys()) & READ


def test_the_docs_tell_every_setting_the_code_reads():
    text = tables.DOCS.read_text()

    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) >= READ


def test_the_app_starts_with_what_azure_gives_it(deployment):
    settings = Settings.load(resolved(deployment.settings))

    assert settings.connect_url == f"{settings.public_url}/api/connect/freshbooks"


def test_the_terminal_starts_with_the_outputs(deployment):
    laptop = Settings.load(resolved(deployment.outputs))

    assert laptop.public_url == deployment.settings["PUBLIC_URL"]


def test_an_output_says_what_the_app_was_given(deployment):
    both = deployment.outputs.keys() & deployment.settings.keys()

    assert {name: deployment.outputs[name] for name in both} == {
        name: deployment.settings[name] for name in both
    }


def test_the_terminal_is_told_every_setting_it_has_a_use_for(deployment):
    needed = READ - NOT_IN_AZURE.keys() - NOT_FOR_THE_TERMINAL.keys()

    assert needed <= deployment.outputs.keys()
    assert not NOT_FOR_THE_TERMINAL.keys() & deployment.outputs.keys()


def test_no_output_is_taken_for_the_laptops_own_identity(deployment):
    assert "AZURE_CLIENT_ID" not in deployment.outputs


def test_an_environment_of_azd_knows_what_it_works_with(deployment):
    outputs = deployment.outputs
    identity = f"<clientId of {deployment.identity.name}>"

    assert outputs["AZURE_RESOURCE_GROUP"] in deployment.identity.id
    assert outputs["AZURE_FUNCTION_APP_NAME"] == deployment.one("Microsoft.Web/sites").name
    assert outputs["AZURE_APPLICATION_ID"] == outputs["APP_IDENTITY_CLIENT_ID"] == identity
    assert outputs["APP_IDENTITY_PRINCIPAL_ID"] == f"<principalId of {deployment.identity.name}>"
    assert outputs["AZURE_LOCATION"] == "westeurope"
    assert outputs["CONFIGURATION_VAULT_NAME"].startswith("kv-config-")
    assert (
        outputs["AZURE_TENANT_ID"]
        == deployment.one("Microsoft.KeyVault/vaults", "kv-config")["tenantId"]
    )


@pytest.mark.parametrize(("setting", "secret"), SECRETS.items())
def test_a_client_secret_is_a_reference_to_the_vault_the_app_only_reads(
    everything, setting, secret
):
    vault = everything.outputs["CONFIGURATION_VAULT_NAME"]
    reference = f"@Microsoft.KeyVault(SecretUri=https://{vault}.vault.azure.net/secrets/{secret})"

    assert everything.settings[setting] == everything.outputs[setting] == reference


def test_the_vault_the_code_writes_to_is_the_other_one(deployment):
    vault = deployment.one("Microsoft.KeyVault/vaults", "kv-tokens")

    assert deployment.settings["KEY_VAULT_URL"] == f"https://{vault.name}.vault.azure.net"


def test_storage_is_reached_at_the_accounts_addresses_with_the_apps_identity(deployment):
    account = deployment.one("Microsoft.Storage/storageAccounts").name
    identity = f"<clientId of {deployment.identity.name}>"
    expected = {
        f"AzureWebJobsStorage__{service}ServiceUri": f"https://{account}.{service}.core.windows.net"
        for service in ("blob", "queue", "table")
    }
    expected["AzureWebJobsStorage__credential"] = "managedidentity"
    expected["AzureWebJobsStorage__clientId"] = expected["AZURE_CLIENT_ID"] = identity

    assert {name: deployment.settings.get(name) for name in expected} == expected


def test_telemetry_goes_to_application_insights_as_the_apps_identity(deployment):
    insights = deployment.one("Microsoft.Insights/components").name

    assert deployment.settings["APPLICATIONINSIGHTS_CONNECTION_STRING"] == (
        f"<ConnectionString of {insights}>"
    )
    assert deployment.settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] == (
        f"ClientId=<clientId of {deployment.identity.name}>;Authorization=AAD"
    )


def test_telemetry_is_sent_as_is_asked_for_and_the_host_stays_as_it_is(deployments):
    ways = {name: each.settings["TELEMETRY"] for name, each in deployments.items()}

    assert ways == {"test": "logs", "production": "logs", "everything": "opentelemetry"}
    for each in deployments.values():
        assert not {name for name in each.settings if name.startswith("AzureFunctionsJobHost__")}
        assert each.settings["APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL"] == "true"


def test_dataverse_is_entered_with_a_secret_only_where_an_application_is_named(deployments):
    named = {"DATAVERSE_TENANT_ID", "DATAVERSE_CLIENT_ID", "DATAVERSE_CLIENT_SECRET"}

    assert deployments["production"].settings["DATAVERSE_SIGN_IN"] == "managed-identity"
    assert not named & deployments["production"].settings.keys()
    assert deployments["everything"].settings["DATAVERSE_SIGN_IN"] == "client-secret"
    assert named <= deployments["everything"].settings.keys()


def test_what_the_firm_decides_is_what_the_app_is_given(everything):
    settings = Settings.load(resolved(everything.settings))

    assert settings.unmatched_clients == "create"
    assert settings.match_field == ("vat_number", "accountnumber")
    assert settings.deleted_records == "keep"
    assert settings.price_lists == {"USD": "Retail"}
    assert (settings.poll_overlap_days, settings.poll_max_backlog) == (3, 500)
    assert (settings.balance_delay_seconds, settings.max_attempts) == (0, 5)
    assert (settings.journal_days, settings.history_per_record) == (90, 20)
    assert (settings.dataverse_requests_per_second, settings.dataverse_requests_at_once) == (10, 60)
    assert (settings.freshbooks_requests_per_second, settings.freshbooks_requests_at_once) == (0, 9)
    assert (settings.dataverse_seconds_per_second, settings.dataverse_web_servers) == (5, 2)
    assert settings.dataverse_requests_per_hint == 3


def test_what_the_firm_leaves_open_is_as_the_code_has_it(deployments):
    given = Settings.load(resolved(deployments["production"].settings))
    policies = (
        *("unmatched_clients", "match_client_field", "deleted_records", "price_lists"),
        *("poll_overlap_days", "poll_max_backlog", "balance_delay_seconds", "max_attempts"),
        *("journal_days", "history_per_record"),
        *("dataverse_requests_per_second", "dataverse_requests_at_once"),
        *("dataverse_seconds_per_second", "dataverse_web_servers", "dataverse_requests_per_hint"),
        *("freshbooks_requests_per_second", "freshbooks_requests_at_once"),
    )

    assert {name: getattr(given, name) for name in policies} == {
        name: Settings.model_fields[name].get_default(call_default_factory=True)
        for name in policies
    }


def test_nothing_is_set_that_flex_consumption_forbids(deployment):
    assert not FORBIDDEN & deployment.settings.keys()
    assert deployment.one("Microsoft.Web/sites")["siteConfig.linuxFxVersion"] is None


def test_the_worker_has_threads_for_the_webhooks_and_the_messages(deployment):
    queues = json.loads((ROOT / "host.json").read_text())["extensions"]["queues"]
    messages = queues["batchSize"] + queues["newBatchThreshold"]
    scale = deployment.one("Microsoft.Web/sites")["functionAppConfig.scaleAndConcurrency"]
    threads = int(deployment.settings["PYTHON_THREADPOOL_THREAD_COUNT"])

    assert threads == int(example()["PYTHON_THREADPOOL_THREAD_COUNT"]) == 32
    assert messages <= threads
    assert scale["triggers"]["http"]["perInstanceConcurrency"] <= threads
