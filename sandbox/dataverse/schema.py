"""The environment's tables, by name and by URL segment, and what the platform adds by itself.

Never checks who may add what; that is the metadata API's part.
"""

from sandbox.dataverse import errors
from sandbox.dataverse.define import (
    ACTIVE_INACTIVE,
    ACTIVITY_STATES,
    activity_columns,
    lookup,
    read_only,
    states,
    system_columns,
)
from sandbox.dataverse.metadata import (
    KEPT,
    LINK,
    PARENTAL,
    REFERENCES,
    RESTRICT,
    Cascade,
    Column,
    Kind,
    Relationship,
    Table,
)

FIRST_CUSTOM_TYPE_CODE = 10_000
POINTER = "activitypointer"
OWNER, PRINCIPALS = "owner", ("systemuser", "team")


class Schema:
    """All tables of one environment.

    Attributes:
        tables: by logical name.
        sets: by entity set name.
        relationships: by SchemaName.
        version: grows with every change.
    """

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.sets: dict[str, Table] = {}
        self.relationships: dict[str, Relationship] = {}
        self.version = 1

    def table(self, name: str) -> Table:
        """Return the table with this logical name.

        Raises:
            DataverseError: 404, there is none.
        """
        found = self.tables.get(name)
        if found is None:
            raise errors.DataverseError(
                404, errors.NOT_FOUND, f"Could not find an entity with name {name}."
            )
        return found

    def by_set(self, segment: str) -> Table:
        """Return the table whose rows live under `segment`.

        Raises:
            DataverseError: 404, there is none.
        """
        found = self.sets.get(segment)
        if found is None:
            raise errors.no_segment(segment)
        return found

    def add(self, table: Table, columns: list[Column]) -> None:
        """Add a table with `columns` and all that the platform gives it."""
        table.type_code = table.type_code or FIRST_CUSTOM_TYPE_CODE + len(self.tables)
        self.tables[table.name] = table
        self.sets[table.set_name] = table
        given = {column.name for column in columns}
        supplied = [*system_columns(table), *(activity_columns() if table.is_activity else [])]
        for column in [*columns, *(each for each in supplied if each.name not in given)]:
            self.add_column(table, column)
        if table.custom:
            described = ACTIVITY_STATES if table.is_activity else ACTIVE_INACTIVE
            for column in states(described):
                self.add_column(table, column)
        if OWNER in self.tables:
            self.link_system(table)
        self._link_activities(table)
        self._link_notes(table)
        self.version += 1

    def add_column(self, table: Table, column: Column) -> None:
        """Add a column; money brings its base twin and the table's currency."""
        table.columns[column.name] = column
        if column.kind is Kind.MONEY and not column.base_of:
            twin = read_only(
                Column(
                    f"{column.name}_base",
                    Kind.MONEY,
                    schema=f"{column.schema}_Base",
                    low=column.low,
                    high=column.high,
                    base_of=column.name,
                    label=f"{column.label} (Base)",
                    custom=column.custom,
                )
            )
            table.columns[twin.name] = twin
            self._add_currency(table)
        self.version += 1

    def link(self, relationship: Relationship) -> None:
        """Add a one-to-many relationship whose lookup column exists."""
        child, parent = self.tables[relationship.child], self.tables[relationship.parent]
        child.parents[relationship.single] = relationship
        if relationship.collection:
            parent.children[relationship.collection] = relationship
        parent.references.append(relationship)
        self.relationships[relationship.schema] = relationship
        self.version += 1

    def unlink(self, relationship: Relationship) -> None:
        """Remove a relationship and its lookup column, unless others still need the column."""
        child, parent = self.tables[relationship.child], self.tables[relationship.parent]
        child.parents.pop(relationship.single, None)
        parent.children.pop(relationship.collection, None)
        parent.references.remove(relationship)
        self.relationships.pop(relationship.schema, None)
        if not child.targets(relationship.column):
            child.columns.pop(relationship.column, None)
        self.version += 1

    def remove(self, table: Table) -> None:
        """Remove a table with its relationships."""
        for known in list(self.relationships.values()):
            if table.name in {known.parent, known.child}:
                self.unlink(known)
        self.tables.pop(table.name)
        self.sets.pop(table.set_name)
        self.version += 1

    def relate(
        self,
        child: str,
        column: str,
        parent: str,
        *,
        single: str = "",
        collection: str = "",
        cascade: Cascade = LINK,
        schema: str = "",
    ) -> None:
        """Add a relationship in the platform's own style of names."""
        self.link(
            Relationship(
                schema or collection or f"{parent}_{child}_{single or column}",
                parent,
                child,
                column,
                single or column,
                collection,
                cascade,
            )
        )

    def _add_currency(self, table: Table) -> None:
        if "transactioncurrencyid" in table.columns or "transactioncurrency" not in self.tables:
            return
        table.columns["transactioncurrencyid"] = lookup("transactioncurrencyid")
        table.columns["exchangerate"] = read_only(
            Column("exchangerate", Kind.DECIMAL, precision=10)
        )
        self.relate(
            table.name,
            "transactioncurrencyid",
            "transactioncurrency",
            collection=f"transactioncurrency_{table.name}",
            cascade=RESTRICT,
        )

    def link_system(self, table: Table) -> None:
        """Let `table` point at who created, changed and owns its rows."""
        for column, parent, kinds in (
            ("createdby", "systemuser", ()),
            ("modifiedby", "systemuser", ()),
            ("ownerid", OWNER, PRINCIPALS),
            ("owninguser", "systemuser", ()),
            ("owningteam", "team", ()),
        ):
            described = table.columns.get(column)
            if described is not None and described.kind in REFERENCES:
                known = Relationship(
                    f"lk_{table.name}_{column}",
                    parent,
                    table.name,
                    column,
                    column,
                    "",
                    KEPT,
                    kinds,
                )
                self.link(known)

    def _link_activities(self, table: Table) -> None:
        if table.is_activity:
            for other in list(self.tables.values()):
                if other.has_activities:
                    self._regarding(other, table)
        if table.has_activities:
            for other in list(self.tables.values()):
                if other.is_activity:
                    self._regarding(table, other)

    def _regarding(self, parent: Table, activity: Table) -> None:
        """Let `activity` regard rows of `parent`; names follow the platform's pattern."""
        if activity.name == POINTER:
            single = f"regardingobjectid_{parent.name}"
            collection = f"{parent.schema if not parent.custom else parent.name}_ActivityPointers"
        elif activity.custom or parent.custom:
            single = f"regardingobjectid_{parent.name}_{activity.name}"
            collection = f"{parent.name}_{activity.set_name}"
            if not activity.custom:
                collection = f"{parent.name}_{activity.schema}s"
        else:
            single = f"regardingobjectid_{parent.name}_{activity.name}"
            collection = f"{parent.schema}_{activity.schema}s"
        self.relate(
            activity.name,
            "regardingobjectid",
            parent.name,
            single=single,
            collection=collection,
            cascade=KEPT if activity.name == POINTER else PARENTAL,
        )

    def _link_notes(self, table: Table) -> None:
        note = self.tables.get("annotation")
        if note is None:
            return
        holders = list(self.tables.values()) if table is note else [table]
        for holder in holders:
            single = f"objectid_{holder.name}"
            if holder.has_notes and single not in note.parents:
                name = (
                    f"{holder.name}_Annotations" if holder.custom else f"{holder.schema}_Annotation"
                )
                self.relate(
                    "annotation",
                    "objectid",
                    holder.name,
                    single=single,
                    collection=name,
                    cascade=PARENTAL,
                )
