"""The connector's security role: made with the least privileges, completed, never cut.

Never gives it to anybody, and never takes away what a firm added to it. A role is made in the root
business unit, whose roles are inherited by all units and can be changed there alone; privileges are
granted by their ids, and granting again changes nothing:
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/addprivilegesrole
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrieveroleprivilegesrole
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.odata import PureRequest, equals
from shared.adapters.dataverse.schema_changes import SchemaChanges
from shared.adapters.dataverse.schema_definitions import Creation
from shared.core import schema
from shared.core.privileges import (
    DEPTH_NAMES,
    ROLE,
    ROLE_ID,
    Depth,
    Grant,
    Privilege,
    TableNeed,
    list_grants,
    list_missing,
)
from shared.errors import ConfigurationError, ConnectorError

COMPONENT_TYPE: Final = 20
_SELECT: Final = "name,ismanaged,_businessunitid_value,_parentrootroleid_value"
_NAMES: Final = dict(enumerate(Depth))
_RIGHTS: Final = dict(
    enumerate(
        ("None", "Create", "Read", "Write", "Delete", "Assign", "Share", "Append", "AppendTo")
    )
)


@dataclass(frozen=True)
class ExistingRole:
    """The role as it is there.

    Attributes:
        row: its row, None while it is missing.
        foreign: descriptions of roles of its name that are neither it nor inherited from it.
        missing: what it lacks.
        filed: whether it belongs to the connector's solution.
        spared: privileges it lacks without which all is carried over.
    """

    row: Mapping[str, Any] | None
    foreign: tuple[str, ...] = ()
    missing: tuple[Grant, ...] = field(default_factory=tuple)
    filed: bool = True
    spared: tuple[Privilege, ...] = ()

    def differences(self, remedy: str) -> list[str]:
        """Return what is missing, in words; what the role has beyond that is the firm's own."""
        if self.row is None:
            lines = [f"Security role {ROLE} is missing: {remedy}."]
            return [self.in_the_way()] if self.foreign else lines
        if not self.missing:
            return []
        lacks = ", ".join(
            f"{each.right} on {each.table} ({each.privilege.name}, {DEPTH_NAMES[each.depth]})"
            for each in self.missing
        )
        return [f"Security role {ROLE} lacks {lacks}: {remedy}."]

    def notes(self) -> list[str]:
        """Return what it lacks though all is carried over without it."""
        return [
            f"Security role {ROLE} lacks {each.name}: with BACKFILL_BYPASS=all a history starts "
            "the firm's own plug-ins and workflows until it is granted, which "
            "`python -m shared schema apply` does where this environment knows it."
            for each in self.spared
        ]

    def in_the_way(self) -> str:
        """Return who has to do what about a role of our name that is not ours."""
        return (
            f"A security role {ROLE} is there that this connector did not make "
            f"({'; '.join(self.foreign)}): rename it, then run `python -m shared schema apply`."
        )


