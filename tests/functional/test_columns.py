"""Who owns a column, and what is mapped beside: what a life of edits on both sides leaves there."""

import json
from decimal import Decimal

import pytest

from sandbox.dataverse import define
from shared.core.identity import Kind
from shared.core.outcomes import OutcomeName
from shared.core.ownership import Ownership
from tests.functional.people import People
from tests.functional.planned import Planner
from tests.functional.world import Firm

LINES = [{"name": "Work", "qty": "1", "unit_cost": "100.00"}]
THEIRS = {Ownership.FRESHBOOKS: "FreshBooks'", Ownership.FIRST_WRITE: "a person's"}
FRESHBOOKS, FIRST, NEVER = Ownership


def owner(table, owner, *columns):
    return {"ownership": {table: dict.fromkeys(columns, owner)}}


def mapping(record, field, to, kind="text", **more):
    return {"map": [{"record": record, "from": field, "to": to, "type": kind, **more}]}


class Office:
    """A firm with a client and what was chosen about columns; people may have columns of theirs."""

    def __init__(self, chosen, *own, **settings):
        self.firm = Firm(column_choices=json.dumps(chosen), **settings)
        self.books, self.rows = self.firm.books, self.firm.dataverse
        for table, column in own:
            schema = self.rows.environment.schema
            schema.add_column(schema.tables[table], column)

    def client(self, **fields):
        self.number = self.books.create_client(organization="Aster Works", **fields)["id"]
        self.firm.run()
        return self.account()

    def account(self):
        return self.firm.account_of({"id": self.number})

    def edit_client(self, **fields):
        self.firm.clock.advance(60)
        self.books.edit_client(self.number, **fields)
        self.firm.run()
        return self.account()

    def edit_account(self, **columns):
        self.rows.update("account", self.account()["accountid"], **columns)

    def invoice(self, **fields):
        self.billed = self.books.create_invoice(self.number, lines=LINES, sent=True, **fields)["id"]
        self.firm.run()
        return self.header()

    def header(self):
        (row,) = self.firm.invoices()
        return row

    def edit_invoice(self, **fields):
        self.firm.clock.advance(60)
        self.books.edit_invoice(self.billed, **fields)
        self.firm.run()
        return self.header()

    def edit_header(self, **columns):
        self.rows.update("invoice", self.header()["invoiceid"], **columns)

    def entry(self, kind):
        (row,) = self.firm.entries(kind)
        return row


@pytest.mark.parametrize("who", Ownership)
def test_a_due_date_follows_stays_or_is_not_written(who):
    office = Office(owner("invoice", who, "duedate"))
    office.client()

    made = office.invoice(due_offset_days=10)["duedate"]
    edited = office.edit_invoice(due_offset_days=20)["duedate"]
    office.edit_header(duedate="2027-01-01")
    put_right = office.edit_invoice(due_offset_days=21)["duedate"]

    assert (made, edited, put_right) == {
        FRESHBOOKS: ("2026-11-12", "2026-11-22", "2026-11-23"),
        FIRST: ("2026-11-12", "2026-11-12", "2027-01-01"),
        NEVER: (None, None, "2027-01-01"),
    }[who]


def test_a_name_given_once_stays_a_persons_while_the_number_follows():
    office = Office(owner("invoice", FIRST, "name"))
    office.client()
    office.invoice(invoice_number="0007")
    office.edit_header(name="Workshop in May")

    row = office.edit_invoice(invoice_number="0008")

    assert (row["name"], row["fbx_number"]) == ("Workshop in May", "0008")


@pytest.mark.parametrize("who", Ownership)
def test_an_accounts_email_follows_stays_or_is_not_written(who):
    office = Office(owner("account", who, "emailaddress1"))

    made = office.client(email="one@aster.example")["emailaddress1"]
    edited = office.edit_client(email="two@aster.example")["emailaddress1"]
    office.edit_account(emailaddress1="person@aster.example")
    put_right = office.edit_client(email="three@aster.example")["emailaddress1"]
    cleared = office.edit_client(email="")["emailaddress1"]

    assert (made, edited, put_right, cleared) == {
        FRESHBOOKS: (
            "one@aster.example",
            "two@aster.example",
            "three@aster.example",
            "three@aster.example",
        ),
        FIRST: (
            "one@aster.example",
            "one@aster.example",
            "person@aster.example",
            "person@aster.example",
        ),
        NEVER: (None, None, "person@aster.example", "person@aster.example"),
    }[who]


