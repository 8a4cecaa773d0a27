"""The picture, read once, and the judge to ask about a changed one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox.check.compare import compare
from sandbox.check.found.crm import Crm, FoundRow
from sandbox.check.source import Source
from sandbox.freshbooks import FreshBooks
from tests.contract.check.picture import (
    FIRST,
    Ids,
    a_crm,
    a_source,
    about_invoices,
    changed,
    open_books,
)


@pytest.fixture(scope="session")
def opened() -> Iterator[tuple[FreshBooks, Ids]]:
    freshbooks, ids = open_books()
    yield freshbooks, ids
    freshbooks.close()


@pytest.fixture(scope="session")
def ids(opened: tuple[FreshBooks, Ids]) -> Ids:
    return opened[1]


@pytest.fixture(scope="session")
def source(opened: tuple[FreshBooks, Ids]) -> Source:
    return a_source(*opened)


@pytest.fixture
def crm(ids: Ids) -> Crm:
    return a_crm(ids)


@pytest.fixture
def judge(source: Source, crm: Crm) -> Callable[..., list[str]]:
    """Compares the picture, changed: `source` and tables of the other side by their names."""

    def ask(*, source: Source = source, **tables: Any) -> list[str]:
        return compare(source, replace(crm, **tables))

    return ask


@pytest.fixture
def alter(crm: Crm) -> Callable[..., list[FoundRow]]:
    """The rows of a table, in which a function changed the one with a key of the first business.

    A function that returns None takes the row away. Rows that were replaced stay as they are.
    """

    def rows(
        table: str, key: str, change: Callable[[FoundRow], FoundRow | None], *, of: str = FIRST
    ) -> list[FoundRow]:
        whole = key if key.startswith(("a-", "o-")) else f"{of}-{key}"
        changed: list[FoundRow] = []
        hits = 0
        for row in getattr(crm, table):
            mine = row.key == whole and row.fields.get("replaced by") is None
            hits += mine
            kept = change(row) if mine else row
            changed += [kept] if kept is not None else []
        assert hits == 1, whole
        return changed

    return rows


@pytest.fixture
def edit(source: Source) -> Callable[..., Source]:
    """FreshBooks' side, in which a record of the first business has other fields."""

    def changed(kind: str, number: int, **fields: Any) -> Source:
        first, *others = source.books
        records = getattr(first, kind)
        tables: dict[str, Any] = {kind: {**records, number: {**records[number], **fields}}}
        return replace(source, books=(replace(first, **tables), *others))

    return changed


@pytest.fixture
def invoice(
    judge: Callable[..., list[str]], alter: Callable[..., list[FoundRow]]
) -> Callable[..., list[str]]:
    """What the judge says of invoices when one has other fields; entries stay as they are."""

    def ask(number: int, source: Source | None = None, **fields: Any) -> list[str]:
        rows = alter("invoices", f"invoice-{number}", lambda row: changed(row, **fields))
        given = {"source": source} if source else {}
        return about_invoices(judge(invoices=rows, **given))

    return ask


@pytest.fixture
def entry(
    judge: Callable[..., list[str]], alter: Callable[..., list[FoundRow]]
) -> Callable[..., list[str]]:
    """What the judge says when one entry has other fields, without how the sentences begin."""

    def ask(key: str, source: Source | None = None, **fields: Any) -> list[str]:
        rows = alter("entries", key, lambda row: changed(row, **fields))
        given = {"source": source} if source else {}
        found = judge(entries=rows, **given)
        return [each.rpartition(f"({FIRST}-{key})")[2].removeprefix(": ") for each in found]

    return ask
