"""A small Microsoft Graph behind `az rest`: applications, their principals, what hangs on them.

Written from the published API; never imports the hooks. Keeps everything in a dictionary that the
stand-in for az writes to a file, so that the next command finds it.
"""

import re
import uuid
from typing import Any

Json = dict[str, Any]
GRAPH = "00000003-0000-0000-c000-000000000000"
SCOPES = {
    "openid": "37f7f235-527c-4136-accd-4a02d197296e",
    "profile": "14dad69e-099b-42c9-810b-d002981feec1",
    "email": "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
}


class RefusedError(Exception):
    """Graph answers with an error."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(f'ERROR: {reason}({{"error":{{"code":"{code}","message":"m"}}}})')


def empty(identity: str = "identity-client-id") -> Json:
    """Return a directory with Graph itself and the app's managed identity in it."""
    scopes = [{"value": name, "id": number} for name, number in SCOPES.items()]
    return {
        "applications": [],
        "principals": [
            {"id": "graph-sp", "appId": GRAPH, "oauth2PermissionScopes": scopes},
            {"id": "identity-object-id", "appId": identity},
        ],
        "credentials": {},
        "assigned": {},
        "grants": [],
        "deleted": [],
    }


def answer(directory: Json, method: str, path: str, body: Json, *, prefer: str) -> Json | None:
    """Carry out a request.

    Raises:
        RefusedError: it is not possible, or there is no such object.
    """
    path = path.partition("?")[0]
    if path == "/me":
        return {"id": "me-object-id"}
    if found := re.fullmatch(r"/applications\(uniqueName='([^']+)'\)", path):
        return _by_unique_name(directory, method, found[1], body, prefer)
    if found := re.fullmatch(r"/servicePrincipals\(appId='([^']+)'\)", path):
        return _one(directory["principals"], "appId", found[1])
    if found := re.fullmatch(r"/directory/deletedItems/([^/]+)", path):
        directory["deleted"].remove(_one(directory["deleted"], "id", found[1]))
        return None
    if method == "post" and path in {"/servicePrincipals", "/oauth2PermissionGrants"}:
        return _made(directory, path, body)
    return _beneath(directory, method, path, body)


def _made(directory: Json, path: str, body: Json) -> Json:
    made = {"id": str(uuid.uuid4()), **body}
    if path == "/servicePrincipals":
        _one(directory["applications"], "appId", body["appId"])
        directory["principals"].append(made)
    else:
        directory["grants"].append(made)
    return made


def _by_unique_name(
    directory: Json, method: str, name: str, body: Json, prefer: str
) -> Json | None:
    existing = [a for a in directory["applications"] if a["uniqueName"] == name]
    if method == "patch" and not existing and prefer == "create-if-missing":
        made = {"id": str(uuid.uuid4()), "appId": str(uuid.uuid4()), "uniqueName": name, **body}
        directory["applications"].append(made)
        return made
    return _one(existing, "uniqueName", name)


def _beneath(directory: Json, method: str, path: str, body: Json) -> Json | None:
    kind, number, *rest = path.strip("/").split("/")
    if kind == "applications":
        app = _one(directory["applications"], "id", number)
        if rest:
            return _list(directory["credentials"].setdefault(number, []), method, rest[1:], body)
        if method == "delete":
            directory["applications"].remove(app)
            directory["deleted"].append(app)
            return None
        app.update(body)
        return None
    principal = _one(directory["principals"], "id", number)
    if rest == ["appRoleAssignedTo"]:
        return _list(directory["assigned"].setdefault(number, []), method, [], body)
    if rest == ["oauth2PermissionGrants"]:
        return {"value": [g for g in directory["grants"] if g["clientId"] == number]}
    principal.update(body)
    return None


def _list(items: list[Json], method: str, rest: list[str], body: Json) -> Json | None:
    if method == "get":
        return {"value": items}
    if method == "post":
        items.append({"id": str(uuid.uuid4()), **body})
        return items[-1]
    _one(items, "id", rest[0]).update(body)
    return None


def _one(items: list[Json], name: str, value: str) -> Json:
    for item in items:
        if item.get(name) == value:
            return item
    raise RefusedError("Not Found", "Request_ResourceNotFound")
