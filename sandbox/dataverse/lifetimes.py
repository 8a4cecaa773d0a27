"""What comes and goes with rows that are components or hold them: roles, solutions.

Never writes the row itself.
"""

from sandbox.dataverse import components, errors, roles
from sandbox.dataverse.bodies import Body
from sandbox.dataverse.components import ROWS, ComponentType
from sandbox.dataverse.customizing import apps, drafts
from sandbox.dataverse.customizing import rows as customizing
from sandbox.dataverse.definition_answers import solution
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Operation
from sandbox.dataverse.store import Row

_KINDS = {table: kind for kind, table in ROWS.items()}


def born(env: Environment, operation: Operation, table: Table, row_id: str, body: Body) -> None:
    """Do what follows from a new row.

    Raises:
        DataverseError: 400 a role's name is taken, or a rule of customizing; 404 the solution it
            shall go into is missing.
    """
    if table.name == "role":
        roles.settle(env, row_id)
    if customizing.is_component(table):
        customizing.born(env, table, row_id, body.keys())
    if table.name in _KINDS:
        components.file(env, solution(operation), _KINDS[table.name], row_id)


def changed(env: Environment, operation: Operation, table: Table, row_id: str) -> None:
    """Do what follows from a changed component: it goes into the solution that is named.

    Raises:
        DataverseError: 404, there is no such solution.
    """
    components.file(env, solution(operation), _KINDS[table.name], row_id)


def check(env: Environment, table: Table, row: Row) -> None:
    """Refuse to delete what the platform keeps.

    Raises:
        DataverseError: 400 a managed or inherited role, or one in use; 501 a managed solution,
            whose deletion uninstalls all that it brought.
    """
    if table.name == "role":
        if row["parentrootroleid"] != ("role", row[table.id]):
            raise errors.argument(f"The role {row['name']} is inherited: delete it at its root.")
        components.check_deletable(
            env,
            ComponentType.ROLE,
            row[table.id],
            row["name"],
            managed=bool(row["ismanaged"]),
        )
    if customizing.is_component(table):
        components.check_managed(row[table.id], row[table.title], managed=bool(row["ismanaged"]))
        customizing.check_deletable(env, table, row)
    if table.name == "solution" and row["ismanaged"]:
        raise errors.unsupported("the uninstallation of managed solutions")


def died(env: Environment, table: Table, row_id: str) -> None:
    """Do what follows from a row that is gone; a solution's components stay."""
    if table.name == "role":
        roles.remove(env, row_id)
    if table.name == "solution":
        components.forget(env, solution=row_id)
    if customizing.is_component(table):
        drafts.discard(env, table.name, row_id)
    if table.name == "appmodule":
        apps.forget(env, row_id)
    if table.name in _KINDS:
        components.forget(env, component=row_id)
