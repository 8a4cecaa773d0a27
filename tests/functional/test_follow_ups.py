"""What a change of one record makes due for another: once, soon, and not lost."""

from datetime import timedelta

import pytest

from shared.errors import RetryLaterError
from tests.functional.scene import Scene


def asked_for_balances(scene, since):
    client = scene.records["client"]
    sent = scene.firm.queue.sent[since:]
    return [request for request in sent if (request.kind, request.number) == ("client", client)]


def settled_scene():
    """Return a scene in which nobody waits for balances any more, and how much was sent so far."""
    scene = Scene()
    scene.firm.clock.advance(600)
    return scene, len(scene.firm.queue.sent)


@pytest.mark.parametrize("instances", ["one", "many"])
def test_the_balances_of_a_client_are_read_once_for_all_changes_of_a_few_seconds(instances):
    scene, since = settled_scene()
    worker = scene.firm.start()
    for _ in range(4):
        scene.make("payment", "1.00")
        if instances == "many":
            worker = scene.firm.start()
        worker.process.handle(scene.message("payment"))

    asked = asked_for_balances(scene, since)

    assert len(asked) == 1
    assert scene.settled() == []


def test_balances_are_asked_for_again_after_they_were_read():
    scene, since = settled_scene()
    for _ in range(2):
        scene.make("payment", "1.00")
        scene.handle("payment")
        scene.firm.drain()
        scene.firm.clock.advance(60)

    asked = asked_for_balances(scene, since)

    assert len(asked) == 2
    assert scene.settled() == []


@pytest.mark.parametrize(("cause", "seconds"), [("webhook", 5), ("poll", 20)])
def test_balances_wait_longer_where_nobody_watches(cause, seconds):
    scene, _ = settled_scene()
    scene.firm.drain()
    scene.delete("expense")
    scene.make("payment", "1.00")
    started = scene.firm.clock()

    scene.firm.start().process.handle(scene.message("payment", cause=cause))

    waits = {
        request.kind: at - started
        for at, _, request in scene.firm.queue.messages
        if request.number in scene.records.values()
    }
    assert waits == {"invoice": timedelta(0), "client": timedelta(seconds=seconds)}
    scene.handle("expense")
    assert scene.settled() == []


def test_balances_that_could_not_be_asked_for_are_asked_for_when_the_message_comes_again():
    scene, since = settled_scene()
    scene.edit("invoice", "20.00")
    worker = scene.firm.start()
    scene.firm.queue.broken = RetryLaterError("Storage is down")
    for _ in range(2):
        with pytest.raises(RetryLaterError):
            worker.process.handle(scene.message("invoice"))
    scene.firm.queue.broken = None

    worker.process.handle(scene.message("invoice"))

    assert len(asked_for_balances(scene, since)) == 1
    assert scene.settled() == []


@pytest.mark.parametrize("reads", ["row", "unknown", "deleted"])
def test_an_invoice_that_came_and_went_unread_leaves_nothing_in_the_balances(reads):
    scene = Scene(deleted_reads=reads)
    scene.make("invoice")
    scene.handle("client")
    scene.delete("invoice")

    if reads == "row":
        scene.handle("invoice")
    else:  # only the list of a poll still knows whose it was
        scene.firm.poll()

    assert scene.settled() == []
