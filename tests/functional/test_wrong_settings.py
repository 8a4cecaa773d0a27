"""Settings that are wrong, one at a time: start-up or the doctor names each, and what to write.

The ids are the list; beside it stand the spellings that are right, of which nobody is warned.
"""

import base64
import re
import time
from dataclasses import replace

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from sandbox.authority import Authority, trusted_environment
from sandbox.web import serve
from shared.adapters.azure.checkpoints import TableCheckpoints
from shared.adapters.azure.entra import DataverseToken
from shared.adapters.azure.key_vault import KeyVaultSecrets
from shared.adapters.azure.queues import StorageQueue
from shared.adapters.azure.tables import Tables
from shared.adapters.dataverse.schema_differences import ExistingSchema, list_differences
from shared.app import build
from shared.cautions import list_cautions
from shared.checkup import list_checks
from shared.errors import ConfigurationError, ConnectorError
from shared.settings import Settings
from shared.sync.doctor import Level, Subject, examine
from tests.functional.world import DATAVERSE, Firm

PUBLIC = "https://localhost:8443"  # where the sandbox's FreshBooks app redirects to
KEY = base64.b64encode(bytes(range(64))).decode()
GUID = "7c3f0a52-41d8-4e0b-9a66-2f1be0c7d915"
SECRET = "f3b1c9d27a5e4f60f3b1c9d27a5e4f60"
ACCOUNT = f"DefaultEndpointsProtocol=https;AccountName=account1;AccountKey={KEY};"
CONNECTION = f"{ACCOUNT}EndpointSuffix=core.windows.net"
ENOUGH = {
    "FRESHBOOKS_CLIENT_ID": "5b2c8e0f7a4d4be19c33d2a6e1f08b57",
    "FRESHBOOKS_CLIENT_SECRET": SECRET,
    "FRESHBOOKS_REDIRECT_URI": "https://app.example/api/connect/freshbooks/callback",
    "DATAVERSE_URL": "https://org.crm.dynamics.com",
    "KEY_VAULT_URL": "https://myvault.vault.azure.net",
    "PUBLIC_URL": "https://app.example",
    "AzureWebJobsStorage": CONNECTION,
}
BY_SECRET = {
    "DATAVERSE_SIGN_IN": "client-secret",
    "DATAVERSE_TENANT_ID": GUID,
    "DATAVERSE_CLIENT_ID": GUID,
    "DATAVERSE_CLIENT_SECRET": SECRET,
}
IN_AZURE = {"WEBSITE_SITE_NAME": "app", "PYTHON_THREADPOOL_THREAD_COUNT": "32"}
REFERENCE = "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/freshbooks)"
ENVIRONMENT = "write the environment's address alone, such as https://org.crm.dynamics.com"
VAULT = "write the vault's address alone, such as https://myvault.vault.azure.net"
APP = "write the app's address alone, such as https://app.azurewebsites.net"
REDIRECT = "write the redirect URI as it is registered"
KEYS = "write the connection string the portal shows under Access keys"
LISTS = "write such as USD=Retail;CAD=Retail Canada"
FIELD = "write such as vat_number:accountnumber"
STORAGE, QUEUE, TABLE, NAMED = (
    "AzureWebJobsStorage",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "AzureWebJobsStorage__accountName",
)
BY_IDENTITY = {
    STORAGE: "",
    QUEUE: "https://account1.queue.core.windows.net",
    TABLE: "https://account1.table.core.windows.net",
}

# What a text may hold that is shown all the same: examples, and the app's own address.
EXAMPLES = {*ENOUGH.values(), "org.crm.dynamics.com", "DefaultEndpointsProtocol", PUBLIC}


def wrong(what, name, text, write, **beside):
    """One wrong setting: what is wrong, its name and text, and what one is to write."""
    return pytest.param(name, {**beside, name: text}, write, id=f"{name}: {what}")


