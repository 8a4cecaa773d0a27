"""Checks and what they found: confirmed, differs, or could not be said.

Never talks to a service.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from tools.contract_live.site import Site


class Verdict(StrEnum):
    """How the service stands to what the connector relies on."""

    CONFIRMED = "confirmed"
    DIFFERS = "differs"
    UNSAID = "could not be said"


@dataclass(frozen=True)
class Finding:
    """What was seen about one point; never names, addresses or amounts of a firm."""

    verdict: Verdict
    seen: str


Findings: TypeAlias = Mapping[str, Finding]


@dataclass(frozen=True)
class Check:
    """A few requests that settle one point or several.

    Attributes:
        name: for the plan.
        points: ids of the points it settles.
        does: what it reads or writes, for whoever has to agree to it.
        requests: how many at most.
        run: asks; raising is an answer too, "could not be said".
        writes: whether it changes anything, if only for a moment.
    """

    name: str
    points: tuple[str, ...]
    does: str
    requests: int
    run: Callable[[Site], Findings]
    writes: bool = False


def confirmed(seen: str) -> Finding:
    """Return that it is as the connector relies on, or that either way is provided for."""
    return Finding(Verdict.CONFIRMED, seen)


def differs(seen: str) -> Finding:
    """Return that it is otherwise."""
    return Finding(Verdict.DIFFERS, seen)


def unsaid(why: str) -> Finding:
    """Return that the question could not be answered here."""
    return Finding(Verdict.UNSAID, why)


def agrees(*, when: Any, seen: str) -> Finding:
    """Return confirmed or differs by a condition."""
    return confirmed(seen) if when else differs(seen)
