"""`Shares`: the processes that send to a service, each written by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.core.rates import NOTHING, Claim, Member, Wants
from shared.errors import ConflictError
from shared.sync.ports import Shares


def test_nobody_sends_at_first(shares: Shares) -> None:
    assert shares.list_all() == []


@pytest.mark.parametrize("claim", [NOTHING, Claim(0.25, 6), Claim(1.0, 26)])
def test_who_joined_is_seen_with_what_it_claims_and_wants(shares: Shares, claim: Claim) -> None:
    joined = shares.insert(Member("a", claim, Wants(0.5, 1.0)))

    (seen,) = shares.list_all()

    assert seen == Member("a", claim, Wants(0.5, 1.0))
    assert (bool(seen.version), seen.version) == (True, joined.version)


def test_every_beat_is_another_version(shares: Shares) -> None:
    first = shares.insert(Member("a"))
    second = shares.replace(first)
    third = shares.replace(replace(second, claim=Claim(0.5, 13)))

    assert len({first.version, second.version, third.version}) == 3
    assert [each.version for each in shares.list_all()] == [third.version]


def test_storage_dates_every_row_in_the_order_they_were_written(shares: Shares) -> None:
    shares.insert(Member("a"))
    second = shares.insert(Member("b"))
    shares.replace(second)

    dates = {each.id: each.written for each in shares.list_all()}

    assert dates["a"] is not None
    assert dates["b"] is not None
    assert dates["a"] <= dates["b"]
    assert abs(dates["b"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_there_is_one_of_an_id(shares: Shares) -> None:
    shares.insert(Member("a"))

    with pytest.raises(ConflictError):
        shares.insert(Member("a"))


def test_who_was_forgotten_is_told_when_it_beats(shares: Shares) -> None:
    joined = shares.insert(Member("a"))
    shares.delete(joined)
    shares.delete(joined)

    with pytest.raises(ConflictError):
        shares.replace(joined)
    assert shares.list_all() == []


def test_who_beat_meanwhile_is_not_forgotten(shares: Shares) -> None:
    joined = shares.insert(Member("a"))
    shares.replace(joined)

    with pytest.raises(ConflictError):
        shares.delete(joined)
    assert len(shares.list_all()) == 1
