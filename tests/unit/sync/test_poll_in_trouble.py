"""A poll on a bad day: pages, rows, kinds and services that fail, and lists that lie."""

import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.telemetry.logs import Logs
from shared.core.events import SyncRequest
from shared.core.fingerprints import fingerprint
from shared.core.identity import Kind, RecordId
from shared.core.journal import JournalEntry
from shared.core.outcomes import OutcomeName
from shared.core.pages import Listed, ListPage, Unreadable, pages_of
from shared.errors import (
    ConfigurationError,
    ConnectorError,
    NotSyncedError,
    ReconnectNeededError,
    RetryLaterError,
)
from shared.sync.asking import TOGETHER
from shared.sync.heartbeats import Heartbeats
from shared.sync.poll import Poll
from shared.sync.tickets import Tickets
from tests.memory import (
    FakeClock,
    MemoryBusinesses,
    MemoryCheckpoints,
    MemoryJournal,
    MemoryQueue,
)
from tests.soak import SOAK

BAD_DAYS = 7 if SOAK else 1
KILLS = range(1, 60) if SOAK else range(1, 60, 2)
CLIENT, INVOICE, PAYMENT, EXPENSE, *_ = Kind


def one_of_each(make):
    return [
        make.a_client(1),
        make.an_invoice(2),
        make.a_payment(3),
        make.an_expense(4),
        make.a_credit(5),
        make.a_category(6),
    ]


class Killed(BaseException):
    """The process ends here."""


class NoHolds:
    def run(self, _businesses, _trouble):
        pass


class Books:
    """Lists by business and kind; rows that break the page they are on, and requests that fail."""

    def __init__(self):
        self.rows = {}
        self.poisoned = set()
        self.nameless = set()
        self.failing = {}
        self.down = None
        self.asked = []
        self.before = lambda: None

    def list_page(self, business, kind, listing, *, number, size):
        self.before()
        self.asked.append((business, kind, listing.which, number, size))
        if self.down:
            raise self.down
        error = self.failing.get((business, kind)) or self.failing.get(business)
        if error:
            raise error
        if listing.which is not Listed.LIVING:
            return ListPage()
        since = listing.updated_since
        rows = [
            row
            for row in self.rows.get((business, kind), [])
            if since is None or not row.updated or row.updated[:10] >= since.isoformat()
        ]
        start = (number - 1) * size
        part = rows[start : start + size]
        keys = tuple(row.number if isinstance(row, Unreadable) else row.id for row in part)
        if self.poisoned & set(keys):
            raise RetryLaterError("answered 500", service="FreshBooks")
        named = [row for row, key in zip(part, keys, strict=True) if key not in self.nameless]
        return ListPage(
            records=tuple(row for row in named if not isinstance(row, Unreadable)),
            unreadable=tuple(row for row in named if isinstance(row, Unreadable)),
            nameless=len(part) - len(named),
            keys=keys,
            pages=pages_of(len(rows), size),
            total=len(rows),
        )

    def requests(self, business=None):
        return [each for each in self.asked if business in {None, each[0]}]


