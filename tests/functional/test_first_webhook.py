"""The first webhooks of a fresh process: what they wait for, and that each is queued."""

import base64
import contextlib
import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from sandbox.entra import Entra
from sandbox.freshbooks.webhook import post
from sandbox.web import serve
from shared.adapters.azure.registrations import TableRegistrations
from shared.core.connections import Registration, RegistrationState
from shared.core.identity import verifier_secret
from shared.core.webhook_address import address_key

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-secret-of-the-app"

# What of ours the first webhook may wait for. Whoever adds to it adds to the answer's time.
AWAITED = frozenset(
    [
        "adapters.azure.columns",
        "adapters.azure.credentials",
        "adapters.azure.faults",
        "adapters.azure.key_vault",
        "adapters.azure.names",
        "adapters.azure.queues",
        "adapters.azure.sending",
        "adapters.azure.registrations",
        "adapters.azure.rows",
        "adapters.azure.tables",
        "adapters.http.authorities",
        "adapters.http.steady",
        "adapters.telemetry.choose",
        "adapters.telemetry.logs",
        "adapters.telemetry.tallies",
        "azure_access",
        "chosen_columns",
        "connector",
        "core.column_file",
        "core.columns",
        "core.connections",
        "core.events",
        "core.identity",
        "core.line",
        "core.lines",
        "core.own_tables",
        "core.ownership",
        "core.policies",
        "core.sign_in",
        "core.signature",
        "core.signed_values",
        "core.trace",
        "core.webhook_address",
        "errors",
        "intake",
        "notation.addresses",
        "notation.lists",
        "notation.names",
        "notation.problems",
        "notation.storage",
        "notation.texts",
        "notation.together",
        "settings",
        "sync.outbox",
        "sync.receive",
        "sync.remembered",
        "sync.verifiers",
    ]
)
HOSTED = {"FUNCTIONS_WORKER_RUNTIME": "python"}
# What the SDKs leave for their first call.
SMALL = ("azure.core.rest._", "azure.identity._")
NEVER = ("jinja2", "opentelemetry", "azure.monitor")

PROGRAM = """
import json, sys, threading
from types import SimpleNamespace
import azure.functions as func
import function_app
functions = {f.get_function_name(): f for f in function_app.app.get_functions()}
for each in threading.enumerate():
    if each.name == "prepare" and "up" in sys.argv:
        each.join(60)
before = set(sys.modules)
webhook = functions["webhook"].get_user_function()
context = SimpleNamespace(trace_context=SimpleNamespace(trace_parent=""))
asked = json.load(sys.stdin)
start, statuses = threading.Barrier(len(asked)), []
def deliver(url, body, headers):
    account, noun, key = url.split("/")[-3:]
    parts = {"account": account, "noun": noun, "key": key}
    request = func.HttpRequest(
        method="POST", url=url, headers=headers, route_params=parts, body=body.encode()
    )
    start.wait()
    statuses.append(webhook(request, context).status_code)
threads = [threading.Thread(target=deliver, args=each) for each in asked]
for each in threads:
    each.start()
for each in threads:
    each.join()
late = sorted(set(sys.modules) - before)
print(json.dumps({"statuses": statuses, "modules": list(sys.modules), "late": late}))
"""


class App:
    """What a function app has to be told to answer webhooks of a business, and its queue."""

    def __init__(self, storage, vault, address, identity, account):
        self.environment = {
            "FRESHBOOKS_CLIENT_ID": "client",
            "FRESHBOOKS_CLIENT_SECRET": SECRET,
            "FRESHBOOKS_REDIRECT_URI": "https://app.example/connected",
            "DATAVERSE_URL": "https://org.example",
            "KEY_VAULT_URL": address,
            "PUBLIC_URL": "https://app.example",
            "AzureWebJobsStorage": storage,
            "IDENTITY_ENDPOINT": f"{identity}/msi/token",
            "IDENTITY_HEADER": "sandbox-identity-header",
        }
        self.account, self.verifier = account, uuid.uuid4().hex
        kept = json.dumps([{"verifier": self.verifier, "until": None}])
        vault.set(verifier_secret(account, "invoice"), kept)
        self.queue = QueueClient.from_connection_string(storage, "sync-requests")
        with contextlib.suppress(ResourceNotFoundError):
            self.queue.clear_messages()

    def delivery(self, number):
        fields = {
            "name": "invoice.update",
            "object_id": str(number),
            "account_id": self.account,
            "user_id": "1",
        }
        body, headers = post(fields, self.verifier)
        key = address_key(SECRET, self.account, "invoice")
        url = f"/api/webhooks/freshbooks/{self.account}/invoice/{key}"
        return url, body.decode(), headers

    def deliver(self, trusted, *numbers, up=False):
        """Deliver webhooks at once to a process: just started, or up for a while."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *(["up"] if up else [])],
            cwd=ROOT,
            env=self.environment | trusted,
            input=json.dumps([self.delivery(number) for number in numbers]),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def app(storage, tables, vault, address, account):
    entra = Entra()
    vault._accepts = lambda token: entra.accepts(token, "https://vault.azure.net")
    TableRegistrations(tables).upsert(
        Registration(account, "invoice", uri="", state=RegistrationState.LIVE, callback=1)
    )
    with serve(entra) as identity:
        yield App(storage, vault, address, identity, account)


@pytest.fixture
def trusted(address, tmp_path):
    """The variables by which a process trusts the vault's authority."""
    return {"REQUESTS_CA_BUNDLE": str(tmp_path / "ca.pem")}


def test_the_first_webhook_waits_for_no_module_that_it_does_not_need(app, trusted):
    said = app.deliver(trusted, 4711)
    ours = {name for name in said["modules"] if name.startswith("shared.")}
    packages = {f"shared.{each}".rpartition(".")[0] for each in AWAITED}
    packages |= {each.rpartition(".")[0] for each in packages}

    assert said["statuses"] == [200]
    assert ours - packages <= {f"shared.{each}" for each in AWAITED}
    assert not [each for each in said["modules"] if each.startswith(NEVER)]


def test_twenty_first_webhooks_at_once_are_all_queued(app, trusted):
    said = app.deliver(trusted, *range(1, 21))
    queued = [json.loads(base64.b64decode(each.content)) for each in app.queue.peek_messages(32)]

    assert said["statuses"] == [200] * 20
    assert sorted(each["record"] for each in queued) == list(range(1, 21))


def test_a_webhook_that_meets_a_process_preparing_itself_is_queued(app, trusted):
    said = app.deliver(trusted | HOSTED, *range(1, 9))

    assert said["statuses"] == [200] * 8


def test_a_process_that_was_up_before_imports_nothing_of_ours_for_its_first_webhook(app, trusted):
    said = app.deliver(trusted | HOSTED, 4711, up=True)

    assert said["statuses"] == [200]
    late = [
        each for each in said["late"] if each.startswith(("shared", "azure", "msal", "pydantic"))
    ]
    assert [each for each in late if not each.startswith(SMALL)] == []


def test_nothing_is_imported_beforehand_where_no_host_runs_the_process(app, trusted):
    said = app.deliver(trusted, 4711, up=True)

    assert "azure.storage.queue" in said["late"]
