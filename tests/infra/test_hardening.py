"""Nothing is reachable with a key or a password, in the clear, or by whoever comes along."""

import pytest

APP = "Microsoft.Web/sites"
ACCOUNT = "Microsoft.Storage/storageAccounts"
VAULT = "Microsoft.KeyVault/vaults"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("allowSharedKeyAccess", False),
        ("defaultToOAuthAuthentication", True),
        ("allowBlobPublicAccess", False),
        ("allowCrossTenantReplication", False),
        ("allowedCopyScope", "AAD"),
        ("minimumTlsVersion", "TLS1_2"),
        ("supportsHttpsTrafficOnly", True),
        ("networkAcls.bypass", "AzureServices"),
    ],
)
def test_storage_takes_identities_over_tls_only(deployment, path, value):
    assert deployment.one(ACCOUNT)[path] == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("enableRbacAuthorization", True),
        ("enableSoftDelete", True),
        ("softDeleteRetentionInDays", 90),
        ("enablePurgeProtection", True),
        ("enabledForDeployment", False),
        ("enabledForDiskEncryption", False),
        ("enabledForTemplateDeployment", False),
        ("networkAcls.bypass", "AzureServices"),
        ("networkAcls.virtualNetworkRules", []),
    ],
)
@pytest.mark.parametrize("vault", ["kv-config", "kv-tokens"])
def test_a_vault_is_opened_by_roles_and_cannot_be_purged(deployment, vault, path, value):
    assert deployment.one(VAULT, vault)[path] == value


def test_there_are_two_vaults_and_only_the_firms_secret_is_put_into_one(deployment):
    secrets = deployment.all("Microsoft.KeyVault/vaults/secrets")

    assert [name[:9] for name in deployment.names(VAULT)] == ["kv-config", "kv-tokens"]
    assert [each.id.partition("/vaults/")[2] for each in secrets] == [
        f"{deployment.one(VAULT, 'kv-config').name}/secrets/freshbooks-client-secret"
    ]
    # The compiler never lays a secret open: neither its value, nor whether there is one.
    assert secrets[0]["value"] in {"<unknown()>", "<parameters('freshbooksClientSecret')>"}
    assert str(secrets[0].given["condition"]).startswith("<not(empty(")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("httpsOnly", True),
        ("clientAffinityEnabled", False),
        ("publicNetworkAccess", "Enabled"),
        ("siteConfig.minTlsVersion", "1.2"),
        ("siteConfig.scmMinTlsVersion", "1.2"),
        ("siteConfig.ftpsState", "Disabled"),
        ("siteConfig.http20Enabled", True),
        ("siteConfig.remoteDebuggingEnabled", False),
    ],
)
def test_the_app_is_reached_over_tls_only(deployment, path, value):
    assert deployment.one(APP)[path] == value


def test_nobody_deploys_with_a_password(deployment):
    policies = deployment.all("Microsoft.Web/sites/basicPublishingCredentialsPolicies")

    assert {each.name: each["allow"] for each in policies} == {"ftp": False, "scm": False}


def test_the_app_is_its_own_identity_everywhere(deployment):
    app = deployment.one(APP)

    assert app.given["identity"] == {
        "type": "UserAssigned",
        "userAssignedIdentities": {deployment.identity.id: {}},
    }
    assert app["keyVaultReferenceIdentity"] == deployment.identity.id


def test_telemetry_is_taken_from_identities_only(deployment):
    workspace = deployment.one("Microsoft.OperationalInsights/workspaces")
    insights = deployment.one("Microsoft.Insights/components")

    assert workspace["features.disableLocalAuth"] is True
    assert workspace["features.enableLogAccessUsingOnlyResourcePermissions"] is True
    assert insights["DisableLocalAuth"] is True
    assert insights["DisableIpMasking"] is False
    assert insights["WorkspaceResourceId"] == workspace.id


def test_no_output_holds_a_secret(deployment):
    values = deployment.outputs.values()

    assert not [each for each in values if "unknown()" in str(each) or "carried-in" in str(each)]


def test_a_reference_is_not_stored_as_if_it_were_the_secret(bicep, given):
    template = bicep.compile(given.folder / "infra" / "main.bicep").template

    assert template
    handed = template["resources"]["vaults"]["properties"]["parameters"]["freshbooksClientSecret"]
    assert "if(startsWith(parameters('freshbooksClientSecret'), '@Microsoft.KeyVault(')" in str(
        handed
    )
