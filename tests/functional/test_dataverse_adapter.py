"""The connector's Dataverse adapter against the sandbox, and against answers no sandbox gives."""

import base64
import json
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
import requests
from azure.core.credentials import AccessToken
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from sandbox.control import Controlled
from sandbox.dataverse import Dataverse as Sandbox
from sandbox.web import InProcess
from shared.adapters.azure.entra import DataverseToken
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.crm import Dataverse
from shared.adapters.http.transport import Transport
from shared.core.homes import Opportunity
from shared.core.identity import NAMESPACE
from shared.core.options import ClientState, EntryKind, Health, Status
from shared.core.rows import Change, Insert, Reference, Remove, State
from shared.core.schema import ACTIVITY_TABLE
from shared.errors import (
    ConfigurationError,
    ConflictError,
    RecordRefusedError,
    RetryLaterError,
)
from tests.functional.dataverse_world import schema_applied

URL = "https://org.crm.dynamics.com"
OPEN, PAID = State(0, 4), State(2, 100001)


class Clock:
    def __init__(self):
        self.now = datetime(2026, 1, 15, 12, tzinfo=UTC)

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += timedelta(seconds=seconds)


INVOICE, ENTRY, CLIENT = (uuid5(NAMESPACE, name) for name in ("invoice", "entry", "client"))


class Environment:
    """An environment with the connector's schema, and the adapter in front of it."""

    def __init__(self):
        self.clock = Clock()
        self.sandbox = Sandbox(url=URL, clock=self.clock, key_delay=0, limits=None)
        self.door = Controlled(self.sandbox)
        self.transport = over(self.door, sleep=self.clock.advance)
        self.sandbox.environment.restore(schema_applied())
        self.crm = self.adapter()
        self.account = UUID(str(self.sandbox.add("account", name="Aster Works")))

    def adapter(self, *, match_column="accountnumber", **price_lists):
        return Dataverse(
            DataverseApi(self.transport, token),
            match_column=match_column,
            price_lists=price_lists,
            clock=self.clock,
        )

    def currency(self, code="CAD"):
        found = [
            row["transactioncurrencyid"]
            for row in self.sandbox.all("transactioncurrency")
            if row.get("isocurrencycode") == code
        ]
        if not found:
            found = [
                self.sandbox.add(
                    "transactioncurrency",
                    isocurrencycode=code,
                    currencyname=code,
                    currencysymbol=code,
                    currencyprecision=2,
                    exchangerate=1,
                )
            ]
        return UUID(str(found[0]))

    def price_list(self, name, code="CAD"):
        reference = ("transactioncurrency", str(self.currency(code)))
        return UUID(str(self.sandbox.add("pricelevel", name=name, transactioncurrencyid=reference)))

    def link(self, key="xazq5-7", *, row=CLIENT, account=None):
        columns = {"fbx_name": "Aster", "fbx_key": key, "fbx_state": int(ClientState.LINKED)}
        home = {"fbx_accountid": Reference("account", account or self.account)}
        self.crm.write([Insert("fbx_client", row, columns, home)])

    def insert_invoice(self, invoice, *, lines=0):
        self.crm.write(
            [self.header(invoice), *(self.line(invoice, n) for n in range(1, lines + 1))]
        )

    def header(self, invoice, **columns):
        return Insert(
            "invoice",
            invoice,
            {
                "name": "0042 Aster Works",
                "fbx_number": "0042",
                "fbx_total": Decimal("113.55"),
                "fbx_invoicedate": date(2026, 1, 2),
                "fbx_status": int(Status.SENT),
                "fbx_complete": True,
                "fbx_syncedon": self.clock.now,
                "fbx_sourceversion": "1",
                **columns,
            },
            {
                "customerid": Reference("account", self.account),
                "transactioncurrencyid": Reference("transactioncurrency", self.currency()),
            },
        )

    def line(self, invoice, position):
        return Insert(
            "invoicedetail",
            line_id(position),
            {
                "isproductoverridden": True,
                "lineitemnumber": position,
                "productdescription": f"Work {position}",
                "quantity": Decimal("1.50000"),
                "priceperunit": Decimal("33.50"),
                "tax": Decimal("6.53"),
            },
            {"invoiceid": Reference("invoice", invoice)},
        )

    def entry(self, entry, invoice=None):
        lookups = {
            "regardingobjectid": Reference("account", self.account),
            "transactioncurrencyid": Reference("transactioncurrency", self.currency()),
        }
        if invoice is not None:
            lookups["fbx_invoiceid"] = Reference("invoice", invoice)
        return Insert(
            ACTIVITY_TABLE,
            entry,
            {
                "subject": "Invoice 0042",
                "fbx_kind": int(EntryKind.INVOICE),
                "fbx_amount": Decimal("113.55"),
                "fbx_date": date(2026, 1, 2),
            },
            lookups,
        )

    def view(self, invoice, entry, key="xazq5-7", reference=""):
        return self.crm.get_invoice_view(
            invoice=invoice, entry=entry, client_key=key, reference=reference
        )


