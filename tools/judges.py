"""A plugin of pytest for `tools.mutants`: only those judge who have to, and the quickest first.

A mutant falls with the first test that fails, so only those that survive have to be brought before
the slow ones. A test judges what it does itself, not what its fixtures do to set the stage: all
tests of a whole firm connect it first, and those about connecting are enough to judge that. A test
that goes on for many times what it took has judged as well: a record that is refused again and
again is tried thousands of times before a test of a firm gives up.
"""

import contextlib
import functools
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from mutmut.state import state

MEASURED = Path("mutmut-stats.json")  # beside the mutated code, where mutmut runs pytest
EXAMPLES = 30  # of a law, where its test does not say how many; hundreds are for `make test`
LEAST, TIMES = 2.0, 5.0  # seconds of the processor a test has, and times what it was measured at


def pytest_configure() -> None:
    """Let the laws be tried with fewer examples, and end with the first that breaks one."""
    phases = (Phase.explicit, Phase.generate)  # a mutant has no use for the smallest example
    settings.register_profile("judges", max_examples=EXAMPLES, deadline=None, phases=phases)
    settings.load_profile("judges")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by the time they took when nothing was mutated."""
    items.sort(key=lambda item: _measured().get(item.nodeid, 0.0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Forget which functions were called so far, that was the stage; then watch the clock."""
    state()._stats.clear()  # noqa: SLF001  # what mutmut notes until the end of the test
    seconds = _measured().get(item.nodeid)
    with contextlib.nullcontext() if seconds is None else _at_most(LEAST + TIMES * seconds):
        return (yield)


def _measured() -> dict[str, float]:
    """Return the seconds each test took, empty while they are being measured."""
    return _read(MEASURED) if MEASURED.exists() else {}


@functools.cache
def _read(path: Path) -> dict[str, float]:
    measured: dict[str, float] = json.loads(path.read_text())["duration_by_test"]
    return measured


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Fail what takes longer; time that other processes take does not count."""

    def fail(*_: object) -> None:
        pytest.fail(f"still at it after {seconds:.0f} s", pytrace=False)

    before = signal.signal(signal.SIGVTALRM, fail)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 1.0)  # again, where it was not heard
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
