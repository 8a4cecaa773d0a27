"""What the previous release wrote, as it was kept: this one reads all of it, with no old code."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.azure.columns import Row
from shared.adapters.azure.inventory import READERS
from shared.adapters.azure.rows import read
from shared.core.events import SyncRequest
from shared.core.identity import Kind, verifier_secret
from shared.core.tokens import TokenSet
from shared.sync.verifiers import Verifiers
from tests.memory import FakeClock, MemorySecrets
from tests.upgrade.driver import Store, dump
from tests.upgrade.frozen import BUSINESS, NEW_TABLES, TABLES, each_row, load
from tests.upgrade.releases import clean
from tests.upgrade.test_rows import within

# One process has the storage and both releases.
pytestmark = pytest.mark.xdist_group("upgrade")

FROZEN = load()


def test_every_table_has_a_reader_and_frozen_rows_unless_it_is_new():
    assert {*TABLES, *NEW_TABLES} == set(READERS)
    assert all(FROZEN["rows"][table] for table in TABLES)
    assert not set(NEW_TABLES) & set(FROZEN["rows"])


def test_every_frozen_row_is_read_and_means_what_it_meant(storage, tmp_path):
    clean(storage, tmp_path / "secrets")
    store = Store(storage)
    for table, row in each_row(FROZEN["rows"]):
        client = store.tables.table(table)._client_or_connect()
        if row is FROZEN["rows"][table][0]:
            client.create_table()
        client.upsert_entity(dict(row))

    assert within(FROZEN["read"], dump(store, BUSINESS))


@pytest.mark.parametrize(("table", "row"), each_row(FROZEN["rows"]))
def test_no_frozen_row_says_of_which_version_it_is_and_each_is_the_first(table, row):
    assert "v" not in row
    assert Row(table, row).version == 1
    assert read(Row(table, row), READERS[table])


def test_every_frozen_message_is_read_and_written_the_same():
    for body in FROZEN["messages"]:
        request = SyncRequest.parse(body)

        assert request.plain() == request
        assert request.model_dump_json(exclude_none=True).encode() == body
    assert {SyncRequest.parse(body).kind for body in FROZEN["messages"]} == {
        *(Kind.CLIENT, Kind.INVOICE, Kind.PAYMENT, Kind.EXPENSE)
    }


def test_frozen_tokens_and_verifiers_are_read():
    secrets = MemorySecrets()
    secrets.values[verifier_secret(BUSINESS, "invoice")] = FROZEN["secrets"]["verifiers"]
    verifiers = Verifiers(secrets=secrets, clock=FakeClock(datetime(2026, 11, 2, 16, tzinfo=UTC)))

    tokens = TokenSet.parse(FROZEN["secrets"]["tokens"])

    assert verifiers.get(BUSINESS, "invoice") == ["a-verifier", "an-earlier-verifier"]
    assert tokens is not None
    assert tokens.generation == 7
    assert tokens.expires_at - tokens.obtained_at == timedelta(hours=12)
