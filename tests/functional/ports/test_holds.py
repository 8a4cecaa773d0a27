"""`Holds` and `DeadLetters`: what waits for a person, and the records that wait with it."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, AwaitedKind, Kind
from shared.core.journal import DeadLetter
from shared.core.waiting import NOTHING_SHOWN, Candidate, Hold, HoldState, Shown, Wait
from shared.errors import ConflictError
from shared.sync.ports import DeadLetters, Holds

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
ELSEWHERE = timezone(timedelta(hours=-3, minutes=-30))
CLIENT = Awaited.client(42)


def request(business: str, number: int = 7, kind: Kind = Kind.INVOICE) -> SyncRequest:
    return SyncRequest(business=business, kind=kind, number=number, cause=Cause.POLL, seen=NOW)


def hold(business: str, awaited: Awaited = CLIENT, **fields: Any) -> Hold:
    return Hold(
        **{
            "business": business,
            "awaited": awaited,
            "name": "Aster Works",
            "reason": "two accounts have this name",
            "since": NOW,
            **fields,
        }
    )


def test_a_hold_is_read_back_whole(holds: Holds, account: str) -> None:
    opened = hold(
        account,
        candidates=(
            Candidate(uuid.uuid4(), "Aster Works", "same name"),
            Candidate(uuid.uuid4(), 'Aster "Works" Ltd', ""),
        ),
    )
    holds.upsert(opened)

    assert holds.get(account, CLIENT) == opened
    assert holds.get(account, Awaited.client(4)) is None


def test_a_hold_keeps_the_day_it_was_opened(holds: Holds, account: str) -> None:
    holds.upsert(hold(account))
    later = hold(account, since=NOW + timedelta(days=3), state=HoldState.IGNORED, reason="later")
    holds.upsert(later)

    assert holds.get(account, CLIENT) == replace(later, since=NOW)


def test_a_hold_that_is_opened_again_begins_anew(holds: Holds, account: str) -> None:
    again = hold(account, since=NOW + timedelta(days=3))
    holds.upsert(hold(account))
    holds.delete(account, CLIENT)
    holds.upsert(again)

    assert holds.get(account, CLIENT) == again


def test_the_day_a_hold_was_opened_comes_back_in_utc(holds: Holds, account: str) -> None:
    holds.upsert(hold(account, since=NOW.astimezone(ELSEWHERE)))

    kept = holds.get(account, CLIENT)

    assert kept is not None
    assert (kept.since, kept.since.tzinfo) == (NOW, UTC)


def test_holds_are_listed_without_the_records_that_wait(holds: Holds, account: str) -> None:
    other = f"{account}x"
    for each in (hold(account), hold(account, Awaited.currency("CAD")), hold(other)):
        holds.upsert(each)
    holds.add_waiting(CLIENT, request(account))

    everywhere = {(each.business, each.awaited) for each in holds.list_all()}

    assert {each.awaited for each in holds.list_all(account)} == {CLIENT, Awaited.currency("CAD")}
    assert {(account, CLIENT), (account, Awaited.currency("CAD")), (other, CLIENT)} <= everywhere


def test_a_record_waits_once_however_often_it_is_noted(holds: Holds, account: str) -> None:
    for _ in range(3):
        holds.add_waiting(CLIENT, request(account))

    assert list(holds.list_waiting(account, CLIENT)) == [request(account)]


SHOWN = Shown("0001000", "Aster & Söhne", "1234567.89", "EUR")


def waits(holds: Holds, account: str) -> list[Wait]:
    return [each for each in holds.list_waits() if each.request.business == account]


def test_a_record_that_waits_is_read_back_whole(holds: Holds, account: str) -> None:
    holds.add_waiting(
        CLIENT,
        request(account),
        since=NOW.astimezone(ELSEWHERE),
        reason="two accounts fit",
        shown=SHOWN,
        partly=True,
    )

    (wait,) = waits(holds, account)
    assert wait == Wait(CLIENT, request(account), NOW, "two accounts fit", SHOWN, partly=True)
    assert wait.since.tzinfo == UTC
    assert list(holds.list_waits(account)) == [wait]


def test_a_record_of_which_nothing_is_shown_waits_since_it_was_noted(
    holds: Holds, account: str
) -> None:
    before = datetime.now(UTC)
    holds.add_waiting(CLIENT, request(account))

    (wait,) = waits(holds, account)
    assert (wait.reason, wait.shown, wait.partly) == ("", NOTHING_SHOWN, False)
    assert abs(wait.since - before) < timedelta(minutes=1)


def test_a_record_that_is_noted_again_is_shown_as_it_is_now(holds: Holds, account: str) -> None:
    holds.add_waiting(CLIENT, request(account), since=NOW, reason="a", shown=SHOWN, partly=True)
    changed = replace(SHOWN, amount="0.01", currency="")
    holds.add_waiting(CLIENT, request(account), since=NOW, reason="", shown=changed)

    assert waits(holds, account) == [Wait(CLIENT, request(account), NOW, "", changed)]


def test_an_amount_is_kept_to_the_last_digit(holds: Holds, account: str) -> None:
    exact = Shown(amount="99999999999999.1000")
    holds.add_waiting(CLIENT, request(account), shown=exact)

    assert [wait.shown for wait in waits(holds, account)] == [exact]


def test_names_and_reasons_however_long_keep_no_record_from_waiting(
    holds: Holds, account: str
) -> None:
    long = "ä" * 50_000
    holds.add_waiting(CLIENT, request(account), reason=long, shown=Shown(long, long))

    (wait,) = waits(holds, account)
    assert wait.reason.startswith("ä" * 1000)
    assert wait.shown.name.startswith("ä" * 1000)


@pytest.mark.parametrize(
    "awaited",
    [
        Awaited.client(42),
        Awaited.currency("CAD"),
        Awaited.currency(""),
        Awaited.invoice(9),
        Awaited.service("Key Vault"),
        Awaited.connection("8f3a2b"),
        Awaited.problem("0a1b2c3d4e5f"),
        Awaited.policy("no-client"),
        Awaited.currency("a~b/c?#\\ %"),
    ],
    ids=str,
)
def test_whatever_it_waits_for_a_record_is_found_and_forgotten(
    holds: Holds, account: str, awaited: Awaited
) -> None:
    holds.add_waiting(awaited, request(account))
    found = (waits(holds, account), list(holds.list_waiting(account, awaited)))
    holds.delete_waiting(awaited, request(account))

    assert [wait.awaited for wait in found[0]] == [awaited]
    assert found[1] == [request(account)]
    assert waits(holds, account) == []


def test_waits_are_listed_of_one_business_or_of_all_and_without_the_holds(
    holds: Holds, account: str
) -> None:
    other = f"{account}x"
    holds.upsert(hold(account))
    holds.add_waiting(CLIENT, request(account, 1))
    holds.add_waiting(Awaited.service("Dataverse"), request(account, 2))
    holds.add_waiting(CLIENT, request(other, 3))

    assert {wait.request.number for wait in holds.list_waits(account)} == {1, 2}
    assert {
        wait.request.number
        for wait in holds.list_waits()
        if wait.request.business in {account, other}
    } == {1, 2, 3}


def test_waits_for_one_kind_of_thing_are_listed_alone(holds: Holds, account: str) -> None:
    holds.upsert(hold(account))
    holds.add_waiting(CLIENT, request(account, 1))
    holds.add_waiting(Awaited.client(78901), request(account, 2))
    holds.add_waiting(Awaited.connection("c1"), request(account, 3))
    holds.add_waiting(Awaited.currency("CAD"), request(account, 4))

    found = holds.list_waits(account, kind=AwaitedKind.CLIENT)

    assert {wait.request.number for wait in found} == {1, 2}


def test_no_more_records_are_listed_than_were_asked_for(holds: Holds, account: str) -> None:
    for number in range(1, 8):
        holds.add_waiting(CLIENT, request(account, number))

    some = [each.number for each in holds.list_waiting(account, CLIENT, most=3)]

    assert len(set(some)) == 3
    assert len(list(holds.list_waiting(account, CLIENT, most=100))) == 7
    assert list(holds.list_waiting(account, CLIENT, most=0)) == []


def test_a_record_that_is_noted_for_another_cause_waits_once(holds: Holds, account: str) -> None:
    holds.add_waiting(CLIENT, request(account))
    holds.add_waiting(CLIENT, request(account).model_copy(update={"cause": Cause.WEBHOOK}))

    (waiting,) = holds.list_waiting(account, CLIENT)

    assert waiting.record == request(account).record


def test_records_wait_with_their_own_hold_only(holds: Holds, account: str) -> None:
    holds.add_waiting(Awaited.client(4), request(account, 1))
    holds.add_waiting(CLIENT, request(account, 2))
    holds.add_waiting(CLIENT, request(account, 2, Kind.PAYMENT))
    holds.add_waiting(CLIENT, request(f"{account}x", 3))

    waiting = {each.record for each in holds.list_waiting(account, CLIENT)}

    assert [each.number for each in holds.list_waiting(account, Awaited.client(4))] == [1]
    assert waiting == {request(account, 2).record, request(account, 2, Kind.PAYMENT).record}


def test_writers_at_the_same_time_lose_no_waiting_record(holds: Holds, account: str) -> None:
    def note(number: int) -> list[SyncRequest]:
        holds.upsert(hold(account, reason=f"record {number}"))
        holds.add_waiting(CLIENT, request(account, number))
        return list(holds.list_waiting(account, CLIENT))

    with ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(note, range(1, 17)))

    assert all(request(account, number) in seen[number - 1] for number in range(1, 17))
    assert {each.number for each in holds.list_waiting(account, CLIENT)} == set(range(1, 17))


def test_closing_a_hold_leaves_the_waiting_records_until_they_are_forgotten(
    holds: Holds, account: str
) -> None:
    holds.upsert(hold(account))
    holds.add_waiting(CLIENT, request(account))
    holds.delete(account, CLIENT)
    holds.delete(account, CLIENT)
    left = list(holds.list_waiting(account, CLIENT))
    holds.delete_waiting(CLIENT, left[0])
    holds.delete_waiting(CLIENT, left[0])

    assert holds.get(account, CLIENT) is None
    assert left == [request(account)]
    assert list(holds.list_waiting(account, CLIENT)) == []


# dead letters


def letter(key: str, **fields: Any) -> DeadLetter:
    return DeadLetter(**{"key": key, "body": "{}", "reason": "no", "at": NOW, **fields})


def of(dead_letters: DeadLetters, account: str) -> list[DeadLetter]:
    return [each for each in dead_letters.list_all() if account in each.key]


def test_a_dead_letter_is_read_back_whole(dead_letters: DeadLetters, account: str) -> None:
    kept = letter(f"{account}-?#/\\\x00", body="x" * 4000, code="0x80", request_id="req")
    dead_letters.add(kept)

    assert dead_letters.get(kept.key) == kept
    assert dead_letters.get(f"{account}-other") is None


def test_dead_letters_are_listed_oldest_first(dead_letters: DeadLetters, account: str) -> None:
    later = letter(f"{account}-a", at=(NOW + timedelta(hours=1)).astimezone(ELSEWHERE))
    earlier, same = letter(f"{account}-c"), letter(f"{account}-b")
    for each in (later, earlier, same):
        dead_letters.add(each)

    listed = of(dead_letters, account)

    assert listed == [same, earlier, later]
    assert {each.at.tzinfo for each in listed} == {UTC}


def test_a_dead_letter_of_the_same_key_replaces_the_one_before(
    dead_letters: DeadLetters, account: str
) -> None:
    dead_letters.add(letter(account, code="0x80"))
    dead_letters.add(letter(account, reason="refused"))

    assert of(dead_letters, account) == [letter(account, reason="refused")]


def test_a_dead_letter_is_forgotten_and_may_be_again(
    dead_letters: DeadLetters, account: str
) -> None:
    dead_letters.add(letter(account))
    dead_letters.delete(account)
    dead_letters.delete(account)

    assert dead_letters.get(account) is None
    assert of(dead_letters, account) == []


def test_a_dead_letter_tells_whose_it_is_and_how_much(
    dead_letters: DeadLetters, account: str
) -> None:
    kept = letter(account, label="4711", name="Aster Works", amount="10.50", currency="USD")
    dead_letters.add(kept)

    assert dead_letters.get(account) == kept


def test_a_dismissed_dead_letter_is_kept_apart_and_can_be_taken_back(
    dead_letters: DeadLetters, account: str
) -> None:
    dead_letters.add(letter(account))
    read = dead_letters.get(account)
    assert read is not None
    dismissed = replace(read, dismissed_at=(NOW + timedelta(hours=1)).astimezone(ELSEWHERE))

    dead_letters.replace(dismissed)

    assert of(dead_letters, account) == []
    (found,) = [each for each in dead_letters.list_dismissed() if account in each.key]
    assert found == dismissed == dead_letters.get(account)
    assert found.dismissed_at is not None
    assert found.dismissed_at.tzinfo == UTC
    dead_letters.replace(replace(found, dismissed_at=None))
    assert of(dead_letters, account) == [letter(account)]
    assert not [each for each in dead_letters.list_dismissed() if account in each.key]


@pytest.mark.parametrize("what", ["replace", "delete"])
def test_a_decision_about_a_dead_letter_does_not_touch_a_newer_one(
    dead_letters: DeadLetters, account: str, what: str
) -> None:
    dead_letters.add(letter(account))
    read = dead_letters.get(account)
    assert read is not None
    dead_letters.add(letter(account, reason="another"))

    def decide() -> None:
        if what == "replace":
            dead_letters.replace(replace(read, dismissed_at=NOW))
        else:
            dead_letters.delete(account, version=read.version)

    with pytest.raises(ConflictError):
        decide()

    assert of(dead_letters, account) == [letter(account, reason="another")]


def test_a_dead_letter_in_the_version_that_was_read_is_forgotten_once(
    dead_letters: DeadLetters, account: str
) -> None:
    dead_letters.add(letter(account))
    read = dead_letters.get(account)
    assert read is not None

    dead_letters.delete(account, version=read.version)
    dead_letters.delete(account, version=read.version)

    assert dead_letters.get(account) is None
    with pytest.raises(ConflictError):
        dead_letters.replace(read)


def test_a_new_failure_of_a_dismissed_record_waits_for_a_decision_again(
    dead_letters: DeadLetters, account: str
) -> None:
    dead_letters.add(letter(account, dismissed_at=NOW))
    dead_letters.add(letter(account, reason="changed, and refused"))

    assert of(dead_letters, account) == [letter(account, reason="changed, and refused")]


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_record_that_waits_keeps_its_trace_and_forgets_its_message(
    holds: Holds, account: str
) -> None:
    told = {"traceparent": TRACE, "due": NOW, "ticket": "a-ticket"}
    traced = request(account).model_copy(update=told)
    holds.add_waiting(CLIENT, traced)

    (waiting,) = holds.list_waiting(account, CLIENT)
    assert waiting == request(account).model_copy(update={"traceparent": TRACE})


def test_a_dead_letter_keeps_its_trace(dead_letters: DeadLetters, account: str) -> None:
    letter = DeadLetter(key=account, body="{}", reason="refused", at=NOW, traceparent=TRACE)
    dead_letters.add(letter)

    assert dead_letters.get(account) == letter
