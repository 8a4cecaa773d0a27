"""Names: unique in Azure, within every length, and new for the vaults after `azd down`."""

import re

import pytest

LONGEST = "A_very-long.Environment(name)" + "9" * 35
SHORTEST = "e"
VAULT = "Microsoft.KeyVault/vaults"

# What Azure takes as a name, by type; from its table of naming rules.
RULES = {
    "Microsoft.Resources/resourceGroups": r"[\w().-]{0,89}[\w()-]",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[A-Za-z0-9][\w-]{2,127}",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.KeyVault/vaults": r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]",
    "Microsoft.OperationalInsights/workspaces": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    "Microsoft.Insights/components": r"[A-Za-z0-9().-]{1,259}[A-Za-z0-9()-]",
    "Microsoft.Web/serverfarms": r"[A-Za-z0-9-]{1,60}",
    # Azure takes 60, but the host's id is the first 32.
    "Microsoft.Web/sites": r"[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]",
    "Microsoft.Network/virtualNetworks": r"[A-Za-z0-9][\w.-]{0,62}\w",
    "Microsoft.Network/privateEndpoints": r"[A-Za-z0-9][\w.-]{0,62}\w",
    "Microsoft.Consumption/budgets": r"[\w-]{1,63}",
}
ALL_OF_AZURE = ("Microsoft.Web/sites", "Microsoft.Storage/storageAccounts", VAULT)


@pytest.mark.parametrize("environment", [SHORTEST, LONGEST])
def test_every_name_is_one_azure_takes(deploy, environment):
    found = deploy(
        environmentName=environment,
        privateNetwork=True,
        monthlyBudget=1,
        budgetStart="2026-12-01",
    )

    named = {(kind, name) for kind in RULES for name in found.names(kind)}
    assert len(environment) in {1, 64}
    assert {kind for kind, _ in named} == RULES.keys()
    assert [
        (kind, name) for kind, name in sorted(named) if not re.fullmatch(RULES[kind], name)
    ] == []


def test_another_salt_gives_the_vaults_other_names_and_nothing_else(deploy):
    first, second = (deploy(vaultSalt=salt) for salt in ("", "after-the-first-down"))

    assert not set(first.names(VAULT)) & set(second.names(VAULT))
    for kind in RULES.keys() - {VAULT}:
        assert first.names(kind) == second.names(kind)


def test_the_same_salt_gives_the_same_names(deploy):
    first, second = (deploy(vaultSalt="once", alwaysReadyInstances=count) for count in (0, 1))

    assert [each.id for each in first.all(VAULT)] == [each.id for each in second.all(VAULT)]


@pytest.mark.parametrize("kind", ALL_OF_AZURE)
def test_two_environments_share_no_name_that_all_of_azure_shares(deployments, kind):
    names = [name for each in deployments.values() for name in each.names(kind)]

    assert len(set(names)) == len(names)


def test_everything_carries_the_environments_name(deployment):
    environment = deployment.one("Microsoft.Resources/resourceGroups").name.removeprefix("rg-")
    tagged = [each for each in deployment.resources if "tags" in each.given]

    assert {each.given["tags"]["azd-env-name"] for each in tagged} == {environment}
    assert {each.type for each in tagged} >= RULES.keys() & {
        each.type for each in deployment.resources
    } - {"Microsoft.Consumption/budgets"}


def test_azd_finds_the_app_it_deploys_to(deployment):
    found = [
        each for each in deployment.resources if "azd-service-name" in each.given.get("tags", {})
    ]

    assert [(each.type, each.given["tags"]["azd-service-name"]) for each in found] == [
        ("Microsoft.Web/sites", "api")
    ]
