"""The Entra application people sign in to before the operator's pages, registered without a secret.

`python -m infra.hooks.entra` registers it or puts it right, `--remove` takes it away; both may run
any number of times. Never makes a secret: the app's managed identity is trusted instead.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from typing import Any, Final

from infra.hooks import registration
from infra.hooks.commands import MISSING, SLOW, keep, run, say, setting
from infra.hooks.graph import Graph, GraphError, NotAllowedError, NotFoundError

Json = dict[str, Any]
ME: Final = "/me?$select=id"
PROVISION: Final = "azd provision"
ASK: Final = (
    "Registering an application takes a tenant that lets its members do so, or the role\n"
    "Application Developer. Ask an administrator of Entra to run this in the same tenant:\n"
    "    az login --tenant {tenant}\n"
    "    (with the values of azd env get-values -e {environment} as environment)\n"
    "    python -m infra.hooks.entra\n"
    "Or go on without sign-in, with links from the terminal only: azd env set EASY_AUTH false"
)


@dataclass(frozen=True)
class Place:
    """Which deployment the application is for.

    Attributes:
        tenant: the Entra tenant that the Azure CLI is signed in to.
        subscription: the Azure subscription.
        environment: the name of azd's environment.
        public_url: where the app is; "" before it is provisioned.
        identity: client id of its managed identity; "" before it is provisioned.
    """

    tenant: str
    subscription: str
    environment: str
    public_url: str
    identity: str

    @property
    def path(self) -> str:
        """Return the application's address in Graph."""
        name = registration.unique_name(self.subscription, self.environment)
        return f"/applications(uniqueName='{name}')"


def is_asked_for() -> bool:
    """Say whether the environment wants people to sign in before the operator's pages."""
    return setting("EASY_AUTH").lower() in {"1", "true", "yes", "on"}


def register(graph: Graph | None = None) -> int:
    """Register the application, or put it right; return the exit code."""
    graph = graph or Graph()
    try:
        place = _place()
        app_id = _register(graph, place)
    except NotAllowedError as error:
        say(f"The Entra application is not registered. {error}")
        tenant = setting("AZURE_TENANT_ID") or "TENANT"
        say(ASK.format(tenant=tenant, environment=setting("AZURE_ENV_NAME") or "ENVIRONMENT"))
        return 1
    except GraphError as error:
        say(f"The Entra application is not registered. {error}")
        return 1
    if setting("ENTRA_CLIENT_ID") == app_id:
        return 0
    kept = keep("ENTRA_CLIENT_ID", app_id)
    if not kept.went_well:
        say(f"azd did not keep the application's id ({kept.why}). Write:")
        say(f"    azd env set ENTRA_CLIENT_ID {app_id}")
        return 1
    if place.public_url:
        say(f"The sign-in stands before the pages after the next: {PROVISION}")
    return 0


def remove(graph: Graph | None = None) -> int:
    """Take the application away, with everything that belongs to it; return the exit code."""
    graph = graph or Graph()
    try:
        place = _place()
        found = graph.get(f"{place.path}?$select=id,appId")
        if found is None:
            say("There is no Entra application of this environment.")
        else:
            graph.ask("delete", f"/applications/{found['id']}")
            say(f"The Entra application {found['appId']} is deleted.")
            _purge(graph, str(found["id"]))
    except GraphError as error:
        say(f"The Entra application is not removed. {error}")
        return 1
    kept = keep("ENTRA_CLIENT_ID", "")
    if not kept.went_well:
        say(f'azd did not forget its id ({kept.why}). Write: azd env set ENTRA_CLIENT_ID ""')
        return 1
    say(f"Until the next {PROVISION} the app still asks for its sign-in, which nobody can pass.")
    return 0


def _place() -> Place:
    account = run("az", "account", "show", "--output", "json")
    if account.code in {MISSING, SLOW}:
        raise GraphError(f"The Azure CLI is needed for it: {account.why}.")
    if not account.went_well:
        raise GraphError(f"The Azure CLI is not signed in ({account.why}). Run: az login")
    found = json.loads(account.out)
    wanted = setting("AZURE_TENANT_ID") or found["tenantId"]
    if wanted != found["tenantId"]:
        raise GraphError(
            f"The Azure CLI is signed in to the tenant {found['tenantId']}, the app is in {wanted}."
            f" Run: az login --tenant {wanted}"
        )
    environment = setting("AZURE_ENV_NAME")
    if not environment:
        raise GraphError("AZURE_ENV_NAME is not set. Run it as: azd hooks run postprovision")
    return Place(
        tenant=wanted,
        subscription=setting("AZURE_SUBSCRIPTION_ID") or found["id"],
        environment=environment,
        public_url=setting("PUBLIC_URL"),
        identity=setting("APP_IDENTITY_CLIENT_ID"),
    )


