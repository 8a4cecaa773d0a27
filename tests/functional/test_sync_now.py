"""`sync`: one record carried over by the terminal itself, and every word of it true."""

import json
from datetime import timedelta

import pytest

from shared.at_once import at_once_of
from shared.cli import main
from shared.core.called import Search
from shared.core.circuit import service_circuit
from shared.core.identity import Kind, RecordId
from shared.core.outcomes import OutcomeName
from shared.errors import NotPossibleError, RetryLaterError
from shared.sync.identify import MOST_PAGES, Identify
from tests.functional.planned import done, rows_of, said, timeless
from tests.functional.world import Firm

LINES = [{"name": "Work", "qty": "2", "unit_cost": "60.25"}]


class Terminal:
    """A firm whose app is not told of anything, and an administrator at a terminal."""

    def __init__(self, capsys, **settings):
        self.firm = Firm(**settings)
        self.books = self.firm.books
        self._capsys = capsys
        self.code, self.out, self.err = 0, "", ""

    def sync(self, *words):
        self._capsys.readouterr()
        self.code = main(["sync", *words], build=lambda: self.firm.connector)
        self.out, self.err = self._capsys.readouterr()
        return self.code

    def told(self, *words):
        self.sync(*words, "--json")
        return json.loads(self.out)

    def client(self, name="Aster Works"):
        return self.books.create_client(organization=name)

    def invoice(self, client, **fields):
        return self.books.create_invoice(client["id"], lines=LINES, **{"sent": True, **fields})

    def noted(self, kind, record):
        return self.firm.journal.get_latest(RecordId(self.firm.account, kind, record["id"]))

    def carry(self, kind, record, *, patience=60.0, pause=None):
        record = RecordId(self.firm.account, kind, record["id"])
        pause = pause or self.let_the_app_work
        return at_once_of(self.firm.connector, pause=pause, patience=patience).carry(record)

    def let_the_app_work(self, seconds):
        self.firm.clock.advance(seconds)
        while self.firm.step():
            pass


@pytest.fixture
def terminal(capsys):
    return lambda **settings: Terminal(capsys, **settings)


def test_an_invoice_nobody_has_heard_of_is_in_sales_when_the_command_ends(terminal):
    here = terminal()
    invoice = here.invoice(here.client())

    code = here.sync("--invoice", invoice["invoice_number"])

    assert code == 0
    [row] = here.firm.invoices()
    assert (row["fbx_number"], row["fbx_total"]) == (invoice["invoice_number"], 120.50)
    assert "120.50 USD outstanding" in here.out
    assert "decided: created, on the account Aster Works (" in here.out
    assert "  + Invoice 0000001 Aster Works\n" in here.out
    noted = here.noted(Kind.INVOICE, invoice)
    assert (noted.outcome, noted.cause) == (OutcomeName.CREATED, "operator")


@pytest.mark.parametrize("settings", [{}, {"target": "activity"}])
def test_what_it_says_it_wrote_is_what_it_wrote(terminal, settings):
    here = terminal(**settings)
    client = here.client()
    invoice = here.invoice(client)
    here.firm.run()
    here.firm.clock.advance(60)
    payment = here.books.pay_invoice(invoice["id"], "20.50")
    expense = here.books.create_expense("12.50", clientid=client["id"])
    other = here.invoice(here.client("Birchwood Dental"))
    meant = [
        ("--payment", payment["id"]),
        ("--invoice", invoice["invoice_number"]),
        ("--expense", expense["id"]),
        ("--invoice", other["invoice_number"]),
        ("--client", "aster works"),
    ]

    for option, text in meant:
        before = rows_of(here.firm)
        told = here.told(option, str(text))

        assert told["outcome"] in {"created", "updated"}
        expected = timeless(done(before, rows_of(here.firm)))
        assert expected
        assert timeless(said({"records": told["written"]})) == expected