class Day:
    """A poll of some businesses."""

    def __init__(self, *businesses, **options):
        self.clock = FakeClock(datetime(2026, 11, 2, 15, 0, tzinfo=UTC))
        self.books = Books()
        self.queue, self.journal = MemoryQueue(self.clock), MemoryJournal()
        self.checkpoints = MemoryCheckpoints()
        self.businesses = businesses or ("xazq5",)
        self.options = {"max_backlog": 10_000, **options}
        self.poll = self.start()

    def start(self):
        """Start another process."""
        return Poll(
            freshbooks=self.books,
            queue=self.queue,
            journal=self.journal,
            tickets=Tickets(
                queue=self.queue,
                journal=self.journal,
                clock=self.clock,
                new_ticket=lambda: secrets.token_hex(8),
            ),
            checkpoints=self.checkpoints,
            businesses=MemoryBusinesses(*self.businesses),
            recheck=NoHolds(),
            telemetry=Logs(),
            heartbeats=Heartbeats(self.checkpoints, self.clock),
            clock=self.clock,
            overlap_days=2,
            **self.options,
        )

    def has(self, kind, *rows, business="xazq5"):
        self.books.rows[business, kind] = list(rows)

    def sent(self, kind=None, business="xazq5"):
        return [
            each.number
            for each in self.queue.sent
            if each.business == business and kind in {None, each.kind}
        ]

    def polled(self, kind, business="xazq5"):
        return self.checkpoints.get(f"poll.{business}.{kind}")

    def handle(self):
        """Handle everything on the queue: each record is noted as it is."""
        shown = {
            (business, kind, row.id): row
            for (business, kind), rows in self.books.rows.items()
            for row in rows
            if not isinstance(row, Unreadable)
        }
        for request in self.queue.requests():
            row = shown.get((request.business, request.kind, request.number))
            self.journal.write(
                JournalEntry(
                    record=request.record,
                    outcome=OutcomeName.CREATED if row else OutcomeName.DEAD_LETTERED,
                    at=self.clock(),
                    fingerprint=fingerprint(row) if row else "",
                    read_at=self.clock() if row else None,
                )
            )
        self.queue.messages.clear()


def invoices(make, *numbers, **fields):
    return [make.an_invoice(number, **fields) for number in numbers]


# bad pages and rows


def test_one_bad_row_hides_neither_its_neighbours_nor_later_pages_kinds_and_businesses(make):
    day = Day("xazq5", "other")
    day.has(CLIENT, make.a_client(42))
    day.has(INVOICE, *invoices(make, *range(1, 351)))
    day.has(PAYMENT, make.a_payment(7))
    day.has(INVOICE, make.an_invoice(9), business="other")
    day.books.poisoned = {137}

    report = day.poll.run()

    assert sorted(day.sent(INVOICE)) == [n for n in range(1, 351) if n != 137]
    assert day.sent(PAYMENT) == [7]
    assert day.sent(INVOICE, "other") == [9]
    assert day.polled(INVOICE) is None
    assert day.polled(PAYMENT) == day.clock()
    assert len(report.problems) == 1
    assert "invoice" in report.problems[0]
    assert len(day.books.requests("xazq5")) < 50


def test_the_checkpoint_moves_when_the_bad_row_is_mended(make):
    day = Day()
    day.has(CLIENT, make.a_client(42))
    day.has(INVOICE, *invoices(make, *range(1, 151)))
    day.books.poisoned = {137}
    day.poll.run()
    day.books.poisoned = set()

    report = day.start().run()

    assert sorted(day.sent(INVOICE)) == list(range(1, 151))
    assert report.problems == []
    assert day.polled(INVOICE) == day.clock()
    assert not [name for name, _ in day.checkpoints.list_all() if name.startswith("gap.")]


def test_a_row_that_stays_bad_is_told_at_each_poll_and_tried_with_growing_pauses(make):
    day = Day()
    day.has(CLIENT, make.a_client(42))
    day.has(INVOICE, *invoices(make, *range(1, 151)))
    day.books.poisoned = {137}
    for _ in range(BAD_DAYS * 24 * 12):
        report = day.start().run()
        assert "invoice" in " ".join(report.problems)
        day.handle()
        day.clock.advance(300)

    day.books.asked.clear()
    for turn in range(24 * 12):
        new = make.an_invoice(1000 + turn, updated=f"{day.clock():%Y-%m-%d %H:%M:%S}")
        day.has(INVOICE, *day.books.rows["xazq5", INVOICE], new)
        day.start().run()
        assert 1000 + turn in day.sent(INVOICE)
        day.handle()
        day.clock.advance(300)

    ones = [each for each in day.books.asked if each[-1] == 1]
    assert 0 < len(ones) < 100
    assert day.polled(INVOICE) is None


def test_the_first_row_of_the_first_list_may_be_the_bad_one(make):
    day = Day()
    day.has(CLIENT, *[make.a_client(number) for number in range(1, 31)])
    day.has(INVOICE, make.an_invoice(1))
    day.books.poisoned = {1}
    day.books.rows["xazq5", INVOICE] = invoices(make, 2)

    report = day.poll.run()

    assert sorted(day.sent(CLIENT)) == list(range(2, 31))
    assert day.sent(INVOICE) == [2]
    assert len(report.problems) == 1


