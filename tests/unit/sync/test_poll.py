import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.adapters.telemetry.logs import Logs
from shared.core.events import Cause, SyncRequest
from shared.core.fingerprints import GONE, fingerprint
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.pages import Listed, ListPage, pages_of
from shared.core.waiting import Hold, HoldState
from shared.errors import ConfigurationError, RetryLaterError
from shared.sync.errands import WHOLE
from shared.sync.heartbeats import Heartbeats
from shared.sync.poll import Poll
from shared.sync.recheck import Recheck
from shared.sync.release import Release
from shared.sync.tickets import Tickets
from tests.memory import (
    FakeClock,
    MemoryBusinesses,
    MemoryCheckpoints,
    MemoryHolds,
    MemoryJournal,
    MemoryQueue,
)


class Lists:
    """FreshBooks' lists, as given, with what they were asked for."""

    def __init__(self):
        self.records, self.deleted, self.overdue = {}, {}, []
        self.asked = []
        self.broken = None

    def list_page(self, account, kind, listing, *, number, size):
        if self.broken == account:
            raise RetryLaterError("down")
        if self.broken == kind:
            raise ConfigurationError("no scope")
        rows = self.overdue
        if listing.which is not Listed.OVERDUE:
            deleted = listing.which is Listed.DELETED
            self.asked.append((account, kind, listing.updated_since, deleted))
            rows = (self.deleted if deleted else self.records).get(kind, [])
        start = (number - 1) * size
        part = rows[start : start + size]
        return ListPage(
            records=tuple(part),
            keys=tuple(record.id for record in part),
            pages=pages_of(len(rows), size),
            total=len(rows),
        )


class Currencies:
    def __init__(self, *codes):
        self.codes = codes
        self.broken, self.down = None, False

    def get_currency(self, code):
        if self.down:
            raise RetryLaterError("Dataverse is down")
        if code == self.broken:
            raise ConfigurationError("two of that code")
        return object() if code in self.codes else None


class Round:
    def __init__(self, *accounts, max_backlog=100):
        self.clock = FakeClock(datetime(2026, 11, 2, 3, 0, tzinfo=UTC))
        self.queue = MemoryQueue(self.clock)
        self.journal, self.holds = MemoryJournal(), MemoryHolds()
        self.checkpoints, self.lists = MemoryCheckpoints(), Lists()
        self.currencies = Currencies()
        self.poll = Poll(
            freshbooks=self.lists,
            queue=self.queue,
            journal=self.journal,
            tickets=Tickets(
                queue=self.queue,
                journal=self.journal,
                clock=self.clock,
                new_ticket=lambda: secrets.token_hex(8),
            ),
            checkpoints=self.checkpoints,
            businesses=MemoryBusinesses(*(accounts or ["xazq5"])),
            recheck=Recheck(
                crm=self.currencies,
                queue=self.queue,
                holds=self.holds,
                checkpoints=self.checkpoints,
                release=Release(holds=self.holds, queue=self.queue, clock=self.clock),
                clock=self.clock,
            ),
            telemetry=Logs(),
            heartbeats=Heartbeats(self.checkpoints, self.clock),
            clock=self.clock,
            overlap_days=2,
            max_backlog=max_backlog,
        )

    def handled(self, kind, record, *, read_at, outcome="updated"):
        self.journal.write(
            JournalEntry(
                record=RecordId("xazq5", kind, record.id),
                outcome=OutcomeName(outcome),
                at=self.clock(),
                fingerprint=fingerprint(record),
                read_at=read_at,
            )
        )

    def asked_for(self):
        return [(request.kind, request.number) for request in self.queue.requests()]


def test_the_first_poll_lists_everything_clients_first(make):
    poll = Round()
    poll.lists.records = {
        Kind.INVOICE: [make.an_invoice(1)],
        Kind.CLIENT: [make.a_client(42)],
        Kind.PAYMENT: [make.a_payment(7)],
        Kind.EXPENSE: [make.an_expense(9)],
    }

    poll.poll.run()

    assert poll.asked_for() == [
        (Kind.CLIENT, 42),
        (Kind.INVOICE, 1),
        (Kind.PAYMENT, 7),
        (Kind.EXPENSE, 9),
    ]
    assert {since for _, _, since, _ in poll.lists.asked} == {None}


