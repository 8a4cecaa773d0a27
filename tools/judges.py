"""A plugin of pytest for `tools.mutants`: the quickest judges first.

A mutant falls with the first test that fails, so only those that survive have to be brought before
the slow ones. How long each takes was measured by mutmut before.
"""

import json
from pathlib import Path

import pytest

MEASURED = Path("mutmut-stats.json")  # beside the mutated code, where mutmut runs pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by the time they took when nothing was mutated."""
    if MEASURED.exists():
        seconds = json.loads(MEASURED.read_text())["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))
