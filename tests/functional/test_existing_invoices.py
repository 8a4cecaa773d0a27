"""Invoices that somebody typed into Dynamics before the connector came: no revenue counts twice."""

import argparse
import contextlib
import io
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from sandbox.check import Told
from shared.cli import held
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.options import Status
from shared.errors import NotPossibleError
from tests.functional.people import People
from tests.functional.world import Firm

ACTIVE, PAID, CANCELED = 0, 2, 3
COMPLETE = 100001
OURS = ("fbx_number", "fbx_status", "fbx_total", "fbx_sourcekey", "fbx_sourceversion", "fbx_url")


class Office:
    """A firm whose people typed invoices into Dynamics."""

    def __init__(self, **settings):
        self.firm = Firm(**settings)
        self.people = People(self.firm)
        self.account = self.people.account("Aster Works")
        self.client = self.firm.books.create_client(organization="Aster Works")

    @property
    def review(self):
        return self.firm.connector.invoice_review

    def typed(self, number="0007", *, price="135.00", code="USD", account=None, **columns):
        """Type an invoice of one line into Dynamics, under a name of people's own."""
        dataverse = self.firm.dataverse
        (price_list,) = self.rows("pricelevel", name=code) or self.rows(
            "pricelevel", _transactioncurrencyid_value=self.currency(code)
        )
        named = {"name": "Workshop in May", "invoicenumber": number, **columns}
        state = {name: named.pop(name) for name in ("statecode", "statuscode") if name in named}
        row = dataverse.add(
            "invoice",
            customerid=("account", account or self.account),
            transactioncurrencyid=("transactioncurrency", self.currency(code)),
            pricelevelid=("pricelevel", price_list["pricelevelid"]),
            **named,
        )
        dataverse.add(
            "invoicedetail",
            invoiceid=("invoice", row),
            productdescription="Workshop",
            isproductoverridden=True,
            quantity=1,
            priceperunit=Decimal(price),
        )
        if state:
            dataverse.update("invoice", row, **state)
        return row

    def rows(self, table, **fields):
        return [
            row
            for row in self.firm.dataverse.all(table)
            if all(row.get(name) == value for name, value in fields.items())
        ]

    def currency(self, code):
        (row,) = self.rows("transactioncurrency", isocurrencycode=code)
        return row["transactioncurrencyid"]

    def invoice(self, number="0007", *, price="135.00", **fields):
        line = {"name": "Work", "qty": "1", "unit_cost": price}
        client = fields.pop("client", self.client)
        return self.firm.books.create_invoice(
            client["id"], lines=[line], sent=True, invoice_number=number, **fields
        )

    def run(self):
        self.firm.run()
        self.firm.clock.advance(60)

    def row(self, row):
        return self.firm.dataverse.get("invoice", row)

    def lines(self, row):
        lines = self.rows("invoicedetail", _invoiceid_value=row)
        return [(line["productdescription"], line["priceperunit"], line["tax"]) for line in lines]

    def entry(self, kind="invoice"):
        (entry,) = self.firm.entries(kind)
        return entry

    def message(self, invoice):
        record = RecordId(self.firm.account, Kind.INVOICE, invoice["id"])
        request = SyncRequest.of(record, cause=Cause.WEBHOOK, seen=self.firm.clock())
        return request.model_dump_json().encode()

    def command(self, capsys, *words):
        """Run `python -m shared held` and return what it said."""
        commands = argparse.ArgumentParser().add_subparsers()
        held.add_to(commands)
        options = commands.choices["held"].parse_args([*words])
        options.command(options, self.firm.connector)
        return capsys.readouterr().out

    def differences(self, *beside):
        """Ask the judge, who is told that a person wanted rows beside what Sales had."""
        keys = frozenset(f"{self.firm.account}-invoice-{number}" for number in beside)
        return self.firm.differences(told=Told(beside=keys))

    def held(self):
        return self.firm.connector.review.list_held()

    def native(self, row):
        """Return what belongs to people: all but our columns, state, versions and stamps."""
        ignored = {"statecode", "statuscode", "modifiedon", "versionnumber"}
        return {
            name: value
            for name, value in self.row(row).items()
            if not name.startswith(("fbx_", "_fbx", "@"))
            and name not in ignored
            and "modified" not in name
        }