SETTINGS = [
    # FreshBooks
    wrong("missing", "FRESHBOOKS_CLIENT_ID", "", "missing: "),
    wrong("blanks only", "FRESHBOOKS_CLIENT_ID", " \u200b\r\n", "missing: "),
    wrong("an address", "FRESHBOOKS_CLIENT_ID", "https://my.freshbooks.com/x", "write the bare"),
    wrong("an empty secret", "FRESHBOOKS_CLIENT_SECRET", "\ufeff", "missing: "),
    wrong("too short", "FRESHBOOKS_CLIENT_SECRET", "f3b1c9d27a5e4f6", "copy the whole secret"),
    wrong("masked", "FRESHBOOKS_CLIENT_SECRET", "f3b1" + "*" * 28, "copy the whole secret"),
    wrong("masked with dots", "FRESHBOOKS_CLIENT_SECRET", "•" * 32, "copy the whole secret"),
    wrong("two words", "FRESHBOOKS_CLIENT_SECRET", f"{SECRET} {SECRET}", "copy the secret alone"),
    wrong("the id", "FRESHBOOKS_CLIENT_SECRET", ENOUGH["FRESHBOOKS_CLIENT_ID"], "write the secret"),
    wrong("in quotes", "FRESHBOOKS_CLIENT_SECRET", f'"{SECRET}"', "write it without them"),
    wrong("a line end inside", "FRESHBOOKS_CLIENT_SECRET", f"{SECRET}\n{SECRET}", "type it anew"),
    wrong("no width inside", "FRESHBOOKS_CLIENT_ID", "5b2c\u200b8e0f", "type it anew"),
    wrong("a reference", "FRESHBOOKS_CLIENT_SECRET", REFERENCE, "Key Vault Secrets User"),
    wrong("a reference in capitals", "FRESHBOOKS_CLIENT_SECRET", REFERENCE.upper(), "Secrets User"),
    wrong(
        "a reference with blanks", "FRESHBOOKS_CLIENT_SECRET",
        "  @ microsoft.keyvault (VaultName=v;SecretName=s)", "Key Vault Secrets User",
    ),
    wrong(
        "a reference in App Configuration", "FRESHBOOKS_CLIENT_SECRET",
        "@Microsoft.AppConfiguration(Endpoint=https://c.azconfig.io; Key=k)", "Secrets User",
    ),
    wrong("a placeholder", "FRESHBOOKS_CLIENT_SECRET", "<client secret>", "write your own value"),
    wrong("a variable", "FRESHBOOKS_CLIENT_SECRET", "${FRESHBOOKS_SECRET}", "your own value"),
    wrong("a stand-in", "FRESHBOOKS_CLIENT_SECRET", "your-client-secret-here", "your own value"),
    wrong("http", "FRESHBOOKS_REDIRECT_URI", "http://app.example/api/x", REDIRECT),
    wrong("http on this machine", "FRESHBOOKS_REDIRECT_URI", "http://localhost:7071/x", REDIRECT),
    wrong("a query", "FRESHBOOKS_REDIRECT_URI", "https://app.example/x?a=b", REDIRECT),
    wrong("a fragment", "FRESHBOOKS_REDIRECT_URI", "https://app.example/x#here", REDIRECT),
    wrong("a blank inside", "FRESHBOOKS_REDIRECT_URI", "https://app.example/a b", REDIRECT),
    wrong("two of them", "FRESHBOOKS_REDIRECT_URI", "https://a.example/\nhttps://b.example/",
          "type it anew"),
    wrong(
        "the example's", "FRESHBOOKS_REDIRECT_URI",
        "https://your-app.azurewebsites.net/api/connect/freshbooks/callback", "your own value",
    ),
    wrong("a path", "FRESHBOOKS_API_URL", "https://api.freshbooks.com/accounting", "alone"),
    wrong("the consent page", "FRESHBOOKS_API_URL", "https://auth.freshbooks.com",
          "write https://api.freshbooks.com"),
    wrong("the API", "FRESHBOOKS_AUTH_URL", "https://api.freshbooks.com",
          "write https://auth.freshbooks.com"),
    # Dataverse
    wrong("missing", "DATAVERSE_URL", "", "missing: "),
    wrong("http", "DATAVERSE_URL", "http://org.crm.dynamics.com", ENVIRONMENT),
    wrong("without https://", "DATAVERSE_URL", "org.crm.dynamics.com", ENVIRONMENT),
    wrong("the example's", "DATAVERSE_URL", "https://your-org.crm.dynamics.com", "your own value"),
    wrong("the maker portal", "DATAVERSE_URL",
          "https://make.powerapps.com/environments/x/home", ENVIRONMENT),
    wrong("the admin centre", "DATAVERSE_URL",
          "https://admin.powerplatform.microsoft.com/environments", ENVIRONMENT),
    wrong("the discovery service", "DATAVERSE_URL",
          "https://globaldisco.crm.dynamics.com/api/discovery/v2.0", ENVIRONMENT),
    wrong("Business Central", "DATAVERSE_URL",
          "https://businesscentral.dynamics.com/tenant", ENVIRONMENT),
    wrong("a password in it", "DATAVERSE_URL", "https://me:pass@org.crm.dynamics.com",
          ENVIRONMENT),
    wrong("a port", "DATAVERSE_URL", "https://org.crm.dynamics.com:8443", ENVIRONMENT),
    wrong("an umlaut", "DATAVERSE_URL", "https://örg.crm.dynamics.com", ENVIRONMENT),
    wrong("a path on another host", "DATAVERSE_URL", "https://crm.example/main", ENVIRONMENT),
    wrong("the vault", "DATAVERSE_URL", "https://myvault.vault.azure.net", ENVIRONMENT),
    wrong("two of them", "DATAVERSE_URL",
          "https://a.crm.dynamics.com https://b.crm.dynamics.com", ENVIRONMENT),
    wrong("no word of its own", "DATAVERSE_SIGN_IN", "secret key",
          "write managed-identity or client-secret"),
    wrong("missing, with a secret", "DATAVERSE_TENANT_ID", "", "DATAVERSE_SIGN_IN is client-secret",
          **{k: v for k, v in BY_SECRET.items() if k != "DATAVERSE_TENANT_ID"}),
    wrong("any tenant", "DATAVERSE_TENANT_ID", "common", "write the id of yours", **BY_SECRET),
    wrong("the firm's name", "DATAVERSE_TENANT_ID", "Tidewater Advisory", "write the tenant's id",
          **BY_SECRET),
    wrong("a name", "DATAVERSE_CLIENT_ID", "connector-app", "write the application's client id",
          **BY_SECRET),
    wrong("zeros", "DATAVERSE_CLIENT_ID", "00000000-0000-0000-0000-000000000000",
          "write the application's client id", **BY_SECRET),
    wrong("the secret's id", "DATAVERSE_CLIENT_SECRET", GUID, "write its value", **BY_SECRET),
    wrong("a reference", "DATAVERSE_CLIENT_SECRET", f" {REFERENCE.lower()}", "Secrets User",
          **BY_SECRET),
    wrong("a name", "AZURE_CLIENT_ID", "my-identity", "write the application's client id"),
    wrong("a path", "ENTRA_AUTHORITY", f"https://login.microsoftonline.com/{GUID}", "alone"),
    # the vault
    wrong("a secret's address", "KEY_VAULT_URL",
          "https://myvault.vault.azure.net/secrets/freshbooks/0123", VAULT),
    wrong("a path", "KEY_VAULT_URL", "https://myvault.vault.azure.net/secrets", VAULT),
    wrong("the portal", "KEY_VAULT_URL", "https://portal.azure.com/#@x/resource/y", VAULT),
    wrong("without a name", "KEY_VAULT_URL", "https://vault.azure.net", VAULT),
    wrong("a managed HSM", "KEY_VAULT_URL", "https://myhsm.managedhsm.azure.net", VAULT),
    wrong("the environment", "KEY_VAULT_URL", "https://org.crm.dynamics.com", VAULT),
    wrong("the name alone", "KEY_VAULT_URL", "myvault", VAULT),
    # where the app is
    wrong("into the app", "PUBLIC_URL", "https://app.example/api/", APP),
    wrong("the health page", "PUBLIC_URL", "https://app.example/api/health", APP),
    wrong("a query", "PUBLIC_URL", "https://app.example/?code=x", APP),
    wrong("the deployment site", "PUBLIC_URL", "https://app.scm.azurewebsites.net", APP),
    wrong("http", "PUBLIC_URL", "http://app.azurewebsites.net", APP),
    wrong("this machine, in Azure", "PUBLIC_URL", "https://localhost:8443",
          "writes the address of the service", **IN_AZURE),
    wrong("another origin", "FRESHBOOKS_REDIRECT_URI",
          "https://other.example/api/connect/freshbooks/callback",
          "sets FRESHBOOKS_REDIRECT_URI to https://app.example/api/connect/freshbooks/callback"),
    wrong("another path", "FRESHBOOKS_REDIRECT_URI", "https://app.example/callback",
          "sets FRESHBOOKS_REDIRECT_URI to https://app.example/api/connect/freshbooks/callback"),
    # storage
    wrong("missing", STORAGE, "", "missing: "),
    wrong("no key", STORAGE, "AccountName=account1;EndpointSuffix=core.windows.net", KEYS),
    wrong("no account", STORAGE, f"AccountKey={KEY}", KEYS),
    wrong("half a key", STORAGE, f"AccountName=account1;AccountKey={KEY[:40]}", "88 characters"),
    wrong("an address", STORAGE, "https://account1.queue.core.windows.net", KEYS),
    wrong("another service's", STORAGE,
          f"Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKey={KEY}", KEYS),
    wrong("a name misspelt", STORAGE, CONNECTION.replace("AccountKey", "AcountKey"), KEYS),
    wrong("a part twice", STORAGE, f"{CONNECTION};AccountName=account2", KEYS),
    wrong("http", STORAGE, CONNECTION.replace("=https", "=http"), "write https"),
    wrong("an endpoint over http", STORAGE,
          f"{ACCOUNT}QueueEndpoint=http://account1.queue.core.windows.net", "https://<account>"),
    wrong("the wrong endpoint", STORAGE,
          f"{ACCOUNT}QueueEndpoint=https://account1.blob.core.windows.net", "https://<account>"),
    wrong("a signature alone", STORAGE,
          "SharedAccessSignature=sv=x;BlobEndpoint=https://account1.blob.core.windows.net",
          "QueueEndpoint and TableEndpoint"),
    wrong("a reference", STORAGE, REFERENCE, "Key Vault Secrets User"),
    wrong("a reference for the key", STORAGE,
          "AccountName=account1;AccountKey= @microsoft.KeyVault (SecretUri=x)", "Secrets User"),
    wrong("the emulator, in Azure", STORAGE, "UseDevelopmentStorage=true",
          f"write the account's name into {NAMED}", **IN_AZURE),
    wrong("twice", STORAGE, CONNECTION, "removes the one that is not meant",
          **{NAMED: "account1"}),
    wrong("an address", NAMED, "https://account1.blob.core.windows.net", "write the name alone",
          **{STORAGE: ""}),
    wrong("capitals", NAMED, "MyAccount", "write the name alone", **{STORAGE: ""}),
    wrong("of blobs", QUEUE, "https://account1.blob.core.windows.net",
          "write https://<account>.queue.core.windows.net", **BY_IDENTITY),
    wrong("of queues", TABLE, "https://account1.queue.core.windows.net",
          "write https://<account>.table.core.windows.net", **BY_IDENTITY),
    wrong("a queue's", QUEUE, "https://account1.queue.core.windows.net/sync-requests",
          "write https://<account>.queue.core.windows.net", **BY_IDENTITY),
    wrong("with a signature", TABLE, "https://account1.table.core.windows.net?sv=x&sig=y",
          "write https://<account>.table.core.windows.net", **BY_IDENTITY),
    wrong("missing beside the other", TABLE, "", "missing: ", **BY_IDENTITY),
    wrong("another account's", QUEUE, "https://account2.queue.core.windows.net",
          "remove one of them", **{STORAGE: "", NAMED: "account1"}),
    # numbers and words
    wrong("too many", "POLL_OVERLAP_DAYS", "365", "write a whole number from 1 to 30"),
    wrong("none", "MAX_ATTEMPTS", "0", "write a whole number from 1 to 100"),
    wrong("a fraction", "MAX_ATTEMPTS", "2.5", "write a whole number from 1 to 100"),
    wrong("a word", "POLL_MAX_BACKLOG", "many", "write a whole number from 1"),
    wrong("a comma", "BALANCE_DELAY_SECONDS", "2,5", "write a number from 0 to 300"),
    wrong("not a number", "BALANCE_DELAY_SECONDS", "nan", "write a number from 0 to 300"),
    wrong("a word", "WEBSITE_AUTH_ENABLED", "enabled", "write one of them"),
    wrong("no word of its own", "UNMATCHED_CLIENTS", "guess", "write create or hold"),
    wrong("no word of its own", "DELETED_RECORDS", "remove", "write cancel or delete or keep"),
    wrong("none", "DELETED_RECORDS", "none", "write cancel or delete or keep"),
    wrong("a reference", "DELETED_RECORDS", REFERENCE, "Key Vault Secrets User"),
    wrong("too few", "PYTHON_THREADPOOL_THREAD_COUNT", "8", "to 32"),
    wrong("missing, in Azure", "PYTHON_THREADPOOL_THREAD_COUNT", "", "to 32",
          WEBSITE_SITE_NAME="app"),
    # lists
    wrong("no name", "PRICE_LISTS", "USD", LISTS),
    wrong("an empty name", "PRICE_LISTS", "USD=Retail;CAD=", LISTS),
    wrong("no currency", "PRICE_LISTS", "=Retail", LISTS),
    wrong("a sign for a currency", "PRICE_LISTS", "$=Retail", LISTS),
    wrong("a currency of four letters", "PRICE_LISTS", "EURO=Retail", LISTS),
    wrong("a currency twice", "PRICE_LISTS", "USD=Retail;usd=Wholesale", "write each once"),
    wrong("commas", "PRICE_LISTS", "USD=Retail,CAD=Retail Canada", LISTS),
    wrong("a colon", "PRICE_LISTS", "USD:Retail", LISTS),
    wrong("an empty part", "PRICE_LISTS", "USD=Retail;;CAD=Other", LISTS),
    wrong("a name in quotes", "PRICE_LISTS", 'USD="Retail"', LISTS),
    wrong("no column", "MATCH_CLIENT_FIELD", "vat_number", FIELD),
    wrong("no field of a client", "MATCH_CLIENT_FIELD", "password:name", FIELD),
    wrong("the wrong way round", "MATCH_CLIENT_FIELD", "accountnumber:vat_number", FIELD),
    wrong("no column's name", "MATCH_CLIENT_FIELD", "vat_number:Account Number", FIELD),
    wrong("no column's name", "MATCH_INVOICE_FIELD", "Invoice Number", "new_freshbooksnumber"),
    wrong("a column of ours", "MATCH_INVOICE_FIELD", "fbx_number", "new_freshbooksnumber"),
    wrong("no word of its own", "EXISTING_INVOICES", "merge", "write adopt or hold or ignore"),
    wrong("a column of ours", "MATCH_CLIENT_FIELD", "email:fbx_balances", FIELD),
    # who may see the pages
    wrong("two words", "OPERATOR_ROLE", "Connector Operator", "write the bare value"),
    wrong("a domain", "OPERATOR_TENANT_ID", "contoso.onmicrosoft.com", "write the tenant's id"),
    wrong("missing beside the role", "OPERATOR_TENANT_ID", "", "sets OPERATOR_TENANT_ID",
          OPERATOR_ROLE="Op"),
    wrong("authentication is off", "OPERATOR_ROLE", "Op", "turns authentication on",
          OPERATOR_TENANT_ID=GUID, **IN_AZURE),
    # names
    wrong("not used", "DATAVERSE_CLIENT_SECRET", SECRET, "sets DATAVERSE_SIGN_IN=client-secret"),
    wrong("misspelt", "DATAVERSE_ULR", "x", "perhaps DATAVERSE_URL"),
    wrong("misspelt", "FRESHBOOKS_CLIENTID", "x", "perhaps FRESHBOOKS_CLIENT_ID"),
    wrong("in small letters", "dataverse_url", "x", "perhaps DATAVERSE_URL"),
    wrong("misspelt", "PRICE_LIST", "USD=Retail", "perhaps PRICE_LISTS"),
    wrong("misspelt", "AzureWebJobsStorage__queueServiceUrl", "x", f"perhaps {QUEUE}"),
    wrong("nothing of ours", "DATAVERSE_FAVOURITE_COLOUR", "x", "corrects the name"),
]  # fmt: skip