NOTHING = '{"value": []}'


def token(_rejected):
    return "a-token"


def over(app, **options):
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", InProcess(app))
    return Transport(service="Dataverse", base_url=URL, timeout=(1, 1), session=session, **options)


def line_id(position):
    return uuid5(NAMESPACE, f"line-{position}")


@pytest.fixture
def environment():
    return Environment()


@pytest.fixture
def crm(environment):
    return environment.crm


def test_nothing_is_there_yet(environment, crm):
    view = environment.view(INVOICE, ENTRY)

    assert (view.invoice, view.lines, view.entry, view.home) == (None, (), None, None)


def test_an_invoice_is_read_whole_in_one_request(environment, crm):
    environment.link()
    opportunity = environment.sandbox.add(
        "opportunity", name="Renewal", customerid=("account", str(environment.account))
    )
    header = environment.header(INVOICE)
    crm.write([header, environment.line(INVOICE, 1), environment.entry(ENTRY)])
    environment.door.traffic.clear()

    view = environment.view(INVOICE, ENTRY)

    assert sum(environment.door.traffic.values()) == 1
    assert view.invoice.columns["fbx_number"] == "0042"
    assert Decimal(view.invoice.columns["fbx_total"]) == Decimal("113.55")
    assert view.invoice.columns["fbx_invoicedate"] == "2026-01-02"
    assert view.invoice.columns["fbx_complete"] is True
    assert view.invoice.lookups == {
        "customerid": environment.account,
        "opportunityid": None,
        "pricelevelid": None,
        "transactioncurrencyid": header.lookups["transactioncurrencyid"].id,
        "fbx_clientid": None,
    }
    assert view.invoice.state.state == 0
    assert [line.id for line in view.lines] == [line_id(1)]
    assert Decimal(view.lines[0].columns["quantity"]) == Decimal("1.5")
    assert view.entry.lookups["regardingobjectid"] == environment.account
    assert view.entry.columns["fbx_kind"] == int(EntryKind.INVOICE)
    assert view.home.id == environment.account
    assert view.home.etag
    assert [row.key for row in view.home.clients] == ["xazq5-7"]
    assert view.home.opportunities == (Opportunity(UUID(str(opportunity)), "Renewal"),)


def test_a_header_with_lines_and_entry_is_written_in_one_request(environment, crm):
    environment.currency()
    environment.door.traffic.clear()

    crm.write(
        [
            environment.header(INVOICE),
            *(environment.line(INVOICE, n) for n in range(1, 41)),
            environment.entry(ENTRY, INVOICE),
        ]
    )

    assert sum(environment.door.traffic.values()) == 1
    assert len(environment.sandbox.all("invoicedetail")) == 40
    assert environment.view(INVOICE, ENTRY).entry.lookups["fbx_invoiceid"] == INVOICE


def test_all_lines_of_a_long_invoice_are_read(environment, crm):
    environment.insert_invoice(INVOICE, lines=120)

    assert len(environment.view(INVOICE, ENTRY).lines) == 120


