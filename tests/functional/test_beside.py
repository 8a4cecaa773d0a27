"""What stands beside an invoice: found though nobody asks for it where its entry says nothing.

Payments that wait for it, questions to a person, decisions and dead letters, by turns of requests
and of storage calls, and with a process that dies at any of them.
"""

import itertools

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.outcomes import OutcomeName
from shared.core.waiting import HoldState
from tests.functional.doors import Killed
from tests.functional.test_existing_invoices import Office
from tests.functional.turns import PORTS, Turns
from tests.functional.world import Firm
from tests.soak import SOAK

SEEDS = range(300 if SOAK else 8)


class Bench:
    """A firm with an invoice that is refused, or that a person is asked about, and its payment."""

    def __init__(self, *, held=False):
        self.office = Office() if held else None
        self.firm = self.office.firm if held else Firm()
        self.typed = []
        if held:
            client = self.office.client
            self.typed = [self.office.typed(price=price) for price in ("99.00", "98.00")]
            self.invoice = self.office.invoice()
        else:
            self.firm.refuse_discounts()
            client = self.firm.books.create_client(organization="Aster Works")
            lines = [{"name": "Work", "qty": "1", "unit_cost": "100.00"}]
            self.invoice = self.firm.books.create_invoice(
                client["id"], lines=lines, sent=True, discount_value="5"
            )
            self.mend = lambda: self.firm.books.edit_invoice(self.invoice["id"], discount_value="0")
        self.firm.freshbooks.deliveries.set(drop=1.0)
        self.firm.connector.process.handle(self.message(Kind.CLIENT, client["id"]))
        self.payment = self.firm.books.pay_invoice(self.invoice["id"], "10.00")
        self.record = RecordId(self.firm.account, Kind.INVOICE, self.invoice["id"])

    def mend(self):
        """Make that the invoice can be there."""
        if self.office is None:
            self.firm.books.edit_invoice(self.invoice["id"], discount_value="0")
        while self.typed:
            self.firm.dataverse.delete("invoice", self.typed.pop())

    def message(self, kind, number, *, attempt=0):
        record = RecordId(self.firm.account, kind, number)
        request = SyncRequest.of(record, cause=Cause.WEBHOOK, seen=self.firm.clock())
        return request.model_copy(update={"attempt": attempt}).model_dump_json().encode()

    def carry_payment(self):
        body = self.message(Kind.PAYMENT, self.payment["id"])
        self.firm.start().process.handle(body)

    def carry_invoice(self):
        body = self.message(Kind.INVOICE, self.invoice["id"])
        self.firm.start().process.handle(body)

    def mend_and_carry(self):
        self.mend()
        self.carry_invoice()

    def in_turns(self, seed, *workers):
        Turns(self.firm, seed, storage=True).run(*workers)

    def left(self):
        """Handle what is on the queue, and return what is not as it should be."""
        self.firm.drain()
        waits = [wait.awaited for wait in self.firm.holds.list_waits()]
        holds = [hold.awaited for hold in self.firm.holds.list_all() if hold.is_open]
        letters = [letter.key for letter in self.firm.dead_letters.list_all()]
        return [*self.firm.differences(), *waits, *holds, *letters]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("held", [False, True], ids=["refused", "held"])