def test_two_kinds_that_begin_with_a_bad_row_do_not_hide_the_others_for_long(make):
    day = Day()
    day.has(CLIENT, *[make.a_client(number) for number in range(1, 31)])
    day.has(INVOICE, *invoices(make, *range(1, 31)))
    day.has(PAYMENT, make.a_payment(77))
    day.books.poisoned = {1}
    day.poll.run()

    day.start().run()

    assert day.sent(PAYMENT) == [77]
    assert sorted(day.sent(CLIENT)) == list(range(2, 31))
    assert sorted(day.sent(INVOICE)) == list(range(2, 31))


def test_rows_without_a_number_are_told_and_counted(make):
    day = Day()
    day.has(INVOICE, *invoices(make, 1, 2, 3))
    day.books.nameless = {2}

    report = day.poll.run()

    assert day.sent(INVOICE) == [1, 3]
    assert "1 rows name no record" in report.problems[0]
    assert day.polled(INVOICE) is None


def test_a_row_that_cannot_be_read_is_asked_for_by_its_number_and_only_once(make):
    day = Day()
    bad = Unreadable(2, "2026-10-01 09:00:00")
    day.has(INVOICE, make.an_invoice(1), bad, make.an_invoice(3))
    day.poll.run()
    day.start().run()
    assert sorted(day.sent(INVOICE)) == [1, 2, 3]
    day.handle()

    report = day.start().run()

    assert sorted(day.sent(INVOICE)) == [1, 2, 3]
    assert report.problems == []
    day.has(INVOICE, Unreadable(2, "2026-11-02 12:00:00"))
    day.start().run()
    assert day.sent(INVOICE).count(2) == 2


def test_an_unreadable_row_that_does_not_say_when_it_changed_is_asked_for_once_a_day():
    day = Day()
    day.has(INVOICE, Unreadable(2))
    for _ in range(3 * 24):
        day.start().run()
        day.handle()
        day.clock.advance(3600)

    assert len(day.sent(INVOICE)) == 3


# kinds, businesses and services


@pytest.mark.parametrize(
    "error",
    [
        ReconnectNeededError("gone"),
        NotSyncedError("gone"),
        RetryLaterError("throttled", service="FreshBooks", throttled=True),
        RetryLaterError("down for maintenance", service="FreshBooks", retry_after=600),
        RetryLaterError("no secret", service="Key Vault"),
    ],
    ids=["reconnect", "not synced", "throttled", "told to wait", "another service"],
)
def test_a_business_that_may_not_be_asked_is_left_alone_at_once(make, error):
    day = Day("dead", "xazq5")
    day.books.failing["dead"] = error
    day.has(INVOICE, make.an_invoice(1))

    report = day.poll.run()

    assert len(day.books.requests("dead")) == 1
    assert day.sent(INVOICE) == [1]
    assert len(report.problems) == 1
    assert report.asked == {"xazq5": 1}


def test_a_service_that_is_down_is_asked_twice_for_each_business():
    day = Day("one", "two")
    day.books.down = RetryLaterError("answered 503", service="FreshBooks")

    report = day.poll.run()

    assert Counter(each[0] for each in day.books.asked) == {"one": 2, "two": 2}
    assert len(report.problems) == 2


def test_a_service_that_fails_in_the_middle_of_a_list_is_asked_once_more(make):
    day = Day()
    day.has(CLIENT, make.a_client(42))
    day.has(INVOICE, *invoices(make, *range(1, 351)))

    def fail_later():
        if len(day.books.asked) == 4:
            day.books.down = RetryLaterError("answered 503", service="FreshBooks")

    day.books.before = fail_later
    day.poll.run()
    assert len(day.books.asked) == 6
    day.books.down, day.books.before = None, lambda: None

    day.start().run()

    assert sorted(day.sent(INVOICE)) == list(range(1, 351))
    assert day.polled(INVOICE) == day.clock()