def told(environment):
    """What start-up refuses with, or else what the doctor says of the settings."""
    try:
        settings = Settings.load(environment)
    except ConfigurationError as error:
        return str(error)
    return " ".join(f"{each.text} {each.advice}" for each in list_cautions(settings))


@pytest.mark.parametrize(("name", "changes", "write"), SETTINGS)
def test_a_wrong_setting_is_named_with_what_to_write_and_its_value_is_not(name, changes, write):
    said = told({**ENOUGH, **changes})

    assert name in said
    assert write in said
    parts = {part for text in changes.values() for part in re.split(r"[\s;=]+", text)}
    assert not [part for part in parts - EXAMPLES if len(part) > 15 and part in said]


RIGHT = [
    {},
    {"DATAVERSE_URL": " https://ORG.api.crm4.dynamics.com/api/data/v9.2/ "},
    {"DATAVERSE_URL": "https://org.crm.dynamics.com/main.aspx?appid=x#y"},
    {"DATAVERSE_URL": "https://your-consulting-org.crm11.dynamics.com"},
    {"DATAVERSE_URL": "https://disco-firm.crm.dynamics.com"},
    {"DATAVERSE_URL": "http://127.0.0.1:8082"},
    {"KEY_VAULT_URL": "https://MyVault.vault.azure.net:443/"},
    {"KEY_VAULT_URL": "https://localhost:8444"},
    {"PUBLIC_URL": "https://app.example:443/"},
    {"PUBLIC_URL": "https://app.example/gateway/"},
    {"FRESHBOOKS_CLIENT_SECRET": f"\ufeff{SECRET}\r\n"},
    {"FRESHBOOKS_REDIRECT_URI": f"{ENOUGH['FRESHBOOKS_REDIRECT_URI']}/ "},
    BY_SECRET,
    {**BY_SECRET, "DATAVERSE_TENANT_ID": "Contoso.onmicrosoft.com"},
    {**BY_SECRET, "DATAVERSE_CLIENT_ID": f"{{{GUID.upper()}}}"},
    {**BY_SECRET, "DATAVERSE_SIGN_IN": "Client Secret"},
    {**BY_SECRET, "DATAVERSE_CLIENT_SECRET": "8Q~.aB-c_d0EfGhIjKlMnOpQrStUvWxYz01234567"},
    {STORAGE: "UseDevelopmentStorage=true"},
    {STORAGE: "UseDevelopmentStorage=true;"},
    {STORAGE: f"{CONNECTION};"},
    {STORAGE: ACCOUNT},
    {STORAGE: "SharedAccessSignature=sv=2&sig=a%3D;QueueEndpoint=https://account1.queue.core.windows"
     ".net/;TableEndpoint=https://account1.table.core.windows.net/"},
    BY_IDENTITY,
    {STORAGE: "", NAMED: "account1"},
    {**BY_IDENTITY, NAMED: "account1", "AzureWebJobsStorage__credential": "managedidentity",
     "AzureWebJobsStorage__clientId": GUID,
     "AzureWebJobsStorage__blobServiceUri": "https://account1.blob.core.windows.net"},
    {**IN_AZURE, "OPERATOR_ROLE": "Op", "OPERATOR_TENANT_ID": GUID, "WEBSITE_AUTH_ENABLED": "True"},
    {"OPERATOR_TENANT_ID": GUID},
    {"PRICE_LISTS": "usd = Retail ; CAD=Retail, Canada & more;"},
    {"PRICE_LISTS": "USD=Dealers'"},
    {"MATCH_CLIENT_FIELD": "VAT_Number : accountnumber"},
    {"UNMATCHED_CLIENTS": " CREATE", "DELETED_RECORDS": "Keep", "EXISTING_INVOICES": "Hold"},
    {"MATCH_INVOICE_FIELD": " New_Number "},
    {"DATAVERSE_SIGN_IN": "managed_identity"},
    {"BALANCE_DELAY_SECONDS": " 2.5 ", "PYTHON_THREADPOOL_THREAD_COUNT": "24"},
    {"AZURE_TENANT_ID": GUID, "AZURE_CLIENT_SECRET": "x", "AZURE_ENV_NAME": "test",
     "AZURE_LOCATION": "westeurope", "AZURE_KEY_VAULT_NAME": "x", "PATH": "/bin", "PUBLIC_IP": "x",
     "WEBSITE_SLOT_NAME": "x", "FUNCTIONS_WORKER_RUNTIME": "python",
     "AzureWebJobs.process.Disabled": "true",
     "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=1"},
]  # fmt: skip


