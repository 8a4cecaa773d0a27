"""What the owner of an account is told in the app, once for each invoice and event."""

import json
from threading import Barrier, Thread

import pytest

from sandbox.dataverse import errors
from sandbox.web import drop_connection
from shared.core.identity import Kind, RecordId
from shared.core.outcomes import OutcomeName
from shared.core.policies import NoticePolicy, Target
from shared.core.privileges import NOTICES
from shared.sync.doctor import Level
from shared.sync.doctor.notices import check_notices
from tests.functional.doors import FirstWrite, Killed, die, nothing
from tests.functional.people import People
from tests.functional.planned import Planner, done, rows_of, said
from tests.functional.test_convergence import Chaos
from tests.functional.world import Firm
from tests.soak import SOAK

SEEDS = range(1, 100) if SOAK else range(1, 2)
NUMBER = "0042"
WHEN = pytest.mark.parametrize("when", ["before", "after"])
BOTH_TARGETS = pytest.mark.parametrize("target", ["record", "activity"])


class Office:
    """A firm whose account Aster Works belongs to Ann, with an invoice that was sent to it."""

    def __init__(self, *, target="record", notices="both", owner=None, **settings):
        self.firm = Firm(target=target, sales=target == "record", notices=notices, **settings)
        self.ann = str(self.firm.dataverse.user("Ann Ray", role="administrator"))
        self.account = People(self.firm).account(
            "Aster Works", ownerid=owner or ("systemuser", self.ann)
        )
        self.client = self.firm.books.create_client(organization="Aster Works")
        self.invoice = self.bill(invoice_number=NUMBER)
        self.settle()

    @property
    def books(self):
        return self.firm.books

    def bill(self, **fields):
        line = {"name": "Work", "qty": "1", "unit_cost": "1200.00"}
        given = {"lines": [line], "sent": True, "due_offset_days": 10} | fields
        return self.books.create_invoice(self.client["id"], **given)

    def settle(self):
        self.firm.run()
        self.firm.clock.advance(60)
        self.firm.run()

    def pay(self):
        self.books.pay_invoice(self.invoice["id"], "1200.00")

    def let_it_become_overdue(self):
        for _ in range(12):
            self.firm.clock.advance(86_400)
            self.firm.poll()

    def told(self):
        rows = self.firm.dataverse.all("appnotification")
        return sorted(row["title"] for row in rows)

    def status(self):
        table = "invoice" if self.firm.has("invoice") else "fbx_financialactivity"
        key = RecordId(self.firm.account, Kind.INVOICE, self.invoice["id"]).key
        found = [row for row in self.firm.dataverse.all(table) if row["fbx_sourcekey"] == key]
        assert len(found) == 1
        return found[0]

    def history(self):
        record = RecordId(self.firm.account, Kind.INVOICE, self.invoice["id"])
        return [each.reason for each in self.firm.journal.list_history(record)]

    def message(self):
        """Let no webhook arrive any more, and return what one of the invoice would have sent."""
        self.firm.freshbooks.deliveries.set(drop=1.0)
        self.firm.run()
        return json.dumps(
            {
                "account": self.firm.account,
                "kind": "invoice",
                "record": self.invoice["id"],
                "cause": "webhook",
                "seen": self.firm.clock().isoformat(),
            }
        ).encode()

    def paid_in_silence(self):
        """Pay, and return the message that says so."""
        message = self.message()
        self.firm.clock.advance(60)
        self.pay()
        return message


@BOTH_TARGETS
def test_the_owner_of_the_account_is_told_what_became_of_an_invoice(target):
    office = Office(target=target)

    office.let_it_become_overdue()
    office.pay()
    office.settle()

    late, paid = sorted(office.firm.dataverse.all("appnotification"), key=lambda r: r["title"])
    assert [row["title"] for row in (late, paid)] == ["Invoice overdue", "Invoice paid"]
    since = office.status()["fbx_paidon"]
    assert since is not None
    assert late["body"].startswith(f"Invoice {NUMBER} of Aster Works is overdue since ")
    assert late["body"].endswith(": 1,200.00 USD open.")
    assert paid["body"] == f"Invoice {NUMBER} of Aster Works is paid: 1,200.00 USD."
    assert {row["_ownerid_value"] for row in (late, paid)} == {office.ann}
    (action,) = json.loads(late["data"])["actions"]
    assert action["data"]["url"] == f"?pagetype=entityrecord&etn=account&id={office.account}"
    assert (late["icontype"], paid["icontype"]) == (100000003, 100000001)
    assert office.firm.differences() == []


