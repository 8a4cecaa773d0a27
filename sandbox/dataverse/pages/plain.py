"""What no view and no form shows, for whoever looks for a mistake: all custom columns as they are.

Never part of what a salesperson sees.
"""

import itertools
from collections.abc import Collection, Iterator

from markupsafe import Markup

from sandbox.dataverse.metadata import Column, Kind, Table
from sandbox.dataverse.pages import addresses
from sandbox.dataverse.pages.markup import NONE, Text, joined, none, plain_table
from sandbox.dataverse.pages.values_shown import EMPTY, shown
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.schema import POINTER
from sandbox.dataverse.store import Row

HEADING = "Not on any form"
# Besides custom columns: what tells rows of a table apart.
_NATIVE = {
    "opportunity": ("statecode", "estimatedvalue", "estimatedclosedate"),
    "invoice": ("statecode", "statuscode", "totalamount", "duedate"),
}
_MOST = 500


def rows(visit: Visit, table: Table) -> Markup:
    """Return all rows of a table that has no view, each leading to its record."""
    stored = visit.env.store.rows(table.name).by_id.values()
    found: list[Row] = [*itertools.islice(stored, _MOST)]
    return _table(visit, table, found)


def left_over(visit: Visit, table: Table, row: Row, on_form: Collection[str]) -> Markup:
    """Return a record's other custom columns, and what belongs to it, folded away.

    Args:
        visit: who looks.
        table: the record's table.
        row: the record.
        on_form: columns the form shows.
    """
    others = [column for column in _custom(table) if column.name not in on_form]
    fields = joined(
        Markup('<div class="field" data-column="{}"><dt>{}</dt><dd>{}</dd></div>').format(
            column.name, column.label, shown(visit, row, column) or EMPTY
        )
        for column in others
    )
    own = Markup('<dl class="fields" style="--fields:3">{}</dl>').format(fields) if fields else NONE
    below = joined(_below(visit, (table.name, str(row[table.id]))))
    if not own and not below:
        return NONE
    return Markup(
        '<details class="card left-over"><summary>{}</summary><p class="of">For whoever looks for '
        "a mistake: people in Sales see nothing of this on this page.</p>{}{}</details>"
    ).format(HEADING, own, below)


def _custom(table: Table) -> Iterator[Column]:
    for column in table.columns.values():
        if (
            column.custom
            and not column.base_of
            and column.kind is not Kind.GUID
            and column.name not in {table.title, table.id}
        ):
            yield column


def _below(visit: Visit, owner: tuple[str, str]) -> Iterator[Markup]:
    """Yield the customer's opportunities and invoices, and the activities about the record."""
    tables = visit.env.schema.tables
    for name in _NATIVE:
        table = tables.get(name)
        if table is not None and any(
            known.parent == owner[0] for known in table.targets("customerid")
        ):
            found = _children(visit, name, "customerid", owner)
            yield Markup('<h2>{}</h2><div data-table="{}">{}</div>').format(
                table.plural, name, _table(visit, table, found)
            )
    pointers = _children(visit, POINTER, "regardingobjectid", owner)
    for name in dict.fromkeys(str(row["activitytypecode"]) for row in pointers):
        keys = [str(row["activityid"]) for row in pointers if row["activitytypecode"] == name]
        found = [row for key in keys if (row := visit.env.store.get(name, key)) is not None]
        yield Markup('<h2>{}</h2><div data-table="{}">{}</div>').format(
            tables[name].plural or tables[name].schema, name, _table(visit, tables[name], found)
        )


def _children(visit: Visit, table: str, column: str, owner: tuple[str, str]) -> list[Row]:
    stored = visit.env.store.rows(table)
    return [stored.by_id[row_id] for row_id in stored.index(column).find([owner])]


def _table(visit: Visit, table: Table, found: list[Row]) -> Markup:
    if not found:
        return none("None.")
    usual = _NATIVE.get(table.name, ("statecode",))
    columns = [table.columns[name] for name in usual if name in table.columns]
    columns += [column for column in _custom(table) if column not in columns]
    title = table.columns.get(table.title)
    heads = ["Record", *(column.label for column in columns)]
    lines = []
    for row in found:
        name = row.get(title.name) if title is not None else None
        address = addresses.record(table.name, str(row[table.id]))
        link = Markup('<a href="{}">{}</a>').format(address, name or "(no name)")
        line: list[tuple[str, Text]] = [(table.title, link)]
        line += [(column.name, shown(visit, row, column)) for column in columns]
        lines.append(line)
    return plain_table(heads, lines)
