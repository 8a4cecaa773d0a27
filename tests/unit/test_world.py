"""The world as the settings say it: what is limited, and beside whom."""

import pytest

from bench.startup import SETTINGS
from shared.adapters.http.limiter import Ticket
from shared.core.pace import Answer
from shared.core.rates import Budget
from shared.settings import Settings
from shared.world import real_world
from tests.memory import MemoryShares


def senders(*, instance: bool = False, **settings: str) -> list[int]:
    """Return how many requests each service is sent in ten seconds."""
    world = real_world(Settings.load({**SETTINGS, **settings}), instance=instance)
    limiters = [world.dataverse._limiter, world.freshbooks._limiter]
    counts = []
    for limiter in limiters:
        if limiter is None:
            counts.append(0)
            continue
        if limiter._membership._shares is not None:
            limiter._membership._shares = MemoryShares()
        counts.append(0)
        limiter.wait(20, bulk=False)
        for tenth in range(100):
            now = tenth / 10
            while isinstance(ticket := limiter.begin(bulk=False, now=now), Ticket):
                limiter.end(ticket, Answer.FINE, now=now, took=0.01)
                counts[-1] += 1
    return counts


def test_the_app_shares_all_of_it_with_its_other_instances() -> None:
    world = real_world(Settings.load(SETTINGS), instance=True)

    assert senders(instance=True) == [194, 79]
    assert world.dataverse._limiter is not None
    assert world.dataverse._limiter._membership._shares is not None


def test_a_terminal_takes_a_quarter_and_asks_storage_nothing() -> None:
    world = real_world(Settings.load(SETTINGS))

    assert world.dataverse._limiter is not None
    assert world.dataverse._limiter._membership._shares is None
    assert senders() == [50, 22]


def test_each_web_server_of_dataverse_takes_as_much_as_one() -> None:
    two = Settings.load({**SETTINGS, "DATAVERSE_WEB_SERVERS": "2"})
    limiter = real_world(two, instance=True).dataverse._limiter

    assert limiter is not None
    assert limiter._membership.budget == Budget(40, 104, 8)


@pytest.mark.parametrize("rate", ["0", "0.0"])
def test_nothing_is_limited_that_is_set_to_nothing(rate: str) -> None:
    unlimited = {"DATAVERSE_REQUESTS_PER_SECOND": rate, "FRESHBOOKS_REQUESTS_PER_SECOND": rate}

    assert senders(**unlimited) == [0, 0]
