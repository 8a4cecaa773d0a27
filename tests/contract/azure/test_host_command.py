import contextlib
import json
import signal
import subprocess
import sys
import threading

import pytest
import requests

from sandbox import node

APP = """
import logging
import os
import time

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="setting/{name}")
def setting(req: func.HttpRequest) -> str:
    return os.environ.get(req.route_params["name"], "")


@app.route(route="slow")
def slow(req: func.HttpRequest) -> str:
    logging.info("begun")
    time.sleep(1)
    return "finished"
"""


@pytest.fixture
def command(write_app):
    @contextlib.contextmanager
    def run(source=APP, values=None, **environment):
        folder = write_app(source)
        (folder / "local.settings.json").write_text(json.dumps({"Values": values or {}}))
        with subprocess.Popen(
            [sys.executable, "-m", "sandbox.host", "--port", "0", "--app", str(folder)],
            env=node.environment() | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                for line in process.stdout:
                    if line.startswith("Listening on"):
                        yield process, line.split()[-1]
                        break
            finally:
                process.kill()

    return run


def test_settings_are_loaded_and_the_environment_wins(command):
    values = {"FROM_FILE": "file", "FROM_BOTH": "file"}
    with command(values=values, FROM_BOTH="environment") as (_, url):
        answers = [
            requests.get(f"{url}/api/setting/{name}").text
            for name in ("FROM_FILE", "FROM_BOTH", "AZURE_FUNCTIONS_ENVIRONMENT")
        ]

    assert answers == ["file", "environment", "Development"]


def test_a_terminated_host_answers_what_it_runs_and_exits_cleanly(command):
    with command() as (process, url):
        with requests.get(f"{url}/api/setting/HOME", stream=True):
            pass
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(requests.get(f"{url}/api/slow").text)
        )
        asking.start()
        for line in process.stderr:
            if line.rstrip().endswith("begun"):
                break
        process.send_signal(signal.SIGTERM)
        asking.join()
        code = process.wait(timeout=20)

    assert answers == ["finished"]
    assert code == 0
    # The line a function logs names its invocation.
    assert "[" in line.split("INFO", 1)[1]


def test_a_broken_app_is_served_without_functions(command):
    with command(source="import no_such_package_anywhere") as (_, url):
        status = requests.get(f"{url}/admin/host/status").json()
        code = requests.get(f"{url}/api/slow").status_code

    assert "no_such_package_anywhere" in status["errors"][0]
    assert code == 404


def test_a_missing_host_json_is_said_so(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.host", "--port", "0", "--app", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 1
    assert "host.json is missing" in done.stderr
