"""Apps: their names, their components, their roles, and whether they are complete.

Never adds a web resource, which no app holds; a table comes in by the site map.
"""

import re
import uuid
from collections.abc import Collection
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.component_tables import (
    APP,
    CHART,
    FORM,
    RESOURCE,
    SITE_MAP,
    TABLE_OF,
    VIEW,
)
from sandbox.dataverse.customizing import drafts, markup, site_maps
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.store import Row

TABLE = 1
# The components an app may hold besides tables, and Microsoft's numbers of their types.
HELD = {VIEW: 26, CHART: 59, FORM: 60, SITE_MAP: 62}
# In a row, unseen by requests: what the app holds, as (type, id).
COMPONENTS = "#components"
DEFAULT_PREFIX = "new"

_PART, _ROLE = "appmodulecomponent", "appmoduleroles"
_UNIQUE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CRM = "#Microsoft.Dynamics.CRM."
_NAMESPACE = uuid.UUID("3f0f8d9a-92be-5c0a-9c35-0a1d5f2f6c11")

Parts = tuple[tuple[int, str], ...]


def complete(env: Environment, row: Row) -> Row:
    """Return a new app with what the platform fills in: the prefix of its name, its second id."""
    name = str(row["uniquename"])
    prefixes = {
        str(each["customizationprefix"]).lower()
        for each in env.store.rows("publisher").by_id.values()
    }
    if name.partition("_")[0].lower() not in prefixes or "_" not in name:
        name = f"{DEFAULT_PREFIX}_{name}"
    unique = str(uuid.uuid5(_NAMESPACE, row["appmoduleid"]))
    return {**row, "uniquename": name, "appmoduleidunique": unique, COMPONENTS: ()}


def check(env: Environment, old: Row | None, new: Row, _given: Collection[str]) -> None:
    """Refuse an app the platform would not keep.

    Raises:
        DataverseError: 400 a rule; 412 the unique name is taken.
    """
    if not _UNIQUE.fullmatch(new["uniquename"]):
        raise errors.argument("The unique name of an app holds English letters and numbers.")
    if drafts.current(env, RESOURCE, new["webresourceid"]) is None:
        raise errors.missing(RESOURCE, new["webresourceid"])
    others = [row for row in drafts.every(env, APP) if row["appmoduleid"] != new["appmoduleid"]]
    if old is None and new["uniquename"] in {row["uniquename"] for row in others}:
        raise errors.DataverseError(
            412, errors.DUPLICATE_NAME, f"An app with the name {new['uniquename']} already exists."
        )


def add(env: Environment, operation: Operation) -> Answer:
    """Answer `AddAppComponents`.

    Raises:
        DataverseError: 400 a component no app holds, or a site map of another name; 404 the app or
            a component is not there.
    """
    app, given = _body(env, operation)
    parts = list(app[COMPONENTS])
    for kind, row_id in given:
        if kind == HELD[SITE_MAP]:
            parts += _site_map(env, app, row_id, parts)
        parts.append((kind, row_id))
    _keep(env, app, tuple(dict.fromkeys(parts)))
    return Answer(204)


def remove(env: Environment, operation: Operation) -> Answer:
    """Answer `RemoveAppComponents`; what is not in the app is no fault.

    Raises:
        DataverseError: 400 a wrong body; 404 the app or a component is not there.
    """
    app, given = _body(env, operation)
    _keep(env, app, tuple(part for part in app[COMPONENTS] if part not in given))
    return Answer(204)


def retrieve(env: Environment, operation: Operation, called: Segment) -> Answer:
    """Answer `RetrieveAppComponents`: what the published app holds.

    Raises:
        DataverseError: 404, no app of this id was published.
    """
    app = env.store.get(APP, _asked(called))
    if app is None:
        raise errors.missing(APP, _asked(called))
    found = [_part(app, kind, row_id) for kind, row_id in app[COMPONENTS]]
    where = f"{operation.root}$metadata#appmodulecomponents"
    return json_answer({"@odata.context": where, "value": found})


def validate(env: Environment, operation: Operation, called: Segment) -> Answer:
    """Answer `ValidateApp`: what the app as last written lacks.

    Raises:
        DataverseError: 404, there is no such app.
    """
    app = drafts.current(env, APP, _asked(called))
    if app is None:
        raise errors.missing(APP, _asked(called))
    issues = _issues(env, app)
    where = f"{operation.root}$metadata#Microsoft.Dynamics.CRM.ValidateAppResponse"
    success = not any(each["ErrorType"] == "Error" for each in issues)
    return json_answer(
        {
            "@odata.context": where,
            "AppValidationResponse": {"ValidationSuccess": success, "ValidationIssueList": issues},
        }
    )


def forget(env: Environment, row_id: str) -> None:
    """Drop what belonged to an app that is gone, whether it was ever published or not."""
    for table, column in ((_PART, "appmoduleidunique"), (_ROLE, "appmoduleid")):
        for each, row in list(env.store.rows(table).by_id.items()):
            if row[column] in {row_id, (APP, row_id)}:
                env.store.delete(table, each)


def give(env: Environment, app: str, role: str) -> None:
    """Let the users of a role see an app."""
    row_id = str(uuid.uuid5(_NAMESPACE, app + role))
    env.store.put(_ROLE, row_id, {"appmoduleroleid": row_id, "appmoduleid": app, "roleid": role})


def take(env: Environment, app: str, role: str) -> None:
    """Hide an app from the users of a role.

    Raises:
        DataverseError: 404, they did not see it.
    """
    row_id = str(uuid.uuid5(_NAMESPACE, app + role))
    if env.store.get(_ROLE, row_id) is None:
        raise errors.missing(_ROLE, row_id)
    env.store.delete(_ROLE, row_id)


