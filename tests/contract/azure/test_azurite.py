import subprocess
import sys
from pathlib import Path

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableServiceClient, TableTransactionError, UpdateMode

from sandbox.azurite import azurite

pytestmark = pytest.mark.xdist_group("azurite")  # one emulator, started once


@pytest.fixture
def table(storage):
    with TableServiceClient.from_connection_string(storage.connection_string) as service:
        client = service.create_table("connectortest")
        yield client
        service.delete_table("connectortest")


def test_a_message_is_sent_with_a_delay_and_without_an_end(queues):
    queue = queues("delayed")
    queue.create_queue()
    queue.send_message("later", visibility_timeout=3600, time_to_live=-1)
    queue.send_message("now", time_to_live=-1)

    received = [message.content for message in queue.receive_messages()]
    assert received == ["now"]
    assert queue.get_queue_properties().approximate_message_count == 2


def test_a_received_message_can_be_hidden_longer_and_deleted_with_its_new_receipt_only(queues):
    queue = queues("renewed")
    queue.create_queue()
    queue.send_message("work")
    first = queue.receive_message(visibility_timeout=30)
    renewed = queue.update_message(first, visibility_timeout=60)

    with pytest.raises(HttpResponseError, match="PopReceiptMismatch"):
        queue.delete_message(first.id, first.pop_receipt)

    queue.delete_message(renewed.id, renewed.pop_receipt)
    assert queue.get_queue_properties().approximate_message_count == 0


def test_a_queue_that_is_there_cannot_be_created_again_and_a_missing_one_not_be_read(queues):
    queues("twice").create_queue()

    with pytest.raises(ResourceExistsError):
        queues("twice").create_queue()
    with pytest.raises(ResourceNotFoundError):
        queues("never-created").receive_message()


def test_an_entity_is_inserted_once(table):
    table.create_entity({"PartitionKey": "p", "RowKey": "r", "value": 1})

    with pytest.raises(ResourceExistsError):
        table.create_entity({"PartitionKey": "p", "RowKey": "r", "value": 2})

    assert table.get_entity("p", "r")["value"] == 1


def test_an_entity_changed_in_between_is_not_overwritten(table):
    table.create_entity({"PartitionKey": "p", "RowKey": "r", "value": 1})
    read = table.get_entity("p", "r")
    table.update_entity({**read, "value": 2}, mode=UpdateMode.REPLACE)
    condition = {
        "etag": read.metadata["etag"],
        "match_condition": MatchConditions.IfNotModified,
    }

    with pytest.raises(ResourceModifiedError):
        table.update_entity({**read, "value": 3}, mode=UpdateMode.REPLACE, **condition)
    with pytest.raises(ResourceModifiedError):
        table.delete_entity("p", "r", **condition)

    assert table.get_entity("p", "r")["value"] == 2


def test_a_transaction_with_one_bad_part_changes_nothing(table):
    table.create_entity({"PartitionKey": "p", "RowKey": "b"})

    with pytest.raises(TableTransactionError):
        table.submit_transaction(
            [
                ("create", {"PartitionKey": "p", "RowKey": "a"}),
                ("create", {"PartitionKey": "p", "RowKey": "b"}),
            ]
        )

    assert [entity["RowKey"] for entity in table.list_entities()] == ["b"]


def test_entities_are_found_by_partition_and_come_in_key_order(table):
    for row in ("c", "a", "b"):
        table.upsert_entity({"PartitionKey": "holds", "RowKey": row, "kind": "invoice"})
    table.upsert_entity({"PartitionKey": "other", "RowKey": "d", "kind": "invoice"})

    query = table.query_entities(
        "PartitionKey eq @partition and RowKey ge 'b'", parameters={"partition": "holds"}
    )

    assert [entity["RowKey"] for entity in query] == ["b", "c"]


def test_what_is_kept_in_a_folder_survives_a_restart(tmp_path):
    for expected in ([], ["kept"]):
        with (
            azurite(tmp_path) as account,
            TableServiceClient.from_connection_string(account.connection_string) as service,
        ):
            found = [table.name for table in service.list_tables()]
            service.create_table_if_not_exists("kept")
        assert found == expected


def test_the_emulator_ends_with_the_program_that_started_it_even_when_that_is_killed(eventually):
    program = (
        "import time\n"
        "from sandbox.azurite import azurite\n"
        "with azurite() as account:\n"
        "    print(account.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as started:
        pid = int(started.stdout.readline())
        alive = Path(f"/proc/{pid}").exists()
        started.kill()

    assert alive
    assert eventually(lambda: _is_gone(pid))


def _is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
