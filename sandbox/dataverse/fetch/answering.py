"""`GET <set>?fetchXml=...`: the answer of a FetchXML query in the Web API's JSON.

Never answers a paging cookie: queries without one are paged by number, as is documented.
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/overview
"""

from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus

from sandbox.dataverse import errors, privileges, values
from sandbox.dataverse.encoding import decimal
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.fetch.groups import Figure, Group
from sandbox.dataverse.fetch.parsing import parse
from sandbox.dataverse.fetch.queries import Fetch
from sandbox.dataverse.fetch.running import Found, grouped, run
from sandbox.dataverse.fetch.scopes import ROOT, Cell, Scope
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.options import MAX_PAGE
from sandbox.dataverse.reading import FORMATTED, TARGET, TOTAL, TOTAL_EXCEEDED, Reader, Shown, etag

OPTION = "fetchXml"
_MORE = "Microsoft.Dynamics.CRM.morerecords"
_DIGITS = 9  # as of $apply


def asked(operation: Operation) -> str | None:
    """Return the FetchXML a request brings, or None.

    Raises:
        DataverseError: 400, it brings other options besides.
    """
    given = [pair.partition("=") for pair in operation.query.split("&") if pair]
    found = [unquote_plus(value) for name, _, value in given if unquote_plus(name) == OPTION]
    if not found:
        return None
    others = {unquote_plus(name) for name, _, _ in given} - {OPTION}
    if others or len(found) > 1:
        raise errors.unsupported("other options than fetchXml with fetchXml")
    return found[0]


def answer(env: Environment, operation: Operation, table: Table, text: str) -> Answer:
    """Answer a FetchXML query about rows of a table.

    Raises:
        DataverseError: 400, it is no FetchXML, is about another table, or names what is not there.
    """
    fetch = parse(text)
    if fetch.entity.table != table.name:
        raise errors.request(
            f"The FetchXML is about '{fetch.entity.table}', not about '{table.name}'."
        )
    for joined in Scope(env, fetch).tables.values():
        privileges.require(env, joined, "Read")
    annotations = operation.preferences.annotations
    shown: Shown = {"@odata.context": f"{operation.root}$metadata#{table.set_name}"}
    rows: list[Shown]
    if fetch.aggregate:
        groups = grouped(env, fetch)
        rows = [_group(each, texts=annotations.wants(FORMATTED)) for each in groups.groups]
        total, more = groups.total, groups.more
    else:
        found = run(env, fetch)
        teller = _Rows(Reader(env), found)
        rows = [
            teller.row(
                number,
                texts=annotations.wants(FORMATTED),
                targets=annotations.wants(TARGET),
            )
            for number in range(len(found.lines))
        ]
        total, more = found.total, found.more
    if annotations.wants(_MORE):
        shown[f"@{_MORE}"] = more
    if annotations.wants(TOTAL):
        shown |= _totals(fetch, total)
    return json_answer(shown | {"value": rows})


def _totals(fetch: Fetch, total: int) -> Shown:
    """Return the count where the query asks for it, and -1 elsewhere."""
    if not fetch.total:
        return {f"@{TOTAL}": -1, f"@{TOTAL_EXCEEDED}": False}
    return {f"@{TOTAL}": min(total, MAX_PAGE), f"@{TOTAL_EXCEEDED}": total > MAX_PAGE}


class _Rows:
    """Renders found rows; what is null is left out, as in Microsoft's samples."""

    def __init__(self, reader: Reader, found: Found) -> None:
        self._reader = reader
        self._found = found

    def row(self, number: int, *, texts: bool, targets: bool) -> Shown:
        line = self._found.lines[number]
        root = line[ROOT]
        shown: Shown = {} if root is None else {"@odata.etag": etag(root)}
        for cell in self._found.cells:
            row = line[cell.place]
            value = None if row is None else row.get(cell.column.name)
            if row is None or value is None:
                continue
            name = _name(cell)
            if texts and (text := self._reader.formatted(row, cell.column, value)) is not None:
                shown[f"{name}@{FORMATTED}"] = text
            if targets and isinstance(value, tuple):
                shown[f"{name}@{TARGET}"] = value[0]
            shown[name] = values.emit(cell.column, value)
        return shown


def _name(cell: Cell) -> str:
    return cell.name if cell.place or cell.renamed else cell.column.wire


def _group(group: Group, *, texts: bool) -> Shown:
    shown: Shown = {}
    for alias, figure in group.items():
        if figure.value is None:
            continue
        if texts:
            shown[f"{alias}@{FORMATTED}"] = figure.text
        shown[alias] = _spelled(figure)
    return shown


def _spelled(figure: Figure) -> Any:
    if isinstance(figure.value, Decimal):
        return decimal(figure.value, _DIGITS)
    return figure.value[1] if isinstance(figure.value, tuple) else figure.value
