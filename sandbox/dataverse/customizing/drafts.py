"""Drafts: what was written to a component and not published yet, kept beside what people see.

Never decides what may be written. A row of a component's own table is the published state; its
draft lies in a table of the store that no request can name.
"""

from sandbox.dataverse.component_tables import APP, CHART, FORM, RESOURCE, SITE_MAP, VIEW
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.store import Row

DRAFTED = frozenset({FORM, VIEW, CHART, APP, SITE_MAP, RESOURCE})
PUBLISHED, UNPUBLISHED = 0, 1


def draft(env: Environment, table: str, row_id: str) -> Row | None:
    """Return a component's draft, if there is one."""
    return env.store.get(_beside(table), row_id)


def current(env: Environment, table: str, row_id: str) -> Row | None:
    """Return a component as it was last written, published or not; any other row as it is."""
    found = draft(env, table, row_id) if table in DRAFTED else None
    return env.store.get(table, row_id) if found is None else found


def every(env: Environment, table: str) -> list[Row]:
    """Return all components of a table as they were last written."""
    ids = [*env.store.rows(table).by_id, *env.store.rows(_beside(table)).by_id]
    found = (current(env, table, row_id) for row_id in dict.fromkeys(ids))
    return [row for row in found if row is not None]


def both(env: Environment, table: str) -> list[Row]:
    """Return all components of a table, published ones and drafts."""
    return [*env.store.rows(table).by_id.values(), *env.store.rows(_beside(table)).by_id.values()]


def keep(env: Environment, table: str, row_id: str, row: Row) -> None:
    """Keep a draft in place of the one before."""
    env.store.put(_beside(table), row_id, {**row, "componentstate": UNPUBLISHED})


def hide(env: Environment, table: str, row_id: str) -> None:
    """Turn a new component into one that was never published."""
    keep(env, table, row_id, env.store.rows(table).by_id[row_id])
    env.store.delete(table, row_id)


def publish(env: Environment, table: str, row_id: str) -> bool:
    """Let people see a component's draft; say whether there was one."""
    row = draft(env, table, row_id)
    if row is None:
        return False
    env.store.put(table, row_id, {**row, "componentstate": PUBLISHED})
    env.store.delete(_beside(table), row_id)
    return True


def discard(env: Environment, table: str, row_id: str) -> None:
    """Forget a component's draft."""
    if draft(env, table, row_id) is not None:
        env.store.delete(_beside(table), row_id)


def waiting(env: Environment, table: str) -> list[Row]:
    """Return the drafts of a table."""
    return list(env.store.rows(_beside(table)).by_id.values())


def _beside(table: str) -> str:
    return f"draft:{table}"
