"""What a bad day costs, beside the bars: `python -m tools.bad_days [NAME ...] [--write]`.

Never measures in real time: both services are the sandbox's, and the clock is virtual.
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Final

from bench.effort import Effort
from bench.page import PAGE, replaced
from tools.bad_days import crowds, growth, outages
from tools.bad_days.measured import Measured, table

NAME: Final = "bad-days"
FIGURES: Final[dict[str, Callable[[Effort], list[Measured]]]] = {
    "crashes": outages.crashes,
    "refusal": outages.refusal,
    "outage": outages.outage,
    "dead-login": crowds.dead_login,
    "unserved": crowds.unserved,
    "replays": crowds.replays,
    "held": crowds.held_clients,
    "load": growth.load,
    "year": growth.year,
    "plateau": growth.plateau,
}
LONG: Final = {"outage", "held", "load", "year", "plateau"}
AT_ONCE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the named figures, all by default; the exit code says whether every bar is met."""
    given = _parser().parse_args(arguments)
    names = given.names or list(FIGURES)
    if unknown := set(names) - set(FIGURES):
        print(f"There is no figure {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    if given.write and set(names) != set(FIGURES):
        print("Only all figures together can be written into the page.", file=sys.stderr)
        return 2
    measured: list[Measured] = []
    effort = Effort(quick=given.quick)
    with ProcessPoolExecutor(AT_ONCE, initializer=_quiet) as pool:
        # What takes longest goes first, what is printed has the order of the names.
        order = sorted(names, key=lambda name: name not in LONG)
        running = {name: pool.submit(_timed, name, effort) for name in order}
        for name in names:
            found, seconds = running[name].result()
            measured += found
            print(f"{name}: {seconds:.0f} s", file=sys.stderr, flush=True)
    text = table(measured)
    print(text)
    if given.write:
        today = datetime.now(UTC).date().isoformat()
        measured_on = f"Measured on {today}; of each figure one seed."
        PAGE.write_text(replaced(PAGE.read_text(), NAME, f"{text}\n\n{measured_on}"))
    return 0 if all(each.is_met for each in measured) else 1


def _timed(name: str, effort: Effort) -> tuple[list[Measured], float]:
    began = time.monotonic()
    return FIGURES[name](effort), time.monotonic() - began


def _quiet() -> None:
    logging.disable(logging.CRITICAL)  # what a bad day says of itself


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.bad_days", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(FIGURES)}")
    parser.add_argument("--quick", action="store_true", help="see that it works, in seconds")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