def test_a_payment_gets_its_link_whenever_its_invoice_comes(held, seed):
    bench = Bench(held=held)

    bench.in_turns(seed, bench.carry_payment, bench.mend_and_carry)

    assert bench.left() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_payments_that_wait_while_their_invoice_comes_all_get_their_link(seed):
    bench = Bench()
    bench.carry_payment()
    first, bench.payment = bench.payment, bench.firm.books.pay_invoice(bench.invoice["id"], "5.00")
    assert Awaited.invoice(bench.invoice["id"]) in [
        w.awaited for w in bench.firm.holds.list_waits()
    ]

    bench.in_turns(seed, bench.carry_payment, bench.mend_and_carry, bench.carry_invoice)

    assert bench.left() == []
    assert first["id"] != bench.payment["id"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dead_letter_is_gone_once_its_record_is_carried_over(seed):
    bench = Bench()
    bench.mend()
    poisoned = bench.message(Kind.INVOICE, bench.invoice["id"], attempt=99)
    bury = bench.firm.start().poison

    bench.in_turns(seed, lambda: bury.handle(poisoned), bench.carry_invoice)
    bench.carry_payment()

    assert bench.left() == []


def die_at(firm, number):
    """Let the process die before its n-th call of the tables, whichever that is."""
    calls = itertools.count()

    def count(*_given):
        if next(calls) == number:
            raise Killed

    stores = (firm.journal, firm.holds, firm.dead_letters)
    for store in stores:
        for method in PORTS[type(store)]:
            store.before(method, count)
    return stores


@pytest.mark.parametrize("held", [False, True], ids=["refused", "held"])
@pytest.mark.parametrize("number", range(0, 24, 1 if SOAK else 2))
def test_a_process_that_dies_at_any_call_leaves_nothing_behind(number, held):
    bench = Bench(held=held)

    for carry in (bench.carry_payment, bench.carry_invoice):
        stores = die_at(bench.firm, number)
        try:
            carry()
        except Killed:
            for store in stores:
                store.heal()
            bench.mend()
            carry()
        for store in stores:
            store.heal()
    bench.mend()
    bench.carry_invoice()

    assert bench.left() == []


def test_what_a_person_decided_stands_though_the_invoice_was_carried_over_before():
    office = Office()
    row = office.typed()
    invoice = office.invoice()
    office.run()
    firm, review = office.firm, office.review
    noted = firm.journal.get_latest(RecordId(firm.account, Kind.INVOICE, invoice["id"]))

    review.unlink(firm.account, invoice["id"])
    office.run()
    (own,) = [each for each in firm.invoices() if each["invoiceid"] != str(row)]
    firm.dataverse.delete("invoice", own["invoiceid"])
    firm.clock.advance(24 * 3600)
    firm.books.edit_invoice(invoice["id"], notes="another text")
    office.run()

    assert noted.beside is False
    assert firm.holds.get(firm.account, Awaited.chosen(invoice["id"])).state is HoldState.OWN
    assert len([each for each in firm.invoices() if each["fbx_sourcekey"]]) == 1
    assert office.row(row)["fbx_sourcekey"] is None


def test_a_new_invoice_asks_storage_for_its_entry_and_notes_it_and_no_more():
    bench = Bench()
    bench.mend()
    bench.firm.drain()
    asked = []
    for store in (bench.firm.journal, bench.firm.holds, bench.firm.dead_letters):
        for method in PORTS[type(store)]:
            store.before(method, lambda *given, method=method: asked.append((method, given[0])))

    bench.carry_invoice()

    own = [(method, of) for method, of in asked if getattr(of, "kind", None) is not Kind.CLIENT]
    entry = bench.firm.journal.latest[bench.record]
    balances = {"get_latest", "replace"}
    assert [method for method, _ in own if method not in balances] == []
    assert asked[0] == ("get_latest", bench.record)
    assert (entry.outcome, entry.beside) == (OutcomeName.CREATED, False)
    assert len(own) - sum(getattr(of, "record", bench.record) != bench.record for _, of in own) == 2


def test_what_an_earlier_release_left_untold_is_found_and_asked_for_once():
    bench = Bench()
    firm = bench.firm
    bench.carry_payment()
    bench.mend()
    (wait,) = [w for w in firm.holds.list_waits() if w.awaited.kind is AwaitedKind.INVOICE]
    firm.holds.confirm(firm.account, wait.awaited, wait.request, noted=False)
    del firm.journal.latest[bench.record]
    bench.carry_invoice()
    assert firm.journal.latest[bench.record].beside is False

    firm.clock.advance(700)
    firm.connector.wake.run()
    firm.drain()
    firm.queue.sent.clear()
    firm.clock.advance(700)
    firm.connector.wake.run()

    assert bench.left() == []
    assert firm.queue.sent == []
