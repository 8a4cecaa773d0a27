"""Claims of accounts that are about to be made: who gives way, and how long a claim is heeded."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.identity import Kind, RecordId
from shared.errors import ConflictError
from shared.sync.naming import GOOD_FOR, HEEDED_FOR, Naming, TakenError
from tests.memory import FakeClock, MemoryClaims

APART = timedelta(minutes=5)  # what clocks may differ by


class Office:
    """Claims, and workers that make them."""

    def __init__(self) -> None:
        self.claims, self.clock = MemoryClaims(), FakeClock(datetime(2026, 11, 2, tzinfo=UTC))

    def naming(self, number: int, *, business: str = "xazq5", ahead: timedelta = timedelta()):
        record = RecordId(business, Kind.CLIENT, number)
        key = f"{record.client_key}~{len(self.claims.claims)}{ahead}"
        return Naming(self.claims, lambda: self.clock() + ahead, record, key)


@pytest.fixture
def office() -> Office:
    return Office()


def test_of_two_clients_alike_the_first_by_number_keeps_its_claim_and_the_other_gives_way(office):
    first, second = office.naming(7), office.naming(8)
    second.take("Aster Works", decided=False)

    with pytest.raises(TakenError):
        first.take("aster works", decided=False)
    with pytest.raises(TakenError):
        second.take("Aster Works", decided=False)
    first.take("aster works", decided=False)

    assert [claim.client.number for claim in office.claims.claims.values()] == [7]
    assert first.covers("aster works")
    assert not second.covers("Aster Works")


@pytest.mark.parametrize("name", ["Dunelm Radio", ""])
def test_clients_that_are_not_alike_do_not_wait_for_each_other(office, name):
    office.naming(7).take("Aster Works", decided=False)
    other = office.naming(8)

    other.take(name, decided=False)

    assert other.covers(name)


def test_a_client_of_another_business_is_heeded(office):
    office.naming(7, business="other").take("Aster Works", decided=False)

    with pytest.raises(TakenError):
        office.naming(7).take("Aster Works", decided=False)


def test_another_worker_of_the_same_client_is_none_to_wait_for(office):
    office.naming(7).take("Aster Works", decided=False)
    again = office.naming(7)

    again.take("Aster Works", decided=False)

    assert len(office.claims.claims) == 2
    assert again.covers("Aster Works")


def test_a_person_who_decided_waits_for_nobody_and_is_seen_by_everybody(office):
    office.naming(8).take("Aster Works", decided=False)
    decided = office.naming(9)

    decided.take("Aster Works", decided=True)

    assert decided.covers("Aster Works")
    with pytest.raises(TakenError):
        office.naming(7).take("Aster Works", decided=False)


def test_a_claim_stays_while_its_account_may_be_under_way(office):
    naming = office.naming(7)
    naming.take("Aster Works", decided=False)
    naming.make()
    naming.give_up()
    assert office.claims.claims

    naming.made()
    naming.give_up()

    assert not office.claims.claims


def test_nobody_makes_an_account_on_a_claim_that_others_may_not_heed_any_more(office):
    naming = office.naming(7)
    naming.take("Aster Works", decided=False)
    office.clock.advance(GOOD_FOR.total_seconds() + 1)

    with pytest.raises(ConflictError, match="too long"):
        naming.make()


@pytest.mark.parametrize("ahead", [-APART, APART])
def test_a_claim_is_heeded_as_long_as_it_is_good_whatever_the_clocks_say(office, ahead):
    naming = office.naming(8)
    naming.take("Aster Works", decided=False)
    office.clock.advance(GOOD_FOR.total_seconds())
    naming.make()

    with pytest.raises(TakenError):
        office.naming(9, ahead=ahead).take("Aster Works", decided=False)


def test_a_claim_of_a_worker_that_died_lapses_and_is_forgotten_later(office):
    office.naming(7).take("Aster Works", decided=False)
    office.clock.advance(HEEDED_FOR.total_seconds() + 1)
    other = office.naming(8)
    other.take("Aster Works", decided=False)
    other.give_up()
    assert len(office.claims.claims) == 1

    office.clock.advance(HEEDED_FOR.total_seconds())
    office.naming(8).take("Aster Works", decided=False)

    assert [claim.client.number for claim in office.claims.claims.values()] == [8]