def test_a_second_run_says_that_nothing_differs_and_writes_nothing(terminal):
    here = terminal()
    invoice = here.invoice(here.client())
    here.sync("--invoice", invoice["invoice_number"])
    here.firm.drain()
    before = here.firm.everything()

    code = here.sync("--invoice", invoice["invoice_number"])

    assert code == 0
    assert "decided: unchanged, Sales shows what FreshBooks has, on the account" in here.out
    assert "wrote: nothing" in here.out
    assert here.firm.everything() == before


def test_a_number_that_fits_several_is_a_list_and_nothing_is_done(terminal):
    here = terminal()
    client = here.client()
    first = here.invoice(client, invoice_number="7")
    second = here.invoice(client, invoice_number="7")
    before, sent = here.firm.everything(), len(here.firm.queue.sent)

    code = here.sync("--invoice", "7")

    assert code == 2
    assert "2 invoices are called 7; nothing was done" in here.out
    for each in (first, second):
        assert f"python -m shared sync --invoice id:{each['id']}\n" in here.out
    assert (here.firm.everything(), len(here.firm.queue.sent)) == (before, sent)

    assert here.sync("--invoice", f"id:{second['id']}") == 0
    assert here.noted(Kind.INVOICE, second).outcome is OutcomeName.CREATED
    assert here.noted(Kind.INVOICE, first) is None


def test_a_name_that_fits_several_clients_is_a_list_and_a_whole_name_is_one(terminal):
    here = terminal()
    whole, longer = here.client("Aster Works"), here.client("Aster Works Ltd")

    listed = here.told("--client", "aster")
    assert here.code == 2
    assert [each["record"] for each in listed["several"]] == [whole["id"], longer["id"]]

    here.told("--client", "ASTER works")
    assert here.code == 0
    assert here.firm.account_of(whole) is not None
    assert here.firm.account_of(longer) is None


def test_the_payments_of_an_invoice_are_called_by_its_number(terminal):
    here = terminal()
    invoice = here.invoice(here.client())
    here.books.pay_invoice(invoice["id"], "20.50")

    assert here.sync("--payment", invoice["invoice_number"]) == 0
    here.books.pay_invoice(invoice["id"], "10.00")

    assert here.sync("--payment", invoice["invoice_number"]) == 2
    assert "2 payments are called" in here.out


@pytest.mark.parametrize(
    "words", [("--invoice", "999"), ("--invoice", "A-7"), ("--client", "Nobody")]
)
def test_what_nobody_knows_is_said_to_be_unknown_and_nothing_is_noted(terminal, words):
    here = terminal()

    code = here.sync(*words)

    assert code == 2
    assert f"FreshBooks has no {words[0][2:]} {words[1]}" in here.err
    assert list(here.firm.journal.list_latest(here.firm.account, Kind.INVOICE)) == []


@pytest.mark.parametrize("filters", [True, False])
def test_an_old_invoice_is_found_whether_freshbooks_looks_for_numbers_or_not(terminal, filters):
    here = terminal()
    here.firm.freshbooks.switches.set(invoices_filter_number=filters)
    client = here.client()
    old = here.invoice(client, create_date="2020-01-01", invoice_number="OLD-1")
    for _ in range(100):
        here.invoice(client)
    here.firm.freshbooks_door.traffic.clear()

    found = Identify(here.firm.connector.freshbooks, here.firm.journal).find(
        here.firm.account, Kind.INVOICE, "OLD-1"
    )

    assert [each.record.number for each in found] == [old["id"]]
    pages = here.firm.freshbooks_door.traffic["GET /accounting/account/*/invoices/invoices"]
    assert pages == 1 if filters else 1 < pages <= 6


