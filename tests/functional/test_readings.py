"""What was read, when, and what follows from it: nothing that changed is taken for known."""

import re

import pytest

from tests.functional.scene import Scene
from tests.functional.world import Firm


class Slow:
    """A door in front of FreshBooks in which an answer about one record is a minute under way.

    Right after it was given, `meanwhile` happens.
    """

    def __init__(self, firm, record, *, reading, meanwhile):
        self.firm, self.path, self.meanwhile = firm, rf"s/{record}$", meanwhile
        self.reading = reading
        firm.freshbooks_door.app = self

    def __call__(self, environ, start_response):
        answer = list(self.firm.freshbooks(environ, start_response))
        if re.search(self.path, environ["PATH_INFO"]):
            self.reading -= 1
            if self.reading == 0:
                self.meanwhile()
                self.firm.clock.advance(60)
        return answer


@pytest.mark.parametrize(("what", "reading"), [("nothing", 1), ("create", 2), ("edit", 2)])
@pytest.mark.parametrize(("kind", "column"), [("payment", "note"), ("expense", "notes")])
def test_what_changed_within_the_second_it_was_read_in_is_found_by_the_poll(
    kind, column, what, reading
):
    scene = Scene()
    firm = scene.firm
    edit = getattr(scene.books, f"edit_{kind}")
    if what == "create":
        scene.make(kind)
    elif what == "edit":
        edit(scene.records[kind], **{column: "first"})
    door = Slow(
        firm,
        scene.records[kind],
        reading=reading,
        meanwhile=lambda: edit(scene.records[kind], **{column: "second"}),
    )
    firm.connector.process.handle(scene.message(kind))
    assert door.reading == 0
    assert scene.row(kind)["description"] != "second"
    firm.freshbooks_door.app = firm.freshbooks

    firm.poll()

    assert scene.row(kind)["description"] == "second"
    assert scene.settled() == []


def test_a_client_that_changed_within_the_second_it_was_read_in_is_asked_for_by_the_poll():
    scene = Scene()
    firm, client = scene.firm, scene.records["client"]
    scene.books.edit_client(client, mob_phone="1")
    Slow(
        firm,
        client,
        reading=1,
        meanwhile=lambda: scene.books.edit_client(client, mob_phone="2"),
    )
    firm.connector.process.handle(scene.message("client"))
    firm.freshbooks_door.app = firm.freshbooks
    sent = len(firm.queue.sent)

    firm.poll()

    asked = firm.queue.sent[sent:]
    assert ("client", client) in {(request.kind, request.number) for request in asked}
    assert scene.settled() == []


def test_a_record_that_stays_stale_ends_as_a_dead_letter_and_not_in_a_circle():
    firm = Firm()
    client = firm.books.create_client(organization="Aster Works")
    line = {"name": "Work", "unit_cost": "100.00"}
    invoice = firm.books.create_invoice(client["id"], lines=[line], sent=True)
    firm.run()
    firm.clock.advance(60)
    firm.books.edit_invoice(invoice["id"], notes="thanks")
    firm.run()
    firm.books.serve_stale("invoice", invoice["id"], 1000)

    firm.queue.send(next(request for request in firm.queue.sent if request.kind == "invoice"))
    firm.drain(most=20)

    (letter,) = firm.dead_letters.list_all()
    assert "attempts failed: FreshBooks answers the version" in letter.reason


@pytest.mark.parametrize("kind", ["invoice", "payment", "expense"])
def test_a_stale_reading_does_not_bring_back_what_was_deleted(kind):
    scene = Scene()
    scene.delete(kind)
    scene.handle()
    scene.firm.drain()
    cancelled = scene.row(kind)
    scene.books.serve_stale(kind, scene.records[kind], 2)

    scene.handle(kind)

    assert scene.row(kind) == cancelled
    assert scene.settled() == []


def test_a_payment_whose_deletion_was_all_that_arrived_leaves_nothing_on_its_invoice():
    firm = Firm()
    firm.freshbooks.switches.set(deleted_reads="unknown")
    client = firm.books.create_client(organization="Aster Works")
    line = {"name": "Work", "unit_cost": "100.00"}
    invoice = firm.books.create_invoice(client["id"], lines=[line], sent=True)
    firm.run()
    firm.clock.advance(10 * 86400)  # polls do not list the invoice any more
    firm.poll()
    firm.freshbooks.deliveries.set(drop=1.0)
    payment = firm.books.pay_invoice(invoice["id"], "10.00")
    firm.queue.send(next(request for request in firm.queue.sent if request.kind == "invoice"))
    firm.drain()
    firm.freshbooks.deliveries.set(drop=0.0)
    firm.books.delete_payment(payment["id"])
    firm.run()
    assert firm.outcomes()["payment", payment["id"]] == "skipped"

    firm.clock.advance(600)
    firm.poll()

    assert firm.differences() == []


def test_nothing_is_open_on_the_entry_of_a_deleted_invoice_and_no_amount_on_other_entries():
    scene = Scene()
    for kind in ("payment", "expense", "invoice"):
        scene.delete(kind)
    scene.handle()

    (entry,) = [
        entry
        for entry in scene.firm.entries("invoice")
        if entry["fbx_sourcekey"].endswith(f"-{scene.records['invoice']}")
    ]
    assert entry["fbx_outstanding"] == 0
    assert scene.row("payment")["fbx_outstanding"] is None
    assert scene.row("expense")["fbx_outstanding"] is None
    assert scene.settled() == []
