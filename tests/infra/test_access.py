"""Who may do what: the roles the code needs at their narrowest scope, and none besides."""

import pytest

from shared.adapters.azure.names import QUEUES, TableName
from tools.deployment import Grant

BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
QUEUE_CONTRIBUTOR = "974c5e8b-45b9-4653-ba55-5f855dd0fb88"
TABLE_CONTRIBUTOR = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"
ADMINISTRATOR = "44444444-4444-4444-4444-444444444444"


def scopes(deployment):
    """Return the scopes of the account, both vaults and Application Insights."""
    account = deployment.one("Microsoft.Storage/storageAccounts").name
    vaults = [
        deployment.one("Microsoft.KeyVault/vaults", name).name for name in ("config", "tokens")
    ]
    insights = deployment.one("Microsoft.Insights/components").name
    return (
        f"/providers/Microsoft.Storage/storageAccounts/{account}",
        *(f"/providers/Microsoft.KeyVault/vaults/{vault}" for vault in vaults),
        f"/providers/Microsoft.Insights/components/{insights}",
    )


def granted(deployment, principal):
    return sorted(grant for grant, _ in deployment.grants() if grant.principal == principal)


def test_the_app_has_exactly_the_roles_the_code_needs(deployment):
    account, configuration, rotating, insights = scopes(deployment)

    assert granted(deployment, "app") == sorted(
        [
            Grant("app", BLOB_OWNER, account),
            *(
                Grant("app", QUEUE_CONTRIBUTOR, f"{account}/queueServices/default/queues/{queue}")
                for queue in QUEUES
            ),
            *(
                Grant("app", TABLE_CONTRIBUTOR, f"{account}/tableServices/default/tables/{table}")
                for table in TableName
            ),
            Grant("app", SECRETS_USER, configuration),
            Grant("app", SECRETS_OFFICER, rotating),
            Grant("app", METRICS_PUBLISHER, insights),
        ]
    )


def test_the_administrator_has_what_the_terminal_needs_and_no_more(everything):
    account, configuration, rotating, _ = scopes(everything)

    assert granted(everything, ADMINISTRATOR) == sorted(
        [
            Grant(ADMINISTRATOR, QUEUE_CONTRIBUTOR, account),
            Grant(ADMINISTRATOR, TABLE_CONTRIBUTOR, account),
            Grant(ADMINISTRATOR, SECRETS_OFFICER, configuration),
            Grant(ADMINISTRATOR, SECRETS_OFFICER, rotating),
        ]
    )


def test_nobody_else_is_given_anything(deployments):
    principals = {
        name: {grant.principal for grant, _ in each.grants()} for name, each in deployments.items()
    }

    assert principals == {
        "test": {"app"},
        "production": {"app"},
        "everything": {"app", ADMINISTRATOR},
    }


def test_azure_is_told_what_a_principal_is_and_does_not_look_for_it(everything):
    kinds = {grant.principal: each["principalType"] for grant, each in everything.grants()}

    assert kinds == {"app": "ServicePrincipal", ADMINISTRATOR: "Group"}


def test_an_assignment_keeps_its_name_from_deployment_to_deployment(deploy):
    first, second = (
        {each.name for _, each in deploy(alwaysReadyInstances=count).grants()} for count in (0, 3)
    )

    assert first == second


def test_only_whoever_is_named_administers(deploy):
    named = deploy(administratorPrincipalId=ADMINISTRATOR)

    assert {
        each["principalType"] for grant, each in named.grants() if grant.principal != "app"
    } == {"User"}
    assert not granted(deploy(), "")


@pytest.mark.parametrize("word", ["listKeys", "listAccountSas", "AccountKey=", "SharedAccess"])
def test_the_template_asks_for_no_key(bicep, given, word):
    compiled = bicep.compile(given.folder / "infra" / "main.bicep")

    assert compiled.template
    assert word not in str(compiled.template)
