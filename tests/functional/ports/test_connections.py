"""`Businesses`, `Registrations` and `Consents`: what is kept of the connections to FreshBooks."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.core.connections import Business, Registration, RegistrationState, SyncedBusiness
from shared.core.consent import MOST_BUSINESSES, Consent, Stage, choose, decide
from shared.errors import ConflictError
from shared.sync.ports import Businesses, Consents, Registrations

NOW = datetime(2026, 11, 2, 15, 0, 0, 123456, tzinfo=UTC)
ELSEWHERE = timezone(timedelta(hours=-3, minutes=-30))
LARGEST = 2**63 - 1


# businesses


def test_a_business_is_kept_with_its_connection(businesses: Businesses, account: str) -> None:
    first = SyncedBusiness(account, "Harbour Light", "c1", LARGEST)
    second = replace(first, name="Harbour Light Studio", connection="c2")
    businesses.upsert(first)
    businesses.upsert(second)

    assert businesses.get(account) == second
    assert [each for each in businesses.list_all() if each.id == account] == [second]


def test_businesses_are_listed_in_order_of_their_ids(businesses: Businesses, account: str) -> None:
    for suffix in ("b", "a10", "C", "a9"):
        businesses.upsert(SyncedBusiness(f"{account}{suffix}", "Harbour Light", "c1", 1))

    listed = [each.id for each in businesses.list_all() if each.id.startswith(account)]

    assert listed == [f"{account}{suffix}" for suffix in ("C", "a10", "a9", "b")]


def test_a_business_is_forgotten_and_may_be_again(businesses: Businesses, account: str) -> None:
    businesses.upsert(SyncedBusiness(account, "Harbour Light", "c1", 1))
    businesses.delete(account)
    businesses.delete(account)

    assert businesses.get(account) is None
    assert account not in [each.id for each in businesses.list_all()]


def test_a_thousand_businesses_are_kept_at_once(businesses: Businesses, account: str) -> None:
    first = SyncedBusiness(f"{account}0", "Harbour Light", "c1", 1)
    businesses.upsert(first)
    many = [SyncedBusiness(f"{account}{n}", f"Business {n}", "c2", 1) for n in range(1000)]
    businesses.upsert_all([*many, many[0]])  # one of them twice
    businesses.upsert_all([])

    kept = {each.id: each for each in businesses.list_all() if each.id.startswith(account)}

    assert kept == {each.id: each for each in many}


# registrations


def test_a_registration_is_kept_as_it_stands(registrations: Registrations, account: str) -> None:
    pending = Registration(account, "invoice", "https://app.example/x", RegistrationState.PENDING)
    live = replace(
        pending,
        state=RegistrationState.LIVE,
        callback=LARGEST,
        since=NOW.astimezone(ELSEWHERE),
        seen=NOW.astimezone(ELSEWHERE),
        problem="The scope is missing.",
    )
    registrations.upsert(pending)
    first = registrations.get(account, "invoice")
    registrations.upsert(live)

    kept = registrations.get(account, "invoice")

    assert (first, kept) == (pending, live)
    assert kept is not None
    assert kept.since is not None
    assert kept.seen is not None
    assert (kept.since.tzinfo, kept.seen.tzinfo) == (UTC, UTC)
    assert [each for each in registrations.list_all() if each.business == account] == [live]


def test_registrations_of_other_nouns_and_businesses_are_others(
    registrations: Registrations, account: str
) -> None:
    kept = Registration(
        account, "invoice", "https://app.example/x", RegistrationState.LIVE, asked=2
    )
    registrations.upsert(kept)
    registrations.upsert(replace(kept, noun="payment"))
    registrations.delete(account, "payment")

    assert registrations.get(account, "invoice") == kept
    assert registrations.get(account, "payment") is None
    assert registrations.get(f"{account}x", "invoice") is None


def test_a_registration_is_forgotten_and_may_be_again(
    registrations: Registrations, account: str
) -> None:
    registrations.upsert(Registration(account, "invoice", "", RegistrationState.LIVE))
    registrations.delete(account, "invoice")
    registrations.delete(account, "invoice")

    assert registrations.get(account, "invoice") is None
    assert account not in [each.business for each in registrations.list_all()]


def test_when_a_registration_was_seen_is_noted_and_nothing_else_of_it_changes(
    registrations: Registrations, account: str
) -> None:
    kept = Registration(account, "invoice", "https://app.example/x", RegistrationState.PENDING)
    registrations.upsert(kept)
    registrations.mark_seen(account, "invoice", NOW.astimezone(ELSEWHERE))

    assert registrations.get(account, "invoice") == replace(kept, seen=NOW)


def test_a_registration_that_is_gone_is_not_brought_back_by_having_been_seen(
    registrations: Registrations, account: str
) -> None:
    registrations.mark_seen(account, "invoice", NOW)

    assert registrations.get(account, "invoice") is None
    assert account not in [each.business for each in registrations.list_all()]


# consents


def test_a_consent_is_read_back_whole_with_its_version(consents: Consents, account: str) -> None:
    businesses = (Business(account, "Harbour Light", "owner"), Business(None, "Pier", "manager"))
    invited = consents.add(Consent(account, Stage.INVITED, NOW, wanted=(account,)))
    connected = consents.replace(
        replace(
            invited,
            stage=Stage.CONNECTED,
            problem="none",
            identity=LARGEST,
            businesses=businesses,
            chosen=(account,),
            at=NOW.astimezone(ELSEWHERE),
            answered=NOW.astimezone(ELSEWHERE),
            browser="a-browser",
        )
    )

    kept = consents.get(account)

    assert kept is not None
    assert kept == connected
    assert kept.version == connected.version != invited.version
    assert kept.at.tzinfo is UTC
    assert kept.answered is not None
    assert kept.answered.tzinfo is UTC


def test_a_consent_nobody_asked_for_is_none(consents: Consents, account: str) -> None:
    assert consents.get(account) is None


def test_every_stage_of_a_consent_is_reached_once(consents: Consents, account: str) -> None:
    invited = consents.add(Consent(account, Stage.INVITED, NOW))
    started = consents.replace(replace(invited, stage=Stage.STARTED))

    with pytest.raises(ConflictError):
        consents.replace(replace(invited, stage=Stage.FAILED))
    assert consents.get(account) == started


def test_another_consent_of_the_same_id_is_a_conflict(consents: Consents, account: str) -> None:
    first = consents.add(Consent(account, Stage.INVITED, NOW))

    with pytest.raises(ConflictError):
        consents.add(Consent(account, Stage.INVITED, NOW + timedelta(seconds=1)))
    assert consents.get(account) == first


def test_a_consent_that_was_never_added_has_no_next_stage(consents: Consents, account: str) -> None:
    elsewhere = consents.add(Consent(account, Stage.INVITED, NOW))

    with pytest.raises(ConflictError):
        consents.replace(replace(elsewhere, id=f"{account}x", stage=Stage.STARTED))
    assert consents.get(f"{account}x") is None


def test_of_eight_that_take_a_step_at_once_one_takes_it(consents: Consents, account: str) -> None:
    invited = consents.add(Consent(account, Stage.INVITED, NOW))
    gate = threading.Barrier(8)

    def step(number: int) -> Consent | None:
        gate.wait(timeout=10)
        at = NOW + timedelta(microseconds=number)
        try:
            return consents.replace(replace(invited, stage=Stage.STARTED, at=at))
        except ConflictError:
            return None

    with ThreadPoolExecutor(8) as threads:
        took = [each for each in threads.map(step, range(8)) if each is not None]

    assert took == [consents.get(account)]


@pytest.mark.parametrize(
    "name",
    [
        "Harbour Light Studio",
        "\u6e2f\u306e\u5149" * 30,
        "\N{SMILING FACE WITH SUNGLASSES}" * 80,
        '"\\' * 40,
    ],
    ids=["short", "wide", "astral", "escaped"],
)
def test_a_consent_is_read_back_with_as_many_businesses_as_a_person_is_shown(
    consents: Consents, account: str, name: str
) -> None:
    ids = tuple(f"{account}-{number:05d}" for number in range(MOST_BUSINESSES))
    choosing = Consent(
        f"{account}{len(name)}",
        Stage.SAVED,
        NOW,
        identity=7,
        businesses=tuple(Business(each, name, "owner") for each in ids),
    )
    kept = consents.add(decide(choosing))
    chosen = consents.replace(choose(kept, None))

    assert consents.get(choosing.id) == chosen
    assert chosen.chosen == ids
    assert name.startswith(chosen.businesses[-1].name)
    assert len(chosen.businesses[-1].name) >= 20


def test_those_that_wait_for_no_person_are_listed_since_a_moment(
    consents: Consents, account: str
) -> None:
    for stage in Stage:
        consents.add(Consent(f"{account}-{stage}", stage, NOW))
        consents.add(Consent(f"{account}-{stage}-before", stage, NOW - timedelta(seconds=1)))

    listed = {each.id for each in consents.list_under_way(since=NOW) if account in each.id}

    assert listed == {f"{account}-exchanging", f"{account}-saved"}


def over_and_not(consents: Consents, account: str) -> None:
    """Keep a consent of every stage that is just over a week old, and one that is not."""
    for stage in Stage:
        consents.add(Consent(f"{account}-{stage}", stage, NOW - timedelta(days=9)))
        consents.add(Consent(f"{account}-{stage}-new", stage, NOW))


def left(consents: Consents, account: str) -> set[str]:
    ids = {f"{account}-{stage}{suffix}" for stage in Stage for suffix in ("", "-new")}
    return {each.removeprefix(f"{account}-") for each in ids if consents.get(each)}


def test_what_was_over_before_a_moment_is_pruned_and_what_names_a_login_stays(
    consents: Consents, account: str
) -> None:
    over_and_not(consents, account)
    login = f"{account}-connected"

    pruned = consents.prune(before=NOW - timedelta(days=7), keep={login}, most=10_000)

    assert pruned >= len(Stage) - 1  # the emulator holds what other tests kept as well
    assert left(consents, account) == {"connected", *(f"{stage}-new" for stage in Stage)}


def test_no_more_is_pruned_at_once_than_was_asked_for(consents: Consents, account: str) -> None:
    over_and_not(consents, account)
    before = NOW - timedelta(days=7)
    counts = [consents.prune(before=before, keep=(), most=most) for most in (0, 3)]

    while consents.prune(before=before, keep=(), most=3):
        pass

    assert counts == [0, 3]
    assert left(consents, account) == {f"{stage}-new" for stage in Stage}