@pytest.fixture
def office():
    return Office()


@pytest.mark.parametrize("by", ["invoicenumber", "name"])
def test_it_is_adopted_where_number_currency_and_total_agree(office, by):
    named = {"invoicenumber": "INV-1", "name": "0007"} if by == "name" else {}
    typed = office.typed(**named)
    theirs, lines = office.native(typed), office.lines(typed)

    invoice = office.invoice()
    office.run()

    (row,) = office.firm.invoices()
    assert row["invoiceid"] == typed
    assert (row["fbx_adopted"], row["fbx_number"]) == (True, "0007")
    assert row["fbx_sourcekey"] == f"{office.firm.account}-invoice-{invoice['id']}"
    assert row["fbx_status"] == Status.SENT
    assert office.native(typed) == theirs
    assert office.lines(typed) == lines
    assert office.entry()["_fbx_invoiceid_value"] == typed
    assert office.firm.differences() == []


def test_another_sync_of_it_writes_nothing_and_asks_no_more_than_of_any_other(office):
    office.typed()
    invoice = office.invoice()
    office.run()
    before = office.firm.everything()
    office.firm.dataverse_door.traffic.clear()

    office.firm.connector.process.handle(office.message(invoice))

    assert sum(office.firm.dataverse_door.traffic.values()) == 1
    assert office.firm.everything() == before


def test_adopting_costs_two_requests_like_an_invoice_that_is_made(office):
    office.invoice("0001")
    office.run()  # the client is linked
    office.typed()
    invoice = office.invoice()
    office.firm.dataverse_door.traffic.clear()

    office.firm.connector.process.handle(office.message(invoice))

    assert sum(office.firm.dataverse_door.traffic.values()) == 2
    assert len(office.firm.invoices()) == 2


def test_edits_reach_our_columns_and_leave_the_lines_alone(office):
    typed = office.typed()
    invoice = office.invoice()
    office.run()
    lines = office.lines(typed)

    more = [{"name": f"Work {n}", "qty": "1", "unit_cost": "50.00"} for n in range(3)]
    office.firm.books.edit_invoice(invoice["id"], lines=more, po_number="PO 9")
    office.run()

    (row,) = office.firm.invoices()
    assert (row["invoiceid"], row["fbx_ponumber"]) == (typed, "PO 9")
    assert Decimal(row["fbx_total"]) == 150
    assert Decimal(row["totalamount"]) == 135
    assert office.lines(typed) == lines
    assert office.firm.differences() == []


def test_payments_find_it_and_its_state_follows(office):
    typed = office.typed()
    invoice = office.invoice()
    payment = office.firm.books.pay_invoice(invoice["id"], "35.00")
    office.run()

    assert office.entry("payment")["_fbx_invoiceid_value"] == typed
    assert office.row(typed)["statecode"] == ACTIVE
    assert Decimal(office.row(typed)["fbx_outstanding"]) == 100

    office.firm.books.pay_invoice(invoice["id"], "100.00")
    office.run()
    assert (office.row(typed)["statecode"], office.row(typed)["statuscode"]) == (PAID, COMPLETE)
    assert office.firm.differences() == []

    office.firm.books.edit_payment(payment["id"], amount="30.00")
    office.run()
    assert office.row(typed)["statecode"] == ACTIVE
    assert len(office.firm.invoices()) == 1
    assert office.firm.differences() == []


def test_payments_that_were_there_before_follow_when_it_is_adopted(office):
    office.typed(price="1.00")
    invoice = office.invoice()
    office.firm.books.pay_invoice(invoice["id"], "35.00")
    office.run()
    assert office.entry("payment")["_fbx_invoiceid_value"] is None
    (row,) = office.firm.invoices()

    office.review.link(office.firm.account, invoice["id"], UUID(row["invoiceid"]))
    office.run()

    assert office.entry("payment")["_fbx_invoiceid_value"] == row["invoiceid"]
    assert office.firm.differences() == []