@pytest.mark.parametrize("changes", RIGHT, ids=lambda changes: ", ".join(changes) or "as it is")
def test_of_a_right_setting_nobody_is_warned(changes):
    assert not told({**ENOUGH, **changes})


# what only the services can tell


def look(connector, **ports):
    """Make all checks and return the findings by subject."""
    connector = replace(connector, world=replace(connector.world, **ports))
    found = {}
    for finding in examine(list_checks(connector)):
        found.setdefault(finding.subject, []).append(finding)
    return found


def failed(found):
    """Return what failed: subject -> text and advice."""
    return {
        subject: f"{finding.text} {finding.advice}"
        for subject, findings in found.items()
        for finding in findings
        if finding.level is Level.FAILURE
    }


def a_firm(**settings):
    return Firm(**{"public_url": PUBLIC, **settings})


@pytest.mark.parametrize(
    ("setting", "text"),
    [("freshbooks_client_id", "another-app"), ("freshbooks_client_secret", SECRET)],
)
def test_a_freshbooks_app_that_is_not_known_is_a_failure_of_its_own(setting, text):
    failures = failed(look(a_firm(connected=False, **{setting: text}).connector))

    assert list(failures) == [Subject.FRESHBOOKS_APP]
    assert setting.upper() in failures[Subject.FRESHBOOKS_APP]
    assert "copies both anew" in failures[Subject.FRESHBOOKS_APP]


