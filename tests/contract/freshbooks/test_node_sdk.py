"""The simulator under the vendor's own Node SDK, over loopback.

Never looks inside the SDK; a script of ours drives it and prints what it saw.
"""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from werkzeug.wrappers import Request, Response

from sandbox import node
from sandbox.freshbooks import App, FreshBooks
from sandbox.web import serve

SCRIPT = Path(__file__).with_name("node_sdk.cjs")


@pytest.fixture(scope="module")
def seen():
    """Run the script once: what it saw, with the webhooks that arrived meanwhile."""
    node.install()
    arrived = []

    def hook(environ, start_response):
        arrived.append(dict(parse_qsl(Request(environ).get_data(as_text=True))))
        return Response(status=204)(environ, start_response)

    simulator = FreshBooks()
    with serve(simulator) as address, serve(hook, threads=4) as hook_address:
        token = simulator.grant()
        told = {
            "address": address,
            "hook": f"{hook_address}/hook",
            "clientId": App().client_id,
            "clientSecret": App().client_secret,
            "redirectUri": App().redirect_uris[0],
            "accessToken": token["access_token"],
            "refreshToken": token["refresh_token"],
        }
        done = subprocess.run(
            [node.node(), str(SCRIPT), json.dumps(told)],
            env=node.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        simulator.deliveries.settle(5)
    simulator.close()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"account_was": simulator.account, "arrived": arrived}


def test_a_token_is_refreshed_once(seen):
    assert seen["rotated"] is True
    assert seen["reused"]["status"] == "400"


def test_the_identity_names_the_account(seen):
    assert seen["account"] == seen["account_was"]


def test_clients_are_created_paged_and_filtered(seen):
    assert seen["page"]["names"] == ["Second"]
    assert seen["page"]["pages"] == {"page": 2, "pages": 2, "size": 1, "total": 2}
    assert seen["found"] == ["Fjord Foods"]


def test_the_sdk_reads_the_time_of_a_client_as_now(seen):
    updated = datetime.fromisoformat(seen["clientUpdated"])

    assert abs(datetime.now(UTC) - updated) < timedelta(minutes=2)


def test_an_invoice_has_its_lines_on_request(seen):
    assert seen["invoice"]["lines"] == ["Fish"]
    assert seen["invoice"]["amount"] == {"amount": "37.50", "code": "USD"}
    assert seen["invoice"]["v3"] == "draft"
    assert seen["deleted"] == 1


def test_a_payment_pays_and_what_is_too_much_becomes_a_credit(seen):
    assert seen["payment"]["amount"] == {"amount": "37.50", "code": "USD"}
    assert seen["payment"]["overpaid"] is True
    assert seen["payment"]["status"] == "paid"


def test_an_overpayment_is_listed_as_a_credit_note(seen):
    assert seen["overpaid"] == [
        {
            "type": "overpayment",
            "amount": {"amount": "12.50", "code": "USD"},
            "paid": "paid",
        }
    ]


def test_a_credit_note_is_created_changed_listed_and_deleted(seen):
    assert seen["credit"] == {
        "amount": {"amount": "30.00", "code": "USD"},
        "type": "goodwill",
        "notes": "Thank you",
        "lines": [[True], [True]],
        "gone": 1,
        "left": 1,
    }


def test_the_sdk_reads_one_credit_note_only_under_the_lists_name(seen):
    assert "undefined" in seen["unlike"]["message"]


def test_an_expense_keeps_its_currency(seen):
    assert seen["expense"] == {"amount": "7.10", "code": "EUR"}


def test_a_callback_is_proven_with_its_code_only(seen):
    assert seen["wrongCode"]["status"] == "400"
    assert seen["verified"] == [False, True]
    assert seen["callbacksLeft"] == 0


def test_the_webhooks_of_a_change_made_by_the_sdk_arrive(seen):
    verified = [one for one in seen["arrived"] if one["name"] == "callback.verify"]
    deleted = [one for one in seen["arrived"] if one["name"] == "invoice.delete"]

    assert len(verified) == 2
    assert [one["object_id"] for one in deleted] == [str(seen["invoiceId"])]


def test_errors_reach_the_sdk(seen):
    assert seen["missing"]["status"] == "404"
    assert seen["missing"]["errors"][0]["errorCode"] == 1012
    assert seen["insideOk"][0]["errorCode"] == 12001
