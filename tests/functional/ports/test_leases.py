"""`Leases`, and `Alone` over them: one holder at a time, for a while."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest

from shared.adapters.azure.leases import alone
from shared.errors import ConflictError
from shared.sync.ports import Alone, Lease, Leases
from tests.memory import FakeClock


def take(leases: Leases, name: str) -> Lease:
    lease = leases.acquire(name, seconds=60)
    assert lease is not None
    return lease


def test_a_lease_that_never_was_is_none(leases: Leases, account: str) -> None:
    assert leases.read(account) is None


def test_a_lease_has_one_holder_until_it_is_given_back(leases: Leases, account: str) -> None:
    held = take(leases, account)
    refused = leases.acquire(account, seconds=60)
    leases.give_back(replace(held, note="what was done"))
    again = take(leases, account)

    assert refused is None
    assert (held.generation, again.generation) == (1, 2)
    assert (held.note, again.note) == ("", "what was done")
    assert held.holder != again.holder


def test_a_lease_is_read_as_it_stands(leases: Leases, clock: FakeClock, account: str) -> None:
    held = take(leases, account)
    read = leases.read(account)
    clock.advance(10)
    leases.give_back(held)

    free = leases.read(account)

    assert read == held
    assert free is not None
    assert (free.holder, free.until, free.generation) == ("", clock(), 1)


def test_all_leases_are_listed_held_or_not(leases: Leases, account: str) -> None:
    held = take(leases, f"{account}-a")
    free = take(leases, f"{account}-b")
    leases.give_back(free)

    listed = {each.name: each for each in leases.list_all() if each.name.startswith(account)}

    assert listed == {held.name: held, free.name: leases.read(free.name)}


def test_a_lease_that_is_forgotten_never_was(leases: Leases, account: str) -> None:
    held = take(leases, account)
    for _ in range(2):
        leases.delete(held)

    assert leases.read(account) is None
    assert take(leases, account).note == ""


def test_a_lease_that_was_taken_since_it_was_read_is_not_forgotten(
    leases: Leases, account: str
) -> None:
    leases.give_back(take(leases, account))
    read = leases.read(account)
    assert read is not None
    held = take(leases, account)
    leases.delete(read)

    assert leases.read(account) == held


def test_leases_of_other_names_are_others(leases: Leases, account: str) -> None:
    take(leases, account)

    assert leases.acquire(f"{account}x", seconds=60) is not None


def test_an_expired_lease_is_taken_over_and_the_late_holder_is_told(
    leases: Leases, clock: FakeClock, account: str
) -> None:
    late = take(leases, account)
    clock.advance(60)
    ours = take(leases, account)

    with pytest.raises(ConflictError, match="taken over"):
        leases.renew(late, seconds=60)
    leases.give_back(late)
    assert leases.read(account) == ours
    assert leases.acquire(account, seconds=60) is None


def test_a_renewed_lease_lasts_longer_and_keeps_its_note(
    leases: Leases, clock: FakeClock, account: str
) -> None:
    held = take(leases, account)
    clock.advance(50)
    held = leases.renew(replace(held, note="half way"), seconds=60)
    clock.advance(50)

    assert leases.acquire(account, seconds=60) is None
    assert leases.read(account) == held
    assert held.note == "half way"


def test_an_expired_lease_nobody_took_is_renewed(
    leases: Leases, clock: FakeClock, account: str
) -> None:
    held = take(leases, account)
    clock.advance(120)
    leases.renew(held, seconds=60)

    assert leases.acquire(account, seconds=60) is None


def test_a_holder_who_renews_twice_from_the_same_lease_still_holds_it(
    leases: Leases, account: str
) -> None:
    held = take(leases, account)
    once = leases.renew(held, seconds=60)

    assert leases.renew(held, seconds=60) == once


def test_a_lease_that_was_given_back_cannot_be_renewed(leases: Leases, account: str) -> None:
    held = take(leases, account)
    leases.give_back(held)

    with pytest.raises(ConflictError):
        leases.renew(held, seconds=60)


def test_a_lease_that_never_was_cannot_be_renewed_and_may_be_given_back(
    leases: Leases, account: str
) -> None:
    never = replace(take(leases, account), name=f"{account}x")
    leases.give_back(never)

    with pytest.raises(ConflictError):
        leases.renew(never, seconds=60)
    assert leases.read(f"{account}x") is None


@pytest.mark.parametrize("before", ["never held", "expired"])
def test_of_eight_that_want_a_lease_at_once_one_gets_it(
    leases: Leases, clock: FakeClock, account: str, before: str
) -> None:
    if before == "expired":
        take(leases, account)
        clock.advance(61)
    gate = threading.Barrier(8)

    def acquire(_number: int) -> Lease | None:
        gate.wait(timeout=10)
        return leases.acquire(account, seconds=60)

    with ThreadPoolExecutor(8) as threads:
        got = [lease for lease in threads.map(acquire, range(8)) if lease is not None]

    assert got == [leases.read(account)]


# alone


@pytest.fixture
def one_at_a_time(leases: Leases) -> Alone:
    return alone(leases)


def test_only_the_first_is_alone_and_the_next_when_he_is_done(
    one_at_a_time: Alone, account: str
) -> None:
    with one_at_a_time(account, seconds=60) as first, one_at_a_time(account, seconds=60) as second:
        inside = (first, second)
    with one_at_a_time(account, seconds=60) as third:
        pass

    assert (inside, third) == ((True, False), True)


def test_who_fails_is_done_all_the_same(one_at_a_time: Alone, account: str) -> None:
    with pytest.raises(KeyError), one_at_a_time(account, seconds=60):
        raise KeyError

    with one_at_a_time(account, seconds=60) as next_one:
        pass

    assert next_one


def test_who_takes_too_long_is_not_waited_for_and_ends_nobody_elses_turn(
    one_at_a_time: Alone, clock: FakeClock, account: str
) -> None:
    with ExitStack() as late, ExitStack() as successor:
        late.enter_context(one_at_a_time(account, seconds=60))
        clock.advance(61)
        took_over = successor.enter_context(one_at_a_time(account, seconds=60))
        late.close()
        third = successor.enter_context(one_at_a_time(account, seconds=60))

    assert (took_over, third) == (True, False)
