"""Security roles: what each grants, which copies of it child business units have.

Never decides what a caller may do; the caller of the sandbox holds what its switches say.
"""

import uuid
from typing import Any

from sandbox.dataverse import errors, privileges
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.components import parameter
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.requirements import method_not_allowed
from sandbox.dataverse.store import Row

ADD = "Microsoft.Dynamics.CRM.AddPrivilegesRole"
# Every new role has these, however it is made.
_DEFAULTS = (
    "prvReadPluginAssembly",
    "prvReadPluginType",
    "prvReadSdkMessage",
    "prvReadSdkMessageProcessingStep",
    "prvReadSdkMessageProcessingStepImage",
)
_ALLOWED = {"PrivilegeId", "Depth", "BusinessUnitId", "PrivilegeName"}


def settle(env: Environment, row_id: str) -> None:
    """Complete a role that was just made: its default privileges, its copies further down.

    Raises:
        DataverseError: 400, the business unit has a role of this name (the code is a chosen one).
    """
    table = env.schema.tables["role"]
    row = env.store.rows("role").by_id[row_id]
    for other, known in env.store.rows("role").by_id.items():
        same = known["name"].casefold() == row["name"].casefold()
        if other != row_id and same and known["businessunitid"] == row["businessunitid"]:
            raise errors.argument(f"A role named {row['name']} is there already.")
    env.store.put(
        "role", row_id, {**row, "ismanaged": False, "parentrootroleid": (table.name, row_id)}
    )
    env.role_privileges[row_id] = dict.fromkeys(_DEFAULTS, "Global")
    for unit in _below(env, row["businessunitid"][1]):
        copy = str(uuid.uuid5(uuid.UUID(row_id), unit))
        inherited: Row = {
            **env.store.rows("role").by_id[row_id],
            table.id: copy,
            "businessunitid": ("businessunit", unit),
            "parentrootroleid": (table.name, row_id),
        }
        env.store.put("role", copy, inherited)


def remove(env: Environment, row_id: str) -> None:
    """Forget what a deleted role granted, and delete its copies."""
    env.role_privileges.pop(row_id, None)
    for copy, row in list(env.store.rows("role").by_id.items()):
        if row["parentrootroleid"] == ("role", row_id):
            env.store.delete("role", copy)


def granted(env: Environment, row_id: str) -> dict[str, str]:
    """Return what a role grants: privilege's name -> depth."""
    root = env.store.rows("role").by_id[row_id]["parentrootroleid"][1]
    return dict(env.role_privileges[root])


def retrieve(env: Environment, operation: Operation, called: Segment) -> Answer:
    """Answer `RetrieveRolePrivilegesRole`.

    Raises:
        DataverseError: 404, there is no such role.
    """
    row_id = str(parameter(operation, called, "RoleId"))
    if env.store.get("role", row_id) is None:
        raise errors.missing("role", row_id)
    held = [
        {
            "Depth": depth,
            "PrivilegeId": privileges.privilege_id(name),
            "BusinessUnitId": env.business_unit,
            "PrivilegeName": name,
            "RecordFilterId": str(uuid.UUID(int=0)),
            "RecordFilterUniqueName": "",
        }
        for name, depth in granted(env, row_id).items()
    ]
    where = f"{operation.root}$metadata#Microsoft.Dynamics.CRM.RetrieveRolePrivilegesRoleResponse"
    return json_answer({"@odata.context": where, "RolePrivileges": held})


def add(env: Environment, operation: Operation, first: Segment) -> Answer:
    """Answer `AddPrivilegesRole`: grant more, or the same at another depth.

    Raises:
        DataverseError: 404 no such role or privilege; 400 a depth it cannot have, or an inherited
            role, which is changed at its root alone.
    """
    if operation.method != "POST":
        raise method_not_allowed(operation)
    row_id = str((first.key or {}).get("", ""))
    row = env.store.get("role", row_id)
    if row is None:
        raise errors.missing("role", row_id)
    if row["parentrootroleid"] != ("role", row_id):
        raise errors.argument(f"The role {row['name']} is inherited: change it at its root.")
    operation.check_json()
    body = loads_object(operation.body)
    given = body.get("Privileges")
    if body.keys() != {"Privileges"} or not isinstance(given, list):
        raise errors.payload("the action takes Privileges.")
    found = dict(_grant(env, each) for each in given)
    env.role_privileges[row_id] |= found
    return Answer(204)


def _grant(env: Environment, given: Any) -> tuple[str, str]:
    if not isinstance(given, dict) or not {"PrivilegeId", "Depth"} <= given.keys() <= _ALLOWED:
        raise errors.payload("a RolePrivilege has PrivilegeId and Depth.")
    depth = str(given["Depth"])
    if depth.isdecimal() and int(depth) < len(privileges.DEPTHS):
        depth = privileges.DEPTHS[int(depth)]
    if depth not in privileges.DEPTHS:
        raise errors.payload(f"{depth} is no PrivilegeDepth.")
    for each in privileges.every(env):
        if each["PrivilegeId"] == given["PrivilegeId"]:
            if not each[f"CanBe{depth}"]:
                raise errors.argument(f"{each['Name']} cannot have the depth {depth}.")
            return str(each["Name"]), depth
    raise errors.missing("privilege", str(given["PrivilegeId"]))


def _below(env: Environment, unit: str) -> list[str]:
    units = env.store.rows("businessunit").by_id
    children = [
        key for key, row in units.items() if row["parentbusinessunitid"] == ("businessunit", unit)
    ]
    return children + [deeper for child in children for deeper in _below(env, child)]
