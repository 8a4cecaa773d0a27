"""Microsoft's own Python client against the simulator, over loopback."""

import time
from enum import IntEnum

import pytest
from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models.upsert import UpsertItem

from sandbox.dataverse import Dataverse, Limits
from sandbox.web import serve


class Credential:
    def get_token(self, *_scopes, **_options):
        return AccessToken("token", int(time.time()) + 3600)


@pytest.fixture
def simulator():
    return Dataverse(key_delay=0)


@pytest.fixture
def client(simulator):
    with (
        serve(simulator) as address,
        DataverseClient("https://org.crm.dynamics.com", Credential()) as made,
    ):
        made._base_url = address  # it refuses plain http in its constructor
        yield made


@pytest.fixture
def keyed(client):
    client.tables.create("new_Customer", {"new_Code": "string", "new_Score": "int"})
    client.tables.create_alternate_key("new_Customer", "new_CodeIndex", ["new_code"])
    return client


def test_rows_are_created_read_changed_and_deleted(client, simulator):
    account = client.records.create("account", {"name": "A"})

    client.records.update("account", account, {"telephone1": "5"})
    read = client.records.retrieve("account", account, select=["name", "telephone1"])
    client.records.delete("account", account)

    assert (read["name"], read["telephone1"]) == ("A", "5")
    assert client.records.retrieve("account", account) is None
    assert simulator.all("account") == []


def test_many_rows_go_through_the_bulk_messages(client, simulator):
    ids = client.records.create("account", [{"name": "A"}, {"name": "B"}])

    client.records.update("account", ids, [{"name": "A2"}, {"name": "B2"}])

    assert [simulator.get("account", each)["name"] for each in ids] == ["A2", "B2"]


def test_one_bad_row_leaves_none(client, simulator):
    with pytest.raises(HttpError, match="maximum allowed length") as refused:
        client.records.create("account", [{"name": "A"}, {"name": "x" * 161}])

    assert refused.value.details["service_error_code"] == "0x80044331"
    assert refused.value.details["service_request_id"]
    assert simulator.all("account") == []


def test_upsert_by_alternate_key_creates_then_updates(keyed, simulator):
    for score in (1, 2):
        keyed.records.upsert(
            "new_customer",
            [UpsertItem(alternate_key={"new_code": "c-1"}, record={"new_score": score})],
        )
    keyed.records.upsert(
        "new_customer",
        [
            UpsertItem(alternate_key={"new_code": "c-1"}, record={"new_score": 3}),
            UpsertItem(alternate_key={"new_code": "c-2"}, record={"new_score": 4}),
        ],
    )

    rows = {row["new_code"]: row["new_score"] for row in simulator.all("new_customer")}
    assert rows == {"c-1": 3, "c-2": 4}


def test_lists_are_paged(client):
    client.records.create("account", [{"name": f"A{number}"} for number in range(7)])

    pages = list(
        client.records.list_pages("account", select=["name"], orderby=["name desc"], page_size=3)
    )

    assert [len(page) for page in pages] == [3, 3, 1]
    assert pages[0][0]["name"] == "A6"


def test_a_batch_with_a_change_set_is_applied_whole(client, simulator):
    batch = client.batch.new()
    with batch.changeset() as changes:
        account = changes.records.create("account", {"name": "A"})
        changes.records.update("account", account, {"telephone1": "5"})
    batch.records.create("account", {"name": "B"})
    result = batch.execute()

    assert not result.has_errors
    assert [row["telephone1"] for row in simulator.all("account")] == ["5", None]


def test_a_failed_change_set_shows_one_error_and_leaves_nothing(client, simulator):
    batch = client.batch.new()
    with batch.changeset() as changes:
        changes.records.create("account", {"name": "A"})
        changes.records.create("account", {"name": "x" * 161})
    batch.records.create("account", {"name": "B"})
    result = batch.execute(continue_on_error=True)

    assert [(each.status_code, each.error_code) for each in result.failed] == [(400, "0x80044331")]
    assert [row["name"] for row in simulator.all("account")] == ["B"]


def test_tables_columns_keys_and_lookups_are_made_and_found(client):
    class Health(IntEnum):
        GOOD = 1
        BAD = 2

    made = client.tables.create("new_Visit", {"new_Note": "memo", "new_Health": Health})
    client.tables.add_columns("new_Visit", {"new_When": "datetime", "new_Cost": "decimal"})
    lookup = client.tables.create_lookup_field("new_visit", "new_AccountId", "account")
    client.tables.remove_columns("new_Visit", "new_When")
    visit = client.records.create(
        "new_visit", {"new_name": "V", "new_health": "BAD", "new_cost": 1.5}
    )

    row = client.records.retrieve("new_visit", visit)
    columns = {each["LogicalName"] for each in client.tables.list_columns("new_visit")}
    assert made["entity_set_name"] == "new_visits"
    assert lookup.lookup_schema_name == "new_AccountId"
    assert (row["new_health"], row["new_cost"]) == (2, 1.5)
    assert columns >= {"new_note", "new_health", "new_cost", "new_accountid"}
    assert "new_when" not in columns
    assert client.tables.get("new_visit")["primary_name_attribute"] == "new_name"
    client.tables.delete("new_visit")
    assert client.tables.get("new_visit") is None


def test_a_key_s_index_status_is_shown(keyed):
    keys = keyed.tables.get_alternate_keys("new_customer")

    assert [key.status for key in keys] == ["Active"]


def test_throttling_carries_retry_after(client, simulator):
    simulator.throttle.limits = Limits(requests=0)
    with pytest.raises(HttpError) as refused:
        client.records.create("account", {"name": "A"})

    assert refused.value.is_transient
    assert refused.value.details["retry_after"] > 0