def test_later_polls_look_back_from_the_eastern_day_of_the_checkpoint():
    poll = Round()
    poll.poll.run()
    poll.lists.asked.clear()

    poll.poll.run()

    # 03:00 UTC on the 2nd is still the 1st in the East
    assert [each for each in poll.lists.asked[:-1] if each[1] not in WHOLE] == [
        ("xazq5", kind, date(2026, 10, 30), deleted)
        for kind in ("client", "invoice", "payment", "expense")
        for deleted in (False, True)
    ]


def test_credits_and_categories_are_listed_whole_at_every_poll():
    poll = Round()
    poll.poll.run()
    poll.lists.asked.clear()

    poll.poll.run()

    assert [each for each in poll.lists.asked if each[1] in WHOLE] == [
        ("xazq5", kind, None, False) for kind in ("credit", "category")
    ]


def test_the_balances_of_all_clients_are_compared_at_every_poll(make):
    poll = Round()
    owing = make.a_client(42, outstanding_balance=[make.money("100.00")])
    poll.handled(Kind.CLIENT, owing, read_at=poll.clock())
    poll.lists.records = {Kind.CLIENT: [owing]}
    poll.poll.run()
    assert poll.asked_for() == []

    poll.lists.records = {Kind.CLIENT: [make.a_client(42, outstanding_balance=[])]}
    poll.poll.run()

    assert poll.asked_for() == [(Kind.CLIENT, 42)]
    assert poll.lists.asked[-1] == ("xazq5", Kind.CLIENT, None, False)


def test_deletions_are_asked_for_apart_and_with_the_client_whose_balances_they_change(make):
    poll = Round()
    poll.lists.deleted = {Kind.INVOICE: [make.an_invoice(1, vis_state=1)]}

    poll.poll.run()

    assert poll.asked_for() == [(Kind.INVOICE, 1), (Kind.CLIENT, 42)]


def test_a_deleted_payment_is_asked_for_with_its_invoice_whose_open_amount_it_changes(make):
    poll = Round()
    poll.lists.deleted = {Kind.PAYMENT: [make.a_payment(7, vis_state=1)]}

    poll.poll.run()

    assert poll.asked_for() == [(Kind.PAYMENT, 7), (Kind.INVOICE, 1000), (Kind.CLIENT, 42)]


def test_a_record_that_was_gone_and_is_there_again_is_asked_for(make):
    poll = Round()
    invoice = make.an_invoice(1)
    poll.lists.records = {Kind.INVOICE: [invoice]}
    poll.handled(Kind.INVOICE, invoice, read_at=poll.clock(), outcome="cancelled")
    entry = poll.journal.get_latest(RecordId("xazq5", Kind.INVOICE, 1))
    poll.journal.write(replace(entry, fingerprint=GONE))

    poll.poll.run()

    assert poll.asked_for() == [(Kind.INVOICE, 1)]


def test_of_many_records_only_the_unknown_ones_are_asked_for(make):
    poll = Round()
    invoices = [make.an_invoice(number) for number in range(1, 81)]
    poll.lists.records = {Kind.INVOICE: invoices}
    for invoice in invoices[1:]:
        poll.handled(Kind.INVOICE, invoice, read_at=poll.clock())

    poll.poll.run()

    assert poll.asked_for() == [(Kind.INVOICE, 1)]


def test_overdue_invoices_are_looked_for_a_few_times_a_day(make):
    poll = Round()
    poll.poll.run()
    poll.lists.overdue = [make.an_invoice(1, v3_status="overdue")]
    poll.clock.advance(5 * 3600)
    poll.poll.run()
    assert poll.asked_for() == []

    poll.clock.advance(3600)
    poll.poll.run()

    assert poll.asked_for() == [(Kind.INVOICE, 1)]


