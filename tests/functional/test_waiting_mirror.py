"""What Sales sees of records that wait for a person: made, kept, taken off, and what it costs."""

import contextlib
from datetime import timedelta

import pytest

from sandbox.dataverse import errors
from shared.core.options import ClientState, EntryKind
from shared.core.privileges import ROLE_ID
from shared.sync import waiting_mirror
from shared.sync.waiting_mirror import AGAIN_AFTER
from tests.functional.doors import Killed
from tests.functional.world import DATAVERSE, Firm

TABLE = "fbx_waiting"
DEFINITION = f"{DATAVERSE}/api/data/v9.2/EntityDefinitions(LogicalName='{TABLE}')"


class Asking(Firm):
    """A firm with a client that nobody but a person can place."""

    def __init__(self, **settings):
        super().__init__(unmatched_clients="hold", **settings)
        self.client = self.books.create_client(organization="Aster Works")
        self.run()

    def invoice(self, number, *, price="100.00", client=None, **fields):
        line = {"name": "Work", "qty": "1", "unit_cost": price}
        invoice = self.books.create_invoice(
            (client or self.client)["id"], [line], sent=True, invoice_number=number, **fields
        )
        self.run()
        return invoice

    def expenses(self, count):
        for number in range(1, count + 1):
            self.books.create_expense(f"{number}.00", clientid=self.client["id"])
        self.run()

    def look(self, *, after=timedelta(minutes=1)):
        """Let the minute's look after what waits run, in a process that knows nothing."""
        self.clock.advance(after.total_seconds())
        return self.start().upkeep.mirror.run()

    def shown(self):
        """What Sales sees; every row is one of a client that needs a person."""
        rows = self.dataverse.all(TABLE)
        for row in rows:
            client = self.dataverse.get("fbx_client", row["_fbx_clientid_value"])
            assert client["fbx_state"] == int(ClientState.NEEDS_A_PERSON)
        return {
            row["fbx_name"]: (
                EntryKind(row["fbx_kind"]).name.lower(),
                row["fbx_amount"],
                row["fbx_currency"],
            )
            for row in rows
        }

    def choose(self):
        """Let somebody choose the client's account in Dynamics."""
        account = self.dataverse.add("account", name="Somebody Else")
        self.decide(self.client, fbx_accountid=("account", account))
        self.notice()

    def requests(self):
        """How many requests came to Dataverse's door since the last time."""
        count = sum(
            number
            for name, number in self.dataverse_door.traffic.items()
            if name.startswith(("GET /", "POST /", "PATCH /", "DELETE /"))
        )
        self.dataverse_door.traffic.clear()
        return count


@pytest.fixture
def firm():
    return Asking()


@pytest.mark.parametrize("target", ["record", "activity"])
def test_records_of_a_client_that_needs_a_person_are_shown_until_its_account_is_chosen(target):
    firm = Asking(target=target, sales=target == "record")
    invoice = firm.invoice("A-1")
    payment = firm.books.pay_invoice(invoice["id"], "12.34")
    expense = firm.books.create_expense("9.90", clientid=firm.client["id"])
    firm.run()

    assert firm.connector.upkeep.run() == []
    assert firm.shown() == {
        "Invoice A-1": ("invoice", "100.00", "USD"),
        f"Payment {payment['id']}": ("payment", "12.34", "USD"),
        f"Expense {expense['id']}": ("expense", "9.90", "USD"),
    }
    firm.choose()
    assert firm.connector.upkeep.run() == []

    assert firm.shown() == {}
    assert firm.differences() == []


def test_a_row_says_why_and_since_when(firm):
    since = firm.clock().replace(microsecond=0)
    firm.invoice("A-1")

    firm.look()

    (row,) = firm.dataverse.all(TABLE)
    assert "no active account has its name" in row["fbx_reason"]
    assert row["fbx_since"].startswith(since.strftime("%Y-%m-%dT%H:%M"))


def test_an_amount_is_shown_in_a_currency_that_dataverse_does_not_have(firm):
    firm.invoice("A-1", price="1234567.89", currency_code="CAD")

    firm.look()

    assert firm.shown() == {"Invoice A-1": ("invoice", "1234567.89", "CAD")}


def test_a_record_that_is_edited_while_it_waits_is_shown_as_it_is_now(firm):
    invoice = firm.invoice("A-1")
    firm.look()

    firm.clock.advance(60)
    line = {"name": "Work", "qty": "1", "unit_cost": "250.00"}
    firm.books.edit_invoice(invoice["id"], lines=[line])
    firm.run()
    firm.look()

    assert firm.shown() == {"Invoice A-1": ("invoice", "250.00", "USD")}


def test_records_of_a_client_that_is_ignored_are_taken_off_and_come_back_with_it(firm):
    firm.invoice("A-1")
    firm.look()

    firm.connector.review.ignore(firm.account, firm.client["id"])
    firm.drain()
    firm.look()
    assert firm.shown() == {}
    firm.connector.review.unignore(firm.account, firm.client["id"])
    firm.drain()
    firm.look(after=AGAIN_AFTER)

    assert set(firm.shown()) == {"Invoice A-1"}


def test_where_nothing_changed_dataverse_is_not_asked(firm):
    firm.invoice("A-1")
    firm.look()
    assert firm.requests() > 0

    for _ in range(20):
        firm.look()

    assert firm.requests() == 0


