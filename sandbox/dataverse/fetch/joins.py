"""Tables joined: every combination of rows a query is about, filtered.

Never sorts, selects or counts.
"""

from collections.abc import Collection

from sandbox.dataverse import errors
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.fetch.comparing import getter
from sandbox.dataverse.fetch.conditions import Conditions, Line, Test
from sandbox.dataverse.fetch.queries import Entity, Link
from sandbox.dataverse.fetch.scopes import ROOT, Scope
from sandbox.dataverse.store import Row


class Joins:
    """Joins the tables of one query."""

    def __init__(self, env: Environment, scope: Scope, conditions: Conditions) -> None:
        self._env = env
        self._scope = scope
        self._conditions = conditions

    def lines(
        self, entity: Entity, place: str = ROOT, among: Collection[str] | None = None
    ) -> list[Line]:
        """Return the joined rows of a table and those it is joined to.

        A joined table is filtered before the join, so that an outer one keeps its other side.

        Args:
            entity: the table and what is asked of it.
            place: its alias.
            among: ids of the only rows to look at, in order; None for all.
        """
        below = {place, *_places(entity)}
        before: list[Test] = []
        after: list[Test] = []
        for each in entity.filters:
            about = self._scope.places(each, place)
            if not about <= below:
                raise errors.unsupported("a filter of a link-entity about another table")
            where = before if about <= {place} else after
            where.append(self._conditions.filter(each, place))
        found: list[Line] = [{place: row} for row in self._rows(place, among)]
        found = [line for line in found if all(test(line) for test in before)]
        for link in entity.links:
            found = self._join(found, link, place)
        return [line for line in found if all(test(line) for test in after)]

    def _rows(self, place: str, among: Collection[str] | None) -> list[Row]:
        rows = self._env.store.rows(self._scope.tables[place].name).by_id
        if among is None:
            return list(rows.values())
        return [rows[row_id] for row_id in among if row_id in rows]

    def _join(self, lines: list[Line], link: Link, place: str) -> list[Line]:
        alias = link.alias
        theirs = getter(self._scope.column(alias, link.source))
        ours = getter(self._scope.column(place, link.target))
        matches: dict[object, list[Line]] = {}
        for line in self.lines(link.entity, alias):
            row = line[alias]
            if row is not None and (value := theirs(row)) is not None:
                matches.setdefault(value, []).append(line)
        none: Line = dict.fromkeys((alias, *_places(link.entity)))
        joined: list[Line] = []
        for line in lines:
            row = line[place]
            value = None if row is None else ours(row)
            others = matches.get(value, []) if value is not None else []
            if not others and link.outer:
                others = [none]
            joined += [{**line, **other} for other in others]
        return joined


def _places(entity: Entity) -> list[str]:
    found: list[str] = []
    for link in entity.links:
        found += [link.alias, *_places(link.entity)]
    return found
