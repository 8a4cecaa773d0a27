"""What the names of a query mean in an environment: tables, columns, aliases of joined tables.

Never reads a row.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.dataverse import errors
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.fetch.queries import Asked, Condition, Entity, Fetch, Filter
from sandbox.dataverse.metadata import Column, Table

NO_ENTITY, NO_ATTRIBUTE = "0x80041102", "0x80041103"
ROOT = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of the answer.

    Attributes:
        name: what the answer calls it: its alias, its own name, or `alias.name` of a joined table.
        place: the alias of its table, empty for the one the query begins at.
        table: its table.
        column: itself.
        renamed: the query gives it another name.
    """

    name: str
    place: str
    table: Table
    column: Column
    renamed: bool = False


class Scope:
    """The tables one query joins.

    Attributes:
        tables: by alias; the one the query begins at has the empty one.
    """

    def __init__(self, env: Environment, fetch: Fetch) -> None:
        self._env = env
        self._names: dict[str, str] = {}
        self.tables: dict[str, Table] = {}
        self._enter(fetch.entity, ROOT)

    def column(self, place: str, name: str) -> Column:
        """Return a column by its logical name.

        Raises:
            DataverseError: 400, the table has none of this name.
        """
        table = self.tables[place]
        found = table.columns.get(name)
        if found is None:
            raise errors.DataverseError(
                400,
                NO_ATTRIBUTE,
                f"'{table.schema}' entity doesn't contain attribute with Name = '{name}' and "
                "NameMapping = 'Logical'.",
            )
        return found

    def place(self, entity: str, here: str) -> str:
        """Return the alias an `entityname` stands for; empty stands for where it is written.

        Raises:
            DataverseError: 400, the query joins no such table.
        """
        if not entity:
            return here
        if entity in self.tables:
            return entity
        if entity not in self._names:
            raise errors.request(f"Invalid FetchXML: the query joins no '{entity}'.")
        return self._names[entity]

    def compared(self, condition: Condition, here: str) -> tuple[str, Column]:
        """Return the place and column a condition is about."""
        place = self.place(condition.entity, here)
        return place, self.column(place, condition.column)

    def other(self, condition: Condition, here: str) -> tuple[str, Column]:
        """Return the place and column a condition compares its own with."""
        entity, _, name = condition.value_of.rpartition(".")
        place = self.place(entity, here)
        return place, self.column(place, name)

    def places(self, given: Filter | Condition, here: str) -> set[str]:
        """Return the places a filter is about."""
        if isinstance(given, Filter):
            return {place for part in given.parts for place in self.places(part, here)}
        found = {self.place(given.entity, here)}
        if given.value_of:
            found.add(self.other(given, here)[0])
        return found

    def cells(self, entity: Entity, place: str = ROOT, *, key: bool = True) -> Iterator[Cell]:
        """Yield the columns of the answer, those of joined tables after.

        Args:
            entity: what is asked of a table.
            place: its alias.
            key: whether its primary key comes in any case.
        """
        table, names = self.tables[place], {each.name for each in entity.asked}
        asked = list(entity.asked)
        if entity.every or (place == ROOT and not asked):
            asked += [Asked(name) for name in table.columns if name not in names]
        elif place == ROOT and key and table.id not in names:
            asked.append(Asked(table.id))
        for each in asked:
            own = each.name if place == ROOT else f"{place}.{each.name}"
            column = self.column(place, each.name)
            yield Cell(each.alias or own, place, table, column, renamed=bool(each.alias))
        for link in entity.links:
            yield from self.cells(link.entity, link.alias)

    def _enter(self, entity: Entity, place: str) -> None:
        table = self._env.schema.tables.get(entity.table)
        if table is None:
            raise errors.DataverseError(
                400,
                NO_ENTITY,
                f"The entity with a name = '{entity.table}' with namemapping = 'Logical' was not "
                "found in the MetadataCache.",
            )
        self.tables[place] = table
        self._names.setdefault(entity.table, place)
        for link in entity.links:
            self._enter(link.entity, link.alias)
            self.column(place, link.target)
            self.column(link.alias, link.source)
