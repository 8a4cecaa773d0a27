"""A plugin of pytest for `tools.mutants`: only those judge who have to, and the quickest first.

A mutant falls with the first test that fails, so only those that survive have to be brought before
the slow ones. A test judges what it does itself, not what its fixtures do to set the stage: all
tests of a whole firm connect it first, and those about connecting are enough to judge that.
"""

import json
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from mutmut.state import state

MEASURED = Path("mutmut-stats.json")  # beside the mutated code, where mutmut runs pytest
EXAMPLES = 30  # of a law, where its test does not say how many; hundreds are for `make test`


def pytest_configure() -> None:
    """Let the laws be tried with fewer examples, and end with the first that breaks one."""
    phases = (Phase.explicit, Phase.generate)  # a mutant has no use for the smallest example
    settings.register_profile("judges", max_examples=EXAMPLES, deadline=None, phases=phases)
    settings.load_profile("judges")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by the time they took when nothing was mutated."""
    if MEASURED.exists():
        seconds = json.loads(MEASURED.read_text())["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call() -> None:
    """Forget which functions were called so far: that was the stage."""
    state()._stats.clear()  # noqa: SLF001  # what mutmut notes until the end of the test