def test_to_ask_whether_the_app_is_known_costs_no_login():
    firm = a_firm()
    firm.clock.advance(13 * 3600)  # the access token has ended
    app = firm.freshbooks.app
    known = firm.freshbooks.oauth.apps[app.client_id]
    firm.freshbooks.oauth.apps[app.client_id] = replace(known, client_secret=SECRET)
    sent = firm.freshbooks_door.traffic["POST /auth/oauth/token"]

    failures = failed(look(firm.connector))

    assert list(failures) == [Subject.FRESHBOOKS_APP]
    assert firm.freshbooks_door.traffic["POST /auth/oauth/token"] == sent + 1
    firm.freshbooks.oauth.apps[app.client_id] = known
    assert not failed(look(firm.connector))


def test_an_answer_of_the_token_endpoint_that_is_neither_yes_nor_no_is_no_failure():
    firm = a_firm()
    firm.freshbooks_door.fail(kind="status", status=418, path="oauth/token", times=None)

    (finding,) = look(firm.connector)[Subject.FRESHBOOKS_APP]

    assert finding.level is Level.WARNING
    assert "cannot be said" in finding.text


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("vat_number:vatnumber", "the column vatnumber, which the table account does not have"),
        ("vat_number:creditlimit", "which is of type Money and no single line"),
        ("vat_number:statecode", "which is of type State and no single line"),
    ],
)
def test_a_match_column_that_cannot_be_compared_is_a_failure(field, said):
    failures = failed(look(a_firm(match_client_field=field).connector))

    assert said in failures[Subject.MATCH_FIELD]
    assert "such as vat_number:accountnumber" in failures[Subject.MATCH_FIELD]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("new_number", "the column new_number, which the table invoice does not have"),
        ("totalamount", "which is of type Money and no single line"),
    ],
)
def test_a_column_for_invoice_numbers_that_cannot_be_compared_is_a_failure(column, said):
    failures = failed(look(a_firm(match_invoice_field=column).connector))

    assert said in failures[Subject.INVOICE_FIELD]
    assert "MATCH_INVOICE_FIELD" in failures[Subject.INVOICE_FIELD]


