"""How far a backfill is, for people who look at a terminal, and for programs.

Never asks anybody: what is shown is given to it.
"""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from shared.cli.commands import printable
from shared.core.histories import counted, left, rate, requested
from shared.core.runs import Progress, RunState


def line_of(progress: Progress) -> str:
    """Return in one line how far a backfill is."""
    run, counts = progress.run, progress.counts
    parts = [
        f"{run.state}: {counted(progress)}",
        progress.doing,
        rate(progress) if not run.state.ended else "",
        left(progress.remaining),
        f"{counts.created:,} created, {counts.updated:,} changed, {counts.alone:,} one by one",
        requested(progress),
        printable(run.reason),
    ]
    return "; ".join(filter(None, parts))


def as_json(progress: Progress) -> dict[str, Any]:
    """Return how far a backfill is, for programs."""
    run = progress.run
    return {
        "business": run.business,
        "run": run.id,
        "state": run.state.value,
        "reason": run.reason,
        "kinds": [kind.value for kind in run.kinds],
        "from": run.span.first.isoformat() if run.span.first else None,
        "to": run.span.last.isoformat() if run.span.last else None,
        "missing": run.missing,
        "started": run.started.isoformat(),
        "ended": run.ended.isoformat() if run.ended else None,
        "doing": progress.doing,
        "records": progress.records,
        "expected": progress.expected or None,
        "records_per_second": round(progress.rate, 1),
        "seconds_remaining": None if progress.remaining is None else round(progress.remaining),
        "counts": asdict(progress.counts),
    }


def shown(looks: Iterable[Progress]) -> Progress:
    """Show each look as it comes, and return the last one."""
    if sys.stdout.isatty():
        try:
            return _with_bar(looks)
        except ImportError:  # rich belongs to the operator's dependencies, not to the app's
            pass
    last = told = None
    for last in looks:
        line = line_of(last)
        if line != told:
            print(line, flush=True)
            told = line
    assert last is not None  # noqa: S101  # there is one look at least
    return last


def _with_bar(looks: Iterable[Progress]) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    last: Progress | None = None
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Bars(*columns) as bars:
        task = bars.add_task("", total=None)
        for last in looks:
            total = last.expected or None
            if last.run.state is RunState.DONE:
                total = last.records
            said = "; ".join(filter(None, (last.doing, rate(last), left(last.remaining))))
            bars.update(
                task,
                completed=last.records,
                total=total,
                description=printable(last.run.reason) or said,
            )
    assert last is not None  # noqa: S101  # there is one look at least
    print(line_of(last))
    return last
