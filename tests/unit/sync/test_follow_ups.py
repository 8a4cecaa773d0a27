"""Balances are read after every change that asks for them, whatever the clocks of instances say.

Simulated by seed: instances whose clocks are minutes apart, stalls, and workers in the middle of a
reading. Whoever takes a message does what `Ticket` says.
"""

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.known import is_pending
from shared.core.outcomes import OutcomeName
from shared.errors import ConflictError
from shared.sync.follow_ups import FollowUps
from shared.sync.tickets import Tickets
from tests.memory import FakeClock, MemoryJournal, MemoryQueue
from tests.soak import SOAK

DELAY = 5.0
START = datetime(2026, 11, 2, 12, tzinfo=UTC)
CLIENT = RecordId("xazq5", Kind.CLIENT, 7)
HALF = timedelta(minutes=2.5)


class Office:
    """A queue, a journal, and instances with clocks of their own."""

    def __init__(self, *apart: timedelta) -> None:
        self.clock, self.journal = FakeClock(START), MemoryJournal()
        self.queue = MemoryQueue(self.clock)
        self._tickets = itertools.count(1)
        self.instances = [self.instance(each) for each in apart or (timedelta(),)]

    def instance(self, apart: timedelta = timedelta(), *, delay: float = DELAY) -> FollowUps:
        return FollowUps(
            queue=self.queue,
            crm=None,
            journal=self.journal,
            clock=lambda: self.clock() + apart,
            tickets=Tickets(
                queue=self.queue,
                journal=self.journal,
                clock=lambda: self.clock() + apart,
                new_ticket=lambda: f"ticket-{next(self._tickets)}",
            ),
            delay=delay,
        )

    def note(self, outcome=OutcomeName.UNCHANGED, **fields) -> None:
        self.journal.write(JournalEntry(CLIENT, outcome, self.clock(), **fields))

    def take(self, message: SyncRequest) -> bool:
        """Take a message as whoever handles it must; False when another one will read the client.

        A ticket that is not noted might still be on its way: what is noted gets a new version, so
        that it is not noted once it is taken.
        """
        for _ in range(5):
            entry = self.journal.get_latest(CLIENT)
            if entry is None:
                entry = JournalEntry(CLIENT, OutcomeName.ASKED, self.clock())
            elif entry.pending != message.ticket and is_pending(entry, self.clock(), idle=False):
                return False
            try:
                self.journal.replace(replace(entry, pending="", pending_since=None))
            except ConflictError:
                continue
            return True
        raise AssertionError("the entry never rests")


class Simulation:
    """Changes, messages and readings, one after the other in virtual time."""

    def __init__(self, seed: int, apart: timedelta) -> None:
        self.random = random.Random(seed)
        self.office = Office(-apart, apart, timedelta())
        self.changes = self.read = self.depth = 0
        self.finishing: list[datetime] = []

    def run(self) -> None:
        self.office.journal.before("replace", self.stall)
        for _ in range(8):  # what an earlier one missed, a later one would mend
            self.change()
            self.pass_time(self.random.choice([0.1, 0.4, 1, 3, 8, 30]))
        self.pass_time(120)

    def change(self) -> None:
        self.changes += 1
        cause = self.random.choice([Cause.WEBHOOK, Cause.POLL, Cause.FOLLOW_UP])
        self.random.choice(self.office.instances).request_balances(CLIENT, cause=cause)

    def stall(self, *_given: object) -> None:
        """Let some time pass, and others go on, before something is noted."""
        if self.depth < 3 and self.random.random() < 0.4:
            self.pass_time(self.random.choice([0.5, 4, 8]))

    def pass_time(self, seconds: float) -> None:
        self.depth += 1
        until = self.office.clock() + timedelta(seconds=seconds)
        while self.office.clock() < until:
            self.office.clock.advance(min(0.5, (until - self.office.clock()).total_seconds()))
            self.step()
        self.depth -= 1

    def step(self) -> None:
        if self.finishing and self.finishing[0] <= self.office.clock():
            self.finishing.pop(0)
            self.office.note()  # whatever is noted meanwhile
        if self.random.random() < 0.5:
            return
        body = self.office.queue.take()
        if body is not None and self.office.take(SyncRequest.parse(body)):
            self.read = self.changes
            wait = timedelta(seconds=self.random.choice([0.5, 2, 6]))
            self.finishing = sorted([*self.finishing, self.office.clock() + wait])


