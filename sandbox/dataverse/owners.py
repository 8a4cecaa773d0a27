"""Who may own a row, and who may give one to somebody else.

Never changes an owner. What refuses an owner is documented, the codes it is refused with are those
published for such users elsewhere ([?]): no source shows the answer to an assignment.
"""

from sandbox.dataverse import errors, privileges
from sandbox.dataverse.environment import Environment, Reference
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.store import Row

_ACCESS_TEAM = 1


def check(env: Environment, table: Table, owner: Reference | None, *, creating: bool) -> None:
    """Refuse an owner who cannot own rows of a table.

    Args:
        env: the environment.
        table: whose row it would be.
        owner: the user or team; None is refused where required columns are looked at.
        creating: whether the row is new, which takes the privilege to create it as well.

    Raises:
        DataverseError: 403, a disabled user, nobody with a role, or one whose roles do not do;
            400, an access team.
    """
    if owner is None:
        return
    row: Row = env.store.get(*owner) or {}
    if row.get("isdisabled"):
        raise errors.DataverseError(403, errors.USER_DISABLED, "The specified user is disabled.")
    if row.get("teamtype") == _ACCESS_TEAM:
        raise errors.argument("An access team cannot own rows.")
    kinds = ("Read", "Create") if creating else ("Read",)
    for name in privileges.names(table, kinds):
        if not privileges.has_role(env, owner[1]):
            raise errors.DataverseError(
                403,
                errors.NO_ROLES,
                f"The {owner[0]} with id {owner[1]} has not been assigned any roles. They need a "
                f"role with the {name} privilege.",
            )
        if privileges.depth(env, owner[1], name) is None:
            raise privileges.missing(env, table, name, owner[1])


def check_assigned(env: Environment, table: Table, before: Row | None, row_id: str) -> None:
    """Refuse what a caller has just written if it gave a row away without the privilege to.

    Whether that privilege is asked for is not published ([?]), so it is a choice.

    Args:
        env: the environment.
        table: whose row it is.
        before: the row until now, None for a new one.
        row_id: its primary key.

    Raises:
        DataverseError: 403, naming the privilege.
    """
    row = env.store.get(table.name, row_id)
    if "ownerid" not in table.columns or row is None or not env.choices.assign_needs_privilege:
        return
    owner = ("systemuser", env.user) if before is None else before["ownerid"]
    if row["ownerid"] != owner:
        privileges.require(env, table, "Assign")