def test_a_refused_part_leaves_nothing_behind(environment, crm):
    with pytest.raises(RecordRefusedError) as caught:
        crm.write([environment.header(INVOICE), environment.header(ENTRY, name="x" * 400)])

    assert caught.value.code == "0x80044331"
    assert environment.sandbox.all("invoice") == []


def test_a_row_that_appeared_in_between_is_a_conflict(environment, crm):
    environment.insert_invoice(INVOICE)

    with pytest.raises(ConflictError):
        environment.insert_invoice(INVOICE)
    with pytest.raises(ConflictError):
        environment.insert_invoice(INVOICE, lines=1)

    assert len(environment.sandbox.all("invoice")) == 1
    assert environment.sandbox.all("invoicedetail") == []


def test_a_row_that_changed_in_between_is_a_conflict(environment, crm):
    environment.insert_invoice(INVOICE)
    before = environment.view(INVOICE, ENTRY).invoice
    crm.write([Change("invoice", INVOICE, {"fbx_paid": Decimal(1)}, etag=before.etag)])

    with pytest.raises(ConflictError):
        crm.write([Change("invoice", INVOICE, {"fbx_paid": Decimal(2)}, etag=before.etag)])
    with pytest.raises(ConflictError):
        crm.write(
            [
                Change("invoice", INVOICE, {"fbx_paid": Decimal(2)}, etag=before.etag),
                environment.line(INVOICE, 1),
            ]
        )

    assert Decimal(environment.view(INVOICE, ENTRY).invoice.columns["fbx_paid"]) == 1


def test_a_row_that_vanished_in_between_is_a_conflict_and_not_made_anew(environment, crm):
    with pytest.raises(ConflictError):
        crm.write([Change("invoice", INVOICE, {"name": "x"})])
    with pytest.raises(ConflictError):
        crm.write([environment.entry(ENTRY), Change("invoice", INVOICE, {"name": "x"})])

    assert environment.sandbox.all("invoice") == []
    assert environment.sandbox.all(ACTIVITY_TABLE) == []


def test_a_lookup_to_a_row_that_vanished_is_a_conflict(environment, crm):
    gone = Insert(
        "invoicedetail",
        line_id(1),
        {"isproductoverridden": True, "productdescription": "x", "quantity": Decimal(1)},
        {"invoiceid": Reference("invoice", INVOICE)},
    )

    with pytest.raises(ConflictError):
        crm.write([gone])


def test_a_client_key_in_use_is_a_conflict(environment, crm):
    environment.link("xazq5-7")

    with pytest.raises(ConflictError):
        environment.link("xazq5-7", row=uuid5(NAMESPACE, "another"))


def test_removing_what_is_gone_is_fine(environment, crm):
    crm.write([Remove("invoice", INVOICE)])
    environment.insert_invoice(INVOICE)
    crm.write([Remove("invoice", INVOICE)])

    assert environment.sandbox.all("invoice") == []


def test_removing_a_row_that_changed_is_a_conflict(environment, crm):
    environment.insert_invoice(INVOICE)
    before = environment.view(INVOICE, ENTRY).invoice
    crm.write([Change("invoice", INVOICE, {"fbx_paid": Decimal(1)})])

    with pytest.raises(ConflictError):
        crm.write([Remove("invoice", INVOICE, before.etag)])

    assert len(environment.sandbox.all("invoice")) == 1


def test_a_paid_invoice_is_corrected_in_one_change_set(environment, crm):
    environment.insert_invoice(INVOICE)
    crm.write([Change("invoice", INVOICE, state=PAID)])
    paid = environment.view(INVOICE, ENTRY).invoice

    crm.write(
        [
            Change("invoice", INVOICE, state=OPEN, etag=paid.etag),
            Change("invoice", INVOICE, {"fbx_paid": Decimal("9.99")}),
            Change("invoice", INVOICE, state=PAID),
        ]
    )

    now = environment.view(INVOICE, ENTRY).invoice
    assert (now.state, Decimal(now.columns["fbx_paid"])) == (PAID, Decimal("9.99"))


