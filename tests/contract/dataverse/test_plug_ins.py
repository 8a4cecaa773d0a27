"""A plug-in of the firm's own refuses rows: alone, and with all that is in their change set."""

import pytest

from sandbox.dataverse import errors


@pytest.fixture
def refused(dataverse):
    """Let a plug-in refuse accounts that say so in their name."""

    def look(table, row):
        if table == "account" and "refused" in (row["name"] or ""):
            raise errors.plug_in("A vat number is needed.")

    dataverse.plug_in(look)


def test_a_row_that_a_plug_in_refuses_is_answered_400_and_not_stored(api, dataverse, code, refused):
    answer = api.post("accounts", {"name": "to be refused"})

    assert code(answer) == (400, "0x80040265")
    assert dataverse.all("account") == []


def test_an_update_is_refused_too_and_leaves_the_row_as_it_was(api, dataverse, refused):
    account = dataverse.add("account", name="Aster Works")

    answer = api.patch(f"accounts({account})", {"name": "to be refused"})

    assert answer.status_code == 400
    assert dataverse.get("account", account)["name"] == "Aster Works"


def test_without_the_plug_in_it_is_taken(api, dataverse, refused):
    dataverse.unplug()

    assert api.post("accounts", {"name": "to be refused"}).status_code == 204
