"""What the services write down about themselves, where, and how much of it."""

import pytest

SETTINGS = "Microsoft.Insights/diagnosticSettings"
AUDIT = [{"categoryGroup": "audit", "enabled": True}]
CHANGES = [
    {"category": "StorageWrite", "enabled": True},
    {"category": "StorageDelete", "enabled": True},
]
DELETES = [{"category": "StorageDelete", "enabled": True}]


def written_down(deployment):
    """Return what each service writes down, by the end of its id."""
    workspace = deployment.one("Microsoft.OperationalInsights/workspaces").id
    return {
        "/".join(each.scope.split("/")[-2:]): each["logs"]
        for each in deployment.all(SETTINGS)
        if each["workspaceId"] == workspace
    }


def test_every_access_to_a_secret_and_every_change_in_storage_is_written_down(deployment):
    vaults = deployment.names("Microsoft.KeyVault/vaults")

    assert written_down(deployment) == {
        **{f"vaults/{name}": AUDIT for name in vaults},
        "blobServices/default": CHANGES,
        "tableServices/default": CHANGES,
        "queueServices/default": DELETES,
    }


@pytest.mark.parametrize(("name", "most"), [("test", 1), ("production", 1), ("everything", 5)])
def test_telemetry_is_kept_for_a_month_and_cannot_cost_more_than_its_cap(deployments, name, most):
    workspace = deployments[name].one("Microsoft.OperationalInsights/workspaces")

    assert workspace["sku"] == {"name": "PerGB2018"}
    assert workspace["retentionInDays"] == 30
    assert workspace["workspaceCapping"] == {"dailyQuotaGb": most}


def test_telemetry_goes_to_the_workspace(deployment):
    insights = deployment.one("Microsoft.Insights/components")

    assert (insights.given["kind"], insights["Application_Type"]) == ("web", "web")


def test_alerts_and_workbook_look_at_what_the_app_sends_and_go_to_the_owner(deployment):
    insights = deployment.one("Microsoft.Insights/components").id
    owner = deployment.one("Microsoft.Insights/actionGroups")
    rules = deployment.all("Microsoft.Insights/scheduledQueryRules")

    assert [each["emailAddress"] for each in owner["emailReceivers"]] == ["operations@example.com"]
    assert len(rules) > 10
    assert all(each["scopes"] == [insights] for each in rules)
    assert all(each["actions.actionGroups"] == [owner.id] for each in rules)
    assert deployment.one("Microsoft.Insights/workbooks")["sourceId"] == insights