def test_a_state_that_does_not_fit_is_the_records_fault(environment, crm):
    environment.insert_invoice(INVOICE)

    with pytest.raises(RecordRefusedError):
        crm.write([Change("invoice", INVOICE, state=State(2, 4))])


def test_a_lookup_is_cleared(environment, crm):
    opportunity = environment.sandbox.add(
        "opportunity", name="Renewal", customerid=("account", str(environment.account))
    )
    environment.insert_invoice(INVOICE)
    chosen = {"opportunityid": Reference("opportunity", UUID(str(opportunity)))}
    crm.write([Change("invoice", INVOICE, lookups=chosen)])
    linked = environment.view(INVOICE, ENTRY).invoice.lookups["opportunityid"]

    crm.write([Change("invoice", INVOICE, lookups={"opportunityid": None})])

    assert linked == UUID(str(opportunity))
    assert environment.view(INVOICE, ENTRY).invoice.lookups["opportunityid"] is None


def test_amounts_keep_every_digit_on_the_way_there_and_back(environment, crm):
    amount = Decimal("92233720368547.07")
    crm.write([environment.header(INVOICE, fbx_total=amount)])

    assert Decimal(environment.view(INVOICE, ENTRY).invoice.columns["fbx_total"]) == amount


def test_a_column_dataverse_does_not_have_asks_for_a_schema_check(environment, crm):
    with pytest.raises(ConfigurationError, match="shared schema check"):
        crm.write([Change("account", environment.account, {"fbx_nothing": "x"})])


def test_an_environment_without_the_schema_asks_for_a_schema_check():
    bare = Sandbox(url=URL, clock=Clock(), key_delay=0, limits=None)
    crm = Dataverse(
        DataverseApi(over(bare), token), match_column=None, price_lists={}, clock=Clock()
    )

    with pytest.raises(ConfigurationError, match="shared schema check"):
        crm.get_invoice_view(invoice=INVOICE, entry=ENTRY, client_key="xazq5-7")


def test_an_entry_is_read_with_its_invoice_in_one_request(environment, crm):
    environment.link()
    crm.write([environment.header(INVOICE), environment.entry(ENTRY, INVOICE)])
    environment.door.traffic.clear()

    view = crm.get_entry_view(entry=ENTRY, invoice=INVOICE, client_key="xazq5-7")
    alone = crm.get_entry_view(entry=ENTRY, invoice=None, client_key=None)

    assert (view.entry.id, view.invoice.id) == (ENTRY, INVOICE)
    assert view.home.id == environment.account
    assert (alone.entry.id, alone.invoice, alone.home) == (ENTRY, None, None)
    assert sum(environment.door.traffic.values()) == 2


def test_open_opportunities_are_offered_and_those_of_the_name_that_is_wanted(environment, crm):
    environment.link()
    sandbox, owner = environment.sandbox, ("account", str(environment.account))
    open_one = sandbox.add("opportunity", name="Open", customerid=owner)
    won = sandbox.add("opportunity", name="Won", customerid=owner)
    close = {"subject": "Signed", "opportunityid@odata.bind": f"/opportunities({won})"}
    closed = Client(sandbox).post(
        "/api/data/v9.2/WinOpportunity",
        json={"Status": 3, "OpportunityClose": close},
        headers={"Authorization": "Bearer a-salesperson"},
    )
    assert closed.status_code == 204

    sandbox.add("opportunity", name="O'Brien; (won)", customerid=owner, statecode=1, statuscode=3)

    view = crm.get_entry_view(entry=ENTRY, invoice=None, client_key="xazq5-7")
    wanted = environment.view(INVOICE, ENTRY, reference="won").home.opportunities
    odd = environment.view(INVOICE, ENTRY, reference="O'Brien; (won)").home.opportunities

    assert view.home.opportunities == (Opportunity(UUID(str(open_one)), "Open"),)
    assert {each.id: each.is_open for each in wanted} == {
        UUID(str(open_one)): True,
        UUID(str(won)): False,
    }
    assert {each.name for each in odd} == {"Open", "O'Brien; (won)"}


