"""npm's dynamics-web-api against the simulator, over loopback; a script of ours drives it."""

import json
import subprocess
from pathlib import Path

import pytest

from sandbox import node
from sandbox.dataverse import Dataverse
from sandbox.web import serve

SCRIPT = Path(__file__).with_name("dynamics_web_api.cjs")


@pytest.fixture(scope="module")
def simulator():
    return Dataverse(key_delay=0)


@pytest.fixture(scope="module")
def seen(simulator):
    node.install()
    with serve(simulator) as address:
        done = subprocess.run(
            [node.node(), str(SCRIPT), json.dumps({"address": address})],
            env=node.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_rows_are_created_read_and_changed(seen):
    assert seen["read"]["name"] == "A"
    assert seen["read"]["revenue"] == 12.5
    assert seen["read"]["etag"].startswith('W/"')
    assert seen["shown"] == "D"


def test_a_stale_etag_is_understood_as_not_updated(seen):
    assert seen["stale"] is False


def test_annotations_and_expanded_rows_arrive(seen):
    assert seen["annotated"] == {"revenue": "$12.50", "currency": "USD"}


def test_refusals_carry_status_and_code(seen):
    assert seen["missing"] == {"status": 404, "code": "0x80040217"}
    assert seen["wrong"] == {"status": 400, "code": "0x80048d19"}


def test_functions_and_counts_answer(seen):
    assert seen["who"] is True
    assert seen["count"] == 1


def test_tables_columns_and_relationships_are_made_and_found(seen):
    assert seen["attribute"] == "new_number"
    assert set(seen["attributes"]) == {"new_name", "new_number"}
    assert (seen["set"], seen["entities"]) == ("new_receipts", 1)
    assert "invoice_details" in seen["relationships"]


def test_upsert_by_key_creates_updates_and_can_be_held_to_creating(seen):
    assert seen["upserted"] == "two"
    assert seen["blocked"] is None
    assert seen["duplicate"] == {"status": 412, "code": "0x80060892"}


def test_change_sets_are_applied_whole_or_not_at_all(seen, simulator):
    contacts = simulator.all("contact")
    accounts = {row["name"]: row["accountid"] for row in simulator.all("account")}

    assert seen["batch"] == 2
    assert contacts[0]["_parentcustomerid_value"] == accounts["one"]
    assert seen["failedBatch"] is True
    assert "two" not in accounts
    assert seen["found"] == ["one"]
    assert "three" in accounts


def test_pages_are_followed_to_the_end(seen, simulator):
    assert seen["pages"] == {"first": 2, "more": True}
    assert seen["all"] == sorted(row["name"] for row in simulator.all("account"))
