from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind, RecordId
from shared.core.journal import DeadLetter, JournalEntry
from shared.core.listed import (
    Why,
    of_entry,
    of_hold,
    of_letter,
    of_wait,
    totals,
    who_ends,
)
from shared.core.outcomes import OutcomeName
from shared.core.waiting import Hold, HoldState, Shown, Wait

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
SHOWN = Shown("0001000", "Aster Works", "120.50", "EUR")
RECORD = RecordId("xazq5", Kind.INVOICE, 7)
REQUEST = SyncRequest.of(RECORD, cause=Cause.POLL, seen=NOW)


def a_wait(awaited, **fields):
    return Wait(awaited, REQUEST, since=NOW, shown=SHOWN, **fields)


@pytest.mark.parametrize(
    ("awaited", "why", "who"),
    [
        (Awaited.client(42), Why.HELD, "held link, create or ignore 42"),
        (Awaited.currency("CAD"), Why.HELD, "Dynamics administrator"),
        (Awaited.existing(7), Why.HELD, "held link, create or ignore invoice-7"),
        (Awaited.chosen(7), Why.IGNORED, "held unignore invoice-7"),
        (Awaited.invoice(9), Why.WAITING, "the invoice in FreshBooks"),
        (Awaited.service("Key Vault"), Why.WAITING, "nobody"),
        (Awaited.connection("a-login"), Why.WAITING, "nobody"),
        (Awaited.problem("0a1b"), Why.WAITING, "waiting retry problem-0a1b"),
        (Awaited.policy("draft"), Why.SKIPPED, "sends the invoice"),
        (Awaited.policy("no-client"), Why.SKIPPED, "names a client"),
        (Awaited.policy("of-a-later-release"), Why.SKIPPED, "changes the record"),
    ],
)
def test_whatever_is_waited_for_the_list_says_why_and_who_can_end_it(awaited, why, who):
    listed = of_wait(a_wait(awaited))

    assert (listed.why, listed.awaited, listed.shown) == (why, str(awaited), SHOWN)
    assert (listed.business, listed.kind, listed.number) == ("xazq5", "invoice", 7)
    assert who in listed.who


@pytest.mark.parametrize("kind", AwaitedKind)
def test_nothing_can_be_waited_for_without_a_word_on_who_ends_it(kind):
    assert who_ends(Awaited(kind, "7"))


def test_a_record_of_a_client_that_is_left_out_says_how_that_is_taken_back():
    listed = of_wait(a_wait(Awaited.client(42)), ignored=True)

    assert listed.why is Why.IGNORED
    assert "held unignore 42" in listed.who


def test_a_record_says_its_own_reason_before_that_of_what_it_waits_for():
    assert of_wait(a_wait(Awaited.client(4)), reason="two fit").reason == "two fit"
    own = a_wait(Awaited.client(4), reason="it is refused")
    assert of_wait(own, reason="two fit").reason == "it is refused"


@pytest.mark.parametrize(
    ("awaited", "state", "why", "who"),
    [
        (Awaited.client(42), HoldState.WAITING, Why.HELD, "link, create or ignore 42"),
        (Awaited.client(42), HoldState.UNREADABLE, Why.HELD, "link, create or ignore 42"),
        (Awaited.ignored(42), HoldState.IGNORED, Why.IGNORED, "unignore 42"),
        (Awaited.ignored(42), HoldState.UNREADABLE, Why.IGNORED, "unignore 42"),
    ],
)
def test_a_client_says_whether_it_is_asked_about_or_left_out(awaited, state, why, who):
    hold = Hold("xazq5", awaited, "Aster Works", "two fit", NOW, state=state)

    listed = of_hold(hold)

    assert (listed.why, listed.kind, listed.number) == (why, "client", 42)
    assert (listed.shown.name, listed.reason, listed.since) == ("Aster Works", "two fit", NOW)
    assert who in listed.who


def a_letter(**fields):
    letter = DeadLetter(
        key=RECORD.key,
        body=REQUEST.model_dump_json(),
        reason="the period is closed",
        at=NOW,
        label="0001000",
        name="Aster Works",
        amount="120.50",
        currency="EUR",
    )
    return replace(letter, **fields)


def test_a_dead_letter_is_refused_until_it_is_dismissed():
    refused, dismissed = (of_letter(a_letter(), dismissed=each) for each in (False, True))

    assert (refused.why, dismissed.why) == (Why.REFUSED, Why.DISMISSED)
    assert (refused.kind, refused.number, refused.shown) == ("invoice", 7, SHOWN)
    assert f"dead-letters retry {RECORD.key}" in refused.who
    assert f"dead-letters undo {RECORD.key}" in dismissed.who


@pytest.mark.parametrize("body", ["no message of ours", "{}", "\ud800"])
def test_a_letter_that_names_no_record_is_listed_by_its_key(body):
    listed = of_letter(a_letter(key="4f1c", body=body), dismissed=False)

    assert (listed.why, listed.business, listed.kind, listed.number) == (Why.UNREADABLE, "", "", 0)
    assert listed.key == "4f1c"


def test_a_record_on_its_way_says_so():
    entry = JournalEntry(
        RECORD, OutcomeName.DEFERRED, NOW, reason="stale", label="0001000", amount="3.00"
    )

    listed = of_entry(entry)

    assert (listed.why, listed.reason, listed.since) == (Why.DEFERRED, "stale", NOW)
    assert (listed.shown.label, listed.shown.amount) == ("0001000", "3.00")


def test_totals_are_exact_by_kind_and_currency():
    rows = [
        of_wait(replace(a_wait(Awaited.client(4)), shown=shown))
        for shown in (
            Shown(amount="0.10", currency="EUR"),
            Shown(amount="0.20", currency="EUR"),
            Shown(amount="5.00", currency="CAD"),
            Shown(),
        )
    ]

    assert totals(rows) == {
        ("invoice", "EUR"): (2, Decimal("0.30")),
        ("invoice", "CAD"): (1, Decimal("5.00")),
        ("invoice", ""): (1, Decimal(0)),
    }


def test_what_is_in_sales_but_for_a_link_is_in_no_total():
    linkless = of_wait(a_wait(Awaited.invoice(9), partly=True))

    assert linkless.partly
    assert totals([linkless]) == {}


def test_what_names_no_record_is_in_no_total():
    assert totals([of_letter(a_letter(body="{}"), dismissed=False)]) == {}


@pytest.mark.parametrize("amount", ["a lot", "NaN", "Infinity", "sNaN"])
def test_an_amount_that_is_none_spoils_no_total(amount):
    rows = [
        of_wait(replace(a_wait(Awaited.client(4)), shown=Shown(amount=each)))
        for each in (amount, "2.00")
    ]

    assert totals(rows) == {("invoice", ""): (2, Decimal("2.00"))}