def test_accounts_are_found_by_key_by_name_and_by_field(environment, crm):
    environment.link()
    sandbox = environment.sandbox
    named = sandbox.add("account", name="O'Brien & Söhne #1 + 100%")
    numbered = sandbox.add("account", name="Elsewhere", accountnumber="AT 1/2")
    sandbox.add("account", name="Nobody")

    view = crm.get_client_view(
        client_key="xazq5-7", name="O'Brien & Söhne #1 + 100%", field_value="AT 1/2"
    )

    assert view.home.id == environment.account
    assert {row.id for row in view.candidates} == {UUID(str(named)), UUID(str(numbered))}
    assert {row.columns["accountnumber"] for row in view.candidates} == {None, "AT 1/2"}


def test_an_inactive_account_is_found_by_its_key_alone(environment, crm):
    environment.link()
    environment.sandbox.update("account", str(environment.account), statecode=1, statuscode=2)

    view = crm.get_client_view(client_key="xazq5-7", name="Aster Works", field_value=None)

    assert (view.home.id, view.home.active) == (environment.account, False)
    assert view.candidates == ()


def test_an_account_without_name_and_field_is_looked_for_by_its_key_alone(environment, crm):
    environment.sandbox.add("account", name="")

    view = crm.get_client_view(client_key="xazq5-7", name="", field_value=None)

    assert (view.home, view.candidates) == (None, ())


def test_an_accounts_balances_are_written_and_read(environment, crm):
    crm.write(
        [
            Change(
                "account",
                environment.account,
                {
                    "fbx_outstanding": Decimal("10.10"),
                    "fbx_financialhealth": int(Health.OVERDUE),
                    "fbx_lastinvoiceon": date(2026, 1, 31),
                    "fbx_syncedon": environment.clock.now,
                },
            )
        ]
    )

    row = crm.get_account(environment.account)

    assert row.name == "Aster Works"
    assert Decimal(row.columns["fbx_outstanding"]) == Decimal("10.10")
    assert row.columns["fbx_lastinvoiceon"] == "2026-01-31"
    assert datetime.fromisoformat(row.columns["fbx_syncedon"]) == environment.clock.now
    assert crm.get_account(UUID(int=9)) is None


def test_similar_accounts_share_a_word(environment, crm):
    for name in ("Aster Group", "Masterworks", "100% Aster_[x]", "Unrelated"):
        environment.sandbox.add("account", name=name)

    view = crm.get_client_view(
        client_key="xazq5-8", name="ASTER works Inc.", field_value=None, similar=True
    )
    nameless = crm.get_client_view(client_key="xazq5-8", name="...", field_value=None, similar=True)

    assert [row.name for row in view.similar] == ["Aster Works", "100% Aster_[x]", "Aster Group"]
    assert (view.home, view.candidates) == (None, ())
    assert nameless.similar == ()


def test_a_currency_is_asked_for_once_in_ten_minutes(environment, crm):
    cad = environment.currency("CAD")
    environment.door.traffic.clear()

    first = crm.get_currency("CAD")
    again = crm.get_currency("CAD")
    by_id = crm.get_currency_by_id(cad)

    assert (first.id, first.code, first.precision, again) == (cad, "CAD", 2, first)
    assert by_id == first
    assert sum(environment.door.traffic.values()) == 2
    environment.clock.advance(601)
    crm.get_currency("CAD")
    assert sum(environment.door.traffic.values()) == 3


def test_a_missing_currency_is_looked_for_again_soon(environment, crm):
    missing = crm.get_currency("XOF")
    id_of_it = environment.currency("XOF")
    still_missing = crm.get_currency("XOF")
    environment.clock.advance(31)

    assert (missing, still_missing) == (None, None)
    assert crm.get_currency("XOF").id == id_of_it
    assert crm.get_currency_by_id(UUID(int=9)) is None