def _register(graph: Graph, place: Place) -> str:
    service = graph.ask("get", _principal_path(registration.GRAPH_APP, "id,oauth2PermissionScopes"))
    scopes = registration.scope_ids(service)
    existing = graph.get(place.path) or {}
    wanted = registration.application(
        existing, environment=place.environment, public_url=place.public_url, scopes=scopes
    )
    if not existing:
        graph.ask("patch", place.path, wanted, prefer="create-if-missing")
        existing = graph.patiently("get", place.path)
    elif registration.differs(existing, wanted):
        graph.ask("patch", f"/applications/{existing['id']}", wanted)
    app_id = str(existing["appId"])
    if place.identity:
        _trust_identity(graph, place, str(existing["id"]))
    principal = _principal(graph, app_id)
    _assign_me(graph, principal)
    _consent(graph, place.tenant, app_id, principal, str(service["id"]))
    say(f"Entra application: {app_id} ({wanted['displayName']}), without a secret.")
    return app_id


def _principal_path(app_id: str, fields: str) -> str:
    return f"/servicePrincipals(appId='{app_id}')?$select={fields}"


def _principal(graph: Graph, app_id: str) -> str:
    """Return the id of the application in this tenant; only those assigned to it may sign in."""
    found = graph.get(_principal_path(app_id, "id,appRoleAssignmentRequired"))
    required = {"appRoleAssignmentRequired": True}
    if found is None:
        made = graph.patiently("post", "/servicePrincipals", {"appId": app_id, **required})
        return str(made["id"])
    if not found.get("appRoleAssignmentRequired"):
        graph.ask("patch", f"/servicePrincipals/{found['id']}", required)
    return str(found["id"])


def _trust_identity(graph: Graph, place: Place, application: str) -> None:
    identity = graph.patiently("get", _principal_path(place.identity, "id"))
    wanted = registration.credential(place.tenant, str(identity["id"]))
    path = f"/applications/{application}/federatedIdentityCredentials"
    found = [
        c for c in graph.patiently("get", path).get("value", ()) if c["name"] == wanted["name"]
    ]
    if not found:
        graph.patiently("post", path, wanted)
    elif registration.differs(found[0], wanted):  # another identity, after a teardown
        graph.ask("patch", f"{path}/{found[0]['id']}", wanted)


def _assign_me(graph: Graph, principal: str) -> None:
    """Give whoever runs this the role Operator; others are added in Entra, or by their own run."""
    try:
        me = str(graph.ask("get", ME)["id"])
    except GraphError:
        say("No person is signed in, so nobody got the role Operator: assign it in Entra, under")
        say("Enterprise applications, Users and groups.")
        return
    path = f"/servicePrincipals/{principal}/appRoleAssignedTo"
    role = {"principalId": me, "resourceId": principal, "appRoleId": registration.ROLE_ID}
    assigned = graph.patiently("get", path).get("value", ())
    if not any(all(a.get(k) == v for k, v in role.items()) for a in assigned):
        graph.patiently("post", path, role)


def _consent(graph: Graph, tenant: str, app_id: str, principal: str, service: str) -> None:
    """Consent for the firm: where an assignment is required, people are not asked for theirs."""
    path = f"/servicePrincipals/{principal}/oauth2PermissionGrants"
    try:
        grant = {"consentType": "AllPrincipals", "resourceId": service}
        grants = graph.patiently("get", path).get("value", ())
        given = next((g for g in grants if all(g.get(k) == v for k, v in grant.items())), None)
        scopes = str(given["scope"]).split() if given else []
        scope = " ".join([*scopes, *(s for s in registration.SCOPES if s not in scopes)])
        if given is None:
            new = {"clientId": principal, **grant, "scope": scope}
            graph.ask("post", "/oauth2PermissionGrants", new)
        elif not set(registration.SCOPES) <= set(scopes):
            graph.ask("patch", f"/oauth2PermissionGrants/{given['id']}", {"scope": scope})
    except GraphError:
        say("One thing is left to a Cloud Application Administrator of Entra: allow")
        say("the sign-in for the firm. Send them this address:")
        say(f"    https://login.microsoftonline.com/{tenant}/adminconsent?client_id={app_id}")


def _purge(graph: Graph, application: str) -> None:
    """Free the application's name at once; Entra would keep it for thirty days."""
    try:
        graph.patiently("delete", f"/directory/deletedItems/{application}")
    except NotFoundError:
        return
    except GraphError:
        say(
            "Entra keeps it for thirty days under App registrations, Deleted applications; should a"
        )
        say("new registration be refused meanwhile, delete it there for good.")


def main() -> int:
    """Register, or remove."""
    parser = argparse.ArgumentParser(prog="python -m infra.hooks.entra", description=__doc__)
    parser.add_argument("--remove", action="store_true", help="take the application away again")
    return remove() if parser.parse_args().remove else register()


if __name__ == "__main__":
    sys.exit(main())