def test_a_long_list_is_looked_through_within_bounds_and_that_is_said():
    asked = []

    class Endless:
        def find_called(self, _business, _kind, _text, *, most_pages):
            asked.append(most_pages)
            return Search(whole=False)

    class Nothing:
        def find_by_label(self, *_):
            return iter(())

    with pytest.raises(NotPossibleError, match="the first 3000 of its list were looked through"):
        Identify(Endless(), Nothing()).find("xazq5", Kind.INVOICE, "A-7")

    assert asked == [1, MOST_PAGES]


def test_an_invoice_that_freshbooks_deleted_is_found_by_its_number(terminal):
    here = terminal()
    invoice = here.invoice(here.client())
    here.firm.run()
    here.books.delete_invoice(invoice["id"])

    code = here.sync("--invoice", invoice["invoice_number"])

    assert code == 0
    assert "deleted there" in here.out
    assert "decided: cancelled" in here.out


def test_a_client_that_needs_a_person_is_said_to_be_held(terminal):
    here = terminal(unmatched_clients="hold")
    invoice = here.invoice(here.client())

    code = here.sync("--invoice", invoice["invoice_number"])

    assert code == 1
    assert "decided: held: " in here.out
    assert here.firm.invoices() == []


def test_what_the_terminal_may_not_write_the_app_is_asked_for_and_waited_for(terminal):
    here = terminal()
    invoice = here.invoice(here.client())
    here.firm.freshbooks.deliveries.run_pending()
    while here.firm.step():
        pass
    here.firm.clock.advance(60)
    here.books.pay_invoice(invoice["id"], "20.50")
    here.firm.dataverse_door.fail(kind="status", status=403, path="batch", times=1)

    told = here.carry(Kind.INVOICE, invoice)

    assert "403" in told.not_here
    assert told.outcome is OutcomeName.UPDATED
    [row] = here.firm.invoices()
    assert row["fbx_outstanding"] == 100.00
    assert list(here.firm.holds.list_waits()) == []  # the refusal of the terminal is nobody's


def test_a_try_that_failed_here_leaves_no_trace_while_the_app_has_not_come_to_it(terminal):
    here = terminal()
    invoice = here.invoice(here.client())
    here.firm.dataverse_door.fail(kind="status", status=403, path="batch", times=None)

    told = here.carry(Kind.INVOICE, invoice, patience=3, pause=here.firm.clock.advance)

    assert told.outcome is OutcomeName.ASKED
    assert here.noted(Kind.INVOICE, invoice).outcome is OutcomeName.ASKED
    assert list(here.firm.circuits.list_all()) == []
    assert here.firm.queue.depth() > 0


def test_the_app_that_finds_what_was_found_before_is_not_waited_for_to_the_end(terminal):
    here = terminal(unmatched_clients="hold")
    invoice = here.invoice(here.client())
    here.firm.run()
    here.firm.clock.advance(60)
    began = here.firm.clock()
    here.firm.dataverse_door.fail(kind="status", status=403, path="batch", times=1)

    told = here.carry(Kind.INVOICE, invoice)

    assert told.outcome is OutcomeName.HELD
    assert here.firm.clock() - began < timedelta(seconds=30)


def test_while_a_service_is_down_the_app_is_asked_and_nothing_is_tried_here(terminal):
    here = terminal()
    invoice = here.invoice(here.client())
    error = RetryLaterError("Dataverse is down.", service="Dataverse", retry_after=600)
    for number in range(5):
        here.firm.connector.circuits.failed(
            service_circuit("Dataverse"), f"x-invoice-{number}", error
        )
    here.firm.dataverse_door.traffic.clear()

    told = here.carry(Kind.INVOICE, invoice, pause=here.firm.clock.advance, patience=2)

    assert "Dataverse is down." in told.not_here
    assert not here.firm.dataverse_door.traffic
    assert here.firm.queue.depth() > 0


@pytest.mark.parametrize("words", [("--invoice", "1", "--client", "2"), ()])
def test_one_record_is_named_no_more_and_no_less(terminal, words):
    with pytest.raises(SystemExit, match="2"):
        terminal().sync(*words)
