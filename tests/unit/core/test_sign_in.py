"""Which ways to sign in are tried, and the sentence that says why none of them gave a token."""

import itertools

import pytest

from shared.core.sign_in import (
    Attempt,
    AzureSignIn,
    Refusal,
    Way,
    attempt_of,
    explain,
    ways_of,
)

CLI, AZD, IDENTITY = Way.AZURE_CLI, Way.AZURE_DEVELOPER_CLI, Way.MANAGED_IDENTITY
SCOPE = "https://org.crm.dynamics.com/.default"


@pytest.mark.parametrize(
    ("said", "on_azure", "ways"),
    [
        ("auto", True, (IDENTITY,)),
        ("auto", False, (CLI, AZD)),
        ("managed-identity", False, (IDENTITY,)),
        ("azure-cli", True, (CLI,)),
        ("azure-developer-cli", True, (AZD,)),
    ],
)
def test_the_settings_decide_and_else_where_it_runs(said, on_azure, ways):
    assert ways_of(AzureSignIn(said), on_azure=on_azure) == ways


@pytest.mark.parametrize(
    ("said", "refusal", "code"),
    [
        ("Azure CLI not found on path", Refusal.NOT_INSTALLED, ""),
        ("Please run 'az login' to set up an account", Refusal.SIGNED_OUT, ""),
        ("ERROR: not logged in, run `azd auth login` to login", Refusal.SIGNED_OUT, ""),
        ("re-authentication required, run `azd auth login`", Refusal.EXPIRED, ""),
        ("AADSTS50020: User account is no guest", Refusal.STRANGER, "AADSTS50020"),
        ("AADSTS90002: Tenant not found", Refusal.NO_TENANT, "AADSTS90002"),
        ("AADSTS700082: expired. az login", Refusal.EXPIRED, "AADSTS700082"),
        ("AADSTS50076: multi-factor", Refusal.EXPIRED, "AADSTS50076"),
        ("AADSTS500011: resource principal", Refusal.NO_SERVICE, "AADSTS500011"),
        ("AADSTS53003: blocked", Refusal.KEPT_OUT, "AADSTS53003"),
        ("AADSTS99999: who knows", Refusal.REFUSED, "AADSTS99999"),
        ("Unexpected output from Azure CLI: ''", Refusal.UNREADABLE, ""),
        ("something new", Refusal.REFUSED, ""),
    ],
)
def test_what_a_program_says_becomes_one_phrase(said, refusal, code):
    assert attempt_of(CLI, said) == Attempt(CLI, refusal, code)


def test_a_program_that_hangs_and_an_identity_that_is_not_there_need_no_words():
    assert attempt_of(CLI, "az login", timed_out=True).refusal is Refusal.TIMED_OUT
    assert attempt_of(IDENTITY, "AADSTS1").refusal is Refusal.ABSENT


@pytest.mark.parametrize(
    ("attempts", "tenant", "remedy"),
    [
        (
            [Attempt(CLI, Refusal.NOT_INSTALLED), Attempt(AZD, Refusal.NOT_INSTALLED)],
            "t1",
            (
                "Install Azure CLI (https://aka.ms/azure-cli) and run `az login --tenant t1`; on "
                "Azure, give the app a managed identity."
            ),
        ),
        (
            [Attempt(AZD, Refusal.NOT_INSTALLED)],
            "",
            "Install Azure Developer CLI (https://aka.ms/azure-dev) and run `azd auth login`.",
        ),
        (
            [Attempt(CLI, Refusal.NOT_INSTALLED), Attempt(AZD, Refusal.SIGNED_OUT)],
            "t1",
            "Run `azd auth login --tenant-id t1`.",
        ),
        (
            [Attempt(CLI, Refusal.SIGNED_OUT), Attempt(AZD, Refusal.NOT_INSTALLED)],
            "",
            "Run `az login`.",
        ),
        (
            [Attempt(CLI, Refusal.TIMED_OUT), Attempt(AZD, Refusal.SIGNED_OUT)],
            "t1",
            "Run `az login --tenant t1` or `azd auth login --tenant-id t1`.",
        ),
        (
            [Attempt(CLI, Refusal.EXPIRED, "AADSTS50076")],
            "t1",
            f"Run `az login --tenant t1 --scope {SCOPE}`.",
        ),
        (
            [Attempt(CLI, Refusal.STRANGER, "AADSTS50020")],
            "",
            "Run `az login --tenant TENANT` with the tenant of the Dataverse environment.",
        ),
        (
            [Attempt(CLI, Refusal.NO_SERVICE, "AADSTS500011")],
            "t1",
            (
                "https://org.crm.dynamics.com is no service of the tenant t1: check its address in "
                "the settings, and AZURE_TENANT_ID."
            ),
        ),
        ([Attempt(CLI, Refusal.NO_TENANT, "AADSTS90002")], "t1", "Check AZURE_TENANT_ID."),
        (
            [Attempt(IDENTITY, Refusal.ABSENT)],
            "",
            "Leave AZURE_SIGN_IN out and run `az login` to sign in as yourself.",
        ),
    ],
)
def test_the_sentence_ends_with_the_command_that_mends_it(attempts, tenant, remedy):
    assert explain(attempts, tenant=tenant, scope=SCOPE).endswith(f". {remedy}")


def test_the_sentence_names_what_was_tried_and_what_each_said():
    attempts = [Attempt(CLI, Refusal.STRANGER, "AADSTS50020"), Attempt(AZD, Refusal.TIMED_OUT)]

    assert explain(attempts, tenant="t1", scope=SCOPE).startswith(
        "No sign-in to Azure works here: Azure CLI has no access to this tenant (AADSTS50020); "
        "Azure Developer CLI timed out. "
    )


def test_whatever_was_said_there_is_something_to_do():
    for way, refusal, tenant in itertools.product(Way, Refusal, ("", "t1")):
        said = explain([Attempt(way, refusal)], tenant=tenant, scope=SCOPE)

        assert said.endswith(".")
        assert "{" not in said
        assert any(word in said for word in ("Run `", "run `", "heck ", "Ask ")), said