def test_after_an_outage_everything_is_read_at_the_next_poll(make):
    day = Day()
    day.books.down = RetryLaterError("answered 503", service="FreshBooks")
    for _ in range(12):
        day.start().run()
        day.clock.advance(300)
    for kind, row in zip(Kind, one_of_each(make), strict=True):
        day.has(kind, row)
    day.books.down = None

    report = day.start().run()

    assert sorted(day.sent()) == [1, 2, 3, 4, 5, 6]
    assert report.problems == []


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    "error",
    [RetryLaterError("lost", service="FreshBooks"), ConfigurationError("no scope"), KeyError("x")],
    ids=["lost", "forbidden", "a bug"],
)
def test_a_kind_that_fails_does_not_stop_the_other_kinds(make, kind, error):
    day = Day()
    rows = one_of_each(make)
    for each, row in zip(Kind, rows, strict=True):
        day.has(each, row)
    day.books.failing["xazq5", kind] = error

    report = day.poll.run()

    left = [row.id for each, row in zip(Kind, rows, strict=True) if each is not kind]
    assert sorted(day.sent()) == left
    assert report.problems
    assert day.polled(kind) is None
    assert len(day.books.asked) < 40


@pytest.mark.parametrize("method", ["get_many", "replace"])
@pytest.mark.parametrize("error", [ConfigurationError("denied"), KeyError("x")])
def test_what_cannot_be_noted_of_one_business_stops_no_other(make, method, error):
    day = Day("dead", "xazq5")
    for business in day.businesses:
        day.has(INVOICE, make.an_invoice(1), business=business)

    def fail(*given):
        if "dead" in repr(given):
            raise error

    day.journal.before(method, fail)

    report = day.poll.run()

    assert day.sent(INVOICE) == [1]
    assert report.problems


def test_a_business_that_is_closed_to_the_poll_is_not_asked(make):
    day = Day("dead", "xazq5", is_open=lambda business: "no login" if business == "dead" else "")
    day.has(INVOICE, make.an_invoice(1))

    report = day.poll.run()

    assert day.books.requests("dead") == []
    assert report.skipped == {"dead": "no login"}
    assert (report.problems, report.asked) == ([], {"xazq5": 1})


def test_storage_that_is_down_is_told_and_not_tried_for_every_list(make):
    day = Day()
    day.has(CLIENT, make.a_client(1))
    day.has(INVOICE, make.an_invoice(1))
    day.queue.refuse("send", RetryLaterError("down", service="Queues"))

    report = day.poll.run()

    assert report.problems == ["xazq5: down"]
    assert len(day.books.asked) == 2


# lists that lie


def test_a_list_that_always_has_one_more_page_ends_and_moves_no_checkpoint(make):
    day = Day()
    day.has(PAYMENT, make.a_payment(7))
    honest = day.books.list_page

    def endless(business, kind, listing, *, number, size):
        page = honest(business, kind, listing, number=number, size=size)
        if kind is not INVOICE or listing.which is not Listed.LIVING:
            return page
        return ListPage(
            records=(make.an_invoice(number),), keys=(number,), pages=number + 1, total=number
        )

    day.books.list_page = endless

    report = day.poll.run()

    asked = [each for each in day.books.asked if each[1] is INVOICE]
    assert len(asked) < 30
    assert "ever more pages" in report.problems[0]
    assert day.polled(INVOICE) is None
    assert day.sent(PAYMENT) == [7]


# resuming


@pytest.mark.parametrize("kill", KILLS)
def test_a_poll_that_is_killed_anywhere_goes_on_and_asks_for_few_records_twice(make, kill):
    day = Day()
    day.has(CLIENT, *[make.a_client(number) for number in range(1, 121)])
    day.has(INVOICE, *invoices(make, *range(1, 251)))
    calls = 0

    def strike(*_given):
        nonlocal calls
        calls += 1
        if calls == kill * 17:
            raise Killed

    day.books.before = strike
    for fake, method in (
        (day.queue, "send"),
        (day.journal, "replace"),
        (day.checkpoints, "set"),
        (day.checkpoints, "set_all"),
        (day.checkpoints, "delete"),
    ):
        fake.before(method, strike)
    polls = 0
    while day.polled(INVOICE) is None and polls < 5:
        polls += 1
        try:
            day.start().run()
        except Killed:
            continue

    for kind, most in ((CLIENT, 120), (INVOICE, 250)):
        counts = Counter(day.sent(kind))
        assert set(counts) == set(range(1, most + 1))
        assert sum(counts.values()) <= most + TOGETHER


