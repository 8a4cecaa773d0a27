"""The schema that is there against the schema that should be: what is missing, what differs.

Never reads anything itself; says it in words an administrator can act on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.adapters.dataverse.faults import NO_ENVIRONMENT
from shared.adapters.dataverse.odata import ENTITY_SETS
from shared.adapters.dataverse.schema_definitions import ATTRIBUTE_TYPES, BY_CURRENCY, DATE_FORMATS
from shared.core import schema
from shared.core.blueprint import RECORD, Blueprint
from shared.core.definitions import Column, ColumnType, Key, Lookup
from shared.core.options import label

APPLY: Final = "run `python -m shared schema apply`"
IMPORT: Final = "import the managed solution of this release"
SALES: Final = "install the Dynamics 365 Sales app in this environment"
WITHOUT_SALES: Final = "or set TARGET=activity, where timeline entries are all there is"

Definition = Mapping[str, Any]


@dataclass(frozen=True)
class ExistingSchema:
    """The definitions that are there; what is missing is None or not listed.

    Attributes:
        tables: by logical name.
        columns: by table and column.
        options: values of the choices, by table and column.
        choices: the options of choices and of yes or no as they are defined, by table and column.
        keys: a table's alternate keys.
        navigations: navigation properties by table, lookup column and target.
    """

    tables: Mapping[str, Definition | None]
    columns: Mapping[tuple[str, str], Definition | None] = field(default_factory=dict)
    options: Mapping[tuple[str, str], frozenset[int]] = field(default_factory=dict)
    choices: Mapping[tuple[str, str], Definition] = field(default_factory=dict)
    keys: Mapping[str, Sequence[Definition]] = field(default_factory=dict)
    navigations: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    def definition(self, table: str, column: str = "") -> Definition | None:
        """Return a table's or a column's definition, with its options where it has some."""
        if not column:
            return self.tables.get(table)
        found = self.columns.get((table, column))
        options = self.choices.get((table, column))
        return {**found, "OptionSet": options} if found is not None and options else found

    def key(self, key: Key) -> Definition | None:
        """Return an alternate key's definition."""
        return find_key(self.keys.get(key.table, ()), key)


def find_key(keys: Sequence[Definition], key: Key) -> Definition | None:
    """Return the definition of `key` among a table's keys; names differ by case only."""
    named = (each for each in keys if str(each.get("SchemaName")).lower() == key.name)
    return next(named, None)


def index_status(definition: Definition) -> str:
    """Return the state of a key's index: Pending, InProgress, Active or Failed.

    Its spelling on the wire is seen with and without a blank.
    """
    return str(definition.get("EntityKeyIndexStatus") or "").replace(" ", "")


def list_differences(found: ExistingSchema, wanted: Blueprint = RECORD) -> list[str]:
    """Return everything that is missing or different, a line each; empty when all is well.

    Args:
        found: what is there.
        wanted: what should be.
    """
    if nowhere := [table for table in schema.PLATFORM_TABLES if found.tables.get(table) is None]:
        # Nothing of ours makes these: whatever else is missing, there is no place to make it.
        named = " and ".join(nowhere)
        return [f"Table {named} is missing, which every environment has: {NO_ENVIRONMENT}."]
    lacking = [table for table in wanted.sales if found.tables.get(table) is None]
    lines = [without_sales(lacking)] if lacking else []
    return lines + [line for each in _PARTS for line in each(found, wanted)]


def without_sales(lacking: Sequence[str]) -> str:
    """Return what is missing where the Sales app is not, and who has to do what."""
    named = f"tables {', '.join(lacking)} are" if lacking[1:] else f"table {lacking[0]} is"
    return (
        f"The {named} missing, in which invoices are kept (TARGET=record): {SALES}, "
        f"{WITHOUT_SALES}."
    )


def _tables(found: ExistingSchema, wanted: Blueprint) -> Iterator[str]:
    for table in wanted.tables:
        yield from _table(table, found)


def _columns(found: ExistingSchema, wanted: Blueprint) -> Iterator[str]:
    for table, columns in wanted.columns.items():
        if found.tables.get(table) is not None:
            for column in columns:
                yield from _column(table, column, found)


def _lookups(found: ExistingSchema, wanted: Blueprint) -> Iterator[str]:
    for lookup in wanted.lookups:
        if found.tables.get(lookup.table) is not None:
            yield from _lookup(lookup, found)


def _keys(found: ExistingSchema, wanted: Blueprint) -> Iterator[str]:
    for key in wanted.keys:
        if found.tables.get(key.table) is not None:
            yield from _key(key, found.key(key))


