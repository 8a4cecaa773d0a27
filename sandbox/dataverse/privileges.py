"""What the caller's security roles allow: the privileges tables define, and which of them it holds.

Never looks at who owns a row. Read, Create, Write and Delete are enforced where a request addresses
rows directly; Append, AppendTo and depths are told only.
"""

import functools
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sandbox.dataverse import errors, options
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.encoding import loads
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Answer, Operation, json_answer

FUNCTION = "Microsoft.Dynamics.CRM.RetrieveUserSetOfPrivilegesByNames"
DEPTHS = ("Basic", "Local", "Deep", "Global")
ADMINISTRATOR, NO_ROLE = "administrator", "none"

_KINDS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
_OF_OWNERS = {"Assign", "Share"}
_NAMESPACE = uuid.UUID("0b6c2f34-95d1-5b53-8c50-2f0c4a1f9a77")
_NOUNS = {"annotation": "Note", "systemuser": "User"}
# Of no table: to merge accounts, contacts and leads.
MERGE = "prvMerge"
# To leave out custom logic; its id is published, and it has no depth but the organization's.
BYPASS = "prvBypassCustomBusinessLogic"
_BYPASS_ID = "0ea552b0-a491-4470-9a1b-82068deccf66"


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
    return [_definition(name, kind, owned=owned) for kind, name in names.items()]


def every(env: Environment) -> Iterator[dict[str, Any]]:
    """Yield the definitions of all privileges, those of no table included."""
    yield _definition(MERGE, "None", owned=True)
    yield _definition(BYPASS, "None", owned=False)
    for table in env.schema.tables.values():
        yield from defined(table)


def names(table: Table, kinds: Iterable[str]) -> list[str]:
    """Return the names of a table's privileges of some kinds, in their order."""
    known = {each["PrivilegeType"]: str(each["Name"]) for each in defined(table)}
    return [known[kind] for kind in kinds if kind in known]


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
    known = {each["Name"] for each in every(env)}
    held = [
        {
            "Depth": held_at,
            "PrivilegeId": privilege_id(name),
            "BusinessUnitId": env.business_unit,
            "PrivilegeName": name,
            "RecordFilterId": str(uuid.UUID(int=0)),
            "RecordFilterUniqueName": "",
        }
        for name in _asked(operation, called)
        if name in known and (held_at := depth(env, user, name)) is not None
    ]
    where = f"{operation.root}$metadata#{FUNCTION}Response"
    return json_answer({"@odata.context": where, "RolePrivileges": held})


def depth(env: Environment, principal: str, name: str) -> str | None:
    """Return how far a user or team holds a privilege, or None."""
    if principal == env.user:
        return env.privileges.get(name, "Global")
    if principal in env.administrators:
        return "Global"
    return env.others.get(principal, {}).get(name)


def has_role(env: Environment, principal: str) -> bool:
    """Say whether a user or team has any security role."""
    return principal == env.user or principal in env.administrators or principal in env.others


def require(env: Environment, table: Table, kind: str) -> None:
    """Refuse what the caller lacks a table's privilege for.

    Raises:
        DataverseError: 403, naming the privilege.
    """
    for name in names(table, [kind]) if env.privileges else ():
        if depth(env, env.user, name) is None:
            raise missing(env, table, name, env.user)


def missing(env: Environment, table: Table, name: str, principal: str) -> errors.DataverseError:
    """Say that a user or team lacks a privilege; a user is of the type 8, a team of 9."""
    kind = 9 if env.store.get("team", principal) else 8
    return errors.DataverseError(
        403,
        errors.MISSING_PRIVILEGE,
        f"Principal user (Id={principal}, type={kind}) is missing {name} privilege "
        f"(Id={privilege_id(name)}) on OTC={table.type_code} for entity '{table.name}'.",
    )


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
    require(env, table, kind)


def check_bypass(env: Environment, operation: Operation) -> None:
    """Refuse a request that leaves out custom logic without the privilege for it.

    Raises:
        DataverseError: 403, naming the privilege.
    """
    if "mscrm.bypassbusinesslogicexecution" not in operation.headers:
        return
    if depth(env, env.user, BYPASS) is None:
        raise errors.DataverseError(
            403,
            errors.MISSING_PRIVILEGE,
            f"Principal user (Id={env.user}, type=8) is missing {BYPASS} privilege "
            f"(Id={privilege_id(BYPASS)}).",
        )


def change(env: Environment, given: dict[str, Any]) -> None:
    """Set the depth of the caller's privileges by name; None takes one away.

    Raises:
        DataverseError: 400, there is no such depth.
    """
    for name, reach in given.items():
        _check_depth(name, reach)
        env.privileges[name] = reach


def grant(env: Environment, principal: str, role: str | Mapping[str, str]) -> None:
    """Give a user or team its roles, in place of all it had.

    Args:
        env: the environment.
        principal: id of the user or team.
        role: ADMINISTRATOR holds everything, NO_ROLE nothing; else privilege's name -> depth.

    Raises:
        DataverseError: 400, there is no such role or depth.
    """
    if isinstance(role, str) and role not in {ADMINISTRATOR, NO_ROLE}:
        raise errors.request(f"There is no role '{role}'.")
    env.administrators.discard(principal)
    env.others.pop(principal, None)
    if role == ADMINISTRATOR:
        env.administrators.add(principal)
    elif not isinstance(role, str):
        for name, reach in role.items():
            _check_depth(name, reach)
        env.others[principal] = dict(role)


def _check_depth(name: str, reach: str | None) -> None:
    if reach is not None and reach not in DEPTHS:
        raise errors.request(f"{reach} is no depth of the privilege {name}.")


def _asked(operation: Operation, called: Segment) -> list[str]:
    alias = str((called.key or {}).get("PrivilegeNames", ""))
    names = loads(options.parse(operation.query).aliases.get(alias, "").encode())
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise errors.request("PrivilegeNames is a list of texts, given by a parameter alias.")
    return names


def _definition(name: str, kind: str, *, owned: bool) -> dict[str, Any]:
    return {
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


@functools.cache
def privilege_id(name: str) -> str:
    """Return the id of a privilege, which is the same in every environment."""
    return _BYPASS_ID if name == BYPASS else str(uuid.uuid5(_NAMESPACE, name))