@pytest.mark.parametrize(
    ("notices", "told"),
    [("off", []), ("overdue", ["Invoice overdue"]), ("both", ["Invoice overdue", "Invoice paid"])],
)
def test_only_what_was_chosen_is_told(notices, told):
    office = Office(notices=notices)

    office.let_it_become_overdue()
    office.pay()
    office.settle()

    assert office.told() == told
    assert office.firm.differences() == []


@BOTH_TARGETS
def test_of_history_nothing_is_told(target):
    office = Office(target=target)
    late = office.bill(create_date="2026-01-02")
    paid = office.bill()
    office.books.pay_invoice(paid["id"], "1200.00")

    office.settle()

    status = {each["id"]: each["v3_status"] for each in office.books.records("invoice")}
    assert status[late["id"]] == "overdue"
    assert office.told() == []


def test_an_invoice_that_is_restored_after_it_was_paid_is_told_of_no_more():
    office = Office(notices="off")
    office.pay()
    office.books.delete_invoice(office.invoice["id"])
    office.settle()
    office.firm.settings = office.firm.settings.model_copy(update={"notices": NoticePolicy.BOTH})
    office.firm.connector = office.firm.start()

    office.books.restore_invoice(office.invoice["id"])
    office.settle()
    office.firm.poll()

    assert office.told() == []


def test_an_adopted_invoice_is_told_of_from_its_next_turn_on():
    office = Office()
    dollars = office.firm.dataverse.get("account", office.account)["_transactioncurrencyid_value"]
    office.firm.dataverse.add(
        "invoice",
        name="0077",
        customerid_account=office.account,
        transactioncurrencyid=dollars,
    )
    theirs = office.bill(invoice_number="0077")
    office.books.pay_invoice(theirs["id"], "1200.00")
    office.settle()

    first = office.told()
    office.pay()
    office.settle()

    assert first == []
    assert office.told() == ["Invoice paid"]


@BOTH_TARGETS
def test_what_was_told_is_not_told_again_whatever_comes_again(target):
    office = Office(target=target)
    office.let_it_become_overdue()

    for day in (30, 10):
        office.books.edit_invoice(office.invoice["id"], due_offset_days=day)
        office.settle()
        office.firm.poll()
    message = office.message()
    for _ in range(3):
        office.firm.connector.process.handle(message)
    office.settle()

    assert office.told() == ["Invoice overdue"]
    assert office.status()["fbx_overduesince"] is not None
    assert office.firm.differences() == []


@WHEN
@BOTH_TARGETS
def test_a_process_that_dies_around_the_write_tells_once(target, when):
    office = Office(target=target)
    message = office.paid_in_silence()
    door = FirstWrite(office.firm, **{"before": nothing, "after": nothing, when: die})
    with pytest.raises(Killed):
        office.firm.connector.process.handle(message)
    door.open()

    office.firm.connector = office.firm.start()
    office.firm.connector.process.handle(message)
    office.settle()
    office.firm.poll()

    assert office.told() == ["Invoice paid"]
    assert office.firm.differences() == []


@BOTH_TARGETS
def test_an_answer_that_is_lost_tells_once(target):
    office = Office(target=target)
    message = office.paid_in_silence()
    door = FirstWrite(office.firm, after=drop_connection)

    office.firm.connector.process.handle(message)
    door.open()
    office.settle()
    office.firm.poll()

    assert office.told() == ["Invoice paid"]
    assert office.firm.differences() == []


@BOTH_TARGETS
def test_of_two_workers_at_once_one_tells(target):
    office = Office(target=target)
    message = office.paid_in_silence()
    other = office.firm.start()

    def overtake():
        other.process.handle(message)

    door = FirstWrite(office.firm, before=lambda: (door.open(), overtake()))
    office.firm.connector.process.handle(message)
    office.settle()
    office.firm.poll()

    assert office.told() == ["Invoice paid"]
    assert office.firm.differences() == []