def test_the_only_price_list_of_a_currency_is_used_and_two_are_not_guessed_between(environment):
    first = environment.price_list("Retail", "XOF")
    only = environment.adapter().get_price_list("XOF")
    second = environment.price_list("Wholesale", "XOF")
    environment.price_list("Wholesale", "XPF")

    assert only == first
    assert environment.adapter().get_price_list("XOF") is None
    assert environment.adapter(XOF="Wholesale").get_price_list("XOF") == second


def test_a_price_list_that_is_configured_but_missing_names_the_setting(environment):
    environment.currency("XOF")

    with pytest.raises(ConfigurationError, match="PRICE_LISTS"):
        environment.adapter(XOF="Nowhere").get_price_list("XOF")


def test_no_price_list_is_looked_for_in_a_currency_that_is_missing(environment):
    assert environment.adapter().get_price_list("XOF") is None


def test_nothing_to_write_is_no_request(environment, crm):
    environment.door.traffic.clear()

    crm.write([])

    assert sum(environment.door.traffic.values()) == 0


def test_a_write_whose_answer_was_lost_is_not_done_twice(environment, crm):
    environment.door.fail(kind="drop-after", path="batch", times=1)

    with pytest.raises(ConflictError):
        environment.insert_invoice(INVOICE, lines=2)

    assert len(environment.sandbox.all("invoice")) == 1
    assert len(environment.sandbox.all("invoicedetail")) == 2


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "drop-before"}])
def test_an_outage_of_a_moment_is_not_noticed(environment, crm, fault):
    environment.door.fail(**fault, times=1)

    environment.insert_invoice(INVOICE, lines=1)

    assert len(environment.sandbox.all("invoicedetail")) == 1


def test_throttling_is_for_the_queue_with_its_own_wait(environment, crm):
    environment.door.fail(kind="status", status=429, retry_after="120", times=None)

    with pytest.raises(RetryLaterError) as caught:
        environment.view(INVOICE, ENTRY)

    assert caught.value.retry_after == 120


def test_many_threads_share_one_adapter(environment, crm):
    environment.currency()
    failures = []

    def work(number):
        try:
            invoice = uuid5(NAMESPACE, f"invoice-{number}")
            crm.write([environment.header(invoice)])
            assert environment.view(invoice, ENTRY).invoice.id == invoice
            assert crm.get_currency("CAD") is not None
        except Exception as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert len(environment.sandbox.all("invoice")) == 16


class Scripted:
    """Answers every request with the same status, type and body; keeps what it was asked."""

    def __init__(self, body, *, status=200, content_type="application/json", **headers):
        self.response = {"status": status, "content_type": content_type, "headers": headers}
        self.body, self.seen = body, []

    def __call__(self, environ, start_response):
        request = Request(environ)
        self.seen.append((request.method, request.full_path.rstrip("?"), request.get_data()))
        body = self.body.pop(0) if isinstance(self.body, list) else self.body
        return Response(body, **self.response)(environ, start_response)


def scripted(*args, token=token, who=lambda: "", **kwargs):
    service = Scripted(*args, **kwargs)
    clock = Clock()
    transport = over(service, sleep=clock.advance)
    api = DataverseApi(transport, token, who=who)
    return service, Dataverse(api, match_column=None, price_lists={}, clock=clock)


def multipart(*parts):
    framed = "".join(
        "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"HTTP/1.1 {status} X\r\n{headers}\r\n{body}\r\n"
        for status, headers, body in parts
    )
    return framed + "--b--\r\n"


def problem(code, message="as it is"):
    return json.dumps({"error": {"code": code, "message": message}})


