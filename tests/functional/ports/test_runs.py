"""`Runs`: backfills, their pages, and what they made due."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.core.identity import Kind, RecordId
from shared.core.runs import KINDS, Counts, Part, Run, RunState
from shared.core.spans import Span
from shared.errors import ConflictError
from shared.sync.ports.runs import Runs

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def a_run(account: str) -> Callable[..., Run]:
    def make(id_: str = "20261102T150000", **fields: object) -> Run:
        return Run(account, id_, KINDS, NOW, **fields)  # type: ignore[arg-type]  # its fields

    return make


def part(step: int = 0, page: int = 1, **counts: int) -> Part:
    return Part(step=step, page=page, pages=9, rows=830, counts=Counts(**counts), at=NOW)


def of(runs: Runs, business: str) -> list[str]:
    return [run.id for run in runs.list_all() if run.business == business]


def test_a_run_is_read_back_whole(runs: Runs, a_run: Callable[..., Run]) -> None:
    run = a_run(
        span=Span(date(2024, 1, 1), date(2024, 12, 31)),
        missing=True,
        lanes=3,
        state=RunState.CANCELLED,
        step=4,
        reason="Dataverse is throttled: Ångström",
        ended=NOW + timedelta(hours=2),
    )

    kept = runs.insert(run)

    assert runs.get(run.business, run.id) == runs.get_latest(run.business) == run
    assert kept.version


def test_a_run_without_days_reason_or_end_is_read_back_so(
    runs: Runs, a_run: Callable[..., Run]
) -> None:
    runs.insert(a_run())

    assert runs.get(a_run().business, a_run().id) == a_run()


def test_what_is_not_there_is_none(runs: Runs, account: str, a_run: Callable[..., Run]) -> None:
    assert runs.get(account, "1") is None
    assert runs.get_latest(account) is None
    assert runs.list_parts(a_run()) == []
    assert runs.list_due(a_run()) == []


def test_a_run_is_inserted_once(runs: Runs, a_run: Callable[..., Run]) -> None:
    runs.insert(a_run())

    with pytest.raises(ConflictError):
        runs.insert(a_run())


def test_only_the_version_that_was_read_is_replaced(runs: Runs, a_run: Callable[..., Run]) -> None:
    first = runs.insert(a_run())
    second = runs.replace(replace(first, step=1))

    with pytest.raises(ConflictError):
        runs.replace(replace(first, step=7))
    assert runs.replace(replace(second, step=2)).version != second.version
    latest = runs.get_latest(first.business)
    assert latest is not None
    assert latest.step == 2


def test_the_newest_run_sorts_last_also_with_a_word_behind_its_time(
    runs: Runs, account: str, a_run: Callable[..., Run]
) -> None:
    ids = ["20261102T150000-first", "20261102T150001", "20261103T090000"]
    for id_ in reversed(ids):
        runs.insert(a_run(id_))

    latest = runs.get_latest(account)
    assert latest is not None
    assert latest.id == ids[-1]
    assert of(runs, account) == ids


def test_pages_are_listed_by_step_and_one_that_is_done_again_once(
    runs: Runs, a_run: Callable[..., Run]
) -> None:
    run = runs.insert(a_run())
    for each in (part(1, 2), part(0, 1), part(10, 1), part(1, 1, created=3)):
        runs.put_part(run, each)

    runs.put_part(run, part(1, 1, created=5, throttled=1))

    assert runs.list_parts(run) == [
        part(0, 1),
        part(1, 1, created=5, throttled=1),
        part(1, 2),
        part(10, 1),
    ]
    assert [each.page for each in runs.list_parts(run, step=1)] == [1, 2]


def test_pages_and_what_is_due_are_of_one_run_alone(runs: Runs, a_run: Callable[..., Run]) -> None:
    one, other = runs.insert(a_run("1")), runs.insert(a_run("1-first"))
    runs.put_part(one, part())
    runs.add_due(one, [RecordId(one.business, Kind.INVOICE, 7)])

    assert runs.list_parts(other) == []
    assert runs.list_due(other) == []


def test_what_is_due_is_kept_once_and_forgotten_one_by_one(
    runs: Runs, account: str, a_run: Callable[..., Run]
) -> None:
    run = runs.insert(a_run())
    records = [RecordId(account, Kind.INVOICE, number) for number in range(1, 131)]
    client = RecordId(account, Kind.CLIENT, 7)
    runs.add_due(run, records)
    runs.add_due(run, [client, *records[:3]])

    runs.forget_due(run, records[0])
    runs.forget_due(run, records[0])

    assert set(runs.list_due(run)) == {client, *records[1:]}
    assert len(runs.list_due(run)) == 130


def test_a_run_is_forgotten_piece_by_piece_the_run_itself_last(
    runs: Runs, account: str, a_run: Callable[..., Run]
) -> None:
    run, other = runs.insert(a_run("1")), runs.insert(a_run("2"))
    for each in (run, other):
        runs.put_part(each, part(0, 1))
        runs.put_part(each, part(0, 2))
        runs.add_due(each, [RecordId(account, Kind.INVOICE, 7)])

    first = runs.delete(run, most=2)
    between = of(runs, account)
    second = runs.delete(run, most=2)

    assert (first, second) == (2, 2)
    assert between == ["1", "2"]
    assert of(runs, account) == ["2"]
    assert runs.list_parts(run) == []
    assert runs.list_due(run) == []
    assert len(runs.list_parts(other)) == 2