@pytest.mark.parametrize(("filled", "levels"), [("", 2), ("GB123", 1)])
def test_a_match_field_that_no_client_has_is_a_warning(filled, levels):
    firm = a_firm(match_client_field="vat_number:accountnumber")
    firm.books.create_client(organization="Aster Works", vat_number=filled)

    findings = look(firm.connector)[Subject.MATCH_FIELD]

    assert [each.level for each in findings] == [Level.OK, Level.WARNING][:levels]
    assert filled or "none has a vat_number" in findings[1].text


class Credential:
    def get_token(self, *_scopes, **_options):
        return AccessToken("good", int(time.time()) + 3600)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Authority().write(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        ("200 OK", "text/html", b"<html>Sign in</html>"),
        ("200 OK", "application/json", b"{}"),
        ("404 Not Found", "text/html", b"<html>Nothing here</html>"),
        ("404 Not Found", "application/json", b"{}"),
    ],
)
def test_a_vault_address_that_is_no_vault_is_a_failure(
    certificates, monkeypatch, status, kind, body
):
    def somebody_else(_environ, start_response):
        start_response(status, [("Content-Type", kind)])
        return [body]

    for name, value in trusted_environment(certificates.ca).items():
        monkeypatch.setenv(name, value)
    tls = {"certificate": str(certificates.chain), "key": str(certificates.key)}
    firm = a_firm()

    with serve(somebody_else, **tls) as url:
        failures = failed(look(firm.connector, secrets=KeyVaultSecrets(url, Credential())))

    assert list(failures) == [Subject.KEY_VAULT]
    assert "KEY_VAULT_URL" in failures[Subject.KEY_VAULT]
    assert "administrator" in failures[Subject.KEY_VAULT]