BATCH = "multipart/mixed; boundary=b"
TWO = [Remove("invoice", INVOICE), Remove("invoice", ENTRY)]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (412, "0x80060882", ConflictError),
        (412, "0x80060892", ConflictError),
        (400, "0x80060892", ConflictError),
        (400, "0x80040217", ConflictError),
        (404, "0x80060891", ConflictError),
        (404, "", ConflictError),
        (400, "0x80048d19", ConfigurationError),
        (400, "0x80048D19", ConfigurationError),
        (404, "0x80060888", ConfigurationError),
        (403, "0x80040220", ConfigurationError),
        (429, "0x80072322", RetryLaterError),
        (400, "0x80071151", RetryLaterError),
        (500, "0x80040216", RetryLaterError),
        (500, "0x80044150", RetryLaterError),
        (503, "", RetryLaterError),
        (400, "0x80044331", RecordRefusedError),
        (400, "0x80048408", RecordRefusedError),
        (405, "0x80040227", RecordRefusedError),
    ],
)
def test_a_failed_change_set_is_what_its_one_error_says(status, code, kind):
    inside = multipart((status, "", problem(code)))
    _, whole = scripted(inside, content_type=BATCH)
    _, stopped = scripted(inside, content_type=BATCH, status=400)
    _, alone = scripted(problem(code), status=status)

    for crm, operations in ((whole, TWO), (stopped, TWO)):
        with pytest.raises(kind) as caught:
            crm.write(operations)
        assert type(caught.value) is kind
    with pytest.raises(kind):
        alone.write([Change("invoice", INVOICE, {"name": "x"})])


def test_throttling_inside_a_batch_carries_its_wait():
    _, crm = scripted(
        multipart((429, "Retry-After: 33\r\n", problem("0x80072326"))), content_type=BATCH
    )

    with pytest.raises(RetryLaterError) as caught:
        crm.write(TWO)

    assert caught.value.retry_after == 33


def test_a_refused_change_names_its_code_and_request():
    _, crm = scripted(
        multipart((400, "REQ_ID: abc-1\r\n", problem("0x80044331", "too long"))),
        content_type=BATCH,
    )

    with pytest.raises(RecordRefusedError, match="too long") as caught:
        crm.write(TWO)

    assert (caught.value.code, caught.value.request_id) == ("0x80044331", "abc-1")


@pytest.mark.parametrize(
    ("body", "status", "content_type"),
    [
        (b"", 200, "application/json"),
        (b"<html>gateway</html>", 200, "text/html"),
        (b'{"error":{"code":"","message":"Malformed"}}', 200, "application/json"),
        (multipart((204, "", "")), 200, BATCH),
        (multipart((204, "", ""))[:40], 200, BATCH),
        (multipart((204, "", ""), (204, "", ""), (204, "", "")), 200, BATCH),
        ("--b--", 200, BATCH),
        (b"<html>", 502, "text/html"),
    ],
)
def test_an_answer_nobody_understands_is_for_the_queue(body, status, content_type):
    _, crm = scripted(body, status=status, content_type=content_type)

    with pytest.raises(RetryLaterError):
        crm.write(TWO)
    with pytest.raises(RetryLaterError):
        crm.get_invoice_view(invoice=INVOICE, entry=ENTRY, client_key=None)


def test_a_batch_refused_as_a_whole_is_refused():
    _, crm = scripted(problem("", "Malformed batch"), status=400)

    with pytest.raises(RecordRefusedError, match="Malformed"):
        crm.write(TWO)


@pytest.mark.parametrize("row", ["[]", "{}", "{", '{"invoiceid": 5, "@odata.etag": "1"}', "null"])
def test_a_row_that_is_none_is_for_the_queue(row):
    parts = [(200, "", row), (200, "", NOTHING), (404, "", "")]
    _, crm = scripted(multipart(*parts), content_type=BATCH)

    with pytest.raises(RetryLaterError):
        crm.get_invoice_view(invoice=INVOICE, entry=ENTRY, client_key=None)


def test_one_missing_row_does_not_hide_the_others():
    header = {
        "@odata.etag": "1",
        "invoiceid": str(INVOICE),
        "statecode": 0,
        "statuscode": 4,
        "invoice_details": [],
    }
    _, crm = scripted(
        multipart((404, "", problem("0x80040217")), (200, "", json.dumps(header))),
        content_type=BATCH,
    )

    view = crm.get_entry_view(entry=ENTRY, invoice=INVOICE, client_key=None)

    assert (view.entry, view.invoice.id) == (None, INVOICE)