@pytest.mark.parametrize("wrong", ["total", "currency", "several", "no total"])
def test_a_person_is_asked_where_they_do_not_agree(office, wrong):
    office.firm.run()  # the balances of the client are those of no invoice
    match wrong:
        case "total":
            office.typed(price="134.99")
        case "currency":
            office.typed(code="CAD")
        case "several":
            office.typed()
            office.typed(price="99.00")
        case "no total":
            row = office.typed()
            for line in office.rows("invoicedetail"):
                office.firm.dataverse.delete("invoicedetail", line["invoicedetailid"])
            assert not Decimal(office.row(row)["totalamount"] or 0)
    typed = {row["invoiceid"] for row in office.firm.invoices()}

    invoice = office.invoice()
    office.run()

    (waiting,) = office.held()
    assert waiting.hold.awaited == Awaited.existing(invoice["id"])
    assert {str(each.account) for each in waiting.hold.candidates} == typed
    assert "0007" in waiting.hold.reason
    assert {row["invoiceid"] for row in office.firm.invoices()} == typed
    assert all(row["fbx_sourcekey"] is None for row in office.firm.invoices())
    assert office.firm.differences() == []


def test_what_is_asked_is_over_when_somebody_corrects_the_row_in_dynamics(office):
    typed = office.typed(price="134.99")
    invoice = office.invoice()
    office.run()
    (line,) = office.rows("invoicedetail")
    office.firm.dataverse.update(
        "invoicedetail", line["invoicedetailid"], priceperunit=Decimal("135.00")
    )

    office.firm.connector.process.handle(office.message(invoice))

    assert office.row(typed)["fbx_adopted"] is True
    assert office.held() == []
    assert office.firm.differences() == []


def test_nobody_has_to_ask_again_for_what_was_corrected_in_dynamics(office):
    typed = office.typed(price="134.99")
    office.invoice()
    office.run()
    (line,) = office.rows("invoicedetail")
    office.firm.dataverse.update(
        "invoicedetail", line["invoicedetailid"], priceperunit=Decimal("135.00")
    )

    for _ in range(24):
        office.firm.clock.advance(55 * 60)
        office.firm.pass_time(5)
    office.firm.pass_time(20)

    assert office.row(typed)["fbx_adopted"] is True
    assert office.held() == []


def test_a_person_can_say_that_it_is_this_one_though_its_total_differs(office):
    typed = office.typed(price="134.99")
    other = office.typed(price="1.00")
    invoice = office.invoice()
    office.run()
    lines = office.lines(typed)

    office.review.link(office.firm.account, invoice["id"], UUID(typed))
    office.run()

    assert office.row(typed)["fbx_adopted"] is True
    assert Decimal(office.row(typed)["fbx_total"]) == 135
    assert office.lines(typed) == lines
    assert office.row(other)["fbx_sourcekey"] is None
    assert office.held() == []
    assert office.firm.differences() == []


def test_a_person_can_have_one_made_and_is_not_asked_again(office):
    typed = office.typed(price="134.99")
    invoice = office.invoice()
    office.run()

    office.review.create(office.firm.account, invoice["id"])
    office.run()

    (made,) = [row for row in office.firm.invoices() if row["invoiceid"] != typed]
    assert not made["fbx_adopted"]
    assert office.held() == []
    assert office.differences(invoice["id"]) == []

    office.firm.dataverse.delete("invoice", made["invoiceid"])
    office.firm.books.edit_invoice(invoice["id"], po_number="PO 9")
    office.run()
    assert len(office.firm.invoices()) == 2
    assert office.held() == []


def test_a_person_can_leave_it_out_and_take_that_back(office):
    typed = office.typed(price="134.99")
    invoice = office.invoice()
    office.firm.books.pay_invoice(invoice["id"], "35.00")
    office.run()

    office.review.ignore(office.firm.account, invoice["id"])
    office.firm.books.edit_invoice(invoice["id"], po_number="PO 9")
    office.run()

    assert len(office.firm.invoices()) == 1
    assert office.held() == []
    (ignored,) = office.firm.connector.review.list_ignored()
    assert ignored.hold.awaited == Awaited.chosen(invoice["id"])
    listed = {each.key: each.who for each in office.firm.connector.waiting_list.gather()}
    assert "unignore" in listed[f"{office.firm.account}-invoice-{invoice['id']}"]

    office.firm.dataverse.delete("invoice", typed)
    office.review.unignore(office.firm.account, invoice["id"])
    office.run()
    assert len(office.firm.invoices()) == 1
    assert office.firm.connector.review.list_ignored() == []
    assert office.firm.differences() == []


