"""`Shares`: the processes that send to a service, each written by itself."""

from dataclasses import replace

import pytest

from shared.core.rates import Member, Standing
from shared.errors import ConflictError
from shared.sync.ports import Shares


def test_nobody_sends_at_first(shares: Shares) -> None:
    assert shares.list_all() == []


@pytest.mark.parametrize("standing", Standing)
def test_who_joined_is_seen_as_it_stands(shares: Shares, standing: Standing) -> None:
    joined = shares.insert(Member("a", standing))

    (seen,) = shares.list_all()

    assert seen == Member("a", standing)
    assert (bool(seen.version), seen.version) == (True, joined.version)


def test_every_beat_is_another_version(shares: Shares) -> None:
    first = shares.insert(Member("a", Standing.NEW))
    second = shares.replace(first)
    third = shares.replace(replace(second, standing=Standing.SETTLED))

    assert len({first.version, second.version, third.version}) == 3
    assert [each.version for each in shares.list_all()] == [third.version]


def test_there_is_one_of_an_id(shares: Shares) -> None:
    shares.insert(Member("a", Standing.NEW))

    with pytest.raises(ConflictError):
        shares.insert(Member("a", Standing.NEW))


def test_who_was_forgotten_is_told_when_it_beats(shares: Shares) -> None:
    joined = shares.insert(Member("a", Standing.NEW))
    shares.delete(joined)
    shares.delete(joined)

    with pytest.raises(ConflictError):
        shares.replace(joined)
    assert shares.list_all() == []


def test_who_beat_meanwhile_is_not_forgotten(shares: Shares) -> None:
    joined = shares.insert(Member("a", Standing.NEW))
    shares.replace(joined)

    with pytest.raises(ConflictError):
        shares.delete(joined)
    assert len(shares.list_all()) == 1
