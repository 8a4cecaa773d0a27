import os
import signal
import subprocess
import sys
import time

import pytest

from sandbox.stack import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

STARTED = """
import pathlib, signal, sys, time
# a shell that starts something in the background lets it ignore Ctrl-C, and so would we
signal.signal(signal.SIGINT, signal.default_int_handler)
from sandbox.ports import Ports
from sandbox.stack import stack

with stack(pathlib.Path(sys.argv[1]), Ports.free()) as running:
    print(*running.groups, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def started(tmp_path):
    """A sandbox in a process of its own, and the process groups it started."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTED, str(tmp_path / "sandbox")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        groups = [int(each) for each in process.stdout.readline().split()]
        yield process, groups
        process.kill()


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def gone(groups, seconds=15):
    deadline = time.monotonic() + seconds
    while any(map(alive, groups)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_sandbox_that_is_stopped_or_killed_leaves_no_process_behind(started, number):
    process, groups = started
    assert len(groups) == 2
    assert all(map(alive, groups))

    process.send_signal(number)

    assert gone(groups)