def roles(env: Environment, app: str) -> list[Row]:
    """Return the roles whose users see an app."""
    ids = [
        row["roleid"] for row in env.store.rows(_ROLE).by_id.values() if row["appmoduleid"] == app
    ]
    found = (env.store.get("role", each) for each in ids)
    return [row for row in found if row is not None]


def fill(env: Environment, row_id: str, parts: Parts) -> None:
    """Let a published app hold components, as its delivery does."""
    app = env.store.rows(APP).by_id[row_id]
    env.store.put(APP, row_id, {**app, COMPONENTS: parts})
    _list(env, app, parts)


def _body(env: Environment, operation: Operation) -> tuple[Row, list[tuple[int, str]]]:
    operation.check_json()
    body = loads_object(operation.body)
    if body.keys() != {"AppId", "Components"} or not isinstance(body["Components"], list):
        raise errors.payload("the action takes AppId and Components.")
    app = drafts.current(env, APP, str(body["AppId"]).lower())
    if app is None:
        raise errors.missing(APP, str(body["AppId"]))
    return app, [_component(env, each) for each in body["Components"]]


def _component(env: Environment, given: Any) -> tuple[int, str]:
    """Return type and id of a component as a body names it.

    Raises:
        DataverseError: 400 no component an app holds; 404 it is not there.
    """
    kind = str(given.get("@odata.type", "")) if isinstance(given, dict) else ""
    table = env.schema.tables.get(f"#{kind.lstrip('#')}".removeprefix(_CRM))
    if table is None:
        raise errors.payload(f"'{kind}' names no table: Components holds rows with their type.")
    row_id = str(given.get(table.id, "")).lower()
    if table.name in HELD:
        if drafts.current(env, table.name, row_id) is None:
            raise errors.missing(table.name, row_id)
        return HELD[table.name], row_id
    if row_id != table.metadata_id:
        raise errors.argument(f"An app holds no {table.name}; a table goes by its MetadataId.")
    return TABLE, row_id


def _site_map(env: Environment, app: Row, row_id: str, parts: list[tuple[int, str]]) -> Parts:
    """Return the tables a site map brings along.

    Raises:
        DataverseError: 400, 0x80050111: it is another app's, or the app has another one.
    """
    row = drafts.current(env, SITE_MAP, row_id)
    other = [each for kind, each in parts if kind == HELD[SITE_MAP] and each != row_id]
    if row is None or other or row["sitemapnameunique"] != app["uniquename"]:
        raise site_maps.several()
    root = markup.parse(row["sitemapxml"], site_maps.WHAT)
    names = [part.get("Entity", "") for part in root.iter("SubArea") if part.get("Entity")]
    return tuple((TABLE, env.schema.tables[name].metadata_id) for name in names)


def _keep(env: Environment, app: Row, parts: Parts) -> None:
    drafts.keep(env, APP, app["appmoduleid"], {**app, COMPONENTS: parts})
    _list(env, app, parts)


def _list(env: Environment, app: Row, parts: Parts) -> None:
    """Bring the rows of appmodulecomponent in step, which tell the newest state."""
    for each, row in list(env.store.rows(_PART).by_id.items()):
        if row["appmoduleidunique"] == (APP, app["appmoduleid"]):
            env.store.delete(_PART, each)
    for kind, row_id in parts:
        shown = {**_part(app, kind, row_id), "appmoduleidunique": (APP, app["appmoduleid"])}
        shown.pop("_appmoduleidunique_value")
        described = env.schema.tables[_PART]
        stored = {**dict.fromkeys(described.columns), **shown, "createdon": env.now()}
        env.store.put(_PART, str(shown[_PART + "id"]), stored)


def _part(app: Row, kind: int, row_id: str) -> Row:
    return {
        "appmodulecomponentid": str(uuid.uuid5(_NAMESPACE, app["appmoduleid"] + row_id)),
        "componenttype": kind,
        "objectid": row_id,
        "rootcomponentbehavior": 0,
        "_appmoduleidunique_value": app["appmoduleid"],
    }


def _asked(called: Segment) -> str:
    found = (called.key or {}).get("AppModuleId")
    if found is None:
        raise errors.request("The function needs the parameter AppModuleId.")
    return str(found).lower()


def _issues(env: Environment, app: Row) -> list[dict[str, Any]]:
    kinds = [kind for kind, _ in app[COMPONENTS]]
    found = []
    if HELD[SITE_MAP] not in kinds:
        found.append(_issue("Error", "The app has no site map.", app["appmoduleid"], 80))
    held = {row_id for kind, row_id in app[COMPONENTS] if kind in {HELD[VIEW], HELD[FORM]}}
    for kind, row_id in app[COMPONENTS]:
        if kind != TABLE:
            continue
        table = next((t for t in env.schema.tables.values() if t.metadata_id == row_id), None)
        if table is None:
            found.append(_issue("Error", "The app names a table that is gone.", row_id, kind))
            continue
        for what in (VIEW, FORM):
            own = [each for each in drafts.every(env, what) if each[TABLE_OF[what]] == table.name]
            if not any(each[env.schema.tables[what].id] in held for each in own):
                text = f"{table.name} lists no {what}: all of them are shown in the app."
                found.append(_issue("Warning", text, row_id, kind))
    return found


def _issue(kind: str, message: str, component: str, component_type: int) -> dict[str, Any]:
    return {
        "ErrorType": kind,
        "Message": message,
        "DisplayName": "",
        "ComponentId": component,
        "ComponentType": component_type,
        "ComponentSubType": 0,
        "ParentEntityId": None,
        "ParentEntityName": None,
        "CRMErrorCode": 0,
        "RequiredComponents": [],
    }
