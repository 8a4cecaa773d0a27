"""When Dataverse is asked about what waits, what a run writes, and what an interruption leaves."""

import contextlib
import itertools
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId, waiting_checkpoint
from shared.core.rows import Change, Current, Insert, Remove
from shared.core.waiting import Hold, HoldState, Shown
from shared.errors import (
    ConfigurationError,
    ConflictError,
    RecordRefusedError,
    RetryLaterError,
)
from shared.sync.ports import Traffic, current_traffic
from shared.sync.ports.waiting_rows import ThereToSee
from shared.sync.waiting_mirror import (
    A_RUN,
    AGAIN_AFTER,
    AT_ONCE,
    WHOLE_EVERY,
    WaitingMirror,
)
from tests.memory import FakeClock, MemoryCheckpoints, MemoryHolds

MINUTE = timedelta(minutes=1)
DENIED = ConfigurationError("prvCreatefbx_waiting is missing", service="Dataverse")
DOWN = RetryLaterError("Dataverse is down", service="Dataverse")


class Killed(BaseException):
    """The process died here."""


class Seen:
    """The table in Dataverse: all or nothing, and by versions."""

    def __init__(self):
        self.rows, self.clients = {}, {}
        self.is_there = True
        self.looks = self.writes = 0
        self.largest = 0
        self.refused = set()
        self.trouble = None
        self.before_write = None
        self.slow = lambda: None
        self.traffic = None
        self._versions = itertools.count(1)

    def look(self, business):
        self.looks += 1
        self.traffic = current_traffic()
        self.slow()
        if self.trouble is not None:
            raise self.trouble
        if not self.is_there:
            return None
        rows = [row for row in self.rows.values() if row.text("fbx_business") == business]
        return ThereToSee(rows, dict(self.clients))

    def write(self, operations):
        self.writes += 1
        self.largest = max(self.largest, len(operations))
        if self.before_write is not None:
            happens, self.before_write = self.before_write, None
            happens()
        if self.trouble is not None:
            raise self.trouble
        after = dict(self.rows)
        for each in operations:
            self._apply(after, each)
        self.rows = after

    def _apply(self, rows, operation):
        there = rows.get(operation.id)
        match operation:
            case Insert() if there is not None:
                raise ConflictError("it is there")
            case Change() | Remove() if there is None or there.etag != operation.etag:
                raise ConflictError("it is another one")
            case Remove():
                del rows[operation.id]
            case _:
                columns = {**(there.columns if there else {}), **operation.columns}
                if columns["fbx_amount"] in self.refused:
                    raise RecordRefusedError(f"not {columns['fbx_amount']}", service="Dataverse")
                since = columns["fbx_since"]
                if isinstance(since, datetime):
                    columns["fbx_since"] = f"{since:%Y-%m-%dT%H:%M:%SZ}"
                named = {name: each.id for name, each in operation.lookups.items()}
                lookups = {**(there.lookups if there else {}), **named}
                etag = str(next(self._versions))
                rows[operation.id] = Current(operation.id, etag, columns, lookups)


class Scene:
    def __init__(self, **limits):
        self.clock, self.seen = FakeClock(), Seen()
        self.holds, self.checkpoints = MemoryHolds(), MemoryCheckpoints()
        self.stopped = ""
        self.limits = limits

    def mirror(self):
        """A process that knows nothing of the ones before it."""
        return WaitingMirror(
            seen=self.seen,
            holds=self.holds,
            checkpoints=self.checkpoints,
            clock=self.clock,
            is_open=lambda: self.stopped,
            **self.limits,
        )

    def look(self, *, after=MINUTE):
        self.clock.advance(after.total_seconds())
        return self.mirror().run()

    def asks(self, client=42, *, business="xazq5"):
        self.holds.upsert(
            Hold(business, Awaited.client(client), "Aster Works", "no match", self.clock())
        )
        key = RecordId(business, Kind.CLIENT, client).client_key
        self.seen.clients[key] = UUID(int=client)

    def waits(self, number, *, client=42, business="xazq5", amount="10.00"):
        record = RecordId(business, Kind.INVOICE, number)
        request = SyncRequest.of(record, cause=Cause.POLL, seen=self.clock())
        shown = Shown(str(number), "", amount, "EUR")
        self.holds.add_waiting(
            Awaited.client(client), request, since=self.clock(), reason="", shown=shown
        )

    def decided(self, client=42, *, business="xazq5"):
        """Somebody chose: the hold is gone, and nobody waits any more."""
        self.holds.delete(business, Awaited.client(client))
        for request in list(self.holds.list_waiting(business, Awaited.client(client))):
            self.holds.delete_waiting(Awaited.client(client), request)

    def shown(self):
        return sorted(row.text("fbx_name") for row in self.seen.rows.values())