def test_an_account_that_was_there_is_renamed_only_where_freshbooks_owns_its_name():
    office = Office(owner("account", FRESHBOOKS, "name"))
    People(office.firm).account("Aster Works")
    office.client()

    assert office.account()["name"] == "Aster Works"
    assert office.edit_client(organization="Aster Studio")["name"] == "Aster Studio"


def test_an_account_of_two_clients_is_owned_by_neither():
    office = Office(owner("account", FRESHBOOKS, "telephone1"))
    office.client(bus_phone="1")
    twin = office.books.create_client(organization="Aster Works", bus_phone="2")
    office.firm.run()

    office.edit_client(bus_phone="3")

    assert office.firm.account_of(twin)["accountid"] == office.account()["accountid"]
    assert office.account()["telephone1"] == "1"


@pytest.mark.parametrize(
    ("who", "street", "cleared"),
    [(FRESHBOOKS, "2 Elm", "2 Elm"), (FIRST, "1 Oak", "1 Oak"), (NEVER, None, None)],
)
def test_an_address_is_replaced_as_a_whole_or_not_at_all(who, street, cleared):
    address = ("line1", "line2", "city", "stateorprovince", "postalcode", "country")
    office = Office(owner("account", who, *(f"address1_{part}" for part in address)))
    office.client(p_street="1 Oak", p_city="Zug")

    moved = office.edit_client(p_street="2 Elm", p_city="")
    gone = office.edit_client(p_street="")

    kept = "Zug" if who is FIRST else None
    assert (moved["address1_line1"], moved["address1_city"]) == (street, kept)
    assert (gone["address1_line1"], gone["address1_city"]) == (cleared, kept)


@pytest.mark.parametrize("who", Ownership)
def test_a_payments_description_follows_stays_or_is_not_written_and_is_never_emptied(who):
    office = Office(owner("fbx_financialactivity", who, "description"))
    office.client()
    office.invoice()
    payment = office.books.pay_invoice(office.billed, "10.00", note="by cheque")["id"]
    office.firm.run()
    said = [office.entry("payment")["description"]]

    for note in ("by card", ""):
        office.firm.clock.advance(60)
        office.books.edit_payment(payment, note=note)
        office.firm.run()
        said.append(office.entry("payment")["description"])

    assert (
        said
        == {
            FRESHBOOKS: ["by cheque", "by card", "by card"],
            FIRST: ["by cheque"] * 3,
            NEVER: [None] * 3,
        }[who]
    )


def test_a_subject_given_once_stays_when_its_record_is_deleted():
    office = Office(owner("fbx_financialactivity", FIRST, "subject"))
    office.client()
    office.invoice(invoice_number="0007")
    entry = office.entry("invoice")
    office.rows.update("fbx_financialactivity", entry["activityid"], subject="Ask Ann")

    office.firm.clock.advance(60)
    office.books.delete_invoice(office.billed)
    office.firm.run()
    writes = office.firm.writes()
    office.firm.poll()

    assert office.entry("invoice")["subject"] == "Ask Ann"
    assert office.entry("invoice")["statecode"] == 2
    assert office.firm.writes() == writes


TYPES = {
    "text": (define.text("new_x", 12), "po_number", " PO 7 ", "PO 7"),
    "whole": (define.whole("new_x"), "due_offset_days", 14, 14),
    "decimal": (define.number("new_x"), "amount.amount", None, Decimal("100.00")),
    "money": (define.money("new_x"), "amount.amount", None, Decimal("100.00")),
    "date": (define.day("new_x"), "fulfillment_date", "2026-11-20", "2026-11-20"),
    "yes-no": (define.flag("new_x"), "auto_bill", None, False),
}


