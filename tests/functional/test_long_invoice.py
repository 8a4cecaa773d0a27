"""An invoice of a thousand lines: written and edited in parts, and complete whoever dies between.

The message that was handled comes again, to an instance that knows nothing.
"""

from decimal import Decimal

import pytest

from shared.core.planning import MAX_OPERATIONS
from shared.sync.protocol import MAX_ROUNDS
from tests.functional.doors import Killed, die, writes
from tests.functional.scene import Scene

LINES = 1000  # five parts


class DyingDoor:
    """Lets the process die around the n-th write to Dataverse that comes."""

    def __init__(self, firm, nth, *, applied):
        self.firm, self.nth, self.applied, self.count = firm, nth, applied, 0
        firm.dataverse_door.app = self

    def __call__(self, environ, start_response):
        due = False
        if writes(environ):
            self.count += 1
            due = self.count == self.nth
        if due and not self.applied:
            die()
        answer = list(self.firm.dataverse(environ, start_response))
        if due:
            die()
        return answer


def handle_and_die(scene, nth, *, applied):
    """Handle the invoice until the process dies around a write; say whether it was complete."""
    DyingDoor(scene.firm, nth, applied=applied)
    with pytest.raises(Killed):
        scene.handle("invoice")
    scene.firm.dataverse_door.app = scene.firm.dataverse
    return scene.row("invoice")["fbx_complete"]


def some_lines(count, first=1):
    return [
        {"name": f"Work {n}", "qty": "1", "unit_cost": f"{n % 90 + 1}.25"}
        for n in range(first, first + count)
    ]


def shown(scene):
    """The lines as Dataverse has them, in their order: name, quantity, price."""
    rows = sorted(scene.lines(), key=lambda row: row["lineitemnumber"])
    return [
        (row["productdescription"], Decimal(row["quantity"]), Decimal(row["priceperunit"]))
        for row in rows
    ]


def wanted(lines):
    return [(each["name"], Decimal(each["qty"]), Decimal(each["unit_cost"])) for each in lines]


def test_a_long_invoice_is_whole_at_last_though_processes_died_between_its_parts():
    scene, invoice = Scene(), "invoice"
    lines = some_lines(LINES)
    scene.books.edit_invoice(scene.records[invoice], lines=lines)
    partly = [handle_and_die(scene, 3, applied=True), handle_and_die(scene, 1, applied=False)]
    scene.handle(invoice)
    written = shown(scene)

    # the last ones are changed, thinned out, joined by others and turned round
    kept = scene.books.record(invoice, scene.records[invoice])["lines"]
    changed = [{**each, "unit_cost": "3.50"} for each in kept[700::2]]
    edited = [*kept[:700], *some_lines(150, first=LINES + 1), *reversed(changed)]
    scene.firm.clock.advance(60)
    scene.books.edit_invoice(scene.records[invoice], lines=edited)
    partly += [handle_and_die(scene, 1, applied=True), handle_and_die(scene, 1, applied=False)]
    scene.handle(invoice)

    assert partly == [False] * 4
    assert written == wanted(lines)
    assert len(scene.lines()) == len(edited)
    assert scene.row(invoice)["fbx_complete"] is True
    assert scene.settled() == []


def test_there_are_rounds_enough_for_ten_thousand_lines():
    assert MAX_OPERATIONS * MAX_ROUNDS >= 10_000