def test_an_ignored_one_stays_out_though_sales_has_none_of_its_number_any_more(office):
    typed = office.typed(price="134.99")
    invoice = office.invoice()
    office.run()
    office.review.ignore(office.firm.account, invoice["id"])
    office.run()

    office.firm.dataverse.delete("invoice", typed)
    office.firm.books.edit_invoice(invoice["id"], po_number="PO 9")
    office.run()

    assert office.firm.invoices() == []


@pytest.mark.parametrize("why", ["none", "claimed", "another account's", "currency", "canceled"])
def test_a_row_that_cannot_be_it_is_refused_with_the_reason(office, why):
    office.typed(price="134.99")
    invoice = office.invoice()
    office.run()
    match why:
        case "none":
            row, said = str(uuid4()), "no such invoice"
        case "claimed":
            office.invoice("0008")
            office.run()
            (claimed,) = office.rows("invoice", fbx_number="0008")
            row, said = claimed["invoiceid"], "belongs to"
        case "another account's":
            elsewhere = office.people.account("Birchwood Dental")
            row, said = office.typed(account=elsewhere), "another account"
        case "currency":
            row, said = office.typed(code="CAD"), "not in USD"
        case "canceled":
            row = office.typed(statecode=CANCELED, statuscode=100003)
            said = "canceled"
    before = office.firm.everything()

    with pytest.raises(NotPossibleError, match=said):
        office.review.link(office.firm.account, invoice["id"], UUID(row))

    assert office.firm.everything() == before


def test_an_invoice_that_has_a_row_is_not_given_another(office):
    invoice = office.invoice()
    office.run()
    typed = office.typed()
    (own,) = [row for row in office.firm.invoices() if row["invoiceid"] != typed]

    with pytest.raises(NotPossibleError, match=own["invoiceid"]):
        office.review.link(office.firm.account, invoice["id"], UUID(typed))
    with pytest.raises(NotPossibleError, match="in Sales already"):
        office.review.ignore(office.firm.account, invoice["id"])

    office.firm.dataverse.delete("invoice", own["invoiceid"])
    office.review.link(office.firm.account, invoice["id"], UUID(typed))
    office.run()
    (row,) = office.firm.invoices()
    assert (row["invoiceid"], row["fbx_adopted"]) == (typed, True)
    assert office.firm.differences() == []


def test_one_of_another_account_is_not_looked_at(office):
    elsewhere = office.people.account("Birchwood Dental")
    typed = office.typed(account=elsewhere)

    office.invoice()
    office.run()

    assert office.row(typed)["fbx_sourcekey"] is None
    assert len(office.firm.invoices()) == 2
    assert office.firm.differences() == []


def test_one_that_another_invoice_claims_is_not_taken(office):
    typed = office.typed()
    office.invoice("0007")
    office.run()

    office.invoice("0007 b")
    second = office.firm.books.create_client(organization="Aster Works")
    office.invoice("0007", client=second)
    office.run()

    assert office.row(typed)["fbx_number"] == "0007"
    assert [row["fbx_adopted"] is True for row in office.firm.invoices()].count(True) == 1
    assert len(office.firm.invoices()) == 3
    assert office.firm.differences() == []


@pytest.mark.parametrize("paid", [False, True])
@pytest.mark.parametrize("closed", [(PAID, COMPLETE), (PAID, 100002)])
def test_one_that_is_closed_is_adopted_and_its_state_follows_freshbooks(office, closed, paid):
    state, reason = closed
    typed = office.typed(statecode=state, statuscode=reason)

    invoice = office.invoice()
    if paid:
        office.firm.books.pay_invoice(invoice["id"], "135.00")
    office.run()

    (row,) = office.firm.invoices()
    assert (row["invoiceid"], row["fbx_adopted"]) == (typed, True)
    assert row["statecode"] == (PAID if paid else ACTIVE)
    assert office.firm.differences() == []


def test_a_canceled_one_counts_nowhere_and_is_left_alone(office):
    typed = office.typed(statecode=CANCELED, statuscode=100003)

    office.invoice()
    office.run()

    assert office.row(typed)["fbx_sourcekey"] is None
    assert len(office.firm.invoices()) == 2
    assert office.firm.differences() == []


