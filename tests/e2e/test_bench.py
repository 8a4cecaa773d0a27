import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import NAMES
from tests.soak import SOAK

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not SOAK, reason="measures for half a minute")
@pytest.mark.e2e
@pytest.mark.xdist_group("e2e")
def test_a_figure_of_each_kind_can_be_measured():
    names = ("startup", "traffic", "costs", "visibility")  # alone, in a scene, and with the clock
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    printed = {line.partition(",")[0] for line in done.stdout.splitlines()}
    assert printed >= set(names)
    assert set(names) < set(NAMES)