@pytest.mark.parametrize("kind", TYPES)
def test_a_field_of_each_type_gets_into_its_column_and_rests_there(kind):
    column, field, given, expected = TYPES[kind]
    chosen = mapping("invoice", field, "invoice.new_x", kind, owner=FRESHBOOKS)
    office = Office(chosen, ("invoice", column))
    office.client()

    row = office.invoice(**({field: given} if given is not None else {}))
    office.firm.dataverse_door.traffic.clear()
    office.firm.clock.advance(600)
    office.firm.poll()

    assert row["new_x"] == expected
    assert office.firm.writes() == 0


def test_a_mapped_field_that_alone_changes_is_carried_and_an_emptied_one_is_not():
    chosen = mapping("client", "vat_number", "account.accountnumber", length=20, owner=FRESHBOOKS)
    office = Office(chosen)

    said = [office.client(vat_number="CHE-1")["accountnumber"]]
    said.append(office.edit_client(vat_number="CHE-2")["accountnumber"])
    office.edit_account(accountnumber="a person's")
    said.append(office.edit_client(vat_number="")["accountnumber"])

    assert said == ["CHE-1", "CHE-2", "a person's"]


def test_a_poll_notices_a_mapped_field_though_no_version_moved():
    office = Office(mapping("invoice", "terms", "invoice.new_x", owner=FRESHBOOKS))
    schema = office.rows.environment.schema
    schema.add_column(schema.tables["invoice"], define.text("new_x"))
    office.client()
    office.invoice(terms="30 days")
    office.firm.clock.advance(600)
    office.firm.poll()
    row = office.books.tables["invoice"].get(office.firm.account, office.billed)
    row.now["terms"] = "10 days"

    office.firm.poll()

    assert office.header()["new_x"] == "10 days"


def test_a_mapped_column_is_filled_once_on_an_account_that_was_there():
    office = Office(mapping("client", "vat_number", "account.accountnumber", length=20))
    People(office.firm).account("Aster Works", accountnumber=None)

    filled = office.client(vat_number="CHE-1")["accountnumber"]
    kept = office.edit_client(vat_number="CHE-2")["accountnumber"]

    assert (filled, kept) == ("CHE-1", "CHE-1")


def test_what_people_filled_on_an_account_that_was_there_stays():
    office = Office(mapping("client", "vat_number", "account.accountnumber", length=20))
    People(office.firm).account("Aster Works", accountnumber="A-77")

    assert office.client(vat_number="CHE-1")["accountnumber"] == "A-77"


def test_a_mapping_reaches_a_clients_own_row_and_every_kind_of_entry():
    fields = {"payment": "gateway", "expense": "vendor", "credit": "credit_type"}
    entries = "fbx_financialactivity"
    maps = [
        mapping(kind, name, f"{entries}.new_x", owner=FRESHBOOKS) for kind, name in fields.items()
    ]
    maps.append(mapping("client", "mob_phone", "fbx_client.new_x", owner=FRESHBOOKS))
    chosen = {"map": [each for one in maps for each in one["map"]]}
    own = define.text("new_x")
    office = Office(chosen, (entries, own), ("fbx_client", define.text("new_x")))
    office.client(mob_phone="079 1")
    office.invoice()
    office.books.pay_invoice(office.billed, "10.00", gateway="Stripe")
    office.books.create_expense("5.00", clientid=office.number, vendor="Rail")
    office.books.create_credit_note(office.number, LINES)
    office.firm.run()

    assert office.firm.row_of({"id": office.number})["new_x"] == "079 1"
    assert office.entry("payment")["new_x"] == "Stripe"
    assert office.entry("expense")["new_x"] == "Rail"
    assert office.entry("credit")["new_x"] == "goodwill"


def test_an_adopted_invoice_is_only_filled_where_people_left_it_empty():
    chosen = {
        "map": [
            *mapping("invoice", "po_number", "invoice.new_x", owner=FRESHBOOKS)["map"],
            *mapping("invoice", "terms", "invoice.new_y", owner=FRESHBOOKS)["map"],
        ]
    }
    own = (("invoice", define.text("new_x")), ("invoice", define.text("new_y")))
    office = Office(chosen, *own, existing_invoices="adopt")
    office.client()
    (currency,) = [
        r for r in office.rows.all("transactioncurrency") if r["isocurrencycode"] == "USD"
    ]
    office.rows.add(
        "invoice",
        customerid=("account", office.account()["accountid"]),
        transactioncurrencyid=("transactioncurrency", currency["transactioncurrencyid"]),
        name="Workshop",
        invoicenumber="0007",
        new_x="a person's",
    )
    office.books.create_invoice(
        office.number, lines=[], sent=True, invoice_number="0007", po_number="P", terms="30 days"
    )

    office.firm.run()

    row = office.header()
    assert (row["fbx_adopted"], row["new_x"], row["new_y"]) == (True, "a person's", "30 days")


