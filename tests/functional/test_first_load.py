"""The first load of a business: in little memory, and complete however often it is killed."""

import pytest

from shared.sync.asking import TOGETHER
from tests.functional.first_load import first_load
from tests.soak import SOAK

MOST_MEMORY = 200  # MiB


@pytest.mark.parametrize("seed", range(3 if SOAK else 1))
def test_a_first_load_that_is_killed_again_and_again_is_complete(seed):
    records, kills = (100_000, 20) if SOAK else (3_000, 8)

    load = first_load(records, kills, seed)

    assert set(load.asked) == set(range(1, records + 1))
    assert min(load.asked.values()) == 1
    # A kill between messages and the notes of them costs as many messages more.
    assert sum(load.asked.values()) <= records + TOGETHER * load.kills
    assert load.kills == kills
    assert load.peak <= MOST_MEMORY
    assert load.requests < 3 * records / 100 + 10 * load.polls + 3 * kills
