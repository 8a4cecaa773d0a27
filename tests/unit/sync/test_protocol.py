"""The order of reading and writing, with a record and rows that a test moves by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from shared.core.fingerprints import fingerprint
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.outcomes import Deferred, Outcome, OutcomeName, Unchanged, Written
from shared.core.planning import Create, Plan, Skip, Stale, Update
from shared.core.records import Payment
from shared.core.retries import STALE_DELAY
from shared.core.rows import Operation, Remove
from shared.core.waiting import Shown
from shared.errors import ConflictError, RecordRefusedError
from shared.sync.protocol import MAX_ROUNDS, Sides, carry

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

FOLLOW_UPS = SimpleNamespace(grace=timedelta(hours=1))


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

    def conclude(self, source: Payment | None, target: Rows, outcome: Outcome, /) -> Outcome:
        return outcome

    def absence(self, source: Payment | None, /) -> str:
        return ""

    def left_out(self, _source: Payment | None, /) -> Awaited | None:
        return None

    def shown(self, source: Payment | None, /) -> Shown:
        return Shown(f"amount {source.amount.amount}" if source is not None else "")

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
    sides = SimpleNamespace(
        crm=SimpleNamespace(write=written.append), clock=Clock(), follow_ups=FOLLOW_UPS
    )
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
    assert result.read_at == NOW + timedelta(seconds=7)  # looked at once more


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


@pytest.mark.parametrize(
    ("plan", "versioned", "exists", "readings"),
    [(Update, False, True, "1 2"), (Create, True, False, "1 2"), (Create, False, False, "1 2")],
)
def test_what_may_have_been_written_too_late_is_looked_at_once_more(
    make, plan, versioned, exists, readings
):
    moving = Moving(
        [of(make, f"{n}.00") for n in readings.split()],
        lambda source, _: plan(removal(source)),
        target=Rows(exists=exists),
        versioned=versioned,
    )

    result, written = carried_by(moving)

    assert written == [removal(of(make, "1.00")), removal(of(make, "2.00"))]
    assert result.label == "amount 2.00"


def test_a_creation_that_changed_meanwhile_and_needs_nothing_more_is_still_a_creation(make):
    first, second = of(make, "1.00"), of(make, "2.00")

    def plan(source: Payment | None, target: Rows) -> Plan:
        return Create(removal(source)) if source == first else Skip()

    result, _ = carried_by(Moving([first, second], plan, target=Rows(exists=False)))

    assert result.outcome == Written(OutcomeName.CREATED, "a reason")
    assert result.fingerprint == fingerprint(second)


class Refusing:
    """A Dataverse that refuses writes for a version or a key, and what happens before each."""

    def __init__(self, *before: Callable[[], object]) -> None:
        self.before = list(before)
        self.written: list[Sequence[Operation]] = []

    def write(self, operations: Sequence[Operation]) -> None:
        self.written.append(operations)
        if self.before:
            self.before.pop(0)()
            raise ConflictError("key Fax violated", code="0x80060892", request_id="r-1")


def nothing() -> None:
    """Let the rows be as they are."""


def refused_by(crm: Refusing, moving: Moving) -> Any:
    return carry(
        moving, cast("Sides", SimpleNamespace(crm=crm, clock=Clock(), follow_ups=FOLLOW_UPS))
    )


def test_a_write_refused_twice_though_no_row_changed_is_a_refusal_in_the_services_words(make):
    crm = Refusing(nothing, nothing)
    moving = Moving(
        [of(make, "1.00")],
        lambda source, _: Create(removal(source)),
        target=Rows(exists=False),  # or it is there, and may not be read
    )

    with pytest.raises(RecordRefusedError, match=r"key Fax violated.*no race") as refusal:
        refused_by(crm, moving)

    assert (refusal.value.code, refusal.value.request_id) == ("0x80060892", "r-1")
    assert len(crm.written) == 2


def test_a_write_that_was_refused_once_is_written(make):
    crm = Refusing(nothing)
    moving = Moving([of(make, "1.00")], lambda source, _: Update(removal(source)))

    assert refused_by(crm, moving).outcome == Written(OutcomeName.UPDATED, "a reason")


@pytest.mark.parametrize("when", ["before the first", "before the second"])
def test_rows_that_changed_around_a_refused_write_are_a_race_that_starts_again(make, when):
    moving = Moving([of(make, "1.00")], lambda source, _: Update(removal(source)))

    def somebody_writes() -> None:
        moving.target = Rows(reason="another one")

    steps = (somebody_writes, nothing) if when == "before the first" else (nothing, somebody_writes)

    with pytest.raises(ConflictError, match="key Fax violated"):
        refused_by(Refusing(*steps), moving)
