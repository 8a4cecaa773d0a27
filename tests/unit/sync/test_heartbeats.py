"""That something still happens: noted at most once a minute, and never in anybody's way."""

from datetime import timedelta

from shared.errors import RetryLaterError
from shared.sync.heartbeats import TAKEN, WEBHOOK, Heartbeats
from tests.memory import FakeClock, MemoryCheckpoints


def beating():
    clock, checkpoints, writes = FakeClock(), MemoryCheckpoints(), []
    checkpoints.before("set", lambda name, moment: writes.append((name, moment)))
    return clock, checkpoints, writes, Heartbeats(checkpoints, clock)


def test_a_thousand_messages_in_a_minute_are_one_write():
    clock, _, writes, heartbeats = beating()
    for _ in range(1000):
        heartbeats.beat(TAKEN)
        clock.advance(0.059)

    assert len(writes) == 1
    clock.advance(1.1)
    heartbeats.beat(TAKEN)
    assert heartbeats.last(TAKEN) == clock()


def test_what_happened_earlier_is_noted_with_its_own_time():
    clock, _, _, heartbeats = beating()
    earlier = clock() - timedelta(minutes=3)
    heartbeats.beat(WEBHOOK, earlier)

    assert heartbeats.last(WEBHOOK) == earlier
    assert heartbeats.last(TAKEN) is None


def test_tables_that_are_down_are_in_nobodys_way_and_not_asked_by_every_message():
    clock, checkpoints, writes, heartbeats = beating()
    checkpoints.broken = RetryLaterError("it is down")
    for _ in range(100):
        heartbeats.beat(TAKEN)
    checkpoints.heal()
    clock.advance(60)
    heartbeats.beat(TAKEN)

    assert len(writes) == 1
    assert heartbeats.last(TAKEN) == clock()