def test_a_walk_goes_on_at_the_page_where_it_was_killed(make):
    day = Day()
    day.has(INVOICE, *invoices(make, *range(1, 1001)))
    day.queue.before("send", lambda request, *_: kill_at(request, 501 + TOGETHER))
    with pytest.raises(Killed):
        day.poll.run()
    day.queue.heal()
    day.books.asked.clear()

    day.start().run()

    pages = [e[3] for e in day.books.asked if e[1] is INVOICE and e[2] is Listed.LIVING]
    assert pages[:7] == [1, 6, 7, 8, 9, 10, 1]  # after a look at what is new
    assert max(Counter(day.sent(INVOICE)).values()) == 1
    assert len(day.sent(INVOICE)) == 1000


def kill_at(request, number):
    if request.kind is INVOICE and request.number == number:
        raise Killed


@pytest.mark.parametrize(
    "damage",
    [
        lambda note: note[:40],
        lambda _note: "",
        lambda note: note.replace('"page":', '"page":-'),
        lambda note: note.replace("2026-11-02T15", "2027-11-02T15"),
        lambda note: note.replace('"v":1', '"v":2'),
        lambda note: note.replace('"part":0', '"part":9'),
        lambda note: note.replace('"base":null', '"base":"2026-01-01T00:00:00Z"'),
        lambda note: note.replace('"page":', '"page":99'),
    ],
    ids=["cut", "empty", "negative", "future", "later", "no such list", "other", "beyond"],
)
def test_a_cursor_that_is_of_no_use_starts_anew(make, damage):
    day = Day()
    day.has(INVOICE, *invoices(make, *range(1, 501)))
    day.queue.before("send", lambda request, *_: kill_at(request, 301 + TOGETHER))
    with pytest.raises(Killed):
        day.poll.run()
    day.queue.heal()
    note = day.checkpoints.notes["cursor.xazq5.invoice"]
    assert damage(note) != note
    day.checkpoints.notes["cursor.xazq5.invoice"] = damage(note)

    day.start().run()

    assert sorted(day.sent(INVOICE)) == list(range(1, 501))
    assert day.polled(INVOICE) == day.clock()


# asking once, and how much


def test_records_that_are_asked_for_are_not_asked_for_again_while_nobody_serves_the_queue(make):
    day = Day()
    day.poll.run()
    changed = invoices(make, *range(1, 32), updated="2026-11-02 09:00:00", version="")
    day.has(INVOICE, *changed)
    before = len(day.queue.sent)

    for _ in range(10 * 12):
        day.start().run()
        day.clock.advance(300)

    assert len(day.queue.sent) - before == 31


def test_balances_are_not_compared_while_messages_wait_that_change_them(make):
    day = Day()
    owing = make.a_client(42, outstanding_balance=[], updated="2026-10-01 09:00:00")
    day.has(CLIENT, owing)
    day.poll.run()
    day.handle()
    day.has(CLIENT, owing.model_copy(update={"outstanding_balance": [make.a_payment(1).amount]}))
    day.has(INVOICE, make.an_invoice(1, updated="2026-11-02 09:59:00"))
    day.queue.send(SyncRequest.of(RecordId("xazq5", INVOICE, 1), cause="webhook", seen=day.clock()))

    for _ in range(120):
        day.start().run()
        day.clock.advance(300)
    assert len(day.queue.sent) == 3  # the client at first, a webhook, a poll

    day.handle()
    day.start().run()
    assert day.sent(CLIENT) == [42, 42]