@pytest.mark.parametrize("apart", [0, 1.5, 60, 300])
def test_every_change_is_in_a_reading_that_comes_after_it_whatever_the_clocks_say(apart):
    sent = changes = 0
    for seed in range(300 if SOAK else 75):
        simulation = Simulation(seed, timedelta(seconds=apart / 2))

        simulation.run()

        assert simulation.read == simulation.changes, seed
        sent += len(simulation.office.queue.sent)
        changes += simulation.changes
    assert sent < 0.7 * changes


@pytest.mark.parametrize("apart", [timedelta(), HALF, -HALF])
def test_several_instances_ask_once_for_all_changes_of_a_few_seconds(apart):
    office = Office(timedelta(), apart, -apart)

    for instance in office.instances * 2:
        instance.request_balances(CLIENT, cause=Cause.WEBHOOK)
        office.clock.advance(0.5)

    assert len(office.queue.sent) == 1


@pytest.mark.parametrize("apart", [timedelta(), HALF, -HALF])
def test_a_change_after_the_message_was_taken_asks_again(apart):
    office = Office(timedelta(), apart)
    first, second = office.instances
    first.request_balances(CLIENT, cause=Cause.WEBHOOK)
    office.clock.advance(DELAY)
    assert office.take(SyncRequest.parse(office.queue.take()))

    second.request_balances(CLIENT, cause=Cause.WEBHOOK)

    assert len(office.queue.sent) == 2


def test_an_instance_asks_nobody_while_its_own_message_cannot_have_been_taken():
    office = Office()
    office.note()
    looked = []
    office.journal.before("get_latest", lambda *_: looked.append(1))
    for _ in range(5):
        office.instances[0].request_balances(CLIENT, cause=Cause.POLL)
        office.clock.advance(1)

    assert (len(looked), len(office.queue.sent)) == (1, 1)


@pytest.mark.parametrize(
    ("minutes", "waiting", "sent"), [(9, 0, 1), (11, 0, 2), (11, 1, 1), (25 * 60, 1, 2)]
)
def test_a_ticket_whose_message_is_lost_does_not_count_for_ever(minutes, waiting, sent):
    office = Office()
    office.instances[0].request_balances(CLIENT, cause=Cause.WEBHOOK)
    office.clock.advance(minutes * 60)
    if not waiting:
        office.queue.messages.clear()

    office.instance().request_balances(CLIENT, cause=Cause.WEBHOOK)

    assert len(office.queue.sent) == sent


@pytest.mark.parametrize(("cause", "sent"), [(Cause.WEBHOOK, 1), (Cause.POLL, 0)])
def test_who_waits_does_not_wait_for_what_a_first_poll_asked_for(cause, sent):
    office = Office()
    pending = {"pending": "a-polls", "pending_since": office.clock()}
    office.note(OutcomeName.ASKED, cause=Cause.POLL, **pending)

    office.instances[0].request_balances(CLIENT, cause=cause)

    assert len(office.queue.sent) == sent


def test_what_was_noted_meanwhile_is_not_written_over():
    office = Office()
    office.note()
    office.journal.before(
        "replace", lambda *_: office.note(OutcomeName.UPDATED, reason="newer"), once=True
    )

    office.instances[0].request_balances(CLIENT, cause=Cause.WEBHOOK)

    assert office.journal.get_latest(CLIENT).reason == "newer"
    assert len(office.queue.sent) == 1
