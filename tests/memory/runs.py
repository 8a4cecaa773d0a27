"""Backfills in memory.

Never outlives its test.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace

from shared.core.identity import RecordId
from shared.core.runs import Part, Run
from shared.errors import ConflictError
from shared.sync.ports.runs import Runs
from tests.memory.breakable import Breakable


class MemoryRuns(Breakable, Runs):
    """Runs by business and id, with their pages and what they made due."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: dict[tuple[str, str], Run] = {}
        self.parts: dict[tuple[str, str, int, int], Part] = {}
        self.due: dict[tuple[str, str], dict[RecordId, None]] = {}
        self._versions = itertools.count(1)

    def insert(self, run: Run) -> Run:
        self._called(self.insert, run)
        if (run.business, run.id) in self.runs:
            raise ConflictError("there is one")
        return self._keep(run)

    def replace(self, run: Run) -> Run:
        self._called(self.replace, run)
        found = self.runs.get((run.business, run.id))
        if found is None or found.version != run.version:
            raise ConflictError("it changed")
        return self._keep(run)

    def _keep(self, run: Run) -> Run:
        kept = replace(run, version=str(next(self._versions)))
        self.runs[run.business, run.id] = kept
        return kept

    def get(self, business: str, run: str) -> Run | None:
        self._called(self.get, business, run)
        return self.runs.get((business, run))

    def get_latest(self, business: str) -> Run | None:
        self._called(self.get_latest, business)
        found = [run for (of, _), run in sorted(self.runs.items()) if of == business]
        return found[-1] if found else None

    def list_all(self) -> Iterator[Run]:
        self._called(self.list_all)
        yield from [run for _, run in sorted(self.runs.items())]

    def delete(self, run: Run, *, most: int) -> int:
        self._called(self.delete, run)
        name = (run.business, run.id)
        parts = [each for each in self.parts if each[:2] == name][:most]
        due = list(self.due.get(name, {}))[: most - len(parts)]
        for part in parts:
            del self.parts[part]
        for record in due:
            del self.due[name][record]
        deleted = len(parts) + len(due)
        if deleted < most and self.runs.pop(name, None) is not None:
            deleted += 1
        return deleted

    def put_part(self, run: Run, part: Part) -> None:
        self._called(self.put_part, run, part)
        self.parts[run.business, run.id, part.step, part.page] = part

    def list_parts(self, run: Run, *, step: int | None = None) -> list[Part]:
        self._called(self.list_parts, run, step)
        return [
            part
            for (business, of, at, _), part in sorted(self.parts.items())
            if (business, of) == (run.business, run.id) and step in {None, at}
        ]

    def add_due(self, run: Run, records: Iterable[RecordId]) -> None:
        self._called(self.add_due, run, records)
        self.due.setdefault((run.business, run.id), {}).update(dict.fromkeys(records))

    def list_due(self, run: Run) -> list[RecordId]:
        self._called(self.list_due, run)
        return list(self.due.get((run.business, run.id), {}))

    def forget_due(self, run: Run, record: RecordId) -> None:
        self._called(self.forget_due, run, record)
        self.due.get((run.business, run.id), {}).pop(record, None)