def test_workers_in_threads_tell_once():
    office = Office()
    message, line = office.paid_in_silence(), Barrier(3)

    def work(connector):
        line.wait()
        connector.process.handle(message)

    threads = [Thread(target=work, args=(office.firm.start(),)) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    office.settle()
    office.firm.poll()

    assert office.told() == ["Invoice paid"]


def team(office):
    office.firm.dataverse.update(
        "account", office.account, ownerid=("team", office.firm.dataverse.team("Sellers"))
    )


def disabled(office):
    office.firm.dataverse.update("systemuser", office.ann, isdisabled=True)


def application(office):
    user = office.firm.dataverse.environment.user
    office.firm.dataverse.update("account", office.account, ownerid=("systemuser", user))


@pytest.mark.parametrize("owned_by", [team, disabled, application])
def test_who_is_no_enabled_person_is_told_nothing(owned_by):
    office = Office()
    owned_by(office)

    office.pay()
    office.settle()

    assert office.told() == []
    assert office.status()["fbx_paidon"] is not None
    assert office.firm.differences() == []


def test_who_may_not_read_users_tells_them_all_the_same():
    office = Office()
    office.firm.dataverse.set({"privileges": {"prvReadUser": None}})

    office.pay()
    office.settle()

    assert office.told() == ["Invoice paid"]


def lacks_create(office):
    office.firm.dataverse.set({"privileges": {"prvCreateappnotification": None}})


def no_table(office):
    schema = office.firm.dataverse.environment.schema
    del schema.sets[schema.tables.pop("appnotification").set_name]


def refuses(office):
    def look(table, _row):
        if table == "appnotification":
            raise errors.plug_in("No notices here.")

    office.firm.dataverse.plug_in(look)


def recipient_may_not(office):
    office.firm.dataverse.grant(office.ann, "none")


@BOTH_TARGETS
@pytest.mark.parametrize("trouble", [lacks_create, no_table, refuses, recipient_may_not])
def test_a_notice_that_is_refused_keeps_no_record_from_being_written(trouble, target):
    office = Office(target=target, row_owner="connector")
    trouble(office)

    office.pay()
    office.settle()

    assert office.status()["fbx_paidon"] is not None
    assert any("nobody is told in the app" in each for each in office.history())
    assert OutcomeName.DEAD_LETTERED not in office.firm.outcomes().values()


def test_a_notice_that_fails_alone_with_an_error_of_the_server_is_left_out():
    office = Office()

    def look(table, _row):
        if table == "appnotification":
            raise errors.DataverseError(500, "0x80040216", "An unexpected error occurred.")

    office.firm.dataverse.plug_in(look)
    office.pay()
    office.settle()

    assert office.status()["fbx_paidon"] is not None
    assert office.told() == []


def test_an_invoice_that_leaves_an_opportunity_nobody_may_change_tells_all_the_same():
    office = Office()
    other = People(office.firm).account("Birch Works", ownerid=("systemuser", office.ann))
    dollars = office.firm.dataverse.get("account", office.account)["_transactioncurrencyid_value"]
    roof = People(office.firm).opportunity(
        office.account, "Roof", transactioncurrencyid=("transactioncurrency", dollars)
    )
    People(office.firm).move(office.status()["invoiceid"], roof)
    office.books.edit_client(office.client["id"], fax="1")
    office.settle()

    def look(table, row):
        if table == "opportunity" and row["fbx_invoiced"] is not None:
            raise errors.plug_in("This opportunity is closed.")

    office.firm.dataverse.plug_in(look)
    office.firm.decide(office.client, fbx_accountid=("account", other))
    office.firm.freshbooks.deliveries.set(drop=1.0)
    office.pay()
    office.firm.notice()
    office.settle()

    assert office.told() == ["Invoice paid"]
    assert any("are not written" in each for each in office.history())


def test_a_record_that_is_refused_is_refused_with_its_notice():
    office = Office()

    def look(table, row):
        if table == "invoice" and row["fbx_paidon"]:
            raise errors.plug_in("Nothing is paid here.")

    office.firm.dataverse.plug_in(look)
    office.pay()
    office.settle()

    assert office.told() == []
    assert office.status()["fbx_paidon"] is None
    assert office.firm.outcomes()[("invoice", office.invoice["id"])] is not OutcomeName.UPDATED


def test_nothing_is_asked_of_an_invoice_of_which_nothing_is_to_be_told():
    silent, telling = Office(notices="off"), Office(notices="both")

    def traffic(office):
        office.firm.dataverse_door.traffic.clear()
        office.books.edit_invoice(office.invoice["id"], po_number="9")
        office.settle()
        return dict(office.firm.dataverse_door.traffic)

    assert traffic(telling) == traffic(silent)


def test_no_name_and_no_amount_of_a_notice_is_logged(caplog):
    office = Office()
    refuses(office)
    caplog.set_level("DEBUG")

    office.pay()
    office.settle()

    assert "Aster Works" not in caplog.text
    assert "1,200.00" not in caplog.text


def test_a_plan_says_that_the_owner_would_be_told_and_tells_nobody(capsys):
    office = Office()
    office.firm.freshbooks.deliveries.set(drop=1.0)
    office.pay()
    office.firm.clock.advance(60)
    told = Planner(office.firm, capsys)
    before = rows_of(office.firm)

    plan = told.plan("--invoice", NUMBER)
    spoken = told.out if told.ask("--invoice", NUMBER) and told.out else ""
    nobody = office.told()
    office.firm.poll()

    notices = [row for row in said(plan).made if row[0] == "appnotification"]
    assert nobody == []
    assert notices == [row for row in done(before, rows_of(office.firm)).made if row in notices]
    assert len(notices) == 1
    assert "Notice" in spoken


class Telling(Chaos):
    """A firm on bad days whose accounts are Ann's as soon as she sees them."""

    def __init__(self, seed):
        super().__init__(seed, notices="both")
        self.ann = self.firm.dataverse.user("Ann Ray", role="administrator")

    def disturb(self):
        super().disturb()
        for row in self.firm.dataverse.all("account"):
            if row["_ownerid_value"] != self.ann:
                owner = ("systemuser", self.ann)
                self.firm.dataverse.update("account", row["accountid"], ownerid=owner)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_on_the_way_everything_is_told_once(seed):
    chaos = Telling(seed)

    chaos.run()

    firm = chaos.firm
    told = firm.dataverse.all("appnotification")
    assert told or SOAK  # on some days nothing becomes overdue or paid
    assert firm.differences() == []
    for request in list(firm.queue.sent):
        firm.queue.send(request)
    firm.drain()
    assert firm.dataverse.all("appnotification") == told


def levels(office, policy=NoticePolicy.BOTH):
    environment = office.firm.connector.environment
    return [(each.level, each.text) for each in check_notices(policy, environment, NOTICES)]


def test_the_doctor_says_what_is_missing_for_notices():
    office = Office()
    ((fine, all_well),) = levels(office)
    ((off, nobody),) = levels(office, NoticePolicy.OFF)
    lacks_create(office)
    ((lacking, named),) = levels(office)
    no_table(office)
    ((absent, why),) = levels(office)

    assert (fine, off) == (Level.OK, Level.OK)
    assert (lacking, absent) == (Level.WARNING, Level.WARNING)
    assert "In-app notifications" in all_well
    assert "NOTICES is off" in nobody
    assert "prvCreateappnotification (organization)" in named
    assert "There is no table appnotification" in why


@pytest.mark.parametrize("target", list(Target))
def test_the_role_gets_what_notices_take_only_where_they_are_chosen(target):
    silent = Office(target=target.value, notices="off")
    telling = Office(target=target.value, notices="overdue")

    def granted(office):
        (role,) = office.firm.dataverse.environment.role_privileges.values()
        return {name for name in role if "appnotification" in name}

    assert granted(silent) == set()
    assert granted(telling) == {
        "prvCreateappnotification",
        "prvReadappnotification",
        "prvAssignappnotification",
    }
