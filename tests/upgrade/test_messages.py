"""Messages of one release in the hands of the other, during a roll out and after a roll back."""

import json
from datetime import timedelta

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from tests.upgrade.driver import Store

# One process has the storage and both releases.
pytestmark = pytest.mark.xdist_group("upgrade")

LINE = {"name": "Work", "qty": "1", "unit_cost": "100.00"}


@pytest.fixture
def letters(storage, firm):
    """The dead letters of the firm, as this release reads them."""
    return Store(storage, clock=firm.clock).letters


def settle(firm, *releases):
    """Let one release do all the work there is, timers included."""
    firm.traced = False
    firm.clock.advance(600)
    for release in releases:
        firm.ask(release, "poll")
        firm.drain(release)


def _kind_of(letter):
    return json.loads(letter.body)["kind"]


@pytest.mark.parametrize(("sender", "taker"), [("old", "new"), ("new", "old")])
def test_what_one_release_sends_the_other_carries_over(firm, letters, new, request, sender, taker):
    name = {"old": "Lumen Glass", "new": "Pumice Baths"}[sender]
    sender, taker = request.getfixturevalue(sender), request.getfixturevalue(taker)
    client = firm.books.create_client(organization=name)
    firm.clock.advance(60)
    firm.books.create_invoice(client["id"], lines=[LINE], sent=True)
    firm.ask(sender, "poll")

    firm.drain(taker)

    assert firm.lost_or_doubled() == []
    # Kinds of records that the previous release does not know wait for this one.
    firm.ask(new, "upkeep")
    firm.drain(new)
    assert not list(letters.list_all())


def test_a_record_of_a_backfill_is_buried_by_the_previous_release_and_comes_back(
    firm, letters, old, new
):
    known = list(letters.list_all())
    client = firm.books.create_client(organization="Larch Mills")
    firm.clock.advance(60)
    invoice = firm.books.create_invoice(client["id"], lines=[LINE], sent=True)
    firm.clock.advance(60)
    record = RecordId(firm.freshbooks.account, Kind.INVOICE, invoice["id"])
    request = SyncRequest.of(record, cause=Cause.BACKFILL, seen=firm.clock())
    firm.put(request.model_dump_json().encode())

    firm.drain(old)

    assert len(list(letters.list_all())) == len(known) + 1
    firm.ask(new, "upkeep")
    firm.drain(new)
    assert list(letters.list_all()) == known
    assert firm.lost_or_doubled() == []


def test_what_the_previous_release_wrote_is_brought_up_to_date_by_this_one(firm, old, new):
    client = firm.books.create_client(organization="Sienna Tiles")
    firm.clock.advance(60)
    invoice = firm.books.create_invoice(client["id"], lines=[LINE], sent=True)
    firm.books.pay_invoice(invoice["id"], "30.00")
    firm.ask(old, "poll")
    firm.drain(old)

    firm.carry_all(new)

    assert firm.differences() == []


def test_a_message_with_a_field_it_does_not_know_is_buried_by_the_previous_release_and_comes_back(
    firm, letters, old, new
):
    firm.traced, firm.random = True, type(firm.random)(2)
    client = firm.books.create_client(organization="Birch Works")
    firm.books.create_invoice(client["id"], lines=[LINE], sent=True)
    firm.ask(new, "poll")
    firm.drain(old)
    assert list(letters.list_all())

    firm.traced = False
    firm.ask(new, "upkeep")
    firm.drain(old)  # as it comes back, the previous release reads it too

    assert {_kind_of(letter) for letter in letters.list_all()} <= {"credit", "category"}
    assert firm.lost_or_doubled() == []
    firm.ask(new, "upkeep")
    firm.drain(new)
    assert not list(letters.list_all())


def test_what_was_buried_before_a_roll_back_for_good_the_previous_releases_poll_finds_again(
    firm, letters, old, new
):
    firm.traced, firm.random = True, type(firm.random)(3)
    client = firm.books.create_client(organization="Cedar Works")
    firm.clock.advance(60)
    firm.books.create_invoice(client["id"], lines=[LINE], sent=True)
    firm.ask(new, "poll")
    firm.drain(old)
    buried = list(letters.list_all())
    assert buried
    assert firm.lost_or_doubled() != []

    settle(firm, old)

    assert firm.lost_or_doubled() == []
    assert list(letters.list_all()) == buried  # until somebody dismisses them, or goes forward


def test_a_message_of_a_version_to_come_waits_for_its_release(firm, letters, new):
    body = b'{"v":3,"what":["all",1.10]}'
    known, began = list(letters.list_all()), firm.clock()
    firm.put(body)

    for _ in range(12):
        firm.clock.now = firm.next_visible()
        firm.step(new)
    waiting = firm.take()

    assert waiting.endswith(body[1:])
    assert firm.clock() - began > timedelta(minutes=1)
    assert list(letters.list_all()) == known
