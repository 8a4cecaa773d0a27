"""A client's row as people left it: is it acted on, and where do its records belong."""

from uuid import uuid4

import pytest

from shared.core.homes import Account, ClientRow
from shared.core.options import ClientState
from shared.core.rows import Reference, State

HERE, THERE = uuid4(), uuid4()
LINKED, WAITS, IGNORED, GONE = ClientState


def a_row(state=LINKED, account=HERE, *, carried_out=None, linked_to=HERE, figures="{}"):
    columns = {
        "fbx_key": "xazq5-42",
        "fbx_state": int(state) if state is not None else None,
        "fbx_carriedout": int(carried_out if carried_out is not None else state or LINKED),
        "fbx_linkedto": str(linked_to) if linked_to else None,
        "fbx_figures": figures,
    }
    return ClientRow(uuid4(), "1", columns, {"fbx_accountid": account})


@pytest.mark.parametrize(
    ("row", "settled"),
    [
        (a_row(), True),
        (a_row(account=THERE), False),
        (a_row(account=None), False),
        (a_row(carried_out=WAITS), False),
        (a_row(figures="gone"), False),
        (a_row(None), False),
        (a_row(WAITS, None, linked_to=None), True),
        (a_row(WAITS, None), True),
        (a_row(WAITS), True),
        (a_row(WAITS, THERE, linked_to=None), False),
        (a_row(WAITS, THERE), False),
        (a_row(WAITS, carried_out=LINKED), False),
        (a_row(IGNORED), True),
        (a_row(IGNORED, None, linked_to=None), True),
        (a_row(IGNORED, carried_out=WAITS), False),
        (a_row(GONE), True),
        (a_row(GONE, THERE), False),
    ],
)
def test_a_row_is_settled_when_the_connector_acted_on_it_as_it_is(row, settled):
    assert row.settled is settled


@pytest.mark.parametrize(
    ("row", "belongs"),
    [
        (a_row(), True),
        (a_row(account=THERE), True),
        (a_row(account=None), False),
        (a_row(GONE), True),
        (a_row(WAITS), False),
        (a_row(IGNORED), False),
        (a_row(None), False),
    ],
)
def test_records_belong_to_the_account_of_a_client_that_is_linked_or_gone(row, belongs):
    assert row.belongs is belongs


def test_a_value_that_is_no_state_is_none():
    row = ClientRow(uuid4(), "1", {"fbx_state": 7, "fbx_linkedto": "nobody"})

    assert row.link_state is None
    assert row.linked_to is None


def test_an_account_knows_its_master_only_while_it_is_inactive():
    lookups = {"masterid": THERE, "owningteam": HERE, "owninguser": None}
    merged = Account(HERE, "1", {}, lookups, state=State(1, 2))
    active = Account(HERE, "1", {}, lookups, state=State(0, 1))

    assert merged.master == THERE
    assert active.master is None
    assert active.owner == Reference("team", HERE)


def test_an_account_is_told_apart_by_city_number_and_owner():
    columns = {"address1_city": "Zug", "accountnumber": "17", "owner": "Ann Ray"}

    assert Account(HERE, "1", columns).where == "Zug, no. 17, Ann Ray"
    assert Account(HERE, "1", {}).where == ""
