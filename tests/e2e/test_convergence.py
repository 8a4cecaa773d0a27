import pytest

from sandbox.check.found import ENTRY
from tests.soak import SOAK

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

SEED = 2026
EDITS, HALF = (120, 25) if SOAK else (10, 4)


def test_random_edits_with_duplicated_dropped_and_reordered_webhooks_end_equal_and_stay_so(
    sandbox, settling, synced, bookkeeper, unequal
):
    someone = bookkeeper(SEED)
    settling.drain()  # a backfill that still runs would find what is lost
    sandbox.books.deliveries(drop=0.15, duplicate=0.2, delay=1.0, reorder=True)

    for _ in range(EDITS):
        someone.edit()
    sandbox.books.deliveries(drop=1)  # so that one is lost for certain, however the others ran
    sandbox.books.do("create_client", organization="Lost and Found")
    sandbox.books.deliveries(drop=0, duplicate=0, delay=0, reorder=False)
    settling.drain()
    lost = unequal()
    synced()

    assert lost
    assert unequal() == []
    before = sandbox.rows.versions("account", "invoice", "invoicedetail", ENTRY)
    synced()  # a poll with nothing new writes nothing
    assert sandbox.rows.versions("account", "invoice", "invoicedetail", ENTRY) == before


def test_a_host_killed_in_the_middle_of_edits_leaves_both_sides_equal(
    sandbox, start_host, settling, synced, bookkeeper, unequal
):
    someone = bookkeeper(SEED + 2)

    for _ in range(HALF):
        someone.edit()
    sandbox.kill_host()
    for _ in range(HALF):
        someone.edit()
    start_host()
    synced()

    assert unequal() == []
