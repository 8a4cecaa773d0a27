import json
import time
import urllib.parse
from datetime import UTC, datetime, timedelta

import pytest
import requests

from sandbox.functions.storage import Account, Blobs
from sandbox.host import FunctionsHost

pytestmark = pytest.mark.xdist_group("azurite")  # one emulator, started once

APP = """
import threading
import time

import azure.functions as func

app = func.FunctionApp()
runs = []
busy = threading.Lock()
overlaps = []


@app.timer_trigger(arg_name="timer", schedule="* * * * * *")
def often(timer: func.TimerRequest) -> None:
    if not busy.acquire(blocking=False):
        overlaps.append(1)
        return
    runs.append(("often", time.time(), timer.past_due))
    time.sleep(1.2)
    busy.release()


@app.timer_trigger(arg_name="timer", schedule="%NIGHTLY%")
def nightly(timer: func.TimerRequest) -> None:
    runs.append(("nightly", timer.schedule_status["Next"], timer.past_due))


@app.timer_trigger(arg_name="timer", schedule="0 0 3 1 1 *", run_on_startup=True)
async def at_start(timer: func.TimerRequest) -> None:
    runs.append(("at_start", None, timer.past_due))
"""

STATUS = "timers/local/Host.Functions.nightly/status"


@pytest.fixture(scope="module")
def folder(write_app):
    return write_app(APP)


@pytest.fixture
def settings(storage):
    return {
        "AzureWebJobsStorage": storage.connection_string,
        "NIGHTLY": "0 0 3 * * *",
        "AzureWebJobs.often.Disabled": "true",
    }


@pytest.fixture
def blobs(storage):
    account = Account(storage.connection_string)
    yield Blobs(account)
    account.request("DELETE", "blob", f"{Blobs.CONTAINER}/{urllib.parse.quote(STATUS)}")
    account.close()


def runs(host, name):
    return [run for run in host.functions[0].call.__globals__["runs"] if run[0] == name]


def test_a_timer_runs_on_the_second_and_never_twice_at_once(folder, settings):
    del settings["AzureWebJobs.often.Disabled"]
    with FunctionsHost(folder, settings=settings) as host:
        host.wait_for("often", 3)
        overlaps = host.functions[0].call.__globals__["overlaps"]

    moments = [moment for _, moment, _ in runs(host, "often")]
    assert len(moments) >= 2
    # Of several one: a busy machine may be late, but never for every one.
    assert min(moment % 1 for moment in moments) < 0.3
    # The second that passed while it ran is skipped, not made up for.
    assert int(moments[1]) - int(moments[0]) >= 2
    assert overlaps == []


def test_a_timer_by_hand_fires_only_when_it_is_asked_to(folder, settings):
    del settings["AzureWebJobs.often.Disabled"]
    with FunctionsHost(folder, settings=settings, by_hand=["often"]) as host:
        time.sleep(1.5)
        unasked = len(runs(host, "often"))
        requests.post(f"{host.url}/admin/functions/often", json={"input": ""}, timeout=10)
        host.wait_for("often", 1)

        assert (unasked, len(runs(host, "often"))) == (0, 1)


def test_a_missed_occurrence_is_made_up_for_once_and_marked_past_due(
    folder, settings, blobs, eventually
):
    missed = datetime.now(UTC) - timedelta(hours=5)
    blobs.put(STATUS, json.dumps({"Last": missed.isoformat(), "Next": missed.isoformat()}).encode())
    with FunctionsHost(folder, settings=settings) as host:
        host.wait_for("nightly", 1)
        kept = eventually(
            lambda: (status := json.loads(blobs.get(STATUS)))["Next"] > status["Last"] and status
        )

    assert runs(host, "nightly") == [("nightly", missed.isoformat(), True)]
    assert datetime.fromisoformat(kept["Next"]) > datetime.now(UTC)
    with FunctionsHost(folder, settings=settings) as again:
        again.wait_for("at_start", 1)
    assert runs(again, "nightly") == []


def test_run_on_startup_fires_when_the_host_starts_and_the_others_wait(
    folder, settings, blobs, eventually
):
    with FunctionsHost(folder, settings=settings) as host:
        host.wait_for("at_start", 1)
        eventually(lambda: blobs.get(STATUS))

    assert runs(host, "at_start") == [("at_start", None, False)]
    assert runs(host, "nightly") == []


def test_a_timer_started_by_hand_fires_at_once(folder, settings):
    del settings["AzureWebJobsStorage"]
    with FunctionsHost(folder, settings=settings) as host:
        answer = requests.post(f"{host.url}/admin/functions/nightly", json={})
        host.wait_for("nightly", 1)

    assert answer.status_code == 202
    assert [past_due for _, _, past_due in runs(host, "nightly")] == [False]
