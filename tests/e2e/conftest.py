"""One running sandbox for all end-to-end tests, and a bookkeeper who edits at random."""

import functools
import random
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from sandbox.administrator import Administrator
from sandbox.bookkeeper import Bookkeeper
from sandbox.browser import Chromium, NoBrowserError, find, open_page
from sandbox.check import differences
from sandbox.ports import Ports
from sandbox.settling import Settling
from sandbox.stack import Stack, stack
from tests.e2e import forked
from tests.e2e.forked import QuickAdministrator, Terminal

# A message that was under way when its host was killed comes back after so many seconds; the
# platform takes ten minutes.
LEASE = 4.0
# Timers that would find what a test keeps from the webhooks, or mend what it broke, while it looks.
BY_HAND = ("poll", "reconcile", "upkeep")
SETTINGS = {"UNMATCHED_CLIENTS": "create", "BALANCE_DELAY_SECONDS": "1"}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A connected function app with empty books, shared by all tests of this folder."""
    folder = tmp_path_factory.mktemp("e2e") / "sandbox"
    with stack(folder, Ports.free(), settings=SETTINGS) as running:
        administrator = Administrator(running.environment)
        administrator.run("schema", "apply")
        running.start_host(lease=LEASE, by_hand=BY_HAND)
        administrator.connect(folder / "connect.log")
        running.books.deliveries(retries=[0.2, 0.5, 1, 2, 4])
        yield running


@pytest.fixture
def start_host(sandbox: Stack) -> Callable[..., None]:
    """Starts the function app again."""
    return functools.partial(sandbox.start_host, lease=LEASE, by_hand=BY_HAND)


@pytest.fixture(scope="session")
def terminal() -> Iterator[Terminal]:
    """Runs commands without importing everything for each."""
    with forked.terminal() as opened:
        yield opened


@pytest.fixture
def administrator(sandbox: Stack, terminal: Terminal) -> Administrator:
    return QuickAdministrator(sandbox.environment, terminal)


@pytest.fixture
def settling(sandbox: Stack) -> Iterator[Settling]:
    with Settling(sandbox) as looking:
        yield looking
        sandbox.books.deliveries(drop=0, duplicate=0, delay=0, reorder=False, hold=False)


@pytest.fixture
def synced(sandbox: Stack, settling: Settling) -> Callable[[], None]:
    """Lets everything come to rest: what webhooks carry, then what a poll finds."""

    def sync() -> None:
        settling.drain()
        settling.poll()
        settling.drain()

    return sync


@pytest.fixture
def unequal(sandbox: Stack, administrator: Administrator) -> Callable[[], list[str]]:
    """What differs between both sides, clients that wait for a decision left out."""

    def look() -> list[str]:
        held = [int(each["subject"].partition("-")[2]) for each in administrator.held()]
        return differences(sandbox.books, sandbox.rows, held=held)

    return look


@pytest.fixture
def bookkeeper(sandbox: Stack) -> Callable[[int], Bookkeeper]:
    def hire(seed: int) -> Bookkeeper:
        return Bookkeeper(sandbox.books, random.Random(seed))

    return hire


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    try:
        return find()
    except NoBrowserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    """A browser for the tests of a file, as `sandbox.browser` starts it.

    Not for longer: while it is open, no other test of its process could run an event loop.
    """
    with open_page(chromium) as page:
        started = page.context.browser
        assert started is not None
        page.close()
        yield started


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """An empty page with nothing before it: no cookies, no history. A Playwright `Page`."""
    with browser.new_context(ignore_https_errors=True) as context:
        yield context.new_page()
