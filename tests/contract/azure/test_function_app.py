"""Our own function app, indexed and invoked by the local host and by Microsoft's own worker.

With no settings but storage: the functions are there, and the health page says that all is not well
and not why.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.xdist_group("azurite")  # one emulator, started once

ROOT = Path(__file__).resolve().parents[3]
FUNCTIONS = {
    "backfill",
    "backfill_poisoned",
    "webhook",
    "health",
    "process",
    "poisoned",
    "poll",
    "reconcile",
    "upkeep",
    "connect",
    "connect_start",
    "connect_callback",
    "connect_steps",
    "connect_advance",
    "connect_business",
    "connect_state",
}
REQUIRED = ("FRESHBOOKS_CLIENT_ID", "DATAVERSE_URL", "KEY_VAULT_URL", "PUBLIC_URL")

ASK_THE_WORKER = """
import json, sys
sys.path.insert(0, "tests/contract/azure")
from runtime_driver import Runtime
with Runtime(".") as worker:
    health = worker.http("health", method="GET", url="http://localhost/api/health")
    webhook = worker.http(
        "webhook",
        method="POST",
        url="http://localhost/api/webhooks/freshbooks/xazq5/invoice/a-key",
        params={"account": "xazq5", "noun": "invoice", "key": "a-key"},
        body=b"name=invoice.create",
    )
    print(json.dumps({"functions": sorted(worker.functions), "health": repr(health),
                      "webhook": repr(webhook)}))
"""


@pytest.fixture(scope="module")
def bare(storage):
    """The environment of a Function App whose settings nobody has filled in, but for storage."""
    kept = ("PATH", "HOME", "LANG", "PYTHONPATH", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    found = {name: os.environ[name] for name in kept if name in os.environ}  # noqa: TID251  # for a child process
    return {**found, "AzureWebJobsStorage": storage.connection_string}


@pytest.fixture(scope="module")
def host(bare):
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.host", "--port", "0"],
        cwd=ROOT,
        env=bare,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        for line in process.stdout:
            if "Listening on " in line:
                yield line.rpartition("Listening on ")[2].strip()
                break
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def test_the_host_finds_every_function_without_any_setting(host):
    listed = requests.get(f"{host}/admin/functions", timeout=10).json()

    assert {function["name"] for function in listed} == FUNCTIONS


def test_the_health_page_tells_a_stranger_that_all_is_not_well_and_nothing_else(host):
    answer = requests.get(f"{host}/api/health", timeout=10)

    assert answer.status_code == 503
    assert answer.json() == {"status": "not ok"}


def test_a_webhook_is_not_acknowledged_without_settings(host):
    answer = requests.post(
        f"{host}/api/webhooks/freshbooks/xazq5/invoice/a-key",
        data={"name": "invoice.create"},
        timeout=10,
    )

    assert answer.status_code == 503
    assert "error" in answer.json()


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Microsoft's worker library needs 3.13")
def test_microsofts_worker_indexes_and_invokes_the_same_functions(bare):
    done = subprocess.run(
        [sys.executable, "-c", ASK_THE_WORKER],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert set(told["functions"]) == FUNCTIONS
    assert "503" in told["health"]
    assert all(name not in told["health"] for name in REQUIRED)
    assert "503" in told["webhook"]
