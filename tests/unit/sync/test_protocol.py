"""The order of reading and writing, with a record and rows that a test moves by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from shared.core.identity import Kind, RecordId
from shared.core.outcomes import Deferred, OutcomeName, Unchanged, Written
from shared.core.planning import Create, Plan, Skip, Stale, Update
from shared.core.records import Payment, fingerprint
from shared.core.retries import STALE_DELAY
from shared.core.rows import Operation, Remove
from shared.errors import ConflictError
from shared.sync.protocol import MAX_ROUNDS, Sides, carry

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Rows:
    """Rows that are there, and the reason they belong where they are."""

    exists: bool = True
    stands: bool = True
    reason: str = "a reason"


@dataclass
class Moving:
    """A payment that FreshBooks answers as `readings` say, the last one for ever."""

    readings: Sequence[Payment]
    plan: Callable[[Payment | None, Rows], Plan]
    target: Rows = field(default_factory=Rows)
    versioned: bool = True
    row: UUID = field(default_factory=uuid4)
    read: int = 0

    @property
    def record(self) -> RecordId:
        return RecordId("xazq5", Kind.PAYMENT, 7)

    def read_source(self) -> Payment:
        self.read += 1
        return self.readings[min(self.read, len(self.readings)) - 1]

    def read_target(self, source: Payment | None, /) -> Rows:
        assert source is not None
        return self.target

    def request_follow_ups(self, source: Payment | None, target: Rows, /) -> None:
        pass

    def explain_conflict(self, source: Payment | None, target: Rows, /) -> None:
        pass

    def absence(self, source: Payment | None, /) -> str:
        return ""

    def label(self, source: Payment | None, /) -> str:
        return f"amount {source.amount.amount}" if source is not None else ""

    def rows(self, target: Rows | None, /) -> tuple[UUID, ...]:
        return (self.row,) if target is not None else ()


class Clock:
    """Goes on by a second each time it is looked at."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def carried_by(moving: Moving) -> tuple[Any, list[tuple[Operation, ...]]]:
    written: list[tuple[Operation, ...]] = []
    sides = SimpleNamespace(crm=SimpleNamespace(write=written.append), clock=Clock())
    return carry(moving, cast("Sides", sides)), written


def removal(source: Payment | None) -> tuple[Remove]:
    """An operation in which a test can see the reading it was planned from."""
    assert source is not None
    return (Remove("fbx_financialactivity", UUID(int=int(source.amount.amount))),)


def of(make, amount: str) -> Payment:
    return make.a_payment(7, amount=amount)


def test_what_changed_between_both_readings_is_written_from_the_newer_one_at_once(make):
    before, after = of(make, "1.00"), of(make, "2.00")
    moving = Moving([before, after], lambda source, _: Update(removal(source)))

    result, written = carried_by(moving)

    assert written == [removal(after)]
    assert result.outcome == Written(OutcomeName.UPDATED, "a reason")
    assert (result.label, result.fingerprint) == ("amount 2.00", fingerprint(after))
    assert result.rows == (moving.row,)
    assert result.read_at == NOW + timedelta(seconds=3)  # the reading that was held to


def test_what_is_written_in_parts_goes_on_from_a_reading_of_its_own(make):
    first, second = of(make, "1.00"), of(make, "2.00")

    def plan(source: Payment | None, target: Rows) -> Plan:
        return Create(removal(source), complete=source == second)

    result, written = carried_by(Moving([first, second], plan, target=Rows(exists=False)))

    assert written == [removal(first), removal(second)]
    assert result.outcome == Written(OutcomeName.CREATED, "a reason")
    assert result.read_at == NOW + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("plan", "outcome"),
    [
        (Skip(), Unchanged()),
        (
            Stale("1", "2"),
            Deferred(
                "FreshBooks answers the version 1, but 2 is written already",
                STALE_DELAY,
                fault=True,
            ),
        ),
    ],
)
def test_where_nothing_is_written_the_rows_that_stand_are_told(make, plan, outcome):
    moving = Moving([of(make, "1.00")], lambda _source, _target: plan)

    result, written = carried_by(moving)

    assert not written
    assert result.outcome == outcome
    assert result.rows == (moving.row,)


def test_a_record_that_never_rests_ends_as_a_conflict_that_says_so(make):
    readings = [of(make, f"{n}.00") for n in range(1, 3 * MAX_ROUNDS)]
    moving = Moving(readings, lambda source, _: Update(removal(source)))

    with pytest.raises(ConflictError, match=f"changed {MAX_ROUNDS} times while it was written"):
        carried_by(moving)


def test_a_record_without_versions_that_changed_during_its_write_starts_again(make):
    readings = [of(make, "1.00"), of(make, "1.00"), of(make, "2.00")]
    moving = Moving(readings, lambda source, _: Update(removal(source)), versioned=False)

    with pytest.raises(ConflictError, match="changed while it was written"):
        carried_by(moving)