def stored_at(connection):
    return {
        "queue": StorageQueue("sync-requests", connection_string=connection),
        "checkpoints": TableCheckpoints(Tables(connection_string=connection)),
    }


def test_a_storage_account_nobody_answers_for_is_a_failure_that_names_the_setting():
    nobody = (
        f"{ACCOUNT.replace('https', 'http')}QueueEndpoint=http://127.0.0.1:9/account1;"
        "TableEndpoint=http://127.0.0.1:9/account1"
    )

    failures = failed(look(a_firm().connector, **stored_at(nobody)))

    assert set(failures) == {Subject.QUEUE, Subject.TABLES}
    assert all("checks AzureWebJobsStorage" in each for each in failures.values())


def test_a_wrong_key_of_the_storage_account_is_a_failure_that_names_no_role(storage):
    with_another_key = re.sub("AccountKey=[^;]+", f"AccountKey={KEY}", storage)

    failures = failed(look(a_firm().connector, **stored_at(with_another_key)))

    assert set(failures) == {Subject.QUEUE, Subject.TABLES}
    assert all("copies the connection string again" in each for each in failures.values())
    assert all("role" not in each for each in failures.values())


# a wrong sign-in


class Refused:
    def __init__(self, said):
        self.said = said

    def get_token(self, *_scopes, **_options):
        raise ClientAuthenticationError(self.said)


