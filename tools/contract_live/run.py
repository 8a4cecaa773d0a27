"""The run: the plan before, the checks, what was written taken away again, the report after.

Never begins before somebody agreed, and never leaves without cleaning up, also after a failure.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import requests

from tools.contract_live.findings import Check, Finding, Verdict, unsaid
from tools.contract_live.points import Point, Service
from tools.contract_live.site import OutOfBoundsError, Site

Sites = Mapping[Service, Site]
Results = dict[str, Finding]


def plan(checks: Mapping[Service, Sequence[Check]], sites: Sites, *, write: bool) -> list[str]:
    """Return what a run would do, for whoever has to agree to it."""
    lines = []
    for service, all_ in checks.items():
        site = sites.get(service)
        if site is None:
            lines.append(f"{service}: left out, no account of it was given")
            continue
        account = f", account {site.account}" if site.account else ""
        chosen = [check for check in all_ if write or not check.writes]
        total = sum(check.requests for check in chosen)
        already = f"; {site.sent} sent already, to learn its name" if site.sent else ""
        lines.append(f"{service} at {site.base}{account}: at most {total} requests{already}")
        if write and site.mark:
            lines.append(f"  everything written is called {site.mark}... and removed again")
        lines += [
            f"  {'WRITES' if check.writes else 'reads '} {check.name}: {check.does} "
            f"[{', '.join(check.points)}; {check.requests}]"
            for check in chosen
        ]
        if left := len(all_) - len(chosen):
            lines.append(f"  left out without --write: {left} checks")
    return lines


def run(
    checks: Mapping[Service, Sequence[Check]],
    sites: Sites,
    points: Iterable[Point],
    *,
    write: bool,
    say: Callable[[str], object] = print,
) -> Results:
    """Run the checks and return what was found about every point.

    Args:
        checks: by service.
        sites: the services there are.
        points: all of them; one that no check settled is "could not be said".
        write: run those that write too.
        say: told about each check while it runs.
    """
    found: Results = {}
    for service, all_ in checks.items():
        site = sites.get(service)
        try:
            for check in all_:
                found |= _outcome(check, site, write=write)
                if site is not None and (write or not check.writes):
                    said = ", ".join(f"{p} {found[p].verdict}" for p in check.points)
                    say(f"{service}: {check.name}: {said}")
        finally:
            if site is not None:
                for left in clean(site):
                    say(f"LEFT BEHIND, remove it by hand: {left}")
    for point in points:
        if point.reason:
            found[point.id] = unsaid(point.reason)
        found.setdefault(point.id, unsaid("no check settled it"))
    return found


def clean(site: Site) -> list[str]:
    """Take away what was written, newest first; return what could not be."""
    left = []
    while site.undo:
        what, undo = site.undo.pop()
        try:
            answer = undo()
            gone = {200, 204, 404}
            if isinstance(answer, requests.Response) and answer.status_code not in gone:
                left.append(f"{what} ({answer.status_code})")
        except (requests.RequestException, OutOfBoundsError) as error:
            left.append(f"{what} ({type(error).__name__})")
    return left


def table(points: Iterable[Point], found: Results) -> list[str]:
    """Return the report, a row for every point."""
    lines = ["| point | question | verdict | seen |", "|---|---|---|---|"]
    lines += [
        f"| {point.id} | {point.question} | {found[point.id].verdict} | {found[point.id].seen} |"
        for point in points
    ]
    counts = {
        verdict: sum(1 for point in points if found[point.id].verdict is verdict)
        for verdict in Verdict
    }
    return [*lines, "", ", ".join(f"{verdict}: {count}" for verdict, count in counts.items())]


def open_table(points: Iterable[Point], checks: Mapping[Service, Sequence[Check]]) -> list[str]:
    """Return what is open, and who settles it: a check, or the reason why none can."""
    asked = {
        point: f"{'writes: ' if check.writes else ''}{check.name}"
        for all_ in checks.values()
        for check in all_
        for point in check.points
    }
    rows = ["| point | question | what the connector relies on | settled by |", "|---|---|---|---|"]
    return rows + [
        f"| {point.id} | {point.question} | {point.relies} | "
        f"{asked.get(point.id) or f'not asked: {point.reason}'} |"
        for point in points
    ]


def save(
    path: Path, points: Iterable[Point], found: Results, sites: Sites, *, at: datetime, write: bool
) -> None:
    """Write the report as JSON."""
    report = {
        "at": at.isoformat(),
        "write": write,
        "sites": {
            service: {"address": site.base, "account": site.account, "requests": site.sent}
            for service, site in sites.items()
        },
        "points": [
            {
                "id": point.id,
                "service": point.service,
                "question": point.question,
                "relies": point.relies,
                "verdict": found[point.id].verdict,
                "seen": found[point.id].seen,
            }
            for point in points
        ],
    }
    path.write_text(json.dumps(report, indent=2) + "\n")


def _outcome(check: Check, site: Site | None, *, write: bool) -> Results:
    if site is None:
        return {each: unsaid("no account of this service was given") for each in check.points}
    if check.writes and not write:
        return {each: unsaid("only asked with --write") for each in check.points}
    try:
        found = check.run(site)
    except requests.RequestException as error:
        return {each: unsaid(f"no answer: {type(error).__name__}") for each in check.points}
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        # An answer of a shape nobody expected is a finding about that answer, not the run's end.
        why = f"an answer of another shape: {type(error).__name__} {error}"
        return {each: unsaid(why) for each in check.points}
    return {
        each: found.get(each, unsaid("the answer was not there to be seen"))
        for each in check.points
    }
