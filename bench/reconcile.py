"""What comparing both sides costs as they grow: requests against pages, CPU, and memory.

Never holds both sides in the process that compares: its stand-ins make their pages when asked.
"""

from bench.effort import Effort, medians
from bench.spread import Spread
from bench.tables import Table
from tests.functional.both_sides import PLANTED, Compared, compare

NAME = "reconcile"
SIZES = (1_000, 10_000, 100_000)
_MOST_MEMORY = 250  # MiB
_MOST_REQUESTS = 1.2  # for each page


def measure(effort: Effort) -> Table:
    """Compare businesses of several sizes, each run in a process of its own."""
    sizes = effort.pick(SIZES, SIZES[:1])
    runs = effort.pick(min(effort.runs, 3), 1)
    done = {size: [compare(size) for _ in range(runs)] for size in sizes}
    largest = done[sizes[-1]]
    return Table(
        columns=(
            "invoices a side",
            "pages",
            "requests",
            "requests/page",
            "CPU s",
            "CPU ms/invoice",
            "peak MiB",
        ),
        rows=tuple(_row(size, found) for size, found in done.items()),
        basis=medians(runs),
        notes=(
            (
                f"{PLANTED} invoices of each differ; all of them, and nothing else, were found in "
                f"{sum(_is_right(each) for found in done.values() for each in found)} of "
                f"{runs * len(done)} runs."
            ),
            (
                f"The bar is {_MOST_MEMORY} MiB and {_MOST_REQUESTS} requests a page at "
                f"{sizes[-1]:,} invoices: {_verdict(largest)}."
            ),
        ),
    )


def _row(size: int, found: list[Compared]) -> tuple[str, ...]:
    first = found[0]
    return (
        f"{size:,}",
        f"{first.pages:,}",
        f"{first.requests:,}",
        f"{first.requests / first.pages:.2f}",
        Spread.of([each.cpu for each in found]).shown(1),
        Spread.of([each.cpu / size * 1000 for each in found]).shown(2),
        Spread.of([each.peak for each in found]).shown(0),
    )


def _is_right(found: Compared) -> bool:
    return found.adds_up and (found.found, found.others) == (PLANTED, 0)


def _verdict(found: list[Compared]) -> str:
    met = sum(
        each.peak <= _MOST_MEMORY and each.requests <= _MOST_REQUESTS * each.pages for each in found
    )
    return f"met in {met} of {len(found)} runs"
