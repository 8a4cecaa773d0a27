"""Components written as rows: a new one is checked and seen, a change becomes a draft.

Never publishes; what cannot be customized is answered as if it had been written, and is not.
"""

from collections.abc import Callable, Collection
from typing import Any

from sandbox.dataverse import bodies, errors, rules
from sandbox.dataverse.bodies import References
from sandbox.dataverse.component_tables import APP, CHART, FORM, RESOURCE, SITE_MAP, VIEW
from sandbox.dataverse.customizing import (
    apps,
    charts,
    drafts,
    forms,
    resources,
    site_maps,
    uses,
    views,
)
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.store import Row, changed

_Check = Callable[[Environment, Row | None, Row, Collection[str]], None]

_CHECKS: dict[str, _Check] = {
    VIEW: views.check,
    FORM: forms.check,
    CHART: charts.check,
    SITE_MAP: site_maps.check,
    RESOURCE: resources.check,
    APP: apps.check,
}
_DELETABLE: dict[str, Callable[[Row], None]] = {
    VIEW: views.check_deletable,
    FORM: forms.check_deletable,
}
_DEFAULTS: dict[str, Callable[[Environment, Row], list[Row]]] = {
    VIEW: views.settle_default,
    FORM: forms.settle_default,
}


def is_component(table: Table) -> bool:
    """Say whether a table's rows are drafted and published."""
    return table.name in drafts.DRAFTED


def born(env: Environment, table: Table, row_id: str, given: Collection[str]) -> None:
    """Check a new component; hide what is not published by its creation.

    Raises:
        DataverseError: 400 a rule; 412 the id is taken by one that was never published.
    """
    if drafts.draft(env, table.name, row_id) is not None:
        raise errors.DataverseError(
            412, errors.DUPLICATE_KEY, f"A {table.name} with Id = {row_id} already exists."
        )
    row = env.store.rows(table.name).by_id[row_id]
    if table.name == APP:
        row = env.store.put(APP, row_id, apps.complete(env, row))
    _CHECKS[table.name](env, None, row, given)
    for other in _DEFAULTS.get(table.name, _none)(env, row):
        _take_away(env, table, other)
    if table.name == APP or not env.customizing.created_is_published:
        drafts.hide(env, table.name, row_id)


def update(
    env: Environment, table: Table, row_id: str, body: dict[str, Any], references: References
) -> None:
    """Write a component's draft.

    Raises:
        DataverseError: 404 there is no such component; 400 a limit or rule.
    """
    old = drafts.current(env, table.name, row_id)
    if old is None:
        raise errors.missing(table.name, row_id)
    change = bodies.read(env, table, body, creating=False, references=references)
    rules.check_columns(table, change, creating=False, row_id=row_id)
    rules.settle_state(table, old, change.values)
    new = changed(old, change.values)
    new |= {"modifiedon": env.now(), "modifiedby": ("systemuser", env.user)}
    rules.check_required(env, table, new)
    _CHECKS[table.name](env, old, new, change.values.keys())
    if is_locked(env, table, old):
        return
    drafts.keep(env, table.name, row_id, {**new, CUSTOMIZED: True})
    for other in _DEFAULTS.get(table.name, _none)(env, new):
        drafts.keep(env, table.name, other[table.id], other)


def check_deletable(env: Environment, table: Table, row: Row) -> None:
    """Refuse to delete a component that is protected or that others name.

    Raises:
        DataverseError: 400, one of them.
    """
    _DELETABLE.get(table.name, _allow)(row)
    uses.check(env, table, row)


def is_locked(env: Environment, table: Table, row: Row) -> bool:
    """Say whether a change of a component is lost: a layer above, or it cannot be customized."""
    return row["iscustomizable"] is False or row[table.id] in env.customizing.layers


# In a row, unseen by requests: somebody changed it in the unmanaged layer.
CUSTOMIZED = "#customized"


def _take_away(env: Environment, table: Table, other: Row) -> None:
    row_id = other[table.id]
    if drafts.draft(env, table.name, row_id) is not None:
        drafts.keep(env, table.name, row_id, other)
    published = env.store.get(table.name, row_id)
    if published is not None:
        env.store.put(table.name, row_id, {**published, "isdefault": False})


def _none(_env: Environment, _row: Row) -> list[Row]:
    return []


def _allow(_row: Row) -> None:
    """Nothing protects it."""