@pytest.fixture
def scene():
    found = Scene()
    found.asks()
    return found


def test_nothing_is_asked_where_nothing_waits():
    scene = Scene()

    assert scene.look() == {}
    assert scene.seen.looks == 0
    assert not list(scene.checkpoints.list_all())


def test_a_client_that_waits_alone_costs_nothing(scene):
    scene.look()

    assert scene.seen.looks == 0


def test_what_is_as_it_was_asks_dataverse_nothing(scene):
    scene.waits(1)
    scene.look()
    looks, writes = scene.seen.looks, scene.seen.writes

    for _ in range(30):
        scene.look()

    assert (scene.seen.looks, scene.seen.writes) == (looks, writes) == (1, 1)


def test_what_changed_is_written_and_nothing_else(scene):
    scene.waits(1)
    scene.waits(2)
    scene.look()
    before = dict(scene.seen.rows)

    scene.waits(3)
    scene.look()

    assert scene.shown() == ["Invoice 1", "Invoice 2", "Invoice 3"]
    assert before.items() <= scene.seen.rows.items()


def test_what_is_decided_goes_and_leaves_nothing_behind(scene):
    scene.waits(1)
    scene.look()

    scene.decided()
    scene.look()
    looks = scene.seen.looks
    scene.look()

    assert scene.shown() == []
    assert scene.seen.looks == looks
    assert scene.checkpoints.get(waiting_checkpoint("xazq5")) is None


def test_records_of_a_client_that_is_left_out_are_not_shown(scene):
    scene.waits(1)
    scene.look()
    ignored = Hold("xazq5", Awaited.ignored(42), "", "", scene.clock(), state=HoldState.IGNORED)

    scene.holds.upsert(ignored)
    scene.look()

    assert scene.shown() == []


def test_what_somebody_removed_comes_back_within_a_day(scene):
    scene.waits(1)
    scene.look()

    scene.seen.rows.clear()
    scene.look()
    assert scene.shown() == []
    scene.look(after=WHOLE_EVERY)

    assert scene.shown() == ["Invoice 1"]


def test_rows_are_written_a_few_at_once_as_bulk_traffic(scene):
    for number in range(1, 2 * AT_ONCE + 2):
        scene.waits(number)

    scene.look()

    assert len(scene.seen.rows) == 2 * AT_ONCE + 1
    assert (scene.seen.looks, scene.seen.writes, scene.seen.largest) == (1, 3, AT_ONCE)
    assert scene.seen.traffic is Traffic.BULK
    assert current_traffic() is Traffic.LIVE


def test_a_run_writes_so_much_and_the_next_one_goes_on():
    scene = Scene(operations=60)
    scene.asks()
    scene.asks(7, business="yother")
    for number in range(1, 71):
        scene.waits(number)
    scene.waits(1, client=7, business="yother")

    scene.look()
    assert len(scene.seen.rows) == 60
    scene.look()

    assert len(scene.seen.rows) == 71


def test_a_run_takes_only_so_long_and_every_business_has_its_turn():
    scene = Scene()
    names = ["a1", "b2", "c3"]
    for number, name in enumerate(names, start=1):
        scene.asks(number, business=name)
        scene.waits(number, client=number, business=name)
    scene.seen.slow = lambda: scene.clock.advance(A_RUN.total_seconds() + 1)

    for _ in range(3):
        before = len(scene.seen.rows)
        scene.look()
        assert len(scene.seen.rows) == before + 1