@pytest.mark.parametrize(
    ("code", "setting"),
    [
        ("AADSTS7000215", "DATAVERSE_CLIENT_SECRET"),
        ("AADSTS7000222", "secret has expired"),
        ("AADSTS700016", "DATAVERSE_CLIENT_ID"),
        ("AADSTS90002", "DATAVERSE_TENANT_ID"),
        ("AADSTS900023", "DATAVERSE_TENANT_ID"),
        ("AADSTS500011", "DATAVERSE_URL"),
        ("AADSTS7000112", "disabled"),
        ("AADSTS53003", "Conditional Access"),
    ],
)
def test_what_entra_refuses_is_a_failure_that_names_what_to_mend(code, setting):
    firm = a_firm()
    token = DataverseToken(Refused(f"{code}: Refused."), DATAVERSE)

    found = look(replaced(firm, token))

    assert set(failed(found)) == {Subject.SIGN_IN}
    assert setting in failed(found)[Subject.SIGN_IN]
    assert not schema_commands(found)


def replaced(firm, token):
    """Return a connector of the firm that signs in to Dataverse with another token."""
    return build(firm.settings, replace(firm.connector.world, dataverse_token=token))


def schema_commands(found):
    return [
        each
        for findings in found.values()
        for each in findings
        if re.search(r"schema (apply|check)", each.text + each.advice)
    ]


def answering(status, kind, body, *headers):
    def app(_environ, start_response):
        start_response(status, [("Content-Type", kind), *headers])
        return [body]

    return app


def odata(code):
    return b'{"error": {"code": "%s", "message": "Refused."}}' % code.encode()


STRANGERS = {
    "a page of somebody else": answering("200 OK", "text/html", b"<html></html>"),
    "nothing there": answering("404 Not Found", "text/html", b"<html></html>"),
    "no such function": answering("404 Not Found", "application/json", odata("0x80060888")),
    "sent elsewhere": answering("302 Found", "text/html", b"", ("Location", "https://l.example")),
    "not known": answering("401 Unauthorized", "application/json", b""),
    "not known, and a word of the schema": answering(
        "401 Unauthorized", "application/json", odata("0x80060888")
    ),
    "no member": answering("403 Forbidden", "application/json", odata("0x80072560")),
    "no member, and a word of the schema": answering(
        "403 Forbidden", "application/json", odata("0x80048d19")
    ),
}


@pytest.mark.parametrize("door", ["dataverse_door", "freshbooks_door"])
@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_whoever_answers_instead_of_a_service_every_failure_names_who_has_to_act(stranger, door):
    firm = a_firm()
    getattr(firm, door).app = stranger

    failures = failed(look(firm.connector))

    assert failures
    assert not [said for said in failures.values() if "administrator" not in said]


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_a_wrong_environment_or_sign_in_never_advises_a_schema_command(stranger):
    firm = a_firm()
    firm.dataverse_door.app = stranger

    found = look(firm.connector)
    with pytest.raises(ConnectorError) as caught:
        firm.connector.customizing.schema.apply(wait=0)

    assert Subject.SIGN_IN in failed(found)
    assert not schema_commands(found)
    assert "schema apply" not in str(caught.value)
    assert "schema check" not in str(caught.value)


def test_a_schema_check_where_no_environment_is_says_so_and_nothing_else():
    (line,) = list_differences(ExistingSchema(tables={}))

    assert "DATAVERSE_URL is no Dataverse environment" in line
    assert "schema apply" not in line
