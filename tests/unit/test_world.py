"""The world as the settings say it: what is limited, and beside whom."""

import pytest

from bench.startup import SETTINGS
from shared.settings import Settings
from shared.world import real_world
from tests.memory import MemoryShares


def senders(**settings: str) -> list[int]:
    """Return how many requests each service is sent at once before one has to wait."""
    world = real_world(Settings.load({**SETTINGS, **settings}))
    limiters = [world.dataverse._limiter, world.freshbooks._limiter]
    counts = []
    for limiter in limiters:
        if limiter is None:
            counts.append(0)
            continue
        if limiter._membership._shares is not None:
            limiter._membership._shares = MemoryShares()
        counts.append(0)
        while counts[-1] < 100 and limiter.begin(bulk=False, now=1.0) <= 0:
            counts[-1] += 1
    return counts


def test_the_app_shares_all_of_it_with_its_other_instances() -> None:
    world = real_world(Settings.load({**SETTINGS, "WEBSITE_SITE_NAME": "app"}))

    assert senders(WEBSITE_SITE_NAME="app") == [19, 7]
    assert world.dataverse._limiter is not None
    assert world.dataverse._limiter._membership._shares is not None


def test_a_terminal_takes_a_quarter_and_asks_storage_nothing() -> None:
    world = real_world(Settings.load(SETTINGS))

    assert world.dataverse._limiter is not None
    assert world.dataverse._limiter._membership._shares is None
    assert senders() == [5, 3]


@pytest.mark.parametrize("rate", ["0", "0.0"])
def test_nothing_is_limited_that_is_set_to_nothing(rate: str) -> None:
    unlimited = {"DATAVERSE_REQUESTS_PER_SECOND": rate, "FRESHBOOKS_REQUESTS_PER_SECOND": rate}

    assert senders(**unlimited) == [0, 0]
