"""What the connector does in Dataverse, as privileges with the least depth each needs.

The role, the doctor, the docs and the tests read this one table; nothing is asked of anybody here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from shared.core.policies import BypassPolicy, Target
from shared.core.schema import (
    ACTIVITY_TABLE,
    CLIENT_TABLE,
    NOTICE_TABLE,
    SALES_TABLES,
    WAITING_TABLE,
)

ROLE: Final = "FreshBooks connector"
# One id in every environment: two provisioners at once cannot make two roles, and a role that came
# with the managed solution is known again.
ROLE_ID: Final = UUID("5f0d8f9a-9d0e-5c1b-8a51-0d3a6f1c7b42")


class Right(StrEnum):
    """What may be done with a table's rows."""

    CREATE = "Create"
    READ = "Read"
    WRITE = "Write"
    DELETE = "Delete"
    APPEND = "Append"  # the row holds a lookup
    APPEND_TO = "AppendTo"  # a lookup points at the row
    ASSIGN = "Assign"  # the row gets another owner


class Depth(StrEnum):
    """How far a right reaches, from the user's own rows to everybody's."""

    BASIC = "Basic"  # the user's own rows
    LOCAL = "Local"  # those of the business unit
    DEEP = "Deep"  # and of the units below
    GLOBAL = "Global"  # those of the organization


_ORDER: Final = tuple(Depth)
# As the editor of roles calls them.
DEPTH_NAMES: Final = MappingProxyType(
    {
        Depth.BASIC: "user",
        Depth.LOCAL: "business unit",
        Depth.DEEP: "parent: child business units",
        Depth.GLOBAL: "organization",
    }
)


@dataclass(frozen=True)
class TableNeed:
    """The rights the connector needs on a table.

    Attributes:
        depths: the rights, each with the least depth that does.
        why: why this depth, for whoever reads the docs.
        own: whether the table has privileges of its own; lines may go by their invoice's.
    """

    table: str
    depths: Mapping[Right, Depth]
    why: str
    own: bool = True

    @property
    def rights(self) -> tuple[Right, ...]:
        """The rights, whatever their depth."""
        return tuple(self.depths)


def list_needs(
    *, deletes: bool, owners: bool = False, notices: bool = False, target: Target = Target.RECORD
) -> tuple[TableNeed, ...]:
    """Return what the connector does in Dataverse, as rights.

    Args:
        deletes: rows of deleted records are deleted.
        owners: rows that are made belong to their account's owner.
        notices: owners of accounts are told in the app.
        target: without the Sales app none of its tables is touched, and entries refer to entries.
    """
    needs = _list_own(deletes=deletes)
    if target is Target.ACTIVITY:
        needs = tuple(_alone(need) for need in needs if need.table not in SALES_TABLES)
    if owners:
        needs = tuple(_for_others(need) if need.table in _OWNED else need for need in needs)
    return (*needs, *NOTICES) if notices else needs


# What notices take beside the rest. Microsoft names creating for oneself, and for others reading as
# far as they are; whether a row that is made for another takes assigning it is said nowhere.
NOTICES: Final = (
    TableNeed(
        NOTICE_TABLE,
        dict.fromkeys((Right.CREATE, Right.READ, Right.ASSIGN), Depth.GLOBAL),
        "With `NOTICES` only. A notice belongs to whom it is for, and reading notices as far as "
        "these people are is what Microsoft asks of whoever sends them.",
        own=False,
    ),
    TableNeed(
        "systemuser",
        {Right.READ: Depth.GLOBAL},
        "With `NOTICES` only. Whether the owner of an account is still there.",
    ),
)


def _alone(need: TableNeed) -> TableNeed:
    """Return what is needed where a payment's entry leads to its invoice's."""
    if need.table != ACTIVITY_TABLE:
        return need
    depth = need.depths[Right.APPEND]
    return replace(need, depths={**need.depths, Right.APPEND_TO: depth})


_OWNED: Final = frozenset({"invoice", ACTIVITY_TABLE, CLIENT_TABLE})


def _for_others(need: TableNeed) -> TableNeed:
    """Return what is needed where rows that are made belong to somebody else at once."""
    depths = {**dict.fromkeys(need.depths, Depth.GLOBAL), Right.ASSIGN: Depth.GLOBAL}
    if need.table != ACTIVITY_TABLE:
        return replace(need, depths=depths)
    why = (
        "All activities share these privileges, e-mails and appointments among them. Entries "
        "belong to the account's owner, and have to stay right: ROW_OWNER=connector needs the "
        "user's own only."
    )
    return replace(need, depths=depths, why=why)


