"""Backfills in Azure Tables: what each carries, the pages that are done, what they made due.

Never holds what a record holds: kinds, numbers, counts and days.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields, replace
from datetime import UTC, date
from itertools import islice
from typing import Any, Final

from pydantic import TypeAdapter

from shared.adapters.azure.columns import DamagedError, Row
from shared.adapters.azure.names import TableName
from shared.adapters.azure.rows import Rows
from shared.adapters.azure.tables import Table, Tables, clip, etag_of, key
from shared.core.identity import Kind, RecordId
from shared.core.runs import Counts, Part, Run, RunState
from shared.core.spans import Span

_RUN: Final = "run"
_PART: Final = "part"
_DUE: Final = "due"
_AT_ONCE: Final = 100  # entities of a transaction
_COUNTS: Final = TypeAdapter(dict[str, int])


class TableRuns:
    """The port `Runs` over the table `runs`.

    A partition is a business. Row `run~<id>` is a run, `part~<id>~<step>~<page>` a page of it that
    is done, `due~<id>~<kind>~<number>` a record that it made due. Later runs sort after earlier
    ones.

    Args:
        tables: the account's tables.
    """

    def __init__(self, tables: Tables) -> None:
        self._table: Table = tables.table(TableName.RUNS)
        # A run that cannot be read is none, a page that cannot be read is carried again.
        self._runs = Rows(self._table, _read_run, instead=lambda _row, _error: None)
        self._parts = Rows(self._table, _read_part, instead=lambda _row, _error: None)
        self._due = Rows(self._table, _read_due, instead=lambda _row, _error: None)

    def insert(self, run: Run) -> Run:
        """Keep a new run, and return it with its version.

        Raises:
            ConflictError: there is one of this id.
        """
        return replace(run, version=self._table.insert(_run(run)))

    def replace(self, run: Run) -> Run:
        """Keep a run as it is now, if it is still `run.version`, and return its new version.

        Raises:
            ConflictError: it changed meanwhile.
        """
        return replace(run, version=self._table.replace(_run(run), etag=run.version))

    def get(self, business: str, run: str) -> Run | None:
        """Return one, None when there is none."""
        return self._runs.get(key(business), _key(_RUN, run))

    def get_latest(self, business: str) -> Run | None:
        """Return a business's newest run, None when it never had any."""
        found = list(self._of(self._runs, business, _RUN))
        return found[-1] if found else None

    def list_all(self) -> Iterator[Run]:
        """Yield every business's runs."""
        first = _key(_RUN, "")
        yield from self._runs.query(
            "RowKey ge @first and RowKey lt @last", first=first, last=f"{first}{_LAST}"
        )

    def delete(self, run: Run, *, most: int) -> int:
        """Forget a run, the run itself last; return how many rows of it were forgotten.

        Args:
            run: one that has ended.
            most: rows at a time; as many of them mean that there may be more.
        """
        partition, deleted = key(run.business), 0
        for first in (_key(_PART, run.id, ""), _key(_DUE, run.id, "")):
            found = self._table.list_keys(
                "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last",
                partition=partition,
                first=first,
                last=f"{first}{_LAST}",
            )
            for _, row in list(islice(found, most - deleted)):
                self._table.delete(partition, row)
                deleted += 1
        if deleted < most:
            self._table.delete(partition, _key(_RUN, run.id))
            deleted += 1
        return deleted

    def put_part(self, run: Run, part: Part) -> None:
        """Keep that a page is done; done again it is kept once."""
        self._table.upsert(
            {
                "PartitionKey": key(run.business),
                "RowKey": _key(_PART, run.id, f"{part.step:03d}", f"{part.page:06d}"),
                "step": part.step,
                "page": part.page,
                "pages": part.pages,
                "rows": part.rows,
                "at": part.at.astimezone(UTC),
                "counts": _COUNTS.dump_json(asdict(part.counts)).decode(),
            }
        )

    def list_parts(self, run: Run, *, step: int | None = None) -> list[Part]:
        """Return the pages that are done, of one step or of all."""
        of_step = () if step is None else (f"{step:03d}",)
        return list(self._of(self._parts, run.business, _PART, run.id, *of_step))

    def add_due(self, run: Run, records: Iterable[RecordId]) -> None:
        """Keep which records have to be looked at when all pages are done; each once."""
        rest = iter(records)
        while chunk := list(islice(rest, _AT_ONCE)):
            self._table.upsert_all(
                [
                    {
                        "PartitionKey": key(run.business),
                        "RowKey": _due_key(run, record),
                        "account": record.business,
                        "kind": str(record.kind),
                        "record": str(record.number),
                    }
                    for record in chunk
                ]
            )

    def list_due(self, run: Run) -> list[RecordId]:
        """Return them."""
        return list(self._of(self._due, run.business, _DUE, run.id))

    def forget_due(self, run: Run, record: RecordId) -> None:
        """Forget one that was looked at; one that is gone is fine."""
        self._table.delete(key(run.business), _due_key(run, record))

    def _of(self, rows: Rows[Any], business: str, *parts: str) -> Iterator[Any]:
        first = _key(*parts, "")
        yield from rows.query(
            "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last",
            partition=key(business),
            first=first,
            last=f"{first}{_LAST}",
        )