def test_of_one_business_only_so_many_are_shown():
    scene = Scene(most=3)
    scene.asks()
    for number in range(1, 6):
        scene.waits(number)
        scene.clock.advance(1)

    scene.look()

    assert scene.shown() == ["Invoice 1", "Invoice 2", "Invoice 3"]


def test_while_dataverse_is_not_to_be_asked_it_is_not(scene):
    scene.waits(1)
    scene.stopped = "Dataverse is down"

    assert scene.look() == {}
    assert scene.seen.looks == 0
    scene.stopped = ""
    scene.look()

    assert scene.shown() == ["Invoice 1"]


def test_an_environment_without_the_table_is_passed_over_quietly(scene):
    scene.waits(1)
    scene.seen.is_there = False

    problems = [scene.look() for _ in range(9)]

    assert problems == [{}] * 9
    assert scene.seen.looks == 1


def test_the_table_is_filled_soon_after_it_was_made(scene):
    scene.waits(1)
    scene.seen.is_there = False
    scene.look()

    scene.seen.is_there = True
    scene.look(after=AGAIN_AFTER)

    assert scene.shown() == ["Invoice 1"]


def test_a_missing_privilege_is_told_once_however_many_businesses_there_are(scene):
    scene.asks(7, business="yother")
    scene.waits(1)
    scene.waits(1, client=7, business="yother")
    scene.seen.trouble = DENIED

    first, second = scene.look(), scene.look()

    assert first == {"": DENIED}
    assert {where: str(error) for where, error in second.items()} == {"": str(DENIED)}
    assert scene.seen.looks == 1


def test_a_privilege_that_was_granted_is_used_soon_afterwards(scene):
    scene.waits(1)
    scene.seen.trouble = DENIED
    scene.look()

    scene.seen.trouble = None
    assert scene.look(after=AGAIN_AFTER) == {}

    assert scene.shown() == ["Invoice 1"]


def test_a_privilege_that_is_missing_is_told_no_more_when_nothing_waits(scene):
    scene.waits(1)
    scene.look()
    scene.waits(2)
    scene.seen.trouble = DENIED
    scene.look()

    scene.holds.delete_waiting(Awaited.client(42), scene_request(scene, 2))
    assert scene.look() != {}
    scene.seen.trouble = None
    scene.look(after=AGAIN_AFTER)

    assert scene.look() == {}


def scene_request(scene, number):
    record = RecordId("xazq5", Kind.INVOICE, number)
    return SyncRequest.of(record, cause=Cause.POLL, seen=scene.clock())


def test_an_outage_is_told_and_ends_by_itself(scene):
    scene.asks(7, business="yother")
    scene.waits(1)
    scene.waits(1, client=7, business="yother")
    scene.seen.trouble = DOWN

    assert list(scene.look().values()) == [DOWN]
    assert scene.seen.looks == 1
    scene.seen.trouble = None
    assert scene.look() == {}

    assert len(scene.seen.rows) == 2


def test_trouble_with_one_business_is_nobody_elses(scene):
    scene.asks(7, business="yother")
    scene.waits(1)
    scene.waits(2, client=7, business="yother")

    def damaged(business):
        if business == "xazq5":
            raise ConflictError("somebody keeps changing it")

    scene.holds.before("list_waits", damaged)
    problems = scene.look()

    assert set(problems) == {"xazq5"}
    assert scene.shown() == ["Invoice 2"]


def test_a_row_that_is_refused_keeps_no_other_away_and_is_tried_again_later(scene):
    for number in range(1, 20):
        scene.waits(number)
    scene.waits(20, amount="666.00")
    scene.seen.refused = {"666.00"}

    problems = scene.look()
    asked = scene.seen.writes
    scene.look()

    assert str(problems["xazq5"]) == "not 666.00"
    assert len(scene.seen.rows) == 19
    assert scene.seen.writes == asked
    scene.seen.refused = set()
    assert scene.look(after=AGAIN_AFTER) == {}
    assert len(scene.seen.rows) == 20


