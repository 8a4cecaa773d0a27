"""`plan`: what it says is what a run then does, and saying it does nothing."""

import contextlib
import io
import random
import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from sandbox.bookkeeper import Bookkeeper
from sandbox.dataverse import errors
from sandbox.freshbooks.errors import RefusedError as BooksError
from sandbox.remotes import RefusedError
from sandbox.seasoned import SeasonedBookkeeper
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from tests.functional.people import People
from tests.functional.planned import Planner, done, rows_of, said, timeless
from tests.functional.salespeople import Salespeople
from tests.functional.world import Firm
from tests.soak import SOAK

SEEDS = range(100) if SOAK else range(2)
DAY = "2026-11-02"
LINES = [{"name": "Work", "qty": "2", "unit_cost": "60.25"}]
SETTINGS = (
    {},
    {"unmatched_clients": "hold"},
    {"deleted_records": "delete"},
    {"deleted_records": "keep"},
    {"draft_invoices": "show", "row_owner": "connector", "notices": "both"},
)


@pytest.fixture
def planner(capsys):
    def build(**settings):
        return Planner(Firm(**settings), capsys)

    return build


class Spy:
    """Stands before a service and keeps what may change something there."""

    def __init__(self, app):
        self.app, self.changing = app, []

    def __call__(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path.endswith("$batch"):
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            lines = [line for line in body.decode().splitlines() if line.endswith(" HTTP/1.1")]
            self.changing += [line for line in lines if not line.startswith("GET ")]
            environ["wsgi.input"] = io.BytesIO(body)
        elif method != "GET":
            self.changing.append(f"{method} {path}")
        return self.app(environ, start_response)


def spied(firm):
    spies = [Spy(firm.freshbooks_door.app), Spy(firm.dataverse_door.app)]
    firm.freshbooks_door.app, firm.dataverse_door.app = spies
    return spies


def a_busy_firm(planner, **settings):
    """A firm in which a plan has something of every kind to say."""
    told = planner(**settings)
    firm, books = told.firm, told.firm.books
    client = books.create_client(organization="Aster Works", email="office@aster.example")
    paid = books.create_invoice(client["id"], lines=LINES, sent=True)
    gone = books.create_invoice(client["id"], lines=LINES, sent=True)
    firm.run()
    firm.clock.advance(60)
    books.pay_invoice(paid["id"], "20.50")
    books.delete_invoice(gone["id"])
    books.create_invoice(client["id"], lines=LINES, sent=False)
    books.create_expense("12.50", clientid=client["id"])
    books.create_client(organization="Birchwood Dental")
    books.create_client(organization="Aster Work")
    return told, client, paid


def a_calm_firm(planner):
    """A firm with one client, of whom everything is in Dynamics."""
    told = planner()
    books = told.firm.books
    client = books.create_client(organization="Aster Works", email="office@aster.example")
    paid = books.create_invoice(client["id"], lines=LINES, sent=True)
    books.pay_invoice(paid["id"], "20.50")
    told.firm.run()
    told.firm.clock.advance(60)
    return told, client


def test_planning_writes_nothing_and_sends_nothing_anywhere(planner):
    told, client, paid = a_busy_firm(planner)
    spies, before = spied(told.firm), told.everything()

    codes = [
        told.ask(),
        told.ask("--since", DAY),
        told.ask("--client", str(client["id"])),
        told.ask("--invoice", paid["invoice_number"], "--json"),
    ]

    assert codes == [1, 1, 1, 1]
    assert told.everything() == before
    assert [spy.changing for spy in spies] == [[], []]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_plan_says_is_exactly_what_a_run_then_writes(planner, seed):
    told = planner(seed=seed, **SETTINGS[seed % len(SETTINGS)])
    firm, drawing = told.firm, random.Random(seed)
    keeper = (Bookkeeper, SeasonedBookkeeper)[seed % 2]
    someone = keeper(firm.remote_books(), drawing, clock=firm.clock)
    people = Salespeople(firm, drawing)
    edit(firm, someone, 30)
    people.welcome([client["organization"] for client in firm.books.records("client")])
    firm.run()
    people.work(4)
    edit(firm, someone, 12)
    refer(firm, drawing)
    firm.clock.advance(60)
    before, kept = rows_of(firm), told.everything()

    plan = told.plan("--since", DAY)
    assert told.everything() == kept
    run(firm, plan)

    assert timeless(done(before, rows_of(firm))) == timeless(said(plan))
    assert told.code == bool(said(plan))
    assert not said(told.plan("--since", DAY))
    assert told.code == 0


def test_the_sums_of_many_invoices_are_told_as_they_are_after_all_of_them(planner):
    told, client = a_calm_firm(planner)
    firm, books = told.firm, told.firm.books
    account = firm.account_of(client)
    dollars = ("transactioncurrency", account["_transactioncurrencyid_value"])
    roof = People(firm).opportunity(account["accountid"], "Roof", transactioncurrencyid=dollars)
    invoices = [books.create_invoice(client["id"], lines=LINES, sent=True) for _ in range(14)]
    firm.run()
    firm.clock.advance(60)
    firm.run()
    invoiced = firm.dataverse.get("opportunity", roof)["fbx_invoiced"]
    for invoice in invoices:
        books.delete_invoice(invoice["id"])
    before = rows_of(firm)

    plan = told.plan("--since", DAY)
    run(firm, plan)

    assert timeless(done(before, rows_of(firm))) == timeless(said(plan))
    assert Decimal(invoiced) == Decimal("120.50") * len(invoices)
    assert Decimal(firm.dataverse.get("opportunity", roof)["fbx_invoiced"]) == 0


def refer(firm, drawing):
    """Let some invoices name a deal."""
    for invoice in firm.books.records("invoice")[::4]:
        with contextlib.suppress(BooksError):
            firm.books.edit_invoice(invoice["id"], po_number=f"Deal {drawing.randint(1, 9)}")


def edit(firm, someone, times):
    for _ in range(times):
        with contextlib.suppress(RefusedError):  # FreshBooks does not allow every edit
            someone.edit()
        firm.clock.advance(7)


def run(firm, plan):
    """Let everything be handled that changed, and once more what was planned."""
    firm.run()
    for each in plan["records"]:
        record = RecordId(each["account"], Kind(each["kind"]), each["record"])
        firm.queue.send(SyncRequest.of(record, cause=Cause.OPERATOR, seen=firm.clock()))
    firm.drain()


def test_a_plan_of_a_firm_that_is_in_order_says_so_and_ends_with_nought(planner):
    told, _, _ = a_busy_firm(planner)
    told.firm.run()

    code = told.ask()

    assert code == 0
    assert told.out.splitlines()[0] == "What changed in FreshBooks since 2026-11-01"
    assert told.out.splitlines()[-1].startswith("Nothing to write: 1 held, 1 skipped; ")
    assert told.err == ""


def test_an_invoice_is_told_after_the_account_it_needs(planner):
    told = planner()
    client = told.firm.books.create_client(organization="Aster Works")
    invoice = told.firm.books.create_invoice(client["id"], lines=LINES, sent=True)

    code = told.ask("--invoice", str(invoice["id"]))

    lines = told.out.splitlines()
    first, second = f"client {client['id']}  Aster Works  to create", "invoice 0000001"
    assert code == 1
    assert lines[0] == first
    assert lines[1:3] == ["  + Account Aster Works", "      Account name          Aster Works"]
    (told_after,) = [n for n, line in enumerate(lines) if line.startswith(second)]
    assert lines[told_after] == "invoice 0000001  Aster Works  120.50 USD  to create"
    assert lines[told_after + 1] == (
        f"  first: its client {client['id']} gets the new account Aster Works"
    )
    assert "      Customer             Aster Works" in lines
    assert "      Price list           Standard USD" in lines
    assert lines[-1] == "2 to create"


def test_a_row_whose_name_may_not_be_read_is_called_by_its_id(planner):
    told = planner()
    client = told.firm.books.create_client(organization="Aster Works")
    invoice = told.firm.books.create_invoice(client["id"], lines=LINES, sent=True)
    told.firm.dataverse_door.fail(kind="status", status=403, path=r"pricelevels\(", times=None)

    code = told.ask("--invoice", str(invoice["id"]))

    assert code == 1
    assert re.search(r"\n      Price list +price list [0-9a-f-]{36}\n", told.out)


def test_a_change_is_told_column_by_column_before_and_after(planner):
    told, _, paid = a_busy_firm(planner)

    told.ask("--invoice", paid["invoice_number"])

    at = told.out.index("  ~ Invoice 0000001 Aster Works\n")
    assert told.out[at:].startswith(
        "  ~ Invoice 0000001 Aster Works\n"
        "      FreshBooks status  Sent -> Partial\n"
        "      Paid               0.00 USD -> 20.50 USD\n"
        "      Outstanding        120.50 USD -> 100.00 USD\n"
        "  ~ Financial activity Invoice 0000001: 120.50 USD, 100.00 USD open\n"
        "      Subject            Invoice 0000001: 120.50 USD, 120.50 USD open -> Invoice 0000001: "
        "120.50 USD, 100.00 USD open\n"
    )


def test_what_is_deleted_in_freshbooks_is_told_as_cancelled(planner):
    told, _, _ = a_busy_firm(planner)

    plan = told.plan()

    (gone,) = [each for each in plan["records"] if each["action"] == "cancel"]
    states = [one["words"] for row in gone["rows"] for one in row["differences"]]
    assert (gone["number"], gone["fate"]) == ("0000002", "carried")
    assert ["Active", "Canceled"] in states
    assert ["Open", "Canceled"] in states


def test_rows_that_would_be_deleted_are_told_with_the_lines_that_go_along(planner):
    told, _, _ = a_busy_firm(planner, deleted_records="delete")

    plan = told.plan()

    (gone,) = [each for each in plan["records"] if each["action"] == "cancel"]
    assert sorted((row["table"], row["action"]) for row in gone["rows"]) == [
        ("fbx_financialactivity", "delete"),
        ("invoice", "delete"),
        ("invoicedetail", "delete"),
    ]


def test_a_client_is_planned_with_everything_that_is_its_own(planner):
    told, client, _ = a_busy_firm(planner)

    plan = told.plan("--client", str(client["id"]))

    kinds = Counter(each["kind"] for each in plan["records"])
    assert plan["records"][0]["kind"] == "client"
    assert kinds == {"client": 1, "invoice": 2, "payment": 1, "expense": 1}
    assert plan["totals"]["skipped"] == 1  # the draft


def test_who_would_be_held_is_told_why_and_so_is_what_waits_with_it(planner):
    told = planner(unmatched_clients="hold")
    firm = told.firm
    for city in ("Halifax", "Truro"):
        firm.dataverse.add("account", name="Aster Works", address1_city=city)
    client = firm.books.create_client(organization="Aster Works")
    firm.books.create_invoice(client["id"], lines=LINES, sent=True)

    code = told.ask()

    reason = f"Client {client['id']}: 2 active accounts have the same name"
    assert code == 1  # a row that asks a person is written
    assert f"client {client['id']}  Aster Works  to create, held\n  because: {reason}" in told.out
    assert f"invoice 0000001  Aster Works  120.50 USD  held\n  because: {reason}" in told.out
    assert re.search(
        r"\n      Candidates +Aster Works \(\S+, Halifax, # connector\) Aster", told.out
    )
    assert told.out.endswith("1 to create, 2 held\n")


def test_who_is_held_already_is_nothing_to_do(planner):
    told = planner(unmatched_clients="hold")
    client = told.firm.books.create_client(organization="Aster Works")
    told.firm.books.create_invoice(client["id"], lines=LINES, sent=True)
    told.firm.run()

    code = told.ask("--client", str(client["id"]))

    assert code == 0
    assert told.out.endswith("Nothing to write: 2 held\n")


def test_a_client_that_would_be_linked_has_its_invoice_planned_on_its_opportunity(planner):
    told = planner(unmatched_clients="hold")
    firm, people = told.firm, People(told.firm)
    account = people.account("Aster Works")
    deal = people.opportunity(account, "Lobby")
    client = firm.books.create_client(organization="Aster Works")
    invoice = firm.books.create_invoice(client["id"], lines=LINES, sent=True)
    before = rows_of(firm)

    plan = told.plan("--invoice", str(invoice["id"]))
    firm.run()

    (second,) = [each for each in plan["records"] if each["kind"] == "invoice"]
    on = {one["column"]: one["after"] for row in second["rows"] for one in row["differences"]}
    assert second["first"] == [f"its client {client['id']} is linked to the account Aster Works"]
    assert on["opportunityid"] == {"table": "opportunity", "row": deal, "name": "Lobby"}
    assert timeless(said(plan)) == timeless(done(before, rows_of(firm)))


def test_the_sums_of_a_deal_are_planned_with_the_invoices_that_would_be_on_it(planner):
    told = planner(unmatched_clients="hold")
    firm, people = told.firm, People(told.firm)
    deal = people.opportunity(people.account("Aster Works"), "Lobby")
    client = firm.books.create_client(organization="Aster Works")
    for _ in range(2):
        firm.books.create_invoice(client["id"], lines=LINES, sent=True)

    plan = told.plan("--client", str(client["id"]))

    sums = [
        row
        for each in plan["records"]
        for row in each["rows"]
        if row["table"] == "opportunity" and row["row"] == deal
    ]
    changed = {one["title"]: one["words"][1] for row in sums for one in row["differences"]}
    assert {row["name"] for row in sums} == {"Lobby"}
    assert changed["Invoiced"] == "241.00 USD"


def test_an_invoice_that_sales_has_already_is_planned_as_adopted(planner):
    told = planner(unmatched_clients="hold")
    firm = told.firm
    row = typed(firm, People(firm).account("Aster Works"), number="0007")
    client = firm.books.create_client(organization="Aster Works")
    invoice = firm.books.create_invoice(client["id"], lines=LINES, sent=True, invoice_number="0007")
    payment = firm.books.pay_invoice(invoice["id"], "20.50")
    before = rows_of(firm)

    plan = told.plan("--payment", str(payment["id"]))
    run(firm, plan)

    by_kind = {each["kind"]: each for each in plan["records"]}
    (header,) = [each for each in by_kind["invoice"]["rows"] if each["table"] == "invoice"]
    assert (header["row"], header["action"]) == (row, "update")
    assert by_kind["invoice"]["action"] == "update"
    assert by_kind["payment"]["first"] == [
        f"its client {client['id']} is linked to the account Aster Works",
        "its invoice 0007 in Sales is adopted",
    ]
    assert timeless(said(plan)) == timeless(done(before, rows_of(firm)))


def test_an_invoice_that_sales_has_with_another_total_is_planned_as_held(planner):
    told = planner(unmatched_clients="hold")
    firm = told.firm
    typed(firm, People(firm).account("Aster Works"), number="0007", price="99.00")
    client = firm.books.create_client(organization="Aster Works")
    firm.books.create_invoice(client["id"], lines=LINES, sent=True, invoice_number="0007")

    told.ask()

    assert "invoice 0007  Aster Works  120.50 USD  held\n" in told.out
    assert "with a total of 99.00, FreshBooks' is 120.50" in told.out


def typed(firm, account, *, number, price="120.50"):
    """Type an invoice of one line into Dynamics."""
    dataverse = firm.dataverse
    (usd,) = [
        row["transactioncurrencyid"]
        for row in dataverse.all("transactioncurrency")
        if row["isocurrencycode"] == "USD"
    ]
    (prices,) = [
        row["pricelevelid"]
        for row in dataverse.all("pricelevel")
        if row["_transactioncurrencyid_value"] == usd
    ]
    row = dataverse.add(
        "invoice",
        name="Workshop in May",
        invoicenumber=number,
        customerid=("account", account),
        transactioncurrencyid=("transactioncurrency", usd),
        pricelevelid=("pricelevel", prices),
    )
    dataverse.add(
        "invoicedetail",
        invoiceid=("invoice", row),
        productdescription="Workshop",
        isproductoverridden=True,
        quantity=1,
        priceperunit=Decimal(price),
    )
    return str(row)


def test_an_account_that_would_be_made_counts_for_whoever_comes_after(planner):
    told = planner()
    firm = told.firm
    first = firm.books.create_client(organization="Aster Works")
    second = firm.books.create_client(organization="Aster Works")
    third = firm.books.create_client(organization="Aster Workes")
    before = rows_of(firm)

    plan = told.plan()
    firm.run()

    fates = {each["record"]: each["fate"] for each in plan["records"]}
    assert fates == {first["id"]: "carried", second["id"]: "carried", third["id"]: "held"}
    foreseen, came = timeless(said(plan)), timeless(done(before, rows_of(firm)))
    assert len([row for row in foreseen.made if row[0] == "account"]) == 1
    for changes in (foreseen, came):  # who will own the account is not known beforehand
        changes.made["fbx_client", str(client_row(firm, third))].pop("fbx_candidates")
    assert foreseen == came


def client_row(firm, client):
    return RecordId(firm.account, Kind.CLIENT, client["id"]).client_row


def test_a_client_that_a_person_moved_takes_its_records_along_in_the_plan(planner):
    told, client, _ = a_busy_firm(planner)
    firm = told.firm
    firm.run()
    other = People(firm).account("Dunelm Radio")
    firm.clock.advance(60)
    firm.decide(client, fbx_accountid=("account", other))
    before = rows_of(firm)

    plan = told.plan("--client", str(client["id"]))
    firm.clock.advance(60)
    firm.notice()

    moved = [each["record"] for each in plan["records"] if each["action"] == "update"]
    assert len(moved) == 4  # with its invoice, its payment and its expense
    assert timeless(said(plan)) == timeless(done(before, rows_of(firm)))


def test_an_invoice_that_takes_several_writes_is_planned_as_one(planner):
    told = planner()
    firm = told.firm
    client = firm.books.create_client(organization="Aster Works")
    many = [{"name": f"Work {n}", "qty": "1", "unit_cost": "1.00"} for n in range(450)]
    invoice = firm.books.create_invoice(client["id"], lines=many, sent=True)
    before = rows_of(firm)

    plan = told.plan("--invoice", str(invoice["id"]))
    firm.run()

    assert [each["kind"] for each in plan["records"]] == ["client", "invoice"]
    assert timeless(said(plan)) == timeless(done(before, rows_of(firm)))


def test_what_dynamics_cannot_hold_is_told_as_refused(planner):
    told = planner()
    client = told.firm.books.create_client(organization="Aster Works")
    huge = [{"name": "Work", "qty": "1", "unit_cost": "999999999999999.00"}]
    told.firm.books.create_invoice(client["id"], lines=huge, sent=True)

    told.ask()

    assert "999999999999999.00 USD  refused\n  because: " in told.out
    assert told.out.splitlines()[-1].startswith("1 to create, 1 refused")


def test_a_refusal_that_only_dynamics_knows_of_is_told_as_a_warning(planner):
    told = planner()
    firm = told.firm
    firm.refuse_discounts()
    client = firm.books.create_client(organization="Aster Works")
    invoice = firm.books.create_invoice(client["id"], lines=LINES, sent=True, discount_value="10")
    firm.run()

    told.ask("--invoice", str(invoice["id"]))

    assert "  but: it was refused when it was tried last: Dataverse: " in told.out
    assert "A discount has to be approved." in told.out


def test_a_payment_that_waited_for_its_invoice_follows_it_in_the_plan(planner):
    told = planner()
    firm = told.firm
    client = firm.books.create_client(organization="Aster Works")
    draft = firm.books.create_invoice(client["id"], lines=LINES, sent=True)
    firm.books.pay_invoice(draft["id"], "20.50")
    firm.books.mark_invoice(draft["id"], "draft")
    firm.run()
    firm.clock.advance(60)
    firm.books.mark_invoice(draft["id"], None)
    before = rows_of(firm)

    plan = told.plan("--invoice", str(draft["id"]))
    firm.run()

    kinds = [(each["kind"], each["action"]) for each in plan["records"] if each["action"]]
    assert ("payment", "update") in kinds
    assert timeless(said(plan)) == timeless(done(before, rows_of(firm)))


def test_an_account_that_was_made_before_under_another_name_is_found_in_the_plan(planner):
    told, client = a_calm_firm(planner)
    firm = told.firm
    account = firm.account_of(client)["accountid"]
    firm.dataverse.update("account", account, name="Renamed by a person")
    for table, column in (("invoice", "invoiceid"), ("fbx_financialactivity", "activityid")):
        for row in firm.dataverse.all(table):
            firm.dataverse.delete(table, row[column])
    firm.dataverse.delete("fbx_client", firm.row_of(client)["fbx_clientid"])
    before = rows_of(firm)

    plan = told.plan("--client", str(client["id"]))
    run(firm, plan)

    assert plan["records"][0]["reason"] == "it was made for it before"
    assert [row["action"] for row in plan["records"][0]["rows"]] == ["update", "create"]
    assert timeless(said(plan)) == timeless(done(before, rows_of(firm)))


def test_accounts_that_people_merged_are_followed_in_the_plan(planner):
    told, client = a_calm_firm(planner)
    firm, people = told.firm, People(told.firm)
    old, kept = firm.account_of(client)["accountid"], people.account("Dunelm Radio")
    people.merge(kept, old)
    before = rows_of(firm)

    plan = told.plan("--client", str(client["id"]))
    firm.notice()
    run(firm, plan)

    assert said(plan).changed["account", kept]["fbx_outstanding"] > 0
    assert timeless(said(plan)) == timeless(done(before, rows_of(firm)))


def test_a_record_that_freshbooks_answers_in_an_unknown_form_is_told_as_refused(planner):
    told, _, paid = a_busy_firm(planner)
    told.firm.books.records("invoice")
    told.firm.freshbooks_door.app = Meddling(told.firm.freshbooks_door.app, paid["id"])

    code = told.ask("--invoice", str(paid["id"]))

    assert code == 0  # nothing would be written
    assert "refused\n  because: FreshBooks' invoice" in told.out


class Meddling:
    """Lets FreshBooks answer an invoice without its amount."""

    def __init__(self, app, invoice):
        self.app, self.path = app, f"/invoices/invoices/{invoice}"

    def __call__(self, environ, start_response):
        if not environ["PATH_INFO"].endswith(self.path):
            return self.app(environ, start_response)
        body = b"".join(self.app(environ, start_response))
        return [body.replace(b'"amount"', b'"unknown"')]


def test_records_wait_in_the_plan_for_a_client_that_is_refused_itself(planner):
    told = planner()
    firm = told.firm

    def look(table, row):
        if table == "fbx_client":
            raise errors.plug_in("No clients today.")

    firm.dataverse.plug_in(look)
    client = firm.books.create_client(organization="Aster Works")
    invoice = firm.books.create_invoice(client["id"], lines=LINES, sent=True)
    firm.run()
    firm.pass_time(2)

    code = told.ask("--invoice", str(invoice["id"]))

    assert code == 0
    assert "120.50 USD  waiting\n  because: its client waits: " in told.out
    assert "No clients today." in told.out


@pytest.mark.parametrize("kind", ["client", "invoice", "payment", "expense"])
def test_a_number_that_is_none_says_so(planner, kind):
    told = planner()

    code = told.ask(f"--{kind}", "999")

    assert code == 2
    assert told.out == ""
    assert f"FreshBooks has no {kind} 999 in {told.firm.account}" in told.err


@pytest.mark.parametrize("text", ["", "A-17", "0", "-3"])
def test_what_is_no_number_at_all_says_so(planner, text):
    told = planner()

    code = told.ask(f"--invoice={text}")

    assert code == 2
    assert "FreshBooks has no invoice" in told.err


def test_a_day_to_come_is_refused(planner):
    told = planner()

    code = told.ask("--since", "2026-11-03")

    assert code == 2
    assert "2026-11-03 is still to come; it is 2026-11-02" in told.err


@pytest.mark.parametrize("service", ["FreshBooks", "Dataverse"])
def test_a_service_that_does_not_answer_ends_the_plan_with_two(planner, service):
    told, _, _ = a_busy_firm(planner)
    told.firm.door(service).fail(kind="status", status=503, times=None)

    code = told.ask()

    assert code == 2
    assert service in told.err


def test_a_record_that_changes_all_the_time_is_not_found_out(planner):
    told, client, _ = a_busy_firm(planner)
    firm = told.firm
    firm.run()
    # FreshBooks serves a reading that is older than the row.
    row = next(row for row in firm.invoices() if row["fbx_number"] == "0000001")
    version = (firm.clock() + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    firm.dataverse.update("invoice", row["invoiceid"], fbx_sourceversion=version)

    code = told.ask("--client", str(client["id"]))

    assert code == 2
    assert "cannot be found out now\n  because: FreshBooks answers the version" in told.out
    assert told.out.splitlines()[-1].startswith("Nothing to write: 1 skipped, 1 not found out")


def test_no_more_is_looked_at_than_was_allowed(planner):
    told, _, _ = a_busy_firm(planner)
    told.firm.run()

    code = told.ask("--most", "2")

    assert code == 2  # nothing was found to do, and not everything was looked at
    assert told.out.endswith("Only 2 records were looked at; --most COUNT looks at more\n")


def test_each_record_is_read_once(planner):
    told, client, _ = a_busy_firm(planner)
    told.firm.freshbooks_door.traffic.clear()

    plan = told.plan("--client", str(client["id"]))

    asked = told.firm.freshbooks_door.traffic
    records = Counter(each["kind"] for each in plan["records"])
    assert asked["GET /accounting/account/*/users/clients/*"] == 1
    assert asked["GET /accounting/account/*/invoices/invoices/*"] == records["invoice"]
    assert asked["GET /accounting/account/*/payments/payments/*"] == records["payment"]


def test_tokens_that_ran_out_are_renewed_and_nothing_else_changes(planner):
    told, _, _ = a_busy_firm(planner)
    firm = told.firm
    firm.clock.advance(13 * 3600)
    firm.connector = firm.start()
    before, secrets = rows_of(firm), dict(firm.secrets.values)
    kept = {name: dict(vars(firm)[name].__dict__) for name in ("holds", "journal", "queue")}

    code = told.ask()

    assert code == 1
    assert firm.secrets.values != secrets
    assert rows_of(firm) == before
    assert all(vars(firm)[name].__dict__ == was for name, was in kept.items())


def test_where_several_businesses_are_connected_each_record_says_whose_it_is(planner):
    told = planner()
    firm = told.firm
    firm.freshbooks.books.create_business("Second", account="Second1")
    firm.connect(firm.account, "Second1")
    firm.books.create_client(organization="Aster Works")
    firm.books.create_client(organization="Birchwood Dental", account="Second1")

    told.ask()
    both = told.out
    told.ask("--account", "Second1")

    assert f"Aster Works  ({firm.account})  to create" in both
    assert "Birchwood Dental  (Second1)  to create" in both
    assert "Aster Works" not in told.out
    assert "Birchwood Dental  (Second1)" in told.out
    assert told.ask("--client", "1") == 2
    assert "Name the FreshBooks account with --account" in told.err


def test_programs_are_told_everything_in_the_documented_shape(planner):
    told = planner()
    books = told.firm.books
    client = books.create_client(organization="Aster Works")
    sent = books.create_invoice(client["id"], lines=LINES, sent=True)
    told.firm.run()
    books.edit_invoice(sent["id"], lines=[{**LINES[0], "qty": "4"}])

    plan = told.plan("--invoice", "0000001")

    assert plan.keys() == {"since", "whole", "records", "totals"}
    assert (plan["since"], plan["whole"]) == (None, True)
    assert plan["totals"] == {
        "create": 0,
        "update": 2,
        "cancel": 0,
        "held": 0,
        "skipped": 0,
        "waiting": 0,
        "refused": 0,
        "unknown": 0,
        "unchanged": 0,
    }
    record = plan["records"][0]
    assert {name: value for name, value in record.items() if name != "rows"} == {
        "account": told.firm.account,
        "kind": "invoice",
        "record": sent["id"],
        "number": "0000001",
        "name": "Aster Works",
        "amount": "241.00",
        "currency": "USD",
        "action": "update",
        "fate": "carried",
        "reason": "",
        "first": [],
        "warning": "",
    }
    row = record["rows"][0]
    assert (row["table"], row["name"], row["action"]) == (
        "invoice",
        "0000001 Aster Works",
        "update",
    )
    assert row["differences"][0] == {
        "column": "fbx_total",
        "title": "Total",
        "before": "120.5",
        "after": "241",
        "words": ["120.50 USD", "241.00 USD"],
    }
    assert [each["column"] for each in row["differences"]] == [
        "fbx_total",
        "fbx_outstanding",
        "fbx_sourceversion",
        "fbx_syncedon",
    ]
    assert row["differences"][-1]["after"] == "now"