def test_what_a_poll_asks_for_says_that_a_poll_did(make):
    poll = Round()
    poll.lists.records = {Kind.INVOICE: [make.an_invoice(1)]}

    poll.poll.run()

    (request,) = poll.queue.requests()
    assert request.cause is Cause.POLL
    assert request.seen == poll.clock()


def test_a_deletion_that_left_no_trace_is_asked_for_once(make):
    poll = Round()
    deleted = make.an_invoice(1, vis_state=1)
    poll.lists.deleted = {Kind.INVOICE: [deleted]}
    poll.handled(Kind.INVOICE, deleted, read_at=poll.clock(), outcome="skipped")
    entry = poll.journal.get_latest(RecordId("xazq5", Kind.INVOICE, 1))
    poll.journal.write(replace(entry, fingerprint=GONE))

    poll.poll.run()

    assert poll.asked_for() == []


@pytest.mark.parametrize(
    ("version", "seconds_after", "known"),
    [
        ("2026-11-01 20:00:00.123456", 0, True),
        ("", 60, True),
        ("", 3, False),
    ],
    ids=["exact version", "read a while after", "read within the moment"],
)
def test_what_was_handled_is_not_asked_for_again(make, version, seconds_after, known):
    poll = Round()
    invoice = make.an_invoice(1, updated="2026-11-01 20:00:00", version=version)
    poll.lists.records = {Kind.INVOICE: [invoice]}
    updated = invoice.version.instants()[1]
    poll.handled(Kind.INVOICE, invoice, read_at=updated + timedelta(seconds=seconds_after))

    poll.poll.run()

    assert poll.asked_for() == ([] if known else [(Kind.INVOICE, 1)])


def unread(poll, record, outcome):
    """Note an end that came before the record could be read."""
    poll.journal.write(
        JournalEntry(
            record=RecordId("xazq5", Kind.INVOICE, record.id),
            outcome=OutcomeName(outcome),
            at=poll.clock(),
        )
    )


def test_a_deferred_record_is_not_asked_for_again_unless_its_message_does_not_come_back(make):
    poll = Round()
    invoice = make.an_invoice(1)
    poll.lists.records = {Kind.INVOICE: [invoice]}
    unread(poll, invoice, "deferred")
    poll.poll.run()
    poll.clock.advance(90 * 60)
    poll.poll.run()
    assert poll.asked_for() == []

    poll.clock.advance(90 * 60)
    poll.poll.run()

    assert poll.asked_for() == [(Kind.INVOICE, 1)]


def test_a_dead_letter_is_left_to_the_operator_until_its_record_changes(make):
    poll = Round()
    invoice = make.an_invoice(1, updated="2026-11-01 20:00:00", version="")
    poll.lists.records = {Kind.INVOICE: [invoice]}
    unread(poll, invoice, "dead-lettered")
    poll.poll.run()
    assert poll.asked_for() == []

    poll.lists.records = {
        Kind.INVOICE: [make.an_invoice(1, updated="2026-11-01 23:00:00", version="")]
    }
    poll.poll.run()

    assert poll.asked_for() == [(Kind.INVOICE, 1)]


def test_a_change_that_moves_no_version_is_found_by_its_figures(make):
    poll = Round()
    poll.handled(Kind.INVOICE, make.an_invoice(1), read_at=poll.clock())
    poll.lists.records = {Kind.INVOICE: [make.an_invoice(1, paid="40.00")]}

    poll.poll.run()

    assert poll.asked_for() == [(Kind.INVOICE, 1)]


def test_invoices_that_became_overdue_are_asked_for_though_nothing_touched_them(make):
    poll = Round()
    poll.handled(Kind.INVOICE, make.an_invoice(1), read_at=poll.clock())
    poll.lists.overdue = [make.an_invoice(1, v3_status="overdue")]

    poll.poll.run()

    assert poll.asked_for() == [(Kind.INVOICE, 1)]


