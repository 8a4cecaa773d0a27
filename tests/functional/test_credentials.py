"""Who signs in: the programs of a person, in their order, with what each may say instead."""

import json
import time

import pytest
from azure.core.credentials import AccessToken

from sandbox.entra import TENANT, Entra
from sandbox.keyvault import KeyVault
from sandbox.signed_in import State, asked, install
from sandbox.web import serve
from shared.adapters.azure.credentials import (
    LazyCredential,
    SignInChain,
    azure_identity,
    claims_of,
    expiry,
)
from shared.adapters.azure.entra import DataverseToken, ask
from shared.adapters.azure.key_vault import KeyVaultSecrets
from shared.adapters.azure.queues import StorageQueue
from shared.adapters.azure.tables import Tables
from shared.core.sign_in import AzureSignIn, Way
from shared.errors import ConfigurationError
from tests.functional.vault import over_https

DATAVERSE = "https://org.crm.dynamics.com"
VAULT = "https://vault.azure.net"
STRANGE = "11111111-1111-1111-1111-111111111111"
# Seconds a program is waited for, so that one hangs while another may answer on a busy machine.
HANGING = 3


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A path with nothing on it but what a test installs, off Azure."""
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", str(folder))
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    return folder


def an_identity(sign_in="auto", *, tenant=None, patience=20):
    return azure_identity(AzureSignIn(sign_in), on_azure=False, tenant=tenant, patience=patience)


def token_of(identity, resource=DATAVERSE, **options):
    return identity.get_token(f"{resource}/.default", **options).token


def test_azure_cli_signs_a_person_in(path):
    install(path, az=State.SIGNED_IN, azd=State.SIGNED_IN)

    token = token_of(an_identity())

    assert Entra().accepts(token, DATAVERSE)
    assert claims_of(token)["upn"] == "ada@tidewater.example"
    assert asked(path, "azd") == []


def test_azure_developer_cli_signs_in_where_azure_cli_does_not(path):
    install(path, az=State.SIGNED_OUT, azd=State.SIGNED_IN)
    identity = an_identity()

    assert Entra().accepts(token_of(identity), DATAVERSE)
    assert identity.way is Way.AZURE_DEVELOPER_CLI


def test_who_answered_is_remembered_and_asked_once_for_each_service(path):
    install(path, az=State.SIGNED_OUT, azd=State.SIGNED_IN)
    identity = an_identity()

    tokens = [token_of(identity, each) for each in (DATAVERSE, VAULT, DATAVERSE, VAULT)]

    assert len(set(tokens)) == 2
    assert (len(asked(path, "az")), len(asked(path, "azd"))) == (1, 2)


def test_a_forgotten_token_is_asked_for_again_of_the_same_program(path):
    install(path, az=State.SIGNED_IN)
    identity = an_identity()
    first = token_of(identity)

    identity.forget()

    assert token_of(identity) != first
    assert len(asked(path, "az")) == 2


def test_the_settings_may_name_the_program(path):
    install(path, az=State.SIGNED_IN, azd=State.SIGNED_IN)

    token_of(an_identity("azure-developer-cli"))

    assert asked(path, "az") == []


def test_the_tenant_of_the_settings_is_asked_for_and_that_of_a_vault_goes_before_it(path):
    install(path, az=State.SIGNED_IN)
    identity = an_identity(tenant=STRANGE)

    token_of(identity, VAULT, tenant_id=TENANT)

    with pytest.raises(ConfigurationError, match="no access to this tenant"):
        token_of(identity)
    assert [line.split("--tenant ")[1] for line in asked(path, "az")] == [TENANT, STRANGE]


@pytest.mark.parametrize(
    ("programs", "said", "remedy"),
    [
        ({}, "Azure CLI is not installed; Azure Developer CLI is not installed", "`az login "),
        (
            {"az": State.SIGNED_OUT},
            "Azure CLI is not signed in; Azure Developer CLI is not installed",
            f"Run `az login --tenant {TENANT}`.",
        ),
        (
            {"az": State.SIGNED_OUT, "azd": State.SIGNED_OUT},
            "Azure CLI is not signed in; Azure Developer CLI is not signed in",
            f"Run `az login --tenant {TENANT}` or `azd auth login --tenant-id {TENANT}`.",
        ),
        (
            {"azd": State.STRANGER},
            "Azure Developer CLI has no access to this tenant (AADSTS50020)",
            f"Run `azd auth login --tenant-id {TENANT}`.",
        ),
        ({"az": State.EXPIRED}, "has to be signed in again (AADSTS700082)", "Run `az login"),
        (
            {"az": State.FACTOR},
            "has to be signed in again (AADSTS50076)",
            f"Run `az login --tenant {TENANT} --scope {DATAVERSE}/.default`.",
        ),
        ({"az": State.RUBBISH}, "Azure CLI gave no token that can be read", "Run `az login"),
        ({"azd": State.RUBBISH}, "Azure Developer CLI gave no token that can be read", "`azd"),
        ({"az": State.BROKEN}, "Azure CLI gave no token", "Run `az login"),
    ],
    ids=lambda value: (
        "-".join(f"{k}={v}" for k, v in value.items()) or "none" if isinstance(value, dict) else ""
    ),
)
def test_when_nobody_is_signed_in_the_error_says_what_each_said_and_what_to_run(
    path, programs, said, remedy
):
    install(path, **programs)

    with pytest.raises(ConfigurationError) as caught:
        token_of(an_identity(tenant=TENANT))

    assert said in str(caught.value)
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_program_that_hangs_is_given_up_on_and_the_next_one_asked(path):
    install(path, az=State.HANGING, azd=State.SIGNED_IN)
    started = time.monotonic()

    token = token_of(an_identity(patience=HANGING))

    assert Entra().accepts(token, DATAVERSE)
    assert time.monotonic() - started < 10


def test_a_program_that_hangs_is_told_from_one_that_is_signed_out(path):
    install(path, az=State.HANGING)

    with pytest.raises(ConfigurationError, match="Azure CLI timed out; Azure Developer CLI is not"):
        token_of(an_identity(patience=1))


@pytest.mark.parametrize(
    "printed", ["[]", "7", '"x"', "{}", '{"accessToken": 1, "expires_on": 9}', "\0"]
)
def test_whatever_a_program_prints_ends_in_a_sentence(path, printed):
    path.mkdir()
    for name in ("az", "azd"):
        (path / name).write_text(f"#!/bin/sh\nprintf '%b' {json.dumps(printed)!r}\n")
        (path / name).chmod(0o755)

    with pytest.raises(ConfigurationError, match="No sign-in to Azure works here"):
        token_of(an_identity())


def test_every_service_asks_the_same_and_says_the_same(path, tmp_path):
    install(path, az=State.SIGNED_OUT)
    identity = an_identity(tenant=TENANT)
    account = "https://firm.{}.core.windows.net"
    queue = StorageQueue("q", account_url=account.format("queue"), credential=identity)
    tables = Tables(account_url=account.format("table"), credential=identity)
    with over_https(KeyVault(accepts=bool), tmp_path) as vault:
        asks = [
            queue.depth,
            lambda: tables.table("checkpoints").get("a", "b"),
            lambda: KeyVaultSecrets(vault, identity).get("a"),
            lambda: DataverseToken(identity, DATAVERSE)(None),
            lambda: ask(identity, f"{VAULT}/.default", service="Azure"),
        ]
        for each in asks:
            with pytest.raises(ConfigurationError, match=f"Run `az login --tenant {TENANT}`"):
                each()

    resources = {line.split("--resource ")[1].split()[0] for line in asked(path, "az")}
    assert resources == {"https://storage.azure.com", VAULT, DATAVERSE}


def test_off_azure_a_managed_identity_that_was_asked_for_by_name_is_no_outage(path, monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")

    with pytest.raises(ConfigurationError, match="the managed identity does not answer here"):
        token_of(an_identity("managed-identity"))


def test_on_azure_nothing_but_the_managed_identity_is_asked(path, monkeypatch):
    install(path, az=State.SIGNED_IN, azd=State.SIGNED_IN)
    entra = Entra()
    with serve(entra) as url:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", entra.identity_header)
        identity = azure_identity(AzureSignIn.AUTO, on_azure=True)
        token = token_of(identity)

    assert isinstance(identity, LazyCredential)
    assert claims_of(token)["idtyp"] == "app"
    assert asked(path, "az") + asked(path, "azd") == []


def test_nothing_is_asked_before_the_first_token(path):
    install(path, az=State.SIGNED_IN)

    an_identity()

    assert asked(path, "az") == []


def test_a_token_ends_when_it_says_so_itself():
    token = Entra().issue("client", VAULT, lifetime=60)

    assert expiry(AccessToken(token, 1)) == claims_of(token)["exp"]
    assert expiry(AccessToken("opaque", 17)) == 17


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_token_of_azure_developer_cli_ends_in_an_hour_wherever_one_lives(path, zone, monkeypatch):
    install(path, azd=State.SIGNED_IN)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        token = an_identity().get_token(f"{DATAVERSE}/.default")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert 3500 < token.expires_on - time.time() < 3700


def test_a_token_near_its_end_is_not_handed_out_again():
    given = []

    class Credential:
        def get_token(self, *_scopes, **_options):
            given.append(AccessToken(f"token-{len(given)}", 1000 + 600 * len(given)))
            return given[-1]

    now = [500.0]
    chain = SignInChain({Way.AZURE_CLI: Credential}, clock=lambda: now[0])

    first = [chain.get_token("s").token for _ in range(2)]
    now[0] = 701.0

    assert first == ["token-0", "token-0"]
    assert chain.get_token("s").token == "token-1"


@pytest.mark.parametrize("token", ["", "a.b", "a.bm90.c", "a.W10.c", "é.é"])
def test_a_token_that_says_nothing_of_itself_has_no_claims(token):
    assert claims_of(token) == {}
