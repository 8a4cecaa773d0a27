"""A process that dies around a write: what the change makes due for other records still happens.

The message it was handling comes again, to an instance that knows nothing.
"""

import pytest

from tests.functional.doors import FirstWrite, Killed, die, nothing
from tests.functional.scene import KINDS, Scene
from tests.functional.world import Firm

# Each kind has firms of its own: the more took place in one, the longer it takes to look through.
WHEN = pytest.mark.parametrize("when", ["before", "after"])


def killed(scene, kind, when):
    """Let a process die right before its first write is applied, or right after."""
    message = scene.message(kind)
    around = {"before": nothing, "after": nothing, when: die}
    door = FirstWrite(scene.firm, **around)
    with pytest.raises(Killed):
        scene.firm.connector.process.handle(message)
    assert door.writes == 1
    door.open()
    return message


@WHEN
@pytest.mark.parametrize("what", ["create", "edit"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_change_makes_due_happens_though_the_process_died(kind, what, when):
    scene = Scene(seed=KINDS.index(kind))
    scene.do(what, kind, "20.00")

    message = killed(scene, kind, when)
    scene.firm.drain()
    scene.firm.start().process.handle(message)

    if kind == "client":
        scene.handle("invoice")  # its balances changed by an invoice
    assert scene.settled() == []


@WHEN
@pytest.mark.parametrize("reads", ["row", "unknown"])
@pytest.mark.parametrize("policy", ["cancel", "delete"])
@pytest.mark.parametrize("kind", KINDS[1:])
def test_what_a_deletion_makes_due_happens_though_the_process_died(kind, policy, reads, when):
    scene = Scene(seed=KINDS.index(kind), deleted_records=policy, deleted_reads=reads)
    scene.delete(kind)

    message = killed(scene, kind, when)
    scene.firm.drain()
    scene.firm.start().process.handle(message)

    assert scene.settled() == []


@WHEN
def test_a_long_invoice_is_completed_though_the_process_died_between_its_parts(when):
    scene = Scene()
    scene.books.edit_invoice(
        scene.records["invoice"], lines=[{"name": "Work", "unit_cost": "1.00"}] * 250
    )

    message = killed(scene, "invoice", when)
    scene.firm.start().process.handle(message)

    assert scene.row("invoice")["fbx_complete"] is True
    assert len(scene.lines()) == 250
    assert scene.settled() == []


@WHEN
def test_payments_that_waited_for_their_invoice_follow_though_the_process_died(when):
    scene = Scene()
    scene.delete("invoice")
    scene.handle()
    scene.firm.dataverse.delete("invoice", scene.row("invoice")["invoiceid"])
    scene.handle("payment")
    assert scene.row("payment")["_fbx_invoiceid_value"] is None
    scene.firm.clock.advance(60)
    scene.restore("invoice")

    message = killed(scene, "invoice", when)
    scene.firm.start().process.handle(message)

    assert scene.settled() == []
    assert scene.row("payment")["_fbx_invoiceid_value"] == scene.row("invoice")["invoiceid"]


@WHEN
def test_records_that_waited_for_their_account_follow_though_the_process_died(when):
    firm = Firm(unmatched_clients="hold")
    client = firm.books.create_client(organization="Aster Works")
    line = {"name": "Work", "qty": "1", "unit_cost": "100.00"}
    firm.books.create_invoice(client["id"], lines=[line], sent=True)
    firm.run()
    door = FirstWrite(firm, **{"before": nothing, "after": nothing, when: die})
    with pytest.raises(Killed):
        firm.connector.review.create(firm.account, client["id"])
    door.open()
    firm.connector = firm.start()
    if when == "before":
        firm.connector.review.create(firm.account, client["id"])  # the operator tries again

    firm.poll()

    assert firm.differences() == []
    assert not firm.holds.waiting
