"""The connector of a process: built once, and what keeps it from that is told and not shouted."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.connector import RECHECK, Begun, FirstUse
from shared.errors import ConfigurationError


class Settings:
    """Wrong until somebody mends them; counts how often they are read."""

    def __init__(self):
        self.wrong = "missing: PUBLIC_URL"
        self.reads = 0
        self.now = 0.0

    def make(self):
        self.reads += 1
        if self.wrong:
            raise ConfigurationError(self.wrong)
        return object()

    def clock(self):
        return self.now


@pytest.fixture
def settings():
    return Settings()


@pytest.fixture
def use(settings):
    return FirstUse(settings.make, clock=settings.clock)


def test_it_is_built_once(settings, use):
    settings.wrong = ""

    assert use.get() is use.get()
    assert use.is_ready()
    assert settings.reads == 1


def test_wrong_settings_are_told_by_the_log_once_a_minute_however_often_it_is_asked(
    settings, use, caplog
):
    caplog.set_level(logging.ERROR)
    for second in range(61):
        settings.now = float(second)
        for _ in range(3):
            assert not use.is_ready()

    told = [json.loads(message) for message in caplog.messages]
    assert [each["text"] for each in told] == ["missing: PUBLIC_URL"] * 2
    assert settings.reads <= 60 / RECHECK + 1


def test_settings_that_were_mended_are_seen_without_a_restart(settings, use):
    with pytest.raises(ConfigurationError):
        use.get()
    settings.wrong, settings.now = "", RECHECK

    assert use.get() is not None


def test_what_a_webhook_does_not_need_is_built_once_however_many_ask_at_once():
    asked, built = threading.Barrier(8), []

    def build():
        built.append(object())
        threading.Event().wait(0.05)  # whoever comes meanwhile
        return built[-1]

    def ask(_number):
        asked.wait()
        return begun.whole()

    begun = Begun(object(), object(), build)
    with ThreadPoolExecutor(8) as pool:
        whole = set(pool.map(ask, range(8)))

    assert list(whole) == built
