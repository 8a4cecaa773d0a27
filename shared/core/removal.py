"""When the connector's schema may be removed from an environment, and what is said before.

Never removes anything; what would be lost, and where, is decided on by a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

# Dataverse counts no further.
COUNTED: Final = 5000


@dataclass(frozen=True)
class Loss:
    """Rows that hold what would be gone.

    Attributes:
        table: logical name.
        own: whether the whole table goes, or only the connector's columns of it.
        rows: how many; `COUNTED` means that or more.
    """

    table: str
    own: bool
    rows: int

    def __str__(self) -> str:
        count = f"{self.rows:,}" + (" or more" if self.rows >= COUNTED else "")
        return f"{self.table}: {count} " + (
            "rows" if self.own else "rows with values in the connector's columns"
        )


@dataclass(frozen=True)
class Plan:
    """What removing would mean.

    Attributes:
        address: the environment's address.
        organization: its name, "" when it may not be read.
        steps: what would be removed, in order.
        losses: what would be lost with it.
        blockers: what of the firm's own uses it, in words.
        obstacle: why it must not be removed at all, "" when it may be.
    """

    address: str
    organization: str
    steps: tuple[str, ...]
    losses: tuple[Loss, ...] = ()
    blockers: tuple[str, ...] = ()
    obstacle: str = ""


def refusal(plan: Plan, *, lose_data: bool, environment: str | None) -> str | None:
    """Return why a removal does not begin, None when it may.

    Args:
        plan: what it would mean.
        lose_data: somebody said that the data may go.
        environment: the environment that somebody means, as typed.
    """
    if plan.obstacle:
        return plan.obstacle
    here = f"{plan.organization or 'the environment'} at {plan.address}"
    if environment is not None and not is_named(plan, environment):
        return f"This is {here}, not {environment}: nothing was removed."
    if plan.blockers:
        return (
            f"Nothing was removed from {here}: {len(plan.blockers)} things of the firm's own use "
            f"it: {'; '.join(plan.blockers)}. Take the columns out of them, publish, run it again."
        )
    losses = [loss for loss in plan.losses if loss.rows]
    if losses and not (lose_data and environment is not None):
        return (
            f"Nothing was removed from {here}: this would be lost: "
            f"{_listed(losses)}. If it may be, repeat the command with --lose-data --environment "
            f"{plan.organization or urlsplit(plan.address).hostname}."
        )
    return None


def is_named(plan: Plan, typed: str) -> bool:
    """Say whether somebody typed this environment's address, its host or its name."""
    said = typed.strip().rstrip("/").casefold()
    parts = urlsplit(plan.address)
    known = {plan.address.rstrip("/"), parts.netloc, plan.organization}
    return said in {name.casefold() for name in known if name}


def _listed(losses: Sequence[Loss]) -> str:
    return ", ".join(map(str, losses))
