"""What differs between test and production is exactly what their parameters say."""

import re
from itertools import chain

import pytest

APP = "Microsoft.Web/sites"
PLAN = "Microsoft.Web/serverfarms"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SCALE = "functionAppConfig.scaleAndConcurrency"
BUDGET = "Microsoft.Consumption/budgets"

# What each parameter changes, as a path in what is deployed; names are compared without what
# follows from the environment's.
CHANGES = {
    "environmentName": set(),
    "dataverseUrl": {
        "sites/config/appsettings:properties.DATAVERSE_URL",
        "outputs:DATAVERSE_URL",
    },
    "freshbooksClientId": {
        "sites/config/appsettings:properties.FRESHBOOKS_CLIENT_ID",
        "outputs:FRESHBOOKS_CLIENT_ID",
    },
    "instanceMemoryMB": {f"sites/APP:properties.{SCALE}.instanceMemoryMB"},
    "alwaysReadyInstances": {f"sites/APP:properties.{SCALE}.alwaysReady"},
    "monthlyBudget": {"budgets/fbx-ENV-budget"},
    "budgetStart": {"outputs:BUDGET_START"},
}


def flat(value, path=""):
    """Return a value's leaves by their paths; lists are leaves."""
    if not isinstance(value, dict):
        return {path: value}
    parts = (flat(each, f"{path}.{name}" if path else name) for name, each in value.items())
    return dict(chain.from_iterable(each.items() for each in parts))


def comparable(deployment):
    """Return everything deployed by path, with the environment's names taken out."""
    environment = deployment.one("Microsoft.Resources/resourceGroups").name.removeprefix("rg-")
    token = deployment.one(APP).name.removeprefix("fbx-")
    # The names of these are made of ids, and so of the environment's names.
    assignments = {each.name for _, each in deployment.grants()}
    workbook = deployment.one("Microsoft.Insights/workbooks").name

    def neutral(text):
        text = text.replace(environment, "ENV").replace(f"fbx-{token}", "APP").replace(token, "TOK")
        text = text.replace(workbook, "WORKBOOK")
        return re.sub("|".join(assignments), "ASSIGNMENT", text)

    found = {}
    for each in deployment.resources:
        kind = each.type.partition("/")[2]
        where = neutral(f"{kind}/{each.name}")
        if GUID.fullmatch(each.name) and each.name not in assignments:
            where = f"{kind}/GUID"  # a name that is made from the environment's
        if "ASSIGNMENT" in where or "to-workspace" in where:
            where = neutral(
                f"{kind}/{each.scope}/{each.given['properties'].get('roleDefinitionId')}"
            )
        leaves = {
            name: value for name, value in flat(each.given).items() if name not in {"id", "name"}
        }
        found |= {f"{where}:{neutral(name)}": leaf for name, leaf in leaves.items()}
    found |= {f"outputs:{name}": value for name, value in deployment.outputs.items()}
    return {path: neutral(repr(value)) for path, value in found.items()}


def test_test_and_production_differ_in_what_the_parameters_say(deployments, given, bicep):
    test, production = (bicep.parameters(given.parameters(name)) for name in ("test", "production"))
    said = {
        name for name in test.keys() | production.keys() if test.get(name) != production.get(name)
    }
    here, there = (comparable(deployments[name]) for name in ("test", "production"))
    differing = {path for path in here.keys() | there.keys() if here.get(path) != there.get(path)}
    # Of a resource that only one has, its name is enough.
    whole = {path.partition(":")[0] for path in here.keys() ^ there.keys() if ":" in path}
    only_one = {
        where
        for where in whole
        if not any(path.startswith(f"{where}:") for path in here)
        or not any(path.startswith(f"{where}:") for path in there)
    }
    differing = {
        next((each for each in only_one if path.startswith(f"{each}:")), path) for path in differing
    }

    assert said == CHANGES.keys()
    assert differing == set().union(*CHANGES.values())


@pytest.mark.parametrize(
    ("name", "memory", "ready", "most"),
    [("test", 512, 0, 40), ("production", 2048, 1, 40), ("everything", 4096, 2, 100)],
)
def test_the_app_runs_at_the_size_that_is_paid_for(deployments, name, memory, ready, most):
    app = deployments[name].one(APP)

    assert app["functionAppConfig.runtime"] == {"name": "python", "version": "3.13"}
    assert app[SCALE] == {
        "instanceMemoryMB": memory,
        "maximumInstanceCount": most,
        "alwaysReady": [{"name": "http", "instanceCount": ready}] if ready else [],
        "triggers": {"http": {"perInstanceConcurrency": 16}},
    }


def test_the_plan_is_flex_consumption_and_stands_in_zones_only_on_request(deployments):
    plans = {name: each.one(PLAN) for name, each in deployments.items()}

    assert all(
        each.given["sku"] == {"name": "FC1", "tier": "FlexConsumption"} for each in plans.values()
    )
    assert all(each["reserved"] is True for each in plans.values())
    assert {name: each["zoneRedundant"] for name, each in plans.items()} == {
        "test": False,
        "production": False,
        "everything": True,
    }
    for each in deployments.values():
        assert each.one(APP)["serverFarmId"] == each.one(PLAN).id


def test_a_budget_writes_before_and_beyond(deployments):
    budget = deployments["production"].one(BUDGET)
    mail = ["operations@example.com"]

    assert deployments["test"].names(BUDGET) == []
    assert (budget["category"], budget["amount"], budget["timeGrain"]) == ("Cost", 100, "Monthly")
    assert budget["timePeriod"] == {"startDate": "2026-12-01"}
    assert {
        (each["enabled"], each["operator"], each["threshold"], each["thresholdType"])
        for each in budget["notifications"].values()
    } == {
        (True, "GreaterThan", 80, "Actual"),
        (True, "GreaterThan", 100, "Forecasted"),
    }
    assert all(each["contactEmails"] == mail for each in budget["notifications"].values())


def test_a_budgets_first_month_is_kept_by_azd(deploy):
    first = deploy(monthlyBudget=5, thisMonth="2026-12-01")
    later = deploy(
        monthlyBudget=5,
        thisMonth="2027-03-01",
        budgetStart=first.outputs["BUDGET_START"],
    )

    assert first.one(BUDGET)["timePeriod"] == {"startDate": "2026-12-01"}
    assert later.one(BUDGET)["timePeriod"] == {"startDate": "2026-12-01"}
    assert deploy().outputs["BUDGET_START"] == ""


def test_with_a_domain_of_the_firm_everything_that_is_registered_names_it(everything):
    address = "https://connector.example.com"
    callback = f"{address}/api/connect/freshbooks/callback"

    assert everything.settings["PUBLIC_URL"] == address
    assert everything.settings["FRESHBOOKS_REDIRECT_URI"] == callback


def test_without_one_it_is_the_apps_own(deployments):
    found = deployments["production"]
    own = f"https://{found.one(APP).name}.azurewebsites.net"

    assert found.settings["PUBLIC_URL"] == own
    assert found.settings["FRESHBOOKS_REDIRECT_URI"] == f"{own}/api/connect/freshbooks/callback"
