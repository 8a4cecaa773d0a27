"""The FreshBooks adapter reads lists that move, and does not trust filters or orders."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from shared.core.identity import Kind, RecordId
from shared.core.pages import Listed, Listing
from shared.core.spans import Span
from shared.errors import ConfigurationError
from tests.functional.freshbooks_world import LISTS, World, answering


@pytest.fixture
def world():
    return World()


def test_a_list_is_read_in_pages_of_a_hundred(world):
    clients = [world.client() for _ in range(250)]

    listed = world.ids(Kind.CLIENT, updated_since=None)

    assert sorted(listed) == clients
    assert world.control.traffic[LISTS[Kind.CLIENT]] == 6  # once more, to miss none that moved


def test_an_empty_list_is_one_request(world):
    assert world.ids(Kind.INVOICE, updated_since=None) == []
    assert world.control.traffic[LISTS[Kind.INVOICE]] == 1


@pytest.mark.parametrize("newest_first", [False, True])
def test_rows_that_move_between_pages_are_neither_missed_nor_repeated(world, newest_first):
    world.freshbooks.switches.newest_first = newest_first
    clients = [world.client() for _ in range(210)]
    walk = world.api.list_records(world.account, Kind.CLIENT, updated_since=None)
    first_page = [record.id for record in itertools.islice(walk, 100)]
    for client in first_page[:3]:
        world.books.delete_client(client)

    rest = [record.id for record in walk]

    assert sorted(first_page + rest) == clients


def test_deleted_records_are_a_pass_of_their_own_and_archived_ones_are_not(world):
    active, archived, deleted = world.client(), world.client(), world.client()
    world.books.archive_client(archived)
    world.books.delete_client(deleted)

    assert world.ids(Kind.CLIENT, updated_since=None) == [active, archived]
    assert world.ids(Kind.CLIENT, updated_since=None, deleted=True) == [deleted]


def test_an_ignored_filter_for_deleted_records_yields_no_living_ones(world):
    world.client()
    deleted = world.client()
    world.books.delete_client(deleted)
    world.wire.ignored = {"search[vis_state]"}

    assert world.ids(Kind.CLIENT, updated_since=None, deleted=True) == []


def test_changes_are_listed_from_an_eastern_day_on(world):
    world.clock.now = datetime(2026, 3, 10, 3, 30, tzinfo=UTC)  # still the 9th in New York
    before = world.client()
    world.clock.now = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)
    after = world.client()

    assert world.ids(Kind.CLIENT, updated_since=date(2026, 3, 10)) == [after]
    assert world.ids(Kind.CLIENT, updated_since=date(2026, 3, 9)) == [before, after]


@pytest.mark.parametrize("works", [True, False])
def test_old_expenses_are_left_out_whether_or_not_freshbooks_filters_them(world, works):
    world.freshbooks.switches.expenses_filter_updated = works
    world.books.create_expense("10.00")
    world.clock.now += timedelta(days=5)
    recent = world.books.create_expense("11.00")["id"]

    assert world.ids(Kind.EXPENSE, updated_since=date(2026, 3, 12)) == [recent]


def test_credits_are_listed_among_the_payments(world):
    invoice = world.invoice(world.client(), "100.00")
    payment = world.books.pay_invoice(invoice, "130.00")

    listed = world.ids(Kind.PAYMENT, updated_since=None)

    assert set(listed) == {payment["id"], payment["overpaymentid"]}


def test_a_record_that_cannot_be_read_does_not_hide_its_neighbours(make, caplog):
    rows = [make.invoice_json(1), {**make.invoice_json(2), "amount": "free"}, make.invoice_json(3)]
    page = {"invoices": rows, "page": 1, "pages": 1, "per_page": 100, "total": 3}
    api = answering({"response": {"result": page}})

    listed = [each.id for each in api.list_records("xazq5", Kind.INVOICE, updated_since=None)]

    assert listed == [1, 3]
    assert "invoice 2 cannot be read" in caplog.text


def test_a_list_of_an_unknown_account_is_a_wrong_setting(world):
    with pytest.raises(ConfigurationError, match="Account not found"):
        list(world.api.list_records("nobody", Kind.INVOICE, updated_since=None))


# questions


def days_of(world, client):
    found = world.api.get_last_activity(world.account, client)
    assert found.invoice_known
    assert found.payment_known
    return found.invoice, found.payment


@pytest.mark.parametrize("ignored", [set(), {"search[v3_status]"}])
def test_overdue_invoices_are_told_apart_even_when_the_filter_is_ignored(world, ignored):
    client = world.client()
    overdue = world.invoice(client, create_date="2026-01-02", due_offset_days=10)
    world.invoice(client, create_date="2026-03-09", due_offset_days=30)
    world.wire.ignored = ignored

    page = world.api.list_page(
        world.account, Kind.INVOICE, Listing(Listed.OVERDUE), number=1, size=100
    )

    assert [each.id for each in page.records] == [overdue]


@pytest.mark.parametrize("ignored", [set(), {"sort"}, {"search[customerid]", "search[clientid]"}])
def test_the_last_activity_is_right_whatever_freshbooks_ignores(world, ignored):
    client, other = world.client(), world.client()
    world.invoice(client, create_date="2026-01-31")
    for day in range(1, 28):
        world.invoice(client, create_date=f"2026-01-{day:02d}")
    newest = world.invoice(client, create_date="2026-02-20")
    world.invoice(client, create_date="2026-03-05", sent=False)
    world.books.delete_invoice(world.invoice(client, create_date="2026-03-06"))
    theirs = world.invoice(other, create_date="2026-03-08")
    world.books.pay_invoice(theirs, "10.00", date="2026-03-09")
    world.books.pay_invoice(newest, "10.00", date="2026-02-21")
    gone = world.books.pay_invoice(newest, "5.00", date="2026-03-07")["id"]
    world.books.delete_payment(gone)
    world.wire.ignored = ignored

    assert days_of(world, client) == (date(2026, 2, 20), date(2026, 2, 21))


def test_a_page_of_one_day_does_not_prove_the_order(world):
    client = world.client()
    for _ in range(25):
        world.invoice(client, create_date="2026-01-05")
    world.invoice(client, create_date="2026-02-05")
    world.wire.ignored = {"sort"}

    assert days_of(world, client) == (date(2026, 2, 5), None)


def test_the_newest_of_many_invoices_costs_a_page_and_a_look_for_later_ones(world):
    client = world.client()
    for day in range(1, 29):
        world.invoice(client, create_date=f"2026-01-{day:02d}")

    assert days_of(world, client) == (date(2026, 1, 28), None)
    assert world.control.traffic[LISTS[Kind.INVOICE]] == 1


def test_drafts_alone_are_no_activity(world):
    client = world.client()
    world.invoice(client, sent=False)

    assert days_of(world, client) == (None, None)
    assert world.control.traffic[LISTS[Kind.INVOICE]] == 1


def test_a_last_invoice_behind_a_page_of_drafts_is_found(world):
    client = world.client()
    world.invoice(client, create_date="2026-01-05")
    for _ in range(25):
        world.invoice(client, create_date="2026-03-01", sent=False)

    assert days_of(world, client) == (date(2026, 1, 5), None)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("ignored", [set(), {"sort"}])
def test_the_last_activity_of_many_records_costs_a_few_requests(world, newest_first, ignored):
    world.freshbooks.switches.newest_first = newest_first
    client, other = world.client(), world.client()
    invoice = world.invoice(client, "100000.00", create_date="2026-01-05")
    for number in range(230):
        world.books.pay_invoice(invoice, "1.00", date=f"2026-02-{number % 28 + 1:02d}")
    for number in range(120):
        world.invoice(client, "1.00", create_date=f"2026-01-{number % 28 + 1:02d}")
    late = world.invoice(client, create_date="2026-03-02")
    for number in range(100):
        world.invoice(client, "1.00", create_date=f"2026-02-{number % 28 + 1:02d}")
    world.books.pay_invoice(late, "1.00", date="2026-03-04")
    theirs = world.invoice(other, create_date="2026-03-08")
    for _ in range(20):
        world.books.pay_invoice(theirs, "0.10", date="2026-03-09")
    world.wire.ignored = ignored
    world.control.traffic.clear()

    found = world.api.get_last_activity(world.account, client)

    assert (found.invoice, found.payment) == (date(2026, 3, 2), date(2026, 3, 4))
    assert found.invoice_known
    assert found.payment_known
    assert sum(world.control.traffic.values()) <= 14


@pytest.mark.parametrize(
    "ignored",
    [
        {"search[clientid]", "search[customerid]"},
        {"search[date_min]", "sort"},
        {"search[clientid]", "search[customerid]", "search[date_min]", "sort"},
    ],
    ids=["client", "date", "both"],
)
def test_a_last_day_that_cannot_be_known_is_not_made_up(world, ignored):
    client, other = world.client(), world.client()
    early = world.invoice(other, "100000.00", create_date="2026-01-05")
    ours = world.invoice(client, "100000.00", create_date="2026-01-05")
    for number in range(260):
        world.books.pay_invoice(early, "1.00", date=f"2026-02-{number % 28 + 1:02d}")
    world.books.pay_invoice(ours, "1.00", date="2026-03-04")
    for number in range(260):
        world.books.pay_invoice(early, "1.00", date=f"2026-02-{number % 28 + 1:02d}")
        world.books.pay_invoice(ours, "1.00", date=f"2026-02-{number % 28 + 1:02d}")
    world.wire.ignored = ignored
    world.control.traffic.clear()

    found = world.api.get_last_activity(world.account, client)

    assert not found.payment_known or found.payment == date(2026, 3, 4)
    assert found.invoice_known
    assert found.invoice == date(2026, 1, 5)
    assert sum(world.control.traffic.values()) <= 25


@pytest.mark.parametrize("many", [0, 120])
@pytest.mark.parametrize("ignored", [set(), {"search[outstanding]"}, {"search[customerid]"}])
def test_what_is_open_is_read_with_its_due_dates(world, many, ignored):
    client, other = world.client(), world.client()
    for _ in range(many):
        world.invoice(client, "0.00", create_date="2026-01-01")
    world.invoice(client, "100.00", create_date="2026-01-05", due_offset_days=30)
    paid = world.invoice(client, "50.00", create_date="2026-01-06")
    world.books.pay_invoice(paid, "50.00")
    partly = world.invoice(client, "50.00", create_date="2026-01-07", due_offset_days=0)
    world.books.pay_invoice(partly, "20.00")
    world.invoice(client, "7.00", sent=False)
    world.books.delete_invoice(world.invoice(client, "9.00"))
    world.invoice(other, "11.00")
    world.wire.ignored = ignored

    found = world.api.get_last_activity(world.account, client)

    assert sorted((each.amount, each.due) for each in found.open) == [
        (Decimal("30.00"), date(2026, 1, 7)),
        (Decimal("100.00"), date(2026, 2, 4)),
    ]


def test_what_is_open_is_not_looked_for_where_nothing_is(world):
    client = world.client()
    for _ in range(120):
        world.invoice(client, "0.00")
    world.control.traffic.clear()

    found = world.api.get_last_activity(world.account, client, has_open=False)

    assert found.open == ()
    assert not any("outstanding" in query for _, _, query in world.wire.seen)


@pytest.mark.parametrize("ignored", [set(), {"search[date_max]"}, {"search[date_min]"}])
@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.PAYMENT, Kind.EXPENSE])
def test_a_span_of_days_has_its_first_day_and_its_last_whatever_freshbooks_makes_of_them(
    world, kind, ignored
):
    days = [date(2026, 3, day) for day in range(1, 8)]
    client = world.client()
    by_day = {}
    for day in days:
        invoice = world.invoice(client, create_date=day.isoformat())
        made = {
            Kind.INVOICE: invoice,
            Kind.PAYMENT: world.books.pay_invoice(invoice, "1.00", date=day.isoformat())["id"],
            Kind.EXPENSE: world.books.create_expense("2.00", date=day.isoformat())["id"],
        }
        by_day[day] = made[kind]
    world.wire.ignored = ignored

    spans = [Span(None, days[1]), Span(days[2], days[4]), Span(days[5], None)]
    found = [
        {
            record.id
            for record in world.api.list_page(
                world.account, kind, Listing(dated=span), number=1, size=100
            ).records
        }
        for span in spans
    ]

    assert found == [{by_day[day] for day in part} for part in (days[:2], days[2:5], days[5:])]


def test_rows_that_are_no_records_are_counted_and_those_with_a_number_named(world):
    clients = [world.client() for _ in range(5)]
    world.freshbooks.switches.set(
        shapeless_rows=[clients[1]], unreadable_rows=[clients[3]], breaking_rows=[]
    )

    page = world.api.list_page(world.account, Kind.CLIENT, Listing(), number=1, size=100)

    assert [each.id for each in page.records] == [clients[0], clients[2], clients[4]]
    assert [each.number for each in page.unreadable] == [clients[3]]
    assert page.nameless == 1
    assert page.total == 5


@pytest.mark.parametrize("wrong", [[5], {"amount": None}, ["text"], [{"amount": "1.00"}]])
def test_a_balance_of_no_known_shape_makes_a_client_unreadable_and_ends_nothing(make, wrong):
    row = {**make.client_json(1), "outstanding_balance": wrong if wrong != [5] else [5]}
    rows = [row, make.client_json(2), {"id": "x"}, {"id": True}, {"id": 2**70}, 7, {"id": "9"}]
    page = {"clients": rows, "page": 1, "pages": 1, "per_page": 100, "total": 7}
    api = answering({"response": {"result": page}})

    found = api.list_page("xazq5", Kind.CLIENT, Listing(), number=1, size=100)

    assert {2, 9} <= {each.id for each in found.records}
    assert found.nameless == 4
    assert len(found.records) + len(found.unreadable) == 3


@pytest.mark.parametrize("ignored", [False, True])
def test_what_belongs_to_a_client_is_listed_whatever_freshbooks_makes_of_the_filter(world, ignored):
    ours, theirs = world.client(), world.client()
    records = {}
    for client in (ours, theirs):
        invoice = world.books.create_invoice(client, sent=True, lines=[{"unit_cost": "10.00"}])
        payment = world.books.pay_invoice(invoice["id"], "1.00")
        expense = world.books.create_expense("2.00", clientid=client)
        records[client] = {
            RecordId(world.account, Kind.INVOICE, invoice["id"]),
            RecordId(world.account, Kind.PAYMENT, payment["id"]),
            RecordId(world.account, Kind.EXPENSE, expense["id"]),
        }
    if ignored:
        world.wire.ignored = {"search[customerid]", "search[clientid]"}

    assert set(world.api.list_of_client(world.account, ours)) == records[ours]