def _list_own(*, deletes: bool) -> tuple[TableNeed, ...]:
    """Return what is needed where the connector owns the rows it makes."""
    everywhere = Depth.GLOBAL
    referred = {Right.READ: everywhere, Right.APPEND_TO: everywhere}
    # A row one creates is one's own at first, so creating never needs more than the user's depth.
    written = {Right.CREATE: Depth.BASIC, Right.READ: everywhere, Right.WRITE: everywhere}
    delete = {Right.DELETE: everywhere} if deletes else {}
    both = {Right.APPEND: everywhere, Right.APPEND_TO: everywhere}
    return (
        TableNeed(
            "account",
            {**written, **both},
            "Accounts belong to the salespeople; a match has to see all of them.",
        ),
        TableNeed(
            "invoice",
            {**written, **delete, **both},
            "Invoices change hands with their account and have to stay right then.",
        ),
        TableNeed(
            "invoicedetail",
            {**written, Right.DELETE: everywhere, Right.APPEND: everywhere},
            "Lines go with their invoice and are replaced when it is edited.",
            own=False,
        ),
        TableNeed(
            ACTIVITY_TABLE,
            dict.fromkeys(
                (Right.CREATE, Right.READ, Right.WRITE, *delete, Right.APPEND), Depth.BASIC
            ),
            "All activities share these privileges: deeper ones would reach everybody's e-mails, "
            "tasks and appointments. The connector owns its entries.",
        ),
        TableNeed(
            CLIENT_TABLE,
            {**written, **both},
            "A client's row goes with its account; people decide on it, and it has to stay right.",
        ),
        TableNeed(
            WAITING_TABLE,
            {**written, Right.DELETE: everywhere, Right.APPEND: everywhere},
            "What waits is listed there and taken off again, whoever was given the row meanwhile.",
        ),
        TableNeed(
            "opportunity",
            {**referred, Right.WRITE: everywhere},
            "Opportunities belong to the salespeople; only the connector's columns are written.",
        ),
        TableNeed("transactioncurrency", referred, "Currencies belong to the organization."),
        TableNeed("pricelevel", referred, "Price lists belong to the organization."),
        TableNeed("organization", {Right.READ: everywhere}, "One row; how prices are rounded."),
    )


def reaches(held: str | None, wanted: Depth) -> bool:
    """Say whether a depth that is held is as deep as the one that is wanted.

    Args:
        held: as Dataverse names it, None for a privilege that is not held.
        wanted: what is needed.
    """
    if held not in _ORDER:
        return False
    return _ORDER.index(Depth(held)) >= _ORDER.index(wanted)


@dataclass(frozen=True)
class Privilege:
    """A privilege as an environment defines it.

    Attributes:
        id: the same in every environment for the platform's own tables, another one for ours.
        depths: those it can have; rows of the organization have no owner to reach less than all.
    """

    id: UUID
    name: str
    depths: frozenset[Depth]


# Of no table, and not shown by the editor of roles; the id is the same in every environment.
# https://learn.microsoft.com/power-apps/developer/data-platform/bypass-custom-business-logic
BYPASS: Final = Privilege(
    UUID("0ea552b0-a491-4470-9a1b-82068deccf66"),
    "prvBypassCustomBusinessLogic",
    frozenset({Depth.GLOBAL}),
)


def list_extra(bypass: BypassPolicy) -> tuple[Privilege, ...]:
    """Return privileges of no table without which history is carried as everything else is.

    Leaving out Power Automate's flows takes none.
    https://learn.microsoft.com/power-apps/developer/data-platform/bypass-power-automate-flows

    Args:
        bypass: what of the firm's own a backfill does not start.
    """
    return (BYPASS,) if bypass is BypassPolicy.ALL else ()


@dataclass(frozen=True)
class Grant:
    """A privilege the role should have, at a depth it can have."""

    table: str
    right: Right
    privilege: Privilege
    depth: Depth


def list_grants(
    needs: tuple[TableNeed, ...], defined: Mapping[str, Mapping[str, Privilege] | None]
) -> list[Grant]:
    """Return the privileges a role needs; a right that a table does not know is not needed.

    Args:
        needs: what the connector does.
        defined: by table, its privileges by right; None for a table that is not there.
    """
    grants: dict[UUID, Grant] = {}
    for need in needs:
        for right, wanted in need.depths.items():
            privilege = (defined.get(need.table) or {}).get(right)
            if privilege is None:
                continue
            depth = _least(wanted, privilege.depths)
            known = grants.get(privilege.id)
            if known is None or not reaches(known.depth, depth):
                grants[privilege.id] = Grant(need.table, right, privilege, depth)
    return list(grants.values())


def list_missing(grants: list[Grant], held: Mapping[UUID, str]) -> list[Grant]:
    """Return what a role lacks, or has for too few rows; what it has beyond them is not ours.

    Args:
        grants: what it should have.
        held: depth by the privilege's id.
    """
    return [each for each in grants if not reaches(held.get(each.privilege.id), each.depth)]


def _least(wanted: Depth, possible: frozenset[Depth]) -> Depth:
    return next((depth for depth in _ORDER if depth in possible and reaches(depth, wanted)), wanted)
