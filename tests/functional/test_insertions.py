"""A row that is inserted: what happened to its record meanwhile is in Dataverse in the end.

Two workers handle the same record in every order, while it is edited, deleted and restored.
"""

import pytest

from tests.functional.doors import FirstWrite
from tests.functional.scene import KINDS, Scene
from tests.functional.turns import Turns
from tests.soak import SOAK

SEEDS = range(400) if SOAK else (3, 10)
LONG_SEEDS = range(60) if SOAK else (10,)
CHANGES = ("edit", "delete", "restore")


def changes(seed, kind):
    """Return what happens to a record while it is created in Dataverse, by seed."""
    names = ["edit"] if kind == "client" else CHANGES  # a deleted client keeps its account
    number = seed
    for _ in range(1 + seed % 3):
        yield names[number % len(names)]
        number = number // len(names) + 1


def raced(scene, kind, seed):
    """Let two workers handle a new record while somebody changes it and a third one follows."""
    turns = Turns(scene.firm, seed)
    first, second, third = (scene.firm.start().process for _ in range(3))
    message = scene.message(kind)

    def somebody_changes_it():
        for number, change in enumerate(changes(seed, kind)):
            turns.pause()
            scene.firm.clock.advance(60)
            try:
                scene.do(change, kind, f"{20 + number}.00")
            except Exception:  # FreshBooks allows no edit of what is deleted  # noqa: BLE001
                continue
            third.handle(message)

    turns.run(
        lambda: first.handle(message),
        lambda: second.handle(message),
        somebody_changes_it,
    )


@pytest.mark.parametrize("policy", ["cancel", "delete"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_happened_while_a_record_was_inserted_is_in_dataverse_in_the_end(kind, policy, seed):
    scene = Scene(deleted_records=policy)
    scene.make(kind)

    raced(scene, kind, seed)

    if kind == "client":
        scene.handle("invoice")  # its balances changed by an invoice
    assert scene.settled() == []


@pytest.mark.parametrize("policy", ["cancel", "delete"])
@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_creation_that_was_under_way_while_a_deletion_was_handled_does_not_stay(kind, policy):
    scene = Scene(deleted_records=policy)
    scene.make(kind)

    def it_is_deleted():
        scene.firm.clock.advance(60)
        scene.delete(kind)
        scene.handle(kind)

    FirstWrite(scene.firm, before=it_is_deleted)
    outcome = scene.firm.connector.process.handle(scene.message(kind))

    assert outcome.how == "cancelled"
    assert scene.settled() == []


@pytest.mark.parametrize("policy", ["cancel", "delete"])
def test_a_long_invoice_deleted_while_its_first_part_was_under_way_does_not_stay(policy):
    scene = Scene(deleted_records=policy)
    scene.records["invoice"] = scene.books.create_invoice(
        scene.records["client"], lines=[{"name": "Work", "unit_cost": "1.00"}] * 250, sent=True
    )["id"]

    def it_is_deleted():
        scene.firm.clock.advance(60)
        scene.delete("invoice")
        scene.handle("invoice")

    FirstWrite(scene.firm, before=it_is_deleted)
    scene.firm.connector.process.handle(scene.message("invoice"))

    assert scene.settled() == []


@pytest.mark.parametrize("policy", ["cancel", "delete"])
@pytest.mark.parametrize("seed", LONG_SEEDS)
def test_a_long_invoice_ends_as_freshbooks_has_it_in_whatever_order(policy, seed):
    scene = Scene(deleted_records=policy)
    scene.records["invoice"] = scene.books.create_invoice(
        scene.records["client"], lines=[{"name": "Work", "unit_cost": "1.00"}] * 210, sent=True
    )["id"]

    raced(scene, "invoice", seed)

    assert scene.settled() == []


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_new_record_is_looked_at_once_more_and_costs_dataverse_nothing_for_it(kind):
    scene = Scene()
    scene.make(kind)
    firm = scene.firm
    firm.freshbooks_door.traffic.clear()
    firm.dataverse_door.traffic.clear()

    firm.connector.process.handle(scene.message(kind))

    assert sum(firm.freshbooks_door.traffic.values()) == 2
    assert sum(firm.dataverse_door.traffic.values()) == 2
    assert scene.settled() == []
