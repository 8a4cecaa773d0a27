"""What an account shows of its clients: together, whoever is written at the same moment."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from shared.core.options import ClientState
from tests.functional.people import People
from tests.functional.world import Firm

IGNORED = int(ClientState.IGNORED)


@pytest.fixture
def firm():
    return Firm(unmatched_clients="hold")


@pytest.fixture
def people(firm):
    return People(firm)


@pytest.fixture
def home(firm, people):
    usd = next(
        row["transactioncurrencyid"]
        for row in firm.dataverse.all("transactioncurrency")
        if row["isocurrencycode"] == "USD"
    )
    return people.account("Aster Works", transactioncurrencyid=("transactioncurrency", usd))


def sold(firm, amount, **fields):
    """A client of the account with an invoice, both carried over."""
    client = firm.books.create_client(organization="Aster Works", **fields)
    bill(firm, client, amount)
    firm.run()
    firm.clock.advance(60)
    return client


def bill(firm, client, amount, **fields):
    lines = [{"name": "Work", "unit_cost": amount}]
    return firm.books.create_invoice(client["id"], lines=lines, sent=True, **fields)


def message(firm, client):
    record = RecordId(firm.account, Kind.CLIENT, client["id"])
    request = SyncRequest.of(record, cause=Cause.WEBHOOK, seen=firm.clock())
    return request.model_dump_json().encode()


def shown(firm, home, column="fbx_outstanding"):
    value = firm.dataverse.get("account", home)[column]
    return None if value is None else Decimal(value)


class Meanwhile:
    """A door at which something happens just before the first write of an account arrives."""

    def __init__(self, app, happens):
        self.app, self.happens = app, happens

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        happens = self.happens
        if happens is not None and b"PATCH /api/data/v9.2/accounts(" in body:
            self.happens = None
            happens()
        return self.app(environ, start_response)


def test_two_clients_that_are_written_at_once_are_both_in_the_sum(firm, home):
    one, other = sold(firm, "100.00"), sold(firm, "20.00")
    firm.freshbooks.deliveries.set(drop=1.0)
    bill(firm, one, "1.00")
    bill(firm, other, "2.00")

    second = firm.start()
    firm.dataverse_door.app = Meanwhile(
        firm.dataverse, lambda: second.process.handle(message(firm, other))
    )
    firm.connector.process.handle(message(firm, one))

    assert shown(firm, home) == 123


def test_a_client_that_somebody_just_left_out_is_in_no_sum_any_more(firm, home):
    one, other = sold(firm, "100.00"), sold(firm, "20.00")

    firm.decide(other, fbx_state=IGNORED)
    bill(firm, one, "3.00")
    firm.run()

    assert shown(firm, home) == 103


def test_what_another_client_owes_in_another_currency_is_converted_along(firm, home):
    sold(firm, "100.00", currency_code="CAD")
    sold(firm, "20.00")

    account = firm.dataverse.get("account", home)

    assert shown(firm, home) == 20
    assert shown(firm, home, "fbx_converted") == Decimal("93.53")
    assert account["fbx_conversion"] == "CAD 100.00 at 0.7353 = 73.53 USD"
    assert firm.differences() == []


def test_what_is_due_today_in_freshbooks_is_not_overdue_in_the_hours_after_midnight_in_greenwich():
    firm = Firm(unmatched_clients="hold")
    home = People(firm).account("Aster Works")
    firm.clock.now = datetime(2026, 11, 10, 3, 0, tzinfo=UTC)  # the evening before in the east

    sold(firm, "100.00")

    assert shown(firm, home, "fbx_current") == 100
    assert shown(firm, home, "fbx_overdue30") == 0
    firm.clock.advance(timedelta(hours=6).total_seconds())
    firm.poll()
    assert shown(firm, home, "fbx_overdue30") == 100
    assert firm.differences() == []


def test_ages_that_cannot_be_read_now_are_what_they_were_and_stay_in_the_sum(firm, home):
    one = sold(firm, "100.00")
    invoice = firm.books.records("invoice", firm.account)[0]["id"]
    before = firm.row_of(one)["fbx_figures"]

    firm.freshbooks.switches.set(unreadable_rows=[invoice])
    firm.books.edit_client(one["id"], email="ap@aster.example")
    firm.run()
    sold(firm, "20.00")

    assert firm.row_of(one)["fbx_figures"] == before
    assert shown(firm, home, "fbx_current") == 120