_SEPARATOR: Final = "~"
_LAST: Final = "~"  # sorts after all that a part of a key begins with


def _key(*parts: str) -> str:
    return _SEPARATOR.join(key(part) for part in parts)


def _due_key(run: Run, record: RecordId) -> str:
    return _key(_DUE, run.id, str(record.kind), str(record.number))


def _run(run: Run) -> dict[str, Any]:
    return {
        "PartitionKey": key(run.business),
        "RowKey": _key(_RUN, run.id),
        "account": run.business,
        "id": run.id,
        "kinds": ",".join(run.kinds),
        "first": run.span.first.isoformat() if run.span.first else None,
        "last": run.span.last.isoformat() if run.span.last else None,
        "missing": run.missing,
        "lanes": run.lanes,
        "state": str(run.state),
        "step": run.step,
        "reason": clip(run.reason),
        "started": run.started.astimezone(UTC),
        "ended": run.ended.astimezone(UTC) if run.ended else None,
    }


def read_run_row(row: Row) -> object:
    """Read any row of `runs`."""
    kind = row.key.partition(_SEPARATOR)[0]
    readers = {_RUN: _read_run, _PART: _read_part, _DUE: _read_due}
    if kind not in readers:
        raise DamagedError("its key is none of a run")
    return readers[kind](row)


def _read_run(row: Row) -> Run:
    return Run(
        business=row.text("account"),
        id=row.text("id"),
        kinds=tuple(Kind(each) for each in row.text("kinds").split(",") if each),
        started=row.moment("started"),
        span=Span(_day(row, "first"), _day(row, "last")),
        missing=bool(row.entity.get("missing")),
        lanes=max(1, row.whole("lanes")),
        state=row.word("state", RunState),
        step=row.whole("step"),
        reason=row.text("reason", default=""),
        ended=row.moment_or_none("ended"),
        version=etag_of(row.entity),
    )


def _day(row: Row, column: str) -> date | None:
    text = row.text(column, default="")
    return date.fromisoformat(text) if text else None


def _read_part(row: Row) -> Part:
    known = {each.name for each in fields(Counts)}
    counts = row.shaped("counts", _COUNTS)
    return Part(
        step=row.whole("step"),
        page=row.whole("page"),
        pages=row.whole("pages"),
        rows=row.whole("rows"),
        counts=Counts(**{name: number for name, number in counts.items() if name in known}),
        at=row.moment("at"),
    )


def _read_due(row: Row) -> RecordId:
    return RecordId(row.text("account"), row.word("kind", Kind), row.digits("record"))