def test_where_everything_is_refused_little_is_tried(scene):
    for number in range(1, 10 * AT_ONCE):
        scene.waits(number, amount="666.00")
    scene.seen.refused = {"666.00"}

    scene.look()

    assert scene.seen.writes < 50


def test_a_record_whose_client_has_no_row_yet_is_shown_when_it_has_one(scene):
    scene.waits(1)
    rows = dict(scene.seen.clients)
    scene.seen.clients.clear()

    assert scene.look() == {}
    assert scene.shown() == []
    scene.seen.clients.update(rows)
    scene.look()
    assert scene.seen.looks == 1
    scene.look(after=AGAIN_AFTER)

    assert scene.shown() == ["Invoice 1"]


def test_two_at_once_come_to_the_same(scene):
    scene.waits(1)
    scene.waits(2)

    def meanwhile():
        scene.waits(3)
        scene.mirror().run()

    scene.seen.before_write = meanwhile
    assert scene.look() == {}
    scene.look()

    assert scene.shown() == ["Invoice 1", "Invoice 2", "Invoice 3"]


def test_two_at_once_that_remove_come_to_the_same(scene):
    scene.waits(1)
    scene.look()
    scene.decided()
    scene.seen.before_write = lambda: scene.mirror().run()

    assert scene.look() == {}
    assert scene.look() == {}

    assert scene.shown() == []


def test_rows_that_change_all_the_time_are_left_to_the_next_minute(scene):
    scene.waits(1)
    scene.look()
    scene.waits(1, amount="11.00")

    def meanwhile():
        (row,) = scene.seen.rows.values()
        changed = Current(row.id, row.etag + "x", row.columns, row.lookups)
        scene.seen.rows = {row.id: changed}
        scene.seen.before_write = meanwhile

    scene.seen.before_write = meanwhile
    problems = scene.look()
    scene.seen.before_write = None

    assert isinstance(problems["xazq5"], ConflictError)
    assert scene.look() == {}
    (row,) = scene.seen.rows.values()
    assert row.text("fbx_amount") == "11.00"


def look_and_die(scene, steps):
    """Look, in a process that is killed after so many steps, or not where there are fewer."""
    left = itertools.count(steps, -1)

    def step(*_given):
        if next(left) <= 0:
            raise Killed

    for method in ("get", "get_note", "set", "delete"):
        scene.checkpoints.before(method, step)
    scene.seen.before_write = step
    with contextlib.suppress(Killed):
        scene.look()
    scene.checkpoints.heal()
    scene.seen.before_write = None


@pytest.mark.parametrize("steps", range(12))
@pytest.mark.parametrize("then", ["as it was", "decided", "more"])
def test_a_process_killed_between_any_two_steps_is_made_good_by_the_next(scene, steps, then):
    scene.waits(1)
    scene.waits(2)
    look_and_die(scene, steps)

    expected = ["Invoice 1", "Invoice 2"]
    if then == "decided":
        scene.decided()
        expected = []
    elif then == "more":
        scene.waits(3)
        expected.append("Invoice 3")
    assert scene.look() == {}

    assert scene.shown() == expected


def test_a_list_that_is_again_as_it_was_before_somebody_died_is_looked_at(scene):
    scene.waits(1)
    scene.look()
    scene.waits(2)

    def die(name, *_given):
        if scene.shown() == ["Invoice 1", "Invoice 2"]:
            raise Killed

    scene.checkpoints.before("set", die)
    with pytest.raises(Killed):
        scene.look()
    scene.checkpoints.heal()
    scene.holds.delete_waiting(Awaited.client(42), scene_request(scene, 2))
    scene.look()

    assert scene.shown() == ["Invoice 1"]


@pytest.mark.parametrize("steps", range(12))
@pytest.mark.parametrize("again", [False, True])
def test_a_process_killed_while_it_takes_rows_off_is_made_good_by_the_next(scene, steps, again):
    scene.waits(1)
    scene.look()
    scene.decided()
    look_and_die(scene, steps)
    if again:
        scene.asks()
        scene.waits(1)
    scene.look()

    assert scene.shown() == (["Invoice 1"] if again else [])
