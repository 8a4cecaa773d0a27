"""What the caller's security roles allow: the privileges tables define, and which of them it holds.

Never looks at who owns a row. Read, Create, Write and Delete are enforced where a request addresses
rows directly; Append, AppendTo and depths are told only.
"""

import uuid
from typing import Any

from sandbox.dataverse import errors, options
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.encoding import loads
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Answer, Operation, json_answer

FUNCTION = "Microsoft.Dynamics.CRM.RetrieveUserSetOfPrivilegesByNames"
DEPTHS = ("Basic", "Local", "Deep", "Global")

_KINDS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
_OF_OWNERS = {"Assign", "Share"}
_NAMESPACE = uuid.UUID("0b6c2f34-95d1-5b53-8c50-2f0c4a1f9a77")
_NOUNS = {"annotation": "Note", "systemuser": "User"}


def defined(table: Table) -> list[dict[str, Any]]:
    """Return a table's SecurityPrivilegeMetadata.

    Names follow the schema name with its case; all activities share one set. Tables without an
    owner of their own have none (chosen for invoice lines: no name of theirs is published).
    """
    if table.ownership == "None":
        return []
    owned = table.ownership != "OrganizationOwned"
    noun = "Activity" if table.is_activity else _NOUNS.get(table.name, table.schema)
    names = {kind: f"prv{kind}{noun}" for kind in _KINDS if owned or kind not in _OF_OWNERS}
    return [
        {
            "CanBeBasic": owned,
            "CanBeDeep": owned,
            "CanBeGlobal": True,
            "CanBeLocal": owned,
            "CanBeEntityReference": False,
            "CanBeParentEntityReference": False,
            "CanBeRecordFilter": False,
            "Name": name,
            "PrivilegeId": privilege_id(name),
            "PrivilegeType": kind,
        }
        for kind, name in names.items()
    ]


def answer(env: Environment, operation: Operation, first: Segment, called: Segment) -> Answer:
    """Answer `RetrieveUserSetOfPrivilegesByNames`; a name that does not exist is not held.

    Raises:
        DataverseError: 404 no such user; 400 no list of names.
    """
    if operation.method != "GET":
        raise errors.request("A function is called with GET.", status=405)
    user = str((first.key or {}).get("", ""))
    if env.store.get("systemuser", user) is None:
        raise errors.missing("systemuser", user)
    known = {each["Name"] for table in env.schema.tables.values() for each in defined(table)}
    held = [
        {
            "Depth": depth,
            "PrivilegeId": privilege_id(name),
            "BusinessUnitId": env.business_unit,
            "PrivilegeName": name,
            "RecordFilterId": str(uuid.UUID(int=0)),
            "RecordFilterUniqueName": "",
        }
        for name in _names(operation, called)
        if name in known and (depth := _depth(env, user, name)) is not None
    ]
    where = f"{operation.root}$metadata#{FUNCTION}Response"
    return json_answer({"@odata.context": where, "RolePrivileges": held})


def _depth(env: Environment, user: str, name: str) -> str | None:
    if user == env.user:
        return env.privileges.get(name, "Global")
    return env.others.get(user, {}).get(name)


def check(env: Environment, operation: Operation, table: Table, first: Segment) -> None:
    """Refuse a request about rows whose privilege the caller lacks.

    Raises:
        DataverseError: 403, naming the privilege.
    """
    kind = {"GET": "Read", "POST": "Create", "DELETE": "Delete"}.get(operation.method, "Write")
    if kind == "Write" and operation.if_match is None and env.privileges:
        row_id, _ = env.find(table, first.key or {})
        there = row_id is not None and env.store.get(table.name, row_id) is not None
        kind = "Write" if there else "Create"
    for each in defined(table) if env.privileges else ():
        if each["PrivilegeType"] == kind and env.privileges.get(each["Name"], "") is None:
            raise errors.DataverseError(
                403,
                errors.MISSING_PRIVILEGE,
                f"Principal user (Id={env.user}, type=8) is missing {each['Name']} privilege "
                f"(Id={each['PrivilegeId']}) on OTC={table.type_code} for entity '{table.name}'.",
            )


def change(env: Environment, given: dict[str, Any]) -> None:
    """Set the depth of privileges by name; None takes one away.

    Raises:
        DataverseError: 400, there is no such depth.
    """
    for name, depth in given.items():
        if depth is not None and depth not in DEPTHS:
            raise errors.request(f"{depth} is no depth of the privilege {name}.")
        env.privileges[name] = depth


def _names(operation: Operation, called: Segment) -> list[str]:
    alias = str((called.key or {}).get("PrivilegeNames", ""))
    names = loads(options.parse(operation.query).aliases.get(alias, "").encode())
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise errors.request("PrivilegeNames is a list of texts, given by a parameter alias.")
    return names


def privilege_id(name: str) -> str:
    """Return the id of a privilege, which is the same in every environment."""
    return str(uuid.uuid5(_NAMESPACE, name))