_PARTS: Final = (_tables, _columns, _lookups, _keys)


def _table(table: str, found: ExistingSchema) -> Iterator[str]:
    there = found.tables.get(table)
    if there is None:
        if table in schema.OWN_TABLES:
            yield f"Table {table} is missing: {APPLY}."
        return
    if there.get("EntitySetName") != ENTITY_SETS[table].name:
        yield (
            f"Table {table} is addressed as {there.get('EntitySetName')} instead of "
            f"{ENTITY_SETS[table].name}: it was not made by this connector; delete or rename it."
        )
    if table == schema.ACTIVITY_TABLE and there.get("IsActivity") is not True:
        yield (
            f"Table {table} is no activity table, which cannot be changed afterwards: delete it "
            f"and {APPLY}."
        )


def _column(table: str, column: Column, found: ExistingSchema) -> Iterator[str]:
    name, there = f"{table}.{column.name}", found.columns.get((table, column.name))
    if there is None:
        yield f"Column {name} ({column.kind}) is missing: {APPLY}."
        return
    wanted = ATTRIBUTE_TYPES[column.kind]
    if there.get("AttributeType") != wanted:
        yield (
            f"Column {name} is of type {there.get('AttributeType')} instead of {wanted}: "
            f"delete it and {APPLY}."
        )
        return
    yield from _details(name, column, there, found.options.get((table, column.name), frozenset()))


def _details(name: str, column: Column, there: Definition, values: frozenset[int]) -> Iterator[str]:
    match column.kind:
        case ColumnType.TEXT | ColumnType.LONG_TEXT | ColumnType.ADDRESS:
            length = there.get("MaxLength")
            if not isinstance(length, int) or length < column.length:
                yield (
                    f"Column {name} holds {length} characters: set its maximum length to "
                    f"{column.length}."
                )
        case ColumnType.MONEY:
            if there.get("PrecisionSource") != BY_CURRENCY:
                yield f"Column {name} has decimals of its own: set its precision to the currency's."
        case ColumnType.DATE | ColumnType.MOMENT:
            yield from _date(name, column, there)
        case ColumnType.CHOICE:
            absent = [option for option in column.options or () if int(option) not in values]
            if absent:
                listed = ", ".join(f"{label(option)} ({int(option)})" for option in absent)
                yield f"Column {name} lacks the options {listed}: {APPLY}."
        case ColumnType.YES_NO:
            pass


def _date(name: str, column: Column, there: Definition) -> Iterator[str]:
    shown, behavior = DATE_FORMATS[column.kind]
    nested = there.get("DateTimeBehavior")
    actual = nested.get("Value") if isinstance(nested, Mapping) else nested
    if actual != behavior:
        yield (
            f"Column {name} has the behaviour {actual} instead of {behavior}: "
            f"delete it and {APPLY}."
        )
    elif column.kind is ColumnType.DATE and there.get("Format") != shown:
        yield f"Column {name} has the format {there.get('Format')}: set it to {shown}."


def _lookup(lookup: Lookup, found: ExistingSchema) -> Iterator[str]:
    name, there = f"{lookup.table}.{lookup.name}", found.columns.get((lookup.table, lookup.name))
    if there is None:
        yield f"Lookup {name} to {lookup.target} is missing: {APPLY}."
        return
    if there.get("AttributeType") != "Lookup" or lookup.target not in (there.get("Targets") or ()):
        yield f"Column {name} is no lookup to {lookup.target}: delete it and {APPLY}."
        return
    # By whatever name it is bound: the one that came out is read where rows are written.
    if (lookup.table, lookup.name, lookup.target) not in found.navigations:
        yield f"Lookup {name} has no relationship to {lookup.target}: delete it and {APPLY}."


def _key(key: Key, there: Definition | None) -> Iterator[str]:
    name = f"{key.table}.{key.name}"
    if there is None:
        yield f"Alternate key {name} is missing: {APPLY}."
        return
    columns = [str(column) for column in there.get("KeyAttributes") or ()]
    if sorted(columns) != sorted(key.columns):
        yield (
            f"Alternate key {name} is made of {', '.join(columns)} instead of "
            f"{', '.join(key.columns)}: delete it and {APPLY}."
        )
    match index_status(there):
        case "Active":
            pass
        case "Failed":
            yield (
                f"Alternate key {name} could not be built: several rows share a value of "
                f"{', '.join(key.columns)}; empty it in all but one of them and {APPLY}."
            )
        case status:
            yield f"Alternate key {name} is not usable yet ({status}): wait and check again."