class RoleAdmin:
    """The role in one environment.

    Args:
        api: the environment's Web API, signed in as a System Administrator.
        changes: sends the writes.
        needs: what the connector does.
        extra: privileges of no table, which may not be known there.
    """

    def __init__(
        self,
        api: DataverseApi,
        changes: SchemaChanges,
        needs: tuple[TableNeed, ...],
        extra: tuple[Privilege, ...] = (),
    ) -> None:
        self._extra = extra
        self._api = api
        self._changes = changes
        self._needs = needs

    def read(self) -> ExistingRole:
        """Read the role, those of its name, and what the tables define."""
        named, row, filed, *definitions = self._api.read(
            [
                _by_name(),
                read_role(),
                _membership(),
                *(_read_privileges(need.table) for need in self._needs),
            ]
        )
        others = [
            each
            for each in self._api.list_rows(named or {"value": []})
            if not {str(each.get("roleid")), str(each.get("_parentrootroleid_value"))}
            & {str(ROLE_ID)}
        ]
        defined = {
            need.table: None if found is None else _by_right(found)
            for need, found in zip(self._needs, definitions, strict=True)
        }
        held = self._held() if row is not None else {}
        grants = list_grants(self._needs, defined)
        return ExistingRole(
            row=row,
            foreign=tuple(_describe(each) for each in others),
            missing=tuple(list_missing(grants, held)),
            filed=any(self._api.list_rows(filed or {"value": []})),
            spared=tuple(each for each in self._extra if row is not None and each.id not in held),
        )

    def apply(self) -> list[str]:
        """Make the role or grant it what it lacks; return what was done.

        Raises:
            ConfigurationError: another role has its name, it is managed, or we may not.
        """
        done: list[str] = []
        found = self.read()
        if found.row is None:
            if found.foreign:
                raise ConfigurationError(found.in_the_way())
            self._changes.create(self._creation())
            done.append(f"security role {ROLE}")
            found = self.read()
        if found.missing:
            if found.row and found.row.get("ismanaged"):
                raise ConfigurationError(
                    f"Security role {ROLE} is managed: import the solution's next version, which "
                    "brings its privileges."
                )
            granted = [(each.privilege, each.depth) for each in found.missing]
            self._changes.create(_grant(granted))
            done.append(f"{len(found.missing)} privileges of the security role {ROLE}")
        managed = bool(found.row and found.row.get("ismanaged"))
        for each in () if managed else found.spared:
            # One that is not known there, or that nobody here may grant, keeps nothing else back.
            with contextlib.suppress(ConnectorError):
                self._changes.post(_grant([(each, Depth.GLOBAL)]).request)
                done.append(f"{each.name} of the security role {ROLE}")
        if not found.filed:
            self._changes.create(_filing())
            done.append(f"security role {ROLE} in the solution {schema.SOLUTION}")
        return done

    def _held(self) -> dict[UUID, str]:
        request = PureRequest("GET", f"RetrieveRolePrivilegesRole(RoleId={ROLE_ID})")
        found = self._api.read([request])[0] or {}
        return {
            UUID(str(each["PrivilegeId"])): _named(each.get("Depth"), _NAMES)
            for each in found.get("RolePrivileges") or ()
        }

    def _creation(self) -> Creation:
        roots = self._changes.rows(
            PureRequest(
                "GET",
                "businessunits?$select=businessunitid&$filter=_parentbusinessunitid_value%20eq%20null",
            )
        )
        if len(roots) != 1:
            raise ConfigurationError(
                f"Dataverse shows {len(roots)} root business units: a System Administrator, who "
                "sees all of them, runs `python -m shared schema apply`."
            )
        body = {
            "roleid": str(ROLE_ID),
            "name": ROLE,
            "businessunitid@odata.bind": f"/businessunits({roots[0]['businessunitid']})",
        }
        headers = {"MSCRM.SolutionUniqueName": schema.SOLUTION}
        return Creation(
            f"security role {ROLE}", read_role(), PureRequest("POST", "roles", headers, body)
        )


def read_role() -> PureRequest:
    """Return the read of our role, whatever it is called now."""
    return PureRequest("GET", f"roles({ROLE_ID})?$select={_SELECT}")


def remove_role() -> PureRequest:
    """Return the deletion of our role."""
    return PureRequest("DELETE", f"roles({ROLE_ID})")


def _by_name() -> PureRequest:
    where = equals("name", ROLE).replace(" ", "%20")
    return PureRequest("GET", f"roles?$select={_SELECT}&$filter={where}")


def _membership() -> PureRequest:
    where = (
        f"objectid eq {ROLE_ID} and componenttype eq {COMPONENT_TYPE}"
        f" and solutionid/{equals('uniquename', schema.SOLUTION)}"
    ).replace(" ", "%20")
    return PureRequest("GET", f"solutioncomponents?$select=objectid&$filter={where}")


def _read_privileges(table: str) -> PureRequest:
    return PureRequest("GET", f"EntityDefinitions(LogicalName='{table}')?$select=Privileges")


def _grant(missing: Iterable[tuple[Privilege, Depth]]) -> Creation:
    body = {
        "Privileges": [
            {"PrivilegeId": str(privilege.id), "Depth": depth} for privilege, depth in missing
        ]
    }
    path = f"roles({ROLE_ID})/Microsoft.Dynamics.CRM.AddPrivilegesRole"
    # Granting again changes nothing, so it is never looked for.
    return Creation("privileges", _nothing(), PureRequest("POST", path, {}, body))


def _filing() -> Creation:
    body = {
        "ComponentId": str(ROLE_ID),
        "ComponentType": COMPONENT_TYPE,
        "SolutionUniqueName": schema.SOLUTION,
        "AddRequiredComponents": False,
    }
    return Creation(
        "membership", _membership(), PureRequest("POST", "AddSolutionComponent", {}, body)
    )


def _nothing() -> PureRequest:
    return PureRequest("GET", f"roles({UUID(int=0)})?$select=name")


def _describe(row: Mapping[str, Any]) -> str:
    managed = "managed" if row.get("ismanaged") else "unmanaged"
    return f"{row.get('roleid')}, {managed}, business unit {row.get('_businessunitid_value')}"


def _by_right(definition: Mapping[str, Any]) -> dict[str, Privilege]:
    return {
        _named(each.get("PrivilegeType"), _RIGHTS): Privilege(
            id=UUID(str(each["PrivilegeId"])),
            name=str(each.get("Name") or ""),
            depths=frozenset(depth for depth in Depth if each.get(f"CanBe{depth}")),
        )
        for each in definition.get("Privileges") or ()
        if each.get("PrivilegeId")
    }


def _named(value: Any, numbers: Mapping[int, str]) -> str:
    return str(numbers.get(value, "")) if isinstance(value, int) else str(value or "")