def told(office):
    (entry,) = [e for e in office.firm.journal.latest.values() if e.record.kind is Kind.INVOICE]
    return entry.outcome, entry.reason


def test_what_does_not_fit_is_cut_or_left_out_with_a_note_and_all_else_is_carried():
    unfit = {
        "new_text": ("text", define.text("new_text", 12), "terms", "P" * 13, f"{'P' * 11}…"),
        "new_whole": ("whole", define.whole("new_whole"), "notes", "seven", None),
        "new_day": ("date", define.day("new_day"), "description", "soon", None),
        "new_money": ("money", define.money("new_money"), "discount_description", "1" * 16, None),
    }
    maps = [
        mapping(
            "invoice", field, f"invoice.{name}", kind, **({"length": 12} if kind == "text" else {})
        )
        for name, (kind, _, field, _, _) in unfit.items()
    ]
    chosen = {"map": [each for one in maps for each in one["map"]]}
    office = Office(chosen, *(("invoice", column) for _, column, *_ in unfit.values()))
    office.client()

    row = office.invoice(**{field: given for _, _, field, given, _ in unfit.values()})

    outcome, reason = told(office)
    assert outcome is OutcomeName.CREATED
    assert {name: row[name] for name in unfit} == {name: each[4] for name, each in unfit.items()}
    assert all(reason.count(each["to"]) == 1 for each in chosen["map"])
    assert not any(given in reason for *_, given, _ in unfit.values())
    assert row["fbx_total"] == Decimal("100.00")


@pytest.mark.parametrize(
    ("kind", "column", "given"),
    [
        ("whole", define.whole("new_x", 0, 5), "70007"),
        ("text", define.text("new_x", 5), "PPPPPP"),
    ],
)
def test_what_dataverse_refuses_is_left_out_with_a_note(kind, column, given):
    office = Office(mapping("invoice", "terms", "invoice.new_x", kind), ("invoice", column))
    office.client()

    row = office.invoice(terms=given)

    outcome, reason = told(office)
    assert outcome is OutcomeName.CREATED
    assert "not written: invoice.new_x" in reason
    assert given not in reason
    assert row["new_x"] is None


def test_a_value_that_its_column_refuses_costs_nothing_else():
    own = ("invoice", define.text("new_x", 5))
    office = Office(mapping("invoice", "terms", "invoice.new_x"), own)
    ann = str(office.rows.user("Ann Ray", role="administrator"))
    People(office.firm).account("Aster Works", ownerid=("systemuser", ann))
    office.client()

    row = office.invoice(terms="thirty days")

    assert (row["_ownerid_value"], row["new_x"]) == (ann, None)
    assert row["fbx_complete"] is True
    assert office.firm.differences() == []


def test_a_plan_shows_mapped_columns_and_not_those_that_are_nobodys(capsys):
    chosen = {
        **owner("invoice", NEVER, "duedate"),
        **mapping("invoice", "terms", "invoice.new_x", owner=FRESHBOOKS),
    }
    office = Office(chosen, ("invoice", define.text("new_x")))
    office.client()
    office.books.create_invoice(office.number, lines=LINES, sent=True, terms="30 days")
    planner = Planner(office.firm, capsys)

    planner.ask()

    assert "new_x" in planner.out
    assert "30 days" in planner.out
    assert "duedate" not in planner.out


def test_a_mapping_costs_no_request_more():
    counts = []
    for chosen in ({}, mapping("invoice", "terms", "invoice.new_x", owner=FRESHBOOKS)):
        office = Office(chosen, ("invoice", define.text("new_x")))
        office.client()
        office.firm.dataverse_door.traffic.clear()
        office.invoice(terms="30 days")
        office.edit_invoice(po_number="7")
        counts.append(dict(office.firm.dataverse_door.traffic))

    assert counts[0] == counts[1]