def test_where_nobody_is_asked_dataverse_is_not_asked():
    firm = Firm()
    firm.books.create_client(organization="Aster Works")
    firm.run()
    firm.dataverse_door.traffic.clear()

    firm.connector.upkeep.mirror.run()

    assert not firm.dataverse_door.traffic


def test_many_records_take_a_look_and_a_few_writes(firm, monkeypatch):
    monkeypatch.setattr(waiting_mirror, "AT_ONCE", 3)
    firm.expenses(8)
    firm.dataverse_door.traffic.clear()

    firm.look()

    batches = firm.dataverse_door.traffic["POST /api/data/v9.2/$batch"]
    assert len(firm.shown()) == 8
    assert batches == 4  # one that reads, three that write


def test_a_row_that_somebody_made_by_hand_is_left_alone(firm):
    firm.invoice("A-1")
    firm.look()
    theirs = firm.dataverse.add(
        TABLE,
        fbx_name="Note to myself",
        fbx_business=firm.account,
        fbx_sourcekey=f"{firm.account}-invoice-1",
    )

    firm.choose()
    firm.look()

    (row,) = firm.dataverse.all(TABLE)
    assert row["fbx_waitingid"] == theirs


@pytest.mark.parametrize("requests", range(5))
@pytest.mark.parametrize("applied", [False, True])
def test_a_process_killed_at_any_request_is_made_good_by_the_next(
    firm, requests, applied, monkeypatch
):
    monkeypatch.setattr(waiting_mirror, "AT_ONCE", 3)
    firm.expenses(7)
    left = requests

    def door(environ, start_response):
        nonlocal left
        left -= 1
        if left < 0 and not applied:
            raise Killed
        answer = list(firm.dataverse(environ, start_response))
        if left < 0:
            raise Killed
        return answer

    firm.dataverse_door.app = door
    with contextlib.suppress(Killed):
        firm.look()
    firm.dataverse_door.app = firm.dataverse
    firm.look()
    assert len(firm.shown()) == 7
    firm.choose()
    firm.dataverse_door.app, left = door, requests
    with contextlib.suppress(Killed):
        firm.look()
    firm.dataverse_door.app = firm.dataverse
    firm.look()

    assert firm.shown() == {}


def test_an_environment_of_an_earlier_schema_is_passed_over_until_the_table_is_made(firm):
    firm.invoice("A-1")
    environment = firm.dataverse.environment
    before = environment.schema.tables.pop(TABLE)
    firm.dataverse_door.traffic.clear()

    problems = [firm.look() for _ in range(9)]
    assert problems == [{}] * 9
    assert firm.requests() == 2  # what it wanted, and whether the table is there
    environment.schema.tables[TABLE] = before
    firm.look(after=AGAIN_AFTER)

    assert set(firm.shown()) == {"Invoice A-1"}


def test_a_missing_privilege_is_told_and_stops_nothing_else(firm):
    firm.invoice("A-1")
    firm.dataverse.set({"privileges": {f"prvCreate{TABLE}": None}})

    problems = firm.connector.upkeep.run()
    firm.clock.advance(60)
    again = firm.connector.upkeep.run()

    assert len(problems) == len(again) == 1
    assert all(f"prvCreate{TABLE}" in each for each in (*problems, *again))
    firm.dataverse.set({"privileges": {}})
    firm.choose()
    assert firm.differences() == []
    assert firm.look(after=AGAIN_AFTER) == {}


def test_the_role_of_the_schema_suffices(firm):
    environment = firm.dataverse.environment
    granted = environment.role_privileges[str(ROLE_ID)]
    rights = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
    names = {f"prv{right}{noun}" for right in rights for noun in (TABLE, "fbx_client")}
    firm.dataverse.set({"privileges": {name: granted.get(name) for name in names}})
    firm.invoice("A-1")

    assert firm.look() == {}
    assert set(firm.shown()) == {"Invoice A-1"}
    firm.choose()
    assert firm.look() == {}

    assert firm.shown() == {}


def test_a_row_that_a_plug_in_refuses_keeps_no_other_away(firm):
    def look(table, row):
        if table == TABLE and row["fbx_amount"] == "666.00":
            raise errors.plug_in("Not this one.")

    for number, price in enumerate(["1.00", "666.00", "2.00", "3.00"]):
        firm.invoice(f"A-{number}", price=price)
    firm.dataverse.plug_in(look)

    problems = firm.look()

    assert set(firm.shown()) == {"Invoice A-0", "Invoice A-2", "Invoice A-3"}
    assert "Not this one." in str(problems[firm.account])


def test_while_dataverse_is_down_it_is_not_asked_and_shows_everything_afterwards(firm):
    firm.invoice("A-1")
    firm.dataverse_door.fail(kind="status", path="", status=503, times=None)
    for name in ("Borealis", "Cedar", "Dune"):
        firm.books.create_client(organization=name)
    firm.freshbooks.deliveries.run_pending()
    while firm.step():
        pass
    assert firm.connector.circuits.list_open()
    firm.dataverse_door.traffic.clear()

    assert firm.look() == {}
    assert firm.requests() == 0
    firm.dataverse_door.heal()
    firm.pass_time(30)
    firm.look()

    assert set(firm.shown()) == {"Invoice A-1"}


def test_what_comes_of_a_client_that_lost_its_account_is_shown(firm):
    firm.choose()
    firm.invoice("A-1")
    firm.look()
    assert firm.shown() == {}

    firm.decide(firm.client, fbx_accountid=None)
    firm.notice()
    firm.invoice("A-2")
    firm.look()

    assert set(firm.shown()) == {"Invoice A-2"}
