"""Whatever FreshBooks lets a person do, the judge has something to say about it."""

import random

import pytest

from sandbox.check.books import KINDS, Books
from sandbox.check.compare import compare
from sandbox.check.source import Source
from sandbox.freshbooks import FreshBooks
from sandbox.remotes import RemoteBooks
from sandbox.seasoned import SeasonedBookkeeper
from sandbox.web import InProcess
from tests.contract.check.fulfilled import fulfilled
from tests.contract.check.picture import TODAY
from tests.contract.check.picture.books import NOON
from tests.soak import SOAK

SEEDS = range(40 if SOAK else 1)
EDITS = 400 if SOAK else 150


@pytest.fixture(scope="module", params=SEEDS)
def source(request):
    """Books of a bookkeeper who does all that can be done."""
    freshbooks = FreshBooks(send=lambda *_: 200, background=False, clock=lambda: NOON)
    remote = RemoteBooks("https://books.example")
    remote._session.mount("https://", InProcess(freshbooks))
    someone = SeasonedBookkeeper(remote, random.Random(request.param), clock=lambda: NOON)
    for _ in range(EDITS):
        someone.edit()
    account = freshbooks.books.business(None).account_id
    records = [{one["id"]: one for one in freshbooks.books.records(kind)} for kind in KINDS]
    yield Source((Books(account, *records),), TODAY)
    freshbooks.close()
    remote.close()


def test_a_dataverse_that_does_as_expected_has_no_difference(source):
    assert compare(source, fulfilled(source)) == []


def test_every_row_that_is_taken_away_is_missed(source):
    crm = fulfilled(source)

    for table in ("clients", "invoices", "entries"):
        rows = getattr(crm, table)
        assert rows
        for place, row in enumerate(rows[:60]):
            rest = [*rows[:place], *rows[place + 1 :]]
            found = compare(source, type(crm)(**{**vars(crm), table: rest}))
            gone = table == "clients" and row["state"] == "gone"
            assert any(f"({row.key}) is missing" in each for each in found) or gone, row
