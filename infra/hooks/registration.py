"""What the Entra application that stands before the operator's pages has to look like.

Never talks to anybody. What others added to the application (roles, addresses) stays: only what is
the connector's own is put right.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

ROLE: Final = "Operator"
ROLE_ID: Final = (
    "9be86591-d940-44c8-9a59-b37e7be889be"  # ours, the same everywhere: two runs make one role
)
CREDENTIAL: Final = "connector-managed-identity"
AUDIENCE: Final = "api://AzureADTokenExchange"
SCOPES: Final = ("openid", "profile", "email")  # what Easy Auth asks for to sign a person in
GRAPH_APP: Final = "00000003-0000-0000-c000-000000000000"  # Microsoft Graph, in every tenant

Json = dict[str, Any]


def unique_name(subscription: str, environment: str) -> str:
    """Return the name that finds an environment's application again."""
    short = hashlib.sha256(subscription.lower().encode()).hexdigest()[:12]
    return f"freshbooks-dynamics365-connector-{environment}-{short}"


def redirect_uri(public_url: str) -> str:
    """Return where Entra sends the browser back to."""
    return f"{public_url.rstrip('/')}/.auth/login/aad/callback"


def application(
    existing: Mapping[str, Any],
    *,
    environment: str,
    public_url: str,
    scopes: Mapping[str, str],
) -> Json:
    """Return the properties to write.

    Args:
        existing: the application as it is; empty when there is none.
        environment: the name of azd's environment.
        public_url: where the app is; "" before it is provisioned.
        scopes: the ids of Graph's delegated permissions by name, for an administrator's consent.
    """
    web = existing.get("web") or {}
    addresses = set(web.get("redirectUris") or ())
    if public_url:
        addresses.add(redirect_uri(public_url))
    roles = [role for role in existing.get("appRoles") or () if role.get("id") != ROLE_ID]
    other = [a for a in existing.get("requiredResourceAccess") or () if _asked(a) != GRAPH_APP]
    graph: Mapping[str, Any] = next(
        (a for a in existing.get("requiredResourceAccess") or () if _asked(a) == GRAPH_APP), {}
    )
    wanted = [{"id": scopes[name], "type": "Scope"} for name in SCOPES if name in scopes]
    kept = [entry for entry in graph.get("resourceAccess") or () if entry not in wanted]
    access = [{"resourceAppId": GRAPH_APP, "resourceAccess": [*kept, *wanted]}] if wanted else []
    return {
        "displayName": existing.get("displayName") or f"FreshBooks connector ({environment})",
        "signInAudience": "AzureADMyOrg",
        "web": {
            "redirectUris": sorted(addresses),
            "implicitGrantSettings": {
                **(web.get("implicitGrantSettings") or {}),
                "enableIdTokenIssuance": True,  # Easy Auth is answered with an ID token
            },
        },
        "appRoles": [*roles, _role()],
        "requiredResourceAccess": [*other, *access],
    }


def differs(existing: Mapping[str, Any], wanted: Json) -> bool:
    """Say whether an application has to be written to become what is wanted."""
    return any(not _holds(existing.get(name), value) for name, value in wanted.items())


def credential(tenant: str, principal: str) -> Json:
    """Return the federated credential that makes a secret unnecessary.

    Args:
        tenant: the Entra tenant of the application and of the managed identity.
        principal: object id of the managed identity.
    """
    return {
        "name": CREDENTIAL,
        "issuer": f"https://login.microsoftonline.com/{tenant}/v2.0",
        "subject": principal,
        "audiences": [AUDIENCE],
        "description": "The connector's managed identity proves who the application is.",
    }


def scope_ids(graph: Mapping[str, Any]) -> dict[str, str]:
    """Return the ids of the permissions by name, read from Graph's own service principal."""
    listed: Sequence[Mapping[str, str]] = graph.get("oauth2PermissionScopes") or ()
    return {scope["value"]: scope["id"] for scope in listed if scope.get("value") in SCOPES}


def _role() -> Json:
    return {
        "id": ROLE_ID,
        "value": ROLE,
        "displayName": "Operator",
        "description": "Connects FreshBooks and sees how the connections stand.",
        "allowedMemberTypes": ["User"],
        "isEnabled": True,
    }


def _asked(access: Mapping[str, Any]) -> str:
    return str(access.get("resourceAppId"))


def _holds(found: Any, wanted: Any) -> bool:
    """Say whether what is there has all that is wanted; Graph adds fields of its own."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            _holds(found.get(k), v) for k, v in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(any(_holds(f, w) for f in found) for w in wanted)
        )
    return bool(found == wanted)
