import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind
from shared.core.journal import DeadLetter
from shared.core.later import MOST_RETURNS, PATIENCE, nameless_key, postpone, readable_again

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
LATER = b' {"v":3,"amount":1.10,"record":99999999999999999999}'


def a_message(**fields):
    return {
        "v": 1,
        "account": "xazq5",
        "kind": "invoice",
        "record": 7,
        "cause": "webhook",
        "seen": "2026-11-02T14:00:00Z",
        "attempt": 0,
        **fields,
    }


def a_letter(message, key=None):
    body = json.dumps(message)
    return DeadLetter(
        key=key or nameless_key(body.encode()), body=body, reason="no SyncRequest", at=NOW
    )


def test_a_message_of_a_later_release_goes_on_to_the_letter_with_the_moment_it_began_to_wait():
    waits = postpone(LATER, now=NOW, draw=1.0)

    assert waits.body == b'{"waiting_since":"2026-11-02T15:00:00+00:00",' + LATER.lstrip()[1:]
    assert postpone(waits.body, now=NOW, draw=1.0).body == waits.body


def test_its_pauses_grow_to_an_hour_and_end_after_days():
    waits, now, pauses = postpone(LATER, now=NOW, draw=1.0), NOW, []
    while waits is not None and len(pauses) < 1000:
        pauses.append(waits.delay)
        now += timedelta(seconds=waits.delay)
        waits = postpone(waits.body, now=now, draw=1.0)

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (5, 3600)
    assert PATIENCE <= now - NOW < PATIENCE + timedelta(hours=1)


@pytest.mark.parametrize("since", ['"yesterday"', "7e99", "[]", '"2026-11-02T15:00:00"'])
def test_a_message_that_does_not_say_since_when_it_waits_waits_no_longer(since):
    assert postpone(f'{{"v":3,"waiting_since":{since}}}'.encode(), now=NOW, draw=1.0) is None


def test_a_letter_another_release_could_not_read_becomes_a_message_every_release_reads():
    found = readable_again(a_letter(a_message(traceparent="00-a-b-01")), now=NOW)

    assert json.loads(found.model_dump_json(exclude_none=True)) == a_message(
        seen="2026-11-02T15:00:00Z", attempt=1
    )


def test_a_cause_of_a_later_release_does_not_come_back():
    found = readable_again(a_letter(a_message(cause="foresight")), now=NOW)

    assert found.cause is Cause.RELEASE


@pytest.mark.parametrize(
    "letter",
    [
        a_letter(a_message(), key="xazq5-invoice-7"),
        a_letter(a_message(v=3)),
        a_letter(a_message(kind="planet")),
        a_letter({}),
        DeadLetter(key="xazq5-invoice-7", body="\ud800", reason="", at=NOW),
    ],
)
def test_every_other_letter_stays(letter):
    assert readable_again(letter, now=NOW) is None


def test_a_message_that_is_buried_again_and_again_comes_back_a_few_times_only():
    letter, returns = a_letter(a_message()), 0
    while (found := readable_again(letter, now=NOW)) is not None:
        returns += 1
        letter = a_letter(json.loads(found.model_dump_json()))

    assert returns == MOST_RETURNS


def test_what_comes_back_is_about_the_same_record():
    request = SyncRequest.parse(json.dumps(a_message()).encode())

    found = readable_again(a_letter(a_message()), now=NOW)

    assert found.record == request.record
    assert found.kind is Kind.INVOICE
