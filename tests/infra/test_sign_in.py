"""Easy Auth: every route is excluded with its reason, or answers 401 to a stranger."""

import json
from pathlib import Path

import pytest

from shared.console.principal import OPEN_PATHS
from tools import tables

ROOT = Path(__file__).resolve().parents[2]
AUTH = "authsettingsV2"

# Every route of the app that is open to strangers, and why.
OPEN = {
    "webhooks/freshbooks/{account}/{noun}/{key}": "FreshBooks signs each call and cannot sign in",
    "health": "monitors ask; it says ok or not ok and nothing else",
}


def routes():
    found = (trigger for trigger, _ in tables.triggers().values())
    return sorted(each["route"] for each in found if each["type"] == "httpTrigger")


def auth(deployment):
    return deployment.one("Microsoft.Web/sites/config", AUTH)


def address(route):
    prefix = json.loads((ROOT / "host.json").read_text())["extensions"]["http"]["routePrefix"]
    filled = route.format(account="xazq5", noun="invoice", key="0123456789abcdef")
    return f"/{prefix}/{filled}"


def is_excluded(path, excluded):
    """Match as the platform does: to the letter, or everything below a folder that ends in /*."""
    return any(
        path.startswith(each.removesuffix("*")) if each.endswith("/*") else path == each
        for each in excluded
    )


@pytest.mark.parametrize("route", routes())
def test_a_route_is_open_for_a_reason_or_answers_401_to_a_stranger(everything, route):
    rules = auth(everything)["globalValidation"]

    assert is_excluded(address(route), rules["excludedPaths"]) == (route in OPEN)
    assert rules["requireAuthentication"] is True
    assert rules["unauthenticatedClientAction"] == "Return401"
    assert rules["redirectToProvider"] == "azureactivedirectory"


def test_no_path_is_excluded_that_no_open_route_needs(everything):
    excluded = auth(everything)["globalValidation.excludedPaths"]

    assert excluded == list(OPEN_PATHS)  # where the code believes no header, either
    assert all(any(is_excluded(address(route), [path]) for route in OPEN) for path in excluded)
    assert OPEN.keys() <= set(routes())


def test_people_of_this_tenant_sign_in_to_the_named_application_without_a_secret(everything):
    entra = auth(everything)["identityProviders.azureActiveDirectory"]
    client = "33333333-3333-3333-3333-333333333333"
    tenant = everything.outputs["AZURE_TENANT_ID"]

    assert entra["enabled"] is True
    assert entra["registration"] == {
        "clientId": client,
        "clientSecretSettingName": "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
        "openIdIssuer": f"https://login.microsoftonline.com/{tenant}/v2.0",
    }
    assert entra["validation"] == {"allowedAudiences": [client, f"api://{client}"]}
    assert everything.settings["OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"] == (
        f"<clientId of {everything.identity.name}>"
    )


def test_sign_in_is_on_over_https_and_keeps_nobodys_tokens(everything):
    found = auth(everything)

    assert found["platform"] == {"enabled": True, "runtimeVersion": "~1"}
    assert found["httpSettings"] == {"requireHttps": True, "routes": {"apiPrefix": "/.auth"}}
    assert found["login.tokenStore"] == {"enabled": False}
    assert found["login.preserveUrlFragmentsForLogins"] is False


def test_the_app_believes_the_operators_of_this_tenant(everything):
    settings = everything.settings

    assert settings["OPERATOR_TENANT_ID"] == everything.outputs["AZURE_TENANT_ID"]
    assert settings["OPERATOR_ROLE"] == "Operator"


@pytest.mark.parametrize("name", ["test", "production"])
def test_without_an_entra_application_nobodys_headers_are_believed(deployments, name):
    found = deployments[name]

    assert "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID" not in found.settings
    assert not {"OPERATOR_ROLE", "OPERATOR_TENANT_ID"} & found.settings.keys()
    assert AUTH not in found.names("Microsoft.Web/sites/config")