class Doubling:
    """A door at which another worker handles the same message before the first write goes on."""

    def __init__(self, app, other):
        self.app, self.other = app, other

    def __call__(self, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(body)
        if b"PATCH" in body and self.other is not None:
            other, self.other = self.other, None
            other()
        return self.app(environ, start_response)


@pytest.mark.parametrize("same", [True, False])
def test_two_workers_at_once_adopt_it_once(office, same):
    second = office.firm.books.create_client(organization="Aster Works")
    for client in (office.client, second):
        office.invoice(f"1 of {client['id']}", client=client)
    office.run()
    typed = office.typed()
    office.firm.freshbooks.deliveries.set(drop=1.0)
    invoice = office.invoice()
    other = invoice if same else office.invoice(client=second)
    message = office.message(other)
    firm = office.firm

    firm.dataverse_door.app = Doubling(firm.dataverse, lambda: firm.start().process.handle(message))
    firm.connector.process.handle(office.message(invoice))
    firm.drain()

    adopted = office.rows("invoice", fbx_adopted=True)
    assert [row["invoiceid"] for row in adopted] == [typed]
    assert len(firm.invoices()) == (3 if same else 4)
    assert firm.differences() == []


@pytest.mark.parametrize("at", range(1, 4))
def test_a_worker_that_dies_in_between_leaves_nothing_half_done(office, at):
    office.invoice("0001")
    office.run()
    typed = office.typed()
    office.firm.freshbooks.deliveries.set(drop=1.0)
    invoice = office.invoice()
    message, seen = office.message(invoice), 0

    class DiedError(BaseException):
        pass

    def dying(environ, start_response):
        nonlocal seen
        seen += 1
        if seen == at:
            raise DiedError
        return office.firm.dataverse(environ, start_response)

    office.firm.dataverse_door.app = dying
    with contextlib.suppress(DiedError):
        office.firm.connector.process.handle(message)
    office.firm.dataverse_door.app = office.firm.dataverse
    office.firm.start().process.handle(message)
    office.firm.drain()

    assert office.row(typed)["fbx_adopted"] is True
    assert len(office.firm.invoices()) == 2
    assert office.firm.differences() == []


@pytest.mark.parametrize("policy", ["cancel", "delete", "keep"])
@pytest.mark.parametrize("paid", [False, True])
def test_a_deletion_only_shows_in_our_columns_and_a_restored_one_is_the_same_row(policy, paid):
    office = Office(deleted_records=policy)
    typed = office.typed()
    invoice = office.invoice()
    if paid:
        office.firm.books.pay_invoice(invoice["id"], "135.00")
    office.run()
    state, lines = office.row(typed)["statecode"], office.lines(typed)

    office.firm.books.delete_invoice(invoice["id"])
    office.run()

    row = office.row(typed)
    assert (row["statecode"], office.lines(typed)) == (state, lines)
    if policy != "keep":
        assert row["fbx_status"] == Status.DELETED
        assert Decimal(row["fbx_outstanding"]) == 0
        assert office.firm.differences() == []
    assert bool(office.firm.entries("invoice")) == (policy != "delete")
    before = office.firm.everything()
    office.firm.connector.process.handle(office.message(invoice))
    assert office.firm.everything() == before

    office.firm.books.restore_invoice(invoice["id"])
    office.run()
    (row,) = office.firm.invoices()
    assert (row["invoiceid"], row["fbx_adopted"]) == (typed, True)
    assert row["fbx_status"] != Status.DELETED
    assert office.firm.differences() == []


@pytest.mark.parametrize("then", ["deleted", "a draft"])
def test_one_that_asks_for_nothing_any_more_counts_no_more_for_its_opportunity(office, then):
    dollars = ("transactioncurrency", office.currency("USD"))
    deal = office.people.opportunity(office.account, "Roof", transactioncurrencyid=dollars)
    typed = office.typed(opportunityid=("opportunity", deal))
    invoice = office.invoice()
    office.run()
    office.run()
    assert Decimal(office.firm.dataverse.get("opportunity", deal)["fbx_invoiced"]) == 135

    if then == "deleted":
        office.firm.books.delete_invoice(invoice["id"])
    else:
        office.firm.books.edit_invoice(invoice["id"], stage="draft")
    office.run()
    office.run()

    assert office.row(typed)["statecode"] == ACTIVE
    assert Decimal(office.firm.dataverse.get("opportunity", deal)["fbx_invoiced"]) == 0


def test_one_that_waits_and_becomes_a_draft_again_is_owed_no_more(office):
    office.typed(price="99.00")
    invoice = office.invoice(price="135.00")
    office.run()
    before = office.firm.account_of(office.client)["fbx_outstanding"]

    office.firm.books.edit_invoice(invoice["id"], stage="draft")
    office.run()

    assert len(office.firm.entries("invoice")) == 0
    assert before == 135
    assert not office.firm.account_of(office.client)["fbx_outstanding"]


def test_one_that_becomes_a_draft_again_is_not_canceled(office):
    typed = office.typed()
    invoice = office.invoice()
    office.run()

    office.firm.books.edit_invoice(invoice["id"], stage="draft")
    office.run()

    assert office.row(typed)["fbx_status"] == Status.DRAFT
    assert office.row(typed)["statecode"] == ACTIVE
    assert office.firm.differences() == []


@pytest.mark.parametrize("then", ["edit", "delete"])
def test_it_is_found_again_though_a_person_deleted_its_entry(office, then):
    typed = office.typed()
    invoice = office.invoice()
    office.run()
    entry = office.entry()["activityid"]
    office.firm.dataverse.delete("fbx_financialactivity", entry)

    if then == "edit":
        office.firm.books.edit_invoice(invoice["id"], po_number="PO 9")
    else:
        office.firm.books.delete_invoice(invoice["id"])
    office.run()

    (row,) = office.firm.invoices()
    assert row["invoiceid"] == typed
    assert row["fbx_status"] == (Status.DELETED if then == "delete" else Status.SENT)


def test_another_currency_is_another_row_and_the_adopted_one_stays_as_it_was(office):
    typed = office.typed()
    invoice = office.invoice()
    office.firm.books.pay_invoice(invoice["id"], "35.00")
    office.run()
    lines = office.lines(typed)

    office.firm.books.edit_invoice(invoice["id"], currency_code="CAD")
    office.run()

    row = office.row(typed)
    assert (row["fbx_status"], row["statecode"]) == (Status.REPLACED, ACTIVE)
    assert row["fbx_replacedby"] == "CAD"
    assert office.lines(typed) == lines
    (own,) = [each for each in office.firm.invoices() if each["invoiceid"] != typed]
    assert not own["fbx_adopted"]
    assert office.firm.differences() == []

    office.firm.books.edit_invoice(invoice["id"], currency_code="USD")
    office.run()
    assert office.row(typed)["fbx_status"] == Status.PARTIAL
    assert office.firm.differences() == []


def test_it_moves_with_its_invoice_to_another_client(office):
    typed = office.typed()
    invoice = office.invoice()
    other = office.firm.books.create_client(organization="Birchwood Dental")
    office.run()

    office.firm.books.edit_invoice(invoice["id"], customerid=other["id"])
    office.run()

    (row,) = office.firm.invoices()
    home = office.firm.account_of(other)["accountid"]
    assert (row["invoiceid"], row["_customerid_value"]) == (typed, home)
    assert office.firm.differences() == []


def test_the_opportunity_it_is_on_stays_until_the_purchase_order_names_another(office):
    mine = office.people.opportunity(office.account, "Renewal")
    other = office.people.opportunity(office.account, "Expansion")
    typed = office.typed(opportunityid=("opportunity", mine))
    invoice = office.invoice(po_number="PO 1")
    office.run()

    assert office.row(typed)["_opportunityid_value"] == mine
    assert office.entry()["_regardingobjectid_value"] == mine

    office.firm.books.edit_invoice(invoice["id"], po_number="Expansion")
    office.run()
    assert office.row(typed)["_opportunityid_value"] == other
    assert office.entry()["_regardingobjectid_value"] == other


@pytest.mark.parametrize("then", ["paid", "open", "deleted"])
def test_unlink_gives_the_row_back_and_makes_one_beside_it_once(office, then):
    typed = office.typed()
    invoice = office.invoice()
    amount = {"paid": "135.00", "open": "35.00", "deleted": "35.00"}[then]
    office.firm.books.pay_invoice(invoice["id"], amount)
    office.run()
    lines = office.lines(typed)
    if then == "deleted":
        office.firm.books.delete_invoice(invoice["id"])
        office.run()

    given_back = office.review.unlink(office.firm.account, invoice["id"])
    office.run()

    assert str(given_back) == typed
    row = office.row(typed)
    assert not row["fbx_adopted"]
    assert [row[column] for column in OURS] == [None] * len(OURS)
    assert row["_fbx_clientid_value"] is None
    assert office.lines(typed) == lines
    own = [each for each in office.firm.invoices() if each["invoiceid"] != typed]
    assert len(own) == (0 if then == "deleted" else 1)
    if own:
        assert office.entry()["_fbx_invoiceid_value"] == own[0]["invoiceid"]
        assert office.entry("payment")["_fbx_invoiceid_value"] == own[0]["invoiceid"]
        office.firm.dataverse.delete("invoice", own[0]["invoiceid"])
        office.firm.books.edit_invoice(invoice["id"], po_number="PO 9")
        office.run()
        assert len(office.firm.invoices()) == 2
        assert not office.row(typed)["fbx_adopted"]
    assert office.differences(invoice["id"]) == []


def test_only_what_was_adopted_can_be_given_back(office):
    invoice = office.invoice()
    office.run()

    with pytest.raises(NotPossibleError, match="no row that was adopted"):
        office.review.unlink(office.firm.account, invoice["id"])


@pytest.mark.parametrize("number", ["0007", "0008"])
def test_by_setting_a_person_is_asked_whenever_a_number_is_equal(number):
    office = Office(existing_invoices="hold")
    office.typed()

    office.invoice(number)
    office.run()

    assert len(office.held()) == (1 if number == "0007" else 0)
    assert len(office.firm.invoices()) == (1 if number == "0007" else 2)
    assert office.firm.differences() == []


def test_by_setting_another_is_made_beside_it():
    office = Office(existing_invoices="ignore")
    typed = office.typed()

    office.invoice()
    office.run()

    assert office.row(typed)["fbx_sourcekey"] is None
    assert len(office.firm.invoices()) == 2
    assert office.firm.differences() == []


def test_an_adopted_one_stays_so_when_the_setting_changes(office):
    typed = office.typed()
    invoice = office.invoice()
    office.run()
    office.firm.settings = office.firm.settings.model_copy(update={"existing_invoices": "ignore"})
    office.firm.connector = office.firm.start()

    office.firm.books.edit_invoice(invoice["id"], po_number="PO 9")
    office.run()

    (row,) = office.firm.invoices()
    assert (row["invoiceid"], row["fbx_ponumber"]) == (typed, "PO 9")


def test_the_number_may_stand_in_a_column_of_the_firms_own():
    office = Office(match_invoice_field="description")
    typed = office.typed("INV-77", description="0007")

    office.invoice()
    office.run()

    assert office.row(typed)["fbx_adopted"] is True
    assert office.firm.differences() == []


def test_the_held_command_shows_what_there_is_to_decide(office, capsys):
    typed = office.typed(price="134.99")
    invoice = office.invoice()
    office.run()

    said = office.command(capsys)
    assert "0007" in said
    assert f"held link invoice-{invoice['id']} {typed}" in said

    said = office.command(capsys, "link", f"invoice-{invoice['id']}", typed)
    assert office.row(typed)["fbx_adopted"] is True
    office.run()
    assert typed in said

    said = office.command(capsys, "unlink", f"invoice-{invoice['id']}")
    assert typed in said
    assert not office.row(typed)["fbx_adopted"]


@pytest.mark.parametrize("decision", ["create", "ignore"])
def test_the_held_command_makes_or_leaves_out_an_invoice(office, capsys, decision):
    office.typed(price="134.99")
    invoice = office.invoice()
    office.run()

    office.command(capsys, decision, f"invoice-{invoice['id']}")
    office.run()

    assert len(office.firm.invoices()) == (2 if decision == "create" else 1)
    assert office.command(capsys).startswith("Nothing is held")
    if decision == "ignore":
        assert f"unignore invoice-{invoice['id']}" in office.command(capsys, "ignored")
        office.command(capsys, "unignore", f"invoice-{invoice['id']}")
        office.run()
        assert len(office.held()) == 1