def test_a_ticket_counts_for_a_day_and_not_when_the_queue_is_empty(make):
    day = Day()
    day.has(INVOICE, make.an_invoice(1, updated="2026-11-02 09:00:00"))
    day.poll.run()
    day.clock.advance(23 * 3600)
    day.start().run()
    assert day.sent() == [1]

    day.clock.advance(2 * 3600)
    day.start().run()
    assert day.sent() == [1, 1]

    day.queue.messages.clear()
    day.clock.advance(300)
    day.start().run()
    assert day.sent() == [1, 1]
    day.clock.advance(600)
    day.start().run()
    assert day.sent() == [1, 1, 1]


@pytest.mark.parametrize(
    ("awaited", "same", "asked"),
    [
        ("service-dataverse", False, False),
        ("connection-7", False, False),
        ("client-42", True, False),
        ("client-42", False, True),
        ("problem-abc", True, False),
        ("problem-abc", False, True),
    ],
)
def test_what_waits_is_asked_for_only_if_its_own_change_may_end_that(make, awaited, same, asked):
    day = Day()
    before = make.an_invoice(1, updated="2026-10-31 09:00:00", version="")
    now = make.an_invoice(1, paid="5.00", updated="2026-10-31 09:00:00", version="")
    day.has(INVOICE, before if same else now)
    day.journal.write(
        JournalEntry(
            record=RecordId("xazq5", INVOICE, 1),
            outcome=OutcomeName.WAITING,
            at=day.clock(),
            fingerprint=fingerprint(before),
            read_at=day.clock() - timedelta(days=2),
            awaited=awaited,
        )
    )

    day.poll.run()

    assert day.sent() == ([1] if asked else [])


def test_a_bulk_is_spread_over_the_time_until_the_next_poll_and_small_changes_are_not(make):
    day = Day("xazq5", "small", rate=4.0, max_backlog=5000)
    day.has(INVOICE, *invoices(make, *range(1, 2001)))
    day.has(INVOICE, *invoices(make, 1, 2, 3), business="small")

    day.poll.run()

    delays = [(at - day.clock()).total_seconds() for at, _, _ in day.queue.messages]
    assert len(day.sent(INVOICE)) == 100 + 4 * 300
    assert (min(delays), max(delays)) == (0, 300)
    assert sum(delay == 0 for delay in delays) == 103
    assert day.sent(INVOICE, "small") == [1, 2, 3]


def test_nothing_is_added_to_a_bulk_that_is_not_handled_yet_but_small_changes(make):
    day = Day(max_backlog=300)
    day.has(INVOICE, *invoices(make, *range(1, 1001)))
    day.poll.run()
    assert len(day.sent(INVOICE)) == 300

    new = make.an_invoice(5000, updated="2026-11-02 09:30:00", version="")
    day.has(INVOICE, new, *day.books.rows["xazq5", INVOICE])
    day.clock.advance(300)
    day.start().run()
    assert day.sent(INVOICE)[300:301] == [5000]
    unread = len(day.sent(INVOICE))
    day.clock.advance(300)
    day.start().run()
    assert len(day.sent(INVOICE)) == unread

    for _ in range(10):
        day.handle()
        day.clock.advance(300)
        day.start().run()

    assert set(day.sent(INVOICE)) == {*range(1, 1001), 5000}
    assert max(Counter(day.sent(INVOICE)).values()) == 1
    assert day.polled(INVOICE) is not None


def test_the_bulk_of_one_business_takes_nothing_from_the_others(make):
    day = Day("big", "xazq5")
    day.has(INVOICE, *invoices(make, *range(1, 6001)), business="big")
    day.has(INVOICE, make.an_invoice(1))

    day.poll.run()

    assert day.sent(INVOICE) == [1]
    assert day.polled(INVOICE) == day.clock()
    turns = [business for business, *_ in day.books.asked]
    assert turns.index("xazq5") <= 21


def test_a_problem_is_told_by_its_own_words_and_as_a_connector_error(make):
    day = Day()
    day.has(INVOICE, make.an_invoice(1))
    day.checkpoints.refuse("list_notes", ConnectorError("a word of the table"))

    report = day.poll.run()

    assert report.problems == ["xazq5: a word of the table"]
