"""Retention: what is old goes, a piece at a time; what still counts stays, whatever fails."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.telemetry.logs import Logs
from shared.core.connections import Registration, RegistrationState, SyncedBusiness
from shared.core.consent import Consent, Stage
from shared.core.identity import (
    PRUNE_LEASE,
    Kind,
    RecordId,
    candidate_secret,
    overdue_checkpoint,
    poll_checkpoint,
    token_secret,
    verifier_secret,
    webhooks_checkpoint,
    webhooks_lease,
)
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.outcomes import OutcomeName
from shared.errors import ConfigurationError, RetryLaterError, UnreadableRowError
from shared.sync import forget
from shared.sync.forget import Forget
from shared.sync.prune import EVERY, Prune
from tests.memory import (
    FakeClock,
    MemoryBusinesses,
    MemoryCheckpoints,
    MemoryConsents,
    MemoryDeadLetters,
    MemoryHolds,
    MemoryJournal,
    MemoryLeases,
    MemoryRegistrations,
    MemorySecrets,
)

DAYS, KEEP = 100, 3
OLD, YOUNG = timedelta(days=DAYS + 1), timedelta(days=DAYS - 1)
MINUTES = 200  # more than any run here takes


class Bench:
    """A `Prune` over memory; `xazq5` is synced."""

    def __init__(self, *, also=()):
        self.clock = FakeClock()
        self.journal, self.checkpoints = MemoryJournal(), MemoryCheckpoints()
        self.consents, self.registrations = MemoryConsents(), MemoryRegistrations()
        self.businesses, self.secrets = MemoryBusinesses("xazq5"), MemorySecrets()
        self.leases, self.letters = MemoryLeases(self.clock), MemoryDeadLetters()
        self.also = also
        self.prune = self.start()

    def start(self):
        """Another instance, which knows nothing."""
        return Prune(
            forget=Forget(
                journal=self.journal,
                holds=MemoryHolds(),
                dead_letters=self.letters,
                checkpoints=self.checkpoints,
                consents=self.consents,
                businesses=self.businesses,
                registrations=self.registrations,
                leases=self.leases,
                secrets=self.secrets,
                clock=self.clock,
                days=DAYS,
                keep=KEEP,
                also=self.also,
            ),
            checkpoints=self.checkpoints,
            leases=self.leases,
            telemetry=Logs(),
            clock=self.clock,
        )

    def day(self):
        """Let a whole run happen, a minute at a time, and return what its pieces did."""
        self.clock.advance(EVERY.total_seconds())
        pieces = []
        for _ in range(MINUTES):
            pieces.append(self.prune.run())
            if pieces[-1].done:
                return pieces
            self.clock.advance(60)
        raise AssertionError(f"a run takes more than {MINUTES} minutes: {pieces[-3:]}")

    def write(self, number, *ages, business="xazq5"):
        for age in ages:
            self.journal.write(
                JournalEntry(
                    RecordId(business, Kind.INVOICE, number),
                    OutcomeName.UPDATED,
                    self.clock() - timedelta(days=age),
                )
            )

    def history(self, number, business="xazq5"):
        return len(list(self.journal.list_history(RecordId(business, Kind.INVOICE, number))))

    def login(self, connection, ago):
        """Let a login exchange tokens some time ago."""
        now, self.clock.now = self.clock.now, self.clock.now - ago
        name = token_secret(connection)
        self.secrets.set(name, "tokens")
        self.leases.give_back(replace(self.leases.acquire(name, seconds=45), note="its state"))
        self.clock.now = now

    def left(self, business, ago):
        """Leave behind what a business has that was synced some time ago."""
        at = self.clock() - ago
        for kind in Kind:
            self.checkpoints.set(poll_checkpoint(business, kind), at)
            self.registrations.upsert(
                Registration(business, kind, "https://app.example/x", RegistrationState.LIVE)
            )
            self.secrets.set(verifier_secret(business, kind), "verifier")
        self.secrets.set(candidate_secret(business, Kind.INVOICE), "candidate")
        self.checkpoints.set(overdue_checkpoint(business), at)
        self.checkpoints.set(webhooks_checkpoint(business), at)
        self.leases.give_back(self.leases.acquire(webhooks_lease(business), seconds=1))
        self.write(1, 1, business=business)

    def traces(self, business):
        """What there is of a business, wherever it is kept."""
        kept = [
            *self.checkpoints.moments,
            *(of for of, _ in self.registrations.registrations),
            *self.secrets.values,
            *self.leases.leases,
            *(str(record) for record in self.journal.latest),
        ]
        return [each for each in kept if business in each]


@pytest.fixture
def bench():
    return Bench()


def test_histories_are_cut_by_age_and_number_and_newest_states_stay(bench):
    bench.write(1, 1, 2, 3, 4, 5)
    bench.write(2, 10, 98, 101, 102)
    bench.write(3, 500)
    bench.day()

    assert [bench.history(number) for number in (1, 2, 3)] == [3, 2, 0]
    assert len(bench.journal.latest) == 3


def test_it_runs_as_a_whole_once_a_day(bench):
    bench.day()
    bench.write(1, 500)
    bench.clock.advance(EVERY.total_seconds() - 60)
    early = bench.prune.run()
    kept = bench.history(1)
    bench.clock.advance(120)
    bench.prune.run()

    assert early == type(early)(done=True)
    assert (kept, bench.history(1)) == (1, 0)


def test_a_run_goes_on_in_another_instance_where_it_was(bench, monkeypatch):
    monkeypatch.setattr(forget, "MOST_ENTRIES", 10)
    for number in range(1, 30):
        bench.write(number, 1, 2, 3, 4, 5)
    bench.clock.advance(EVERY.total_seconds())
    pieces = []
    for _ in range(MINUTES):
        pieces.append(bench.start().run())
        if pieces[-1].done:
            break
        bench.clock.advance(60)

    assert [bench.history(number) for number in range(1, 30)] == [KEEP] * 29
    assert len(pieces) >= 14
    assert max(piece.deleted for piece in pieces) <= 6
    assert sum(piece.deleted for piece in pieces) == 58


def test_two_instances_do_not_run_at_once(bench):
    held = bench.leases.acquire(PRUNE_LEASE, seconds=60)
    bench.write(1, 500)

    assert held is not None
    assert bench.prune.run() == type(bench.prune.run())()
    assert bench.history(1) == 1


def test_a_run_another_instance_ended_meanwhile_is_not_begun_again(bench):
    bench.write(1, 500)
    bench.leases.before("acquire", lambda _name: bench.start().run(), once=True)

    first = bench.prune.run()
    bench.write(1, 500)

    assert (first.deleted, first.done) == (0, True)
    assert bench.prune.run().done
    assert bench.history(1) == 1


def test_checkpoints_of_balances_go_when_they_are_past_and_others_stay(bench, monkeypatch):
    monkeypatch.setattr(forget, "MOST_ROWS", 10)
    for number in range(1, 36):
        # as the release before kept them
        bench.checkpoints.set(f"balances.xazq5.{number}", bench.clock() - timedelta(minutes=1))
    bench.checkpoints.set(poll_checkpoint("xazq5", Kind.INVOICE), bench.clock() - OLD)
    bench.checkpoints.set("heartbeat.poll", bench.clock() - OLD)
    bench.checkpoints.set("something.later", bench.clock() - OLD)
    young = bench.prune.run()
    for_now = len(bench.checkpoints.moments)
    pieces = bench.day()

    assert young.deleted == 0
    assert for_now == 39
    assert len(pieces) >= 4
    assert set(bench.checkpoints.moments) == {
        "poll.xazq5.invoice",
        "heartbeat.poll",
        "something.later",
        "prune",
    }


def bury(bench, key, ago, *, dismissed=None):
    bench.letters.add(
        DeadLetter(
            key,
            "{}",
            "refused",
            bench.clock() - ago,
            dismissed_at=bench.clock() - dismissed if dismissed is not None else None,
        )
    )


def test_letters_that_were_dismissed_long_ago_go_and_no_others(bench, monkeypatch):
    monkeypatch.setattr(forget, "MOST_ROWS", 2)
    bury(bench, "waits", OLD)
    bury(bench, "just-dismissed", OLD, dismissed=YOUNG - EVERY * 2)
    for number in range(5):
        bury(bench, f"dismissed-{number}", OLD, dismissed=OLD)
    bench.day()

    assert bench.letters.letters.keys() == {"waits", "just-dismissed"}


def test_a_letter_that_is_a_newer_one_by_now_stays(bench):
    bury(bench, "invoice-1", OLD, dismissed=OLD)
    bench.letters.before("delete", lambda _key: bury(bench, "invoice-1", timedelta()), once=True)
    bench.day()

    assert bench.letters.letters["invoice-1"].dismissed_at is None


def test_old_tries_to_connect_go_but_not_those_of_logins_in_use(bench):
    bench.businesses.upsert(SyncedBusiness("xazq5", "Aster", "used", 1))
    for name, ago in {"used": OLD, "old": OLD, "young": YOUNG}.items():
        bench.consents.add(Consent(name, Stage.CONNECTED, bench.clock() - ago))
    bench.day()

    assert bench.consents.consents.keys() == {"used", "young"}


def test_tokens_of_logins_that_read_no_business_go_when_they_are_old(bench):
    bench.businesses.upsert(SyncedBusiness("xazq5", "Aster", "used", 1))
    for name, ago in {"used": OLD, "old": OLD, "young": YOUNG - EVERY * 2}.items():
        bench.login(name, ago)
    bench.day()

    assert bench.secrets.values.keys() == {token_secret("used"), token_secret("young")}
    assert bench.leases.leases.keys() - {PRUNE_LEASE} == bench.secrets.values.keys()


def test_no_tokens_go_while_a_business_cannot_be_read(bench):
    bench.businesses.upsert(SyncedBusiness("broken", "Aster", "its-login", 1))
    bench.left("broken", OLD)
    bench.login("its-login", OLD)
    unreadable(bench.businesses, "broken")
    before = bench.traces("broken")
    bench.day()

    assert token_secret("its-login") in bench.secrets.values
    assert bench.traces("broken") == before


def unreadable(businesses, name):
    """Let a business be unreadable, as one whose row is damaged: it is in no list."""
    kept = businesses.businesses.pop(name)

    def refuse(asked):
        if asked == name:
            raise UnreadableRowError(f"The row of {kept.id} cannot be read.", why="damaged")

    businesses.before("get", refuse)


def test_what_a_business_left_behind_goes_when_it_is_gone_for_long(bench):
    bench.left("gone1", OLD)
    bench.left("gone2", OLD)
    bench.left("young", YOUNG - EVERY * 2)
    bench.left("xazq5", OLD)
    others = {name: bench.traces(name) for name in ("young", "xazq5")}
    bench.day()

    assert bench.traces("gone") == []
    assert {name: bench.traces(name) for name in others} == others


def test_a_business_that_is_synced_again_in_the_middle_of_a_run_keeps_everything(bench):
    bench.left("back1", OLD)
    before = bench.traces("back1")
    bench.journal.before(
        "prune",
        lambda *_: bench.businesses.upsert(SyncedBusiness("back1", "Birch", "new", 2)),
        once=True,
    )
    bench.businesses.delete("xazq5")
    bench.day()

    assert set(before) - set(bench.traces("back1")) <= {"back1/invoice/1"}
    assert verifier_secret("back1", Kind.INVOICE) in bench.secrets.values


def test_more_businesses_than_a_piece_forgets_go_one_after_another(bench):
    for number in range(12):
        bench.left(f"gone{number:02d}", OLD)
    bench.day()

    assert bench.traces("gone") == []


# faults


@pytest.mark.parametrize(
    "error", [RetryLaterError("it is down"), ConfigurationError("the role is missing")]
)
@pytest.mark.parametrize(
    ("place", "method"),
    [
        ("journal", "prune"),
        ("letters", "list_dismissed"),
        ("consents", "prune"),
        ("secrets", "delete"),
        ("leases", "list_all"),
        ("registrations", "delete"),
        ("checkpoints", "list_all"),
        ("checkpoints", "delete"),
        ("businesses", "list_all"),
        ("businesses", "get"),
    ],
)
def test_a_part_that_fails_is_told_and_keeps_no_other_from_its_work(bench, place, method, error):
    bench.write(1, 500)
    bench.consents.add(Consent("old", Stage.FAILED, bench.clock() - OLD))
    bench.login("old", OLD)
    bench.left("gone1", OLD)
    getattr(bench, place).refuse(method, error)
    pieces = bench.day()
    told = {piece.problem for piece in pieces} - {""}
    getattr(bench, place).heal()
    bench.day()

    assert all(str(error) in each for each in told)
    assert len([piece for piece in pieces if piece.problem]) <= 12
    assert bench.history(1) == 0
    assert bench.consents.consents == {}
    assert bench.secrets.values == {}
    assert bench.traces("gone1") == []


def test_what_tells_of_a_business_stays_until_nothing_else_of_it_is_left(bench):
    bench.left("gone1", OLD)
    bench.secrets.refuse("delete", RetryLaterError("it is down"))
    bench.day()

    assert "poll.gone1.invoice" in bench.checkpoints.moments
    assert verifier_secret("gone1", Kind.INVOICE) in bench.secrets.values


@pytest.mark.parametrize("method", ["get", "set"])
def test_while_the_day_cannot_be_read_or_kept_nothing_is_lost(bench, method):
    bench.write(1, 500)
    bench.checkpoints.refuse(method, RetryLaterError("it is down"))
    failed = bench.prune.run()
    bench.checkpoints.heal()
    bench.clock.advance(60)

    assert "it is down" in failed.problem
    assert not failed.done
    assert bench.prune.run().done
    assert bench.history(1) == 0


def test_a_lease_that_cannot_be_given_back_costs_a_piece_done_twice(bench):
    bench.write(1, 500)
    bench.leases.refuse("give_back", RetryLaterError("it is down"))
    first = bench.prune.run()
    bench.leases.heal()

    assert first.done
    assert first.problem == ""
    assert bench.history(1) == 0


def test_a_note_that_is_none_of_this_release_begins_the_run_anew(bench):
    bench.write(1, 500)
    held = bench.leases.acquire(PRUNE_LEASE, seconds=60)
    bench.leases.give_back(replace(held, note='{"step": "later"}'))

    assert bench.prune.run().done
    assert bench.history(1) == 0


# others


class Letters:
    """Something else that has old things."""

    def __init__(self, old):
        self.old, self.asked = old, []

    def prune(self, *, before, most):
        self.asked.append(before)
        gone = min(most, self.old)
        self.old -= gone
        return gone


def test_what_else_has_something_old_is_asked_until_nothing_of_it_is_left():
    letters = Letters(old=500)
    bench = Bench(also=(letters,))
    bench.day()

    assert letters.old == 0
    assert letters.asked[0] == bench.clock() - timedelta(days=DAYS, minutes=len(letters.asked) - 1)