def test_further_pages_of_lines_are_followed_by_their_path_alone():
    def line(number):
        return {"@odata.etag": "1", "invoicedetailid": str(UUID(int=number))}

    header = {
        "@odata.etag": "1",
        "invoiceid": str(INVOICE),
        "statecode": 0,
        "statuscode": 4,
        "invoice_details": [line(1)],
        "invoice_details@odata.nextLink": f"{URL}/api/data/v9.2/x?$skiptoken=%3Ca%20b%3E",
    }
    pages = [
        multipart((200, "", json.dumps(header)), (200, "", NOTHING), (404, "", "")),
        json.dumps(
            {"value": [line(2)], "@odata.nextLink": "https://other.example.org/api/data/v9.2/y?z=2"}
        ),
        json.dumps({"value": [line(3)]}),
    ]
    service, crm = scripted(pages, content_type=BATCH)

    view = crm.get_invoice_view(invoice=INVOICE, entry=ENTRY, client_key=None)

    assert [each.id.int for each in view.lines] == [1, 2, 3]
    assert [path for _, path, _ in service.seen[1:]] == [
        "/api/data/v9.2/x?$skiptoken=%3Ca%20b%3E",
        "/api/data/v9.2/y?z=2",
    ]


def test_further_pages_of_clients_are_read_to_the_last():
    def client(number):
        row = {"@odata.etag": "1", "fbx_clientid": str(UUID(int=number))}
        return {**row, "fbx_key": f"xazq5-{number}"}

    following = f"{URL}/api/data/v9.2/fbx_clients?$skiptoken=2"
    first = json.dumps({"value": [client(1)], "@odata.nextLink": following})
    nobody = json.dumps({"value": []})
    pages = [
        multipart((200, "", first), (200, "", nobody)),
        json.dumps({"value": [client(2)]}),
    ]
    _, crm = scripted(pages, content_type=BATCH)

    found = [row.key for row in crm.list_client_rows(changed_since=None)]

    assert found == ["xazq5-1", "xazq5-2"]


def test_a_refused_sign_in_says_where_to_look():
    _, crm = scripted(problem("0x80040220"), status=401)

    with pytest.raises(ConfigurationError, match="application user"):
        crm.get_account(INVOICE)


def test_a_refused_sign_in_names_the_application_and_who_mends_it():
    application = "0d2e8a0c-6f0f-4b5e-9a55-0c9f4f7d1a11"
    claims = base64.urlsafe_b64encode(json.dumps({"appid": application}).encode()).decode()
    given = f"e30.{claims.rstrip('=')}.signature"

    class Credential:
        def get_token(self, *_scopes, **_options):
            return AccessToken(given, 4_000_000_000)

    signed_in = DataverseToken(Credential(), URL)
    service, crm = scripted(problem("0x80072560"), status=401, token=signed_in, who=signed_in.who)

    with pytest.raises(ConfigurationError) as refused:
        crm.get_account(INVOICE)

    assert f"that the application {application} is a user of this environment" in str(refused.value)
    assert "Power Platform administrator" in str(refused.value)
    assert "python -m shared doctor" in str(refused.value)
    assert len(service.seen) == 2  # once more with a new token, then never again
    assert given not in str(refused.value)


def test_an_address_without_dataverse_is_a_setting_to_fix():
    _, crm = scripted("<html>not here</html>", status=404, content_type="text/html")

    with pytest.raises(ConfigurationError, match="DATAVERSE_URL"):
        crm.get_invoice_view(invoice=INVOICE, entry=ENTRY, client_key=None)


def test_two_active_currencies_of_one_code_are_a_persons_business():
    row = {"@odata.etag": "1", "isocurrencycode": "CAD", "currencyprecision": 2}
    rows = [{**row, "transactioncurrencyid": str(UUID(int=n))} for n in (1, 2)]
    lists = [json.dumps({"value": rows}), json.dumps({"value": []})]
    _, crm = scripted(multipart(*((200, "", each) for each in lists)), content_type=BATCH)

    with pytest.raises(ConfigurationError, match="2 active currencies"):
        crm.get_currency("CAD")
