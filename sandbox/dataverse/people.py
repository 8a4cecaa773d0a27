"""Rows as a test or a person in Sales handles them, without HTTP: add, get, all, update, delete.

Never goes around the platform's rules, but for the state of a row that is added.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse import bodies, errors, merging, privileges, storing, writing
from sandbox.dataverse.component_tables import TABLE_OF
from sandbox.dataverse.components import ROWS, ComponentType
from sandbox.dataverse.customizing import drafts
from sandbox.dataverse.environment import MESSAGES, Environment
from sandbox.dataverse.metadata import NUMBERS, REFERENCES, Column, Key, Kind, Table
from sandbox.dataverse.reading import etag
from sandbox.dataverse.schema import PRINCIPALS
from sandbox.dataverse.store import Row
from sandbox.dataverse.values import is_guid, scale, shown_digits

Columns = Mapping[str, Any]


class People:
    """Access to rows from the same process."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def add(self, table: str, columns: Columns) -> str:
        """Add a row, closed ones included; return its id."""
        env = self._env
        described = env.schema.table(table)
        given = self._body(described, columns)
        state: dict[str, Any] = {
            name: given.pop(name) for name in ("statecode", "statuscode") if name in given
        }
        with env.lock, env.transaction():
            row_id = writing.create(env, described, given)
            if state:
                row = storing.existing(env, described, row_id)
                storing.apply(env, described, row, state)
        return row_id

    def get(self, table: str, row_id: str) -> dict[str, Any] | None:
        """Return a row, or None."""
        with self._env.lock:
            described = self._env.schema.table(table)
            row = self._env.store.get(table, row_id.lower())
            return None if row is None else show(described, row)

    def all(self, table: str) -> list[dict[str, Any]]:
        """Return all rows, oldest first."""
        with self._env.lock:
            described = self._env.schema.table(table)
            return [show(described, row) for row in self._env.store.rows(table).by_id.values()]

    def update(self, table: str, row_id: str, columns: Columns) -> None:
        """Update a row under the rules a person is under."""
        env = self._env
        described = env.schema.table(table)
        with env.lock, env.transaction():
            writing.update(env, described, row_id.lower(), self._body(described, columns))

    def delete(self, table: str, row_id: str) -> None:
        """Delete a row under the rules a person is under."""
        env = self._env
        with env.lock, env.transaction():
            writing.delete(env, env.schema.table(table), row_id.lower())
            drafts.discard(env, table, row_id.lower())

    def merge(self, table: str, master: str, subordinate: str, columns: Columns) -> None:
        """Merge two rows as a person would who picks `columns` for the one that stays."""
        env = self._env
        described = env.schema.table(table)
        change = bodies.read(
            env, described, self._body(described, columns), creating=False, references={}
        )
        with env.lock, env.transaction():
            merging.merge(env, described, master.lower(), subordinate.lower(), change.values)

    def join(self, table: str, columns: Columns, role: str | Mapping[str, str]) -> str:
        """Add a user or a team with its roles; return its id."""
        if table not in PRINCIPALS:
            raise errors.request(f"Rows of {table} have no roles.")
        with self._env.lock, self._env.transaction():
            row_id = self.add(table, columns)
            privileges.grant(self._env, row_id, role)
        return row_id

    def grant(self, principal: str, role: str | Mapping[str, str]) -> None:
        """Give a user or team other roles in place of those it has."""
        with self._env.lock:
            if self._env.store.get("owner", principal.lower()) is None:
                raise errors.missing("owner", principal)
            privileges.grant(self._env, principal.lower(), role)

    def use(self, kind: str, name: str, table: str, column: str = "") -> str:
        """Let a form, view or process of a person's own use a table or a column; return its id."""
        env = self._env
        component = ComponentType[kind.upper()]
        described = env.schema.table(table)
        required = described.columns[column] if column else described
        kind_of_row = ROWS[component]
        row: dict[str, Any] = {"name": name}
        if named := TABLE_OF.get(kind_of_row):
            row[named] = described.name
        row_id = self.add(kind_of_row, row)
        env.uses.append((required.metadata_id, row_id, int(component)))
        return row_id

    def limit_messages(self, table: str, names: list[str]) -> None:
        """Let a table have these bulk messages and no others, as some system tables do.

        Raises:
            DataverseError: 400 there is no such message; 404 no such table.
        """
        unknown = sorted(set(names) - set(MESSAGES))
        if unknown:
            raise errors.request(f"There is no bulk message {', '.join(unknown)} to be listed.")
        with self._env.lock, self._env.transaction():
            self._env.limit_messages(self._env.schema.table(table), names)

    def manage(self, solution: str) -> None:
        """Turn a solution and all in it into what an import of its managed form leaves."""
        env = self._env
        owner = next(
            row_id
            for row_id, row in env.store.rows("solution").by_id.items()
            if row["uniquename"] == solution
        )
        parts = {
            row["objectid"]
            for row in env.store.rows("solutioncomponent").by_id.values()
            if row["solutionid"] == ("solution", owner)
        }
        with env.lock, env.transaction():
            rows = [(table, part) for table in sorted(set(ROWS.values())) for part in parts]
            for table, row_id in [("solution", owner), *rows]:
                if (row := env.store.get(table, row_id)) is not None:
                    env.store.put(table, row_id, {**row, "ismanaged": True})
        for described in env.schema.tables.values():
            parts_of: list[Table | Column | Key] = [described, *described.columns.values()]
            for each in [*parts_of, *described.keys.values()]:
                each.managed = each.managed or each.metadata_id in parts

    def _body(self, table: Table, columns: Columns) -> dict[str, Any]:
        """Return a Web API body; references may be given as ids under the navigation property."""
        body: dict[str, Any] = {}
        for name, value in columns.items():
            single, target = name, value
            if isinstance(value, tuple):
                single, target = self._typed(table, name, value)
            known = table.parents.get(single)
            if known is not None and isinstance(target, str) and is_guid(target):
                store, tables = self._env.store, self._env.schema.tables
                there = (kind for kind in known.kinds if store.get(kind, target.lower()))
                parent = tables[next(there, known.kinds[0])]
                body[single + bodies.BIND] = f"/{parent.set_name}({target})"
            else:
                body[name] = value
        return body

    def _typed(self, table: Table, column: str, value: tuple[str, str]) -> tuple[str, str]:
        for known in table.targets(column):
            if value[0] in known.kinds:
                return known.single, value[1]
        raise errors.payload(f"'{column}' of {table.name} does not refer to {value[0]}.")


def show(table: Table, row: Row) -> dict[str, Any]:
    """Return all columns of a row; references under `_<name>_value`, money as `Decimal`."""
    shown: dict[str, Any] = {"@odata.etag": etag(row)}
    for column in table.columns.values():
        value = row.get(column.name)
        if column.kind in REFERENCES and value is not None:
            shown[f"{column.wire}@Microsoft.Dynamics.CRM.lookuplogicalname"] = value[0]
            value = value[1]
        elif column.kind in NUMBERS and value is not None and column.kind is Kind.MONEY:
            value = scale(value, shown_digits(column, value))
        shown[column.wire] = value
    return shown
