"""Measures the figures of the docs: `python -m bench [name ...] [--runs N] [--write]`.

Never judges: a bar that is missed is printed as missed, and the exit code is 0.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from bench import (
    acknowledgement,
    beside,
    bill,
    coldstart,
    costs,
    drain,
    first_sync,
    history,
    history_killed,
    history_live,
    machine,
    poll,
    reconcile,
    startup,
    traffic,
    visibility,
)
from bench.effort import Effort
from bench.page import page_of, replaced
from bench.scene import Scene, scene
from bench.tables import Table, rendered

# In this order: what leaves the least behind comes first.
IN_A_SCENE: dict[str, Callable[[Scene, Effort], Table]] = {
    each.NAME: each.measure
    for each in (
        coldstart,
        traffic,
        costs,
        bill,
        visibility,
        acknowledgement,
        drain,
        beside,
    )
}
# These start what they need themselves.
ALONE: dict[str, Callable[[Effort], Table]] = {
    each.NAME: each.measure
    for each in (startup, poll, reconcile, first_sync, history, history_live, history_killed)
}
NAMES = (*ALONE, *IN_A_SCENE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the named figures, all by default, and return the exit code."""
    given = _parser().parse_args(arguments)
    if unknown := set(given.names) - set(NAMES):
        print(f"There is no figure {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    effort = Effort(runs=1 if given.quick else given.runs, quick=given.quick)
    where = machine.described()
    print(f"On {where}.\n")
    for name, table, seconds in _measured(given.names or NAMES, effort):
        today = datetime.now(UTC).date().isoformat()
        text = f"{rendered(table)}\n\nMeasured on {today} on {where}; {table.basis}."
        print(f"{name}, in {seconds:.0f} s\n\n{text}\n", flush=True)
        if given.write:
            page = page_of(name)
            page.write_text(replaced(page.read_text(), name, text))
    return 0


def _measured(names: Sequence[str], effort: Effort) -> Iterator[tuple[str, Table, float]]:
    for name in [each for each in ALONE if each in names]:
        began = time.monotonic()
        yield name, ALONE[name](effort), time.monotonic() - began
    chosen = [name for name in IN_A_SCENE if name in names]
    # A scene for each: what one leaves behind in the emulators must not slow the next. A quick look
    # measures nothing anybody quotes, and needs one.
    for together in [chosen] if effort.quick else [[name] for name in chosen]:
        with scene(effort) as set_up:
            for name in together:
                began = time.monotonic()
                table = IN_A_SCENE[name](set_up, effort)
                yield name, table, time.monotonic() - began


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--runs", type=_several, default=5, help="of each figure (5)")
    parser.add_argument("--quick", action="store_true", help="see that it works, in seconds")
    parser.add_argument("--write", action="store_true", help="put the tables into the docs")
    return parser


def _several(text: str) -> int:
    runs = int(text)
    if not 1 <= runs <= 50:
        raise argparse.ArgumentTypeError("between 1 and 50")
    return runs


if __name__ == "__main__":
    sys.exit(main())
