"""The minute's measuring, when all is there and when some of it cannot be read."""

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.telemetry.logs import Logs
from shared.core.connections import ConnectionState, Registration, RegistrationState
from shared.core.events import Cause, SyncRequest
from shared.core.histories import Histories, history_of
from shared.core.identity import Kind, poll_checkpoint
from shared.core.reconcile.nights import LAST, Night
from shared.core.runs import KINDS, Run, RunState, progress_of
from shared.core.tokens import ChainState
from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.heartbeats import POLL, TAKEN, WEBHOOK, Heartbeats
from shared.sync.watch import Watch
from tests.memory import (
    FakeClock,
    MemoryBusinesses,
    MemoryCheckpoints,
    MemoryQueue,
    MemoryRegistrations,
)


class Tower:
    """A `Watch` with everything around it in memory; `state` is that of every login's tokens."""

    def __init__(self):
        self.clock = FakeClock()
        self.queue, self.poison = MemoryQueue(self.clock), MemoryQueue(self.clock)
        self.backfill = MemoryQueue(self.clock)
        self.backfill_poison = MemoryQueue(self.clock)
        self.histories = Histories()
        self.run = Run("xazq5", "1", KINDS, self.clock() - timedelta(minutes=40))
        self.checkpoints, self.registrations = MemoryCheckpoints(), MemoryRegistrations()
        self.businesses = MemoryBusinesses("xazq5")
        self.state = ChainState(
            state=ConnectionState.CONNECTED,
            tried_at=self.clock() - timedelta(hours=1),
            expires_at=self.clock() + timedelta(hours=11),
        )
        self.watch = Watch(
            queue=self.queue,
            poison_queue=self.poison,
            backfill_queue=self.backfill,
            backfill_poison_queue=self.backfill_poison,
            histories=lambda: self.histories,
            compares=True,
            checkpoints=self.checkpoints,
            heartbeats=Heartbeats(self.checkpoints, self.clock),
            businesses=self.businesses,
            registrations=self.registrations,
            tokens=self,
            telemetry=Logs(),
            clock=self.clock,
        )

    def get_state(self, _connection):
        if isinstance(self.state, Exception):
            raise self.state
        return self.state

    def keep_warm(self, _connection):
        raise AssertionError("a measure changes nothing")

    def ago(self, name, **time):
        self.checkpoints.set(name, self.clock() - timedelta(**time))

    def send(self):
        self.queue.send(
            SyncRequest(
                business="xazq5",
                kind=Kind.CLIENT,
                number=1,
                cause=Cause.POLL,
                seen=self.clock(),
            )
        )


@pytest.fixture
def tower():
    return Tower()


def test_everything_is_measured_in_one_line_and_one_for_each_login(tower, caplog):
    caplog.set_level(logging.INFO)
    tower.send()
    tower.poison.send(tower.queue.sent[0])
    tower.backfill.send(tower.queue.sent[0])
    paused = replace(tower.run, id="2", state=RunState.PAUSED)
    tower.histories = Histories(
        tuple(
            history_of(progress_of(run, [], now=tower.clock()), now=tower.clock())
            for run in (tower.run, paused)
        )
    )
    tower.clock.advance(30)
    for kind, minutes in zip(Kind, (1, 2, 7, 3, 4, 5), strict=True):
        tower.ago(poll_checkpoint("xazq5", kind), minutes=minutes)
    tower.ago(TAKEN, seconds=20)
    tower.ago(WEBHOOK, minutes=9)
    tower.ago(POLL, minutes=4)
    night = Night(night=tower.clock().date(), remained=2)
    compared = tower.clock() - timedelta(hours=2)
    tower.checkpoints.set(LAST, compared, note=night.model_dump_json())
    for noun, state in (("client", "live"), ("invoice", "pending")):
        tower.registrations.upsert(
            Registration("xazq5", noun, "https://x", RegistrationState(state))
        )

    tower.watch.run()

    watched, login = [json.loads(record.getMessage()) for record in caplog.records]
    assert watched == {
        "event": "watched",
        "depth": 1,
        "poison": 1,
        "oldest_s": 30.0,
        "unserved_s": 20.0,
        "taken_s": 20.0,
        "webhook_s": 540.0,
        "poll_s": 240.0,
        "polled_s": 420.0,
        "connections": 1,
        "reconnect": 0,
        "token_s": 39570.0,
        "callbacks": 2,
        "callbacks_down": 1,
        "backfill": 1,
        "backfill_poison": 0,
        "backfill_oldest_s": 30.0,
        "histories": 1,
        "history_s": 2400.0,
        "compared_s": 7200.0,
        "remained": 2,
        "unmeasured": 0,
    }
    assert login == {
        "event": "connection",
        "connection": "a-connection",
        "state": "connected",
        "age_s": 3630.0,
        "expires_s": 39570.0,
    }


def test_a_connector_that_was_never_connected_is_measured(tower):
    tower.businesses.delete("xazq5")

    told = json.loads(str(tower.watch.run()))

    assert told["connections"] == told["unmeasured"] == 0
    assert "polled_s" not in told
    assert "token_s" not in told


@pytest.mark.parametrize("state", [ConnectionState.RECONNECT_NEEDED, ConnectionState.NOT_CONNECTED])
def test_a_login_that_needs_a_person_is_counted(tower, state):
    tower.state = ChainState(state=state)

    assert tower.watch.run().reconnect == 1


def test_what_cannot_be_measured_is_left_out_and_everything_else_is_there(tower):
    everything = json.loads(str(tower.watch.run()))
    for place, gone in {
        "queue": {"depth", "oldest_s", "unserved_s"},
        "poison": {"poison"},
        "registrations": {"callbacks", "callbacks_down"},
    }.items():
        getattr(tower, place).broken = RetryLaterError("it is down")
        told = json.loads(str(tower.watch.run()))
        getattr(tower, place).heal()

        assert everything.keys() - told.keys() == gone
        assert told["unmeasured"] == 1


def test_with_all_stores_down_there_is_still_a_line(tower):
    for place in (tower.queue, tower.poison, tower.checkpoints, tower.businesses):
        place.broken = ConfigurationError("no access")
    tower.registrations.broken = ConfigurationError("no access")

    told = json.loads(str(tower.watch.run()))

    assert told["unmeasured"] == 9
    assert told["connections"] == 0


def test_tokens_that_cannot_be_looked_at_keep_no_other_measure_away(tower):
    tower.state = RetryLaterError("it is down")

    told = tower.watch.run()

    assert (told.connections, told.unmeasured, told.depth) == (0, 1, 0)