def test_the_checkpoint_does_not_move_when_sending_fails(make):
    poll = Round()
    poll.lists.records = {Kind.INVOICE: [make.an_invoice(1)]}
    poll.queue.refuse("send", RetryLaterError("Storage is down"))

    report = poll.poll.run()

    assert report.problems
    assert poll.checkpoints.get("poll.xazq5.invoice") is None


def test_one_accounts_trouble_does_not_stop_the_others():
    poll = Round("down", "xazq5")
    poll.lists.broken = "down"

    report = poll.poll.run()

    assert report.asked == {"xazq5": 0}
    assert len(report.problems) == 1


def test_a_kind_that_cannot_be_listed_does_not_stop_the_others(make):
    poll = Round()
    poll.lists.broken = Kind.CLIENT
    poll.lists.records = {Kind.INVOICE: [make.an_invoice(1)]}
    poll.lists.overdue = [make.an_invoice(2, v3_status="overdue")]

    report = poll.poll.run()

    assert poll.asked_for() == [(Kind.INVOICE, 1), (Kind.INVOICE, 2)]
    assert len(report.problems) == 1
    assert poll.checkpoints.get("poll.xazq5.client") is None
    assert poll.checkpoints.get("poll.xazq5.invoice") is not None


def test_messages_of_other_businesses_postpone_nobody(make):
    poll = Round(max_backlog=1)
    poll.lists.records = {Kind.INVOICE: [make.an_invoice(1)]}
    for number in range(2, 50):
        poll.queue.send(a_request(poll, number))

    report = poll.poll.run()

    assert (Kind.INVOICE, 1) in poll.asked_for()
    assert report.problems == []
    assert poll.checkpoints.get("poll.xazq5.invoice") == poll.clock()


def a_request(poll, number):
    return SyncRequest(
        business="xazq5", kind=Kind.INVOICE, number=number, cause=Cause.POLL, seen=poll.clock()
    )


def hold(poll, subject, state="waiting", *, account="xazq5"):
    poll.holds.upsert(
        Hold(
            business=account,
            awaited=Awaited.parse(subject),
            name="x",
            reason="y",
            since=poll.clock(),
            state=HoldState(state),
        )
    )
    poll.holds.add_waiting(Awaited.parse(subject), a_request(poll, 1))


def test_a_release_that_was_cut_short_is_finished():
    poll = Round()
    hold(poll, "client-42", state="released")

    poll.poll.run()

    assert (Kind.INVOICE, 1) in poll.asked_for()
    assert not poll.holds.waiting


def test_releases_that_were_cut_short_are_finished_though_dataverse_is_down():
    poll = Round()
    poll.currencies.down = True
    hold(poll, "currency-EUR", state="released")
    hold(poll, "client-42", state="released")

    report = poll.poll.run()

    assert report.problems == []
    assert list(poll.holds.list_all()) == []


def test_held_clients_of_an_account_that_is_no_longer_synced_are_left_alone():
    poll = Round()
    hold(poll, "client-42", account="removed")

    poll.poll.run()

    assert poll.asked_for() == []


def test_a_checkpoint_of_tomorrow_is_none_and_everything_is_listed(make):
    poll = Round()
    poll.lists.records = {Kind.INVOICE: [make.an_invoice(1)]}
    poll.checkpoints.set("poll.xazq5.invoice", poll.clock() + timedelta(days=1))
    poll.checkpoints.set("poll.xazq5.client", poll.clock() + timedelta(minutes=5))

    poll.poll.run()

    since = {kind: day for _, kind, day, deleted in poll.lists.asked if not deleted}
    assert since[Kind.INVOICE] is None
    assert ("xazq5", Kind.CLIENT, date(2026, 10, 30), False) in poll.lists.asked
    assert poll.asked_for() == [(Kind.INVOICE, 1)]


def test_a_look_for_overdue_invoices_that_was_made_tomorrow_is_made_again(make):
    poll = Round()
    poll.lists.overdue = [make.an_invoice(1)]
    poll.checkpoints.set("overdue.xazq5", poll.clock() + timedelta(days=1))

    poll.poll.run()

    assert poll.asked_for() == [(Kind.INVOICE, 1)]
