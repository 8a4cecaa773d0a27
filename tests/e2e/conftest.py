"""One running sandbox for all end-to-end tests, and a bookkeeper who edits at random."""

import functools
import random

import pytest

from sandbox.administrator import Administrator
from sandbox.bookkeeper import Bookkeeper
from sandbox.browser import NoBrowserError, find, open_page
from sandbox.check import differences
from sandbox.ports import Ports
from sandbox.settling import Settling
from sandbox.stack import stack

# A message that was under way when its host was killed comes back after so many seconds; the
# platform takes ten minutes.
LEASE = 4.0
SETTINGS = {"UNMATCHED_CLIENTS": "create", "BALANCE_DELAY_SECONDS": "1"}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """A connected function app with empty books, shared by all tests of this folder."""
    folder = tmp_path_factory.mktemp("e2e") / "sandbox"
    with stack(folder, Ports.free(), settings=SETTINGS) as running:
        administrator = Administrator(running.environment)
        administrator.run("schema", "apply")
        running.start_host(lease=LEASE)
        administrator.connect(folder / "connect.log")
        running.books.deliveries(retries=[0.2, 0.5, 1, 2, 4])
        yield running


@pytest.fixture
def start_host(sandbox):
    """Starts the function app again."""
    return functools.partial(sandbox.start_host, lease=LEASE)


@pytest.fixture
def administrator(sandbox):
    return Administrator(sandbox.environment)


@pytest.fixture
def settling(sandbox):
    with Settling(sandbox) as looking:
        yield looking
        sandbox.books.deliveries(drop=0, duplicate=0, delay=0, reorder=False, hold=False)


@pytest.fixture
def synced(sandbox, settling):
    """Lets everything come to rest: what webhooks carry, then what a poll finds."""

    def sync():
        settling.drain()
        settling.poll()
        settling.drain()

    return sync


@pytest.fixture
def unequal(sandbox, administrator):
    """What differs between both sides, clients that wait for a decision left out."""

    def look():
        held = [int(each["subject"].partition("-")[2]) for each in administrator.held()]
        return differences(sandbox.books, sandbox.rows, held=held)

    return look


@pytest.fixture
def bookkeeper(sandbox):
    def hire(seed):
        return Bookkeeper(sandbox.books, random.Random(seed))

    return hire


@pytest.fixture(scope="session")
def chromium():
    try:
        return find()
    except NoBrowserError as error:
        pytest.skip(str(error))


@pytest.fixture
def browser_page(chromium):
    """An empty page of a browser that was just started, a Playwright `Page`."""
    with open_page(chromium) as page:
        yield page
