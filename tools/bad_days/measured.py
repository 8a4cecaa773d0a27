"""A figure of a bad day: what was measured, the bar, and whether it was reached.

Never measures anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.tables import Table, rendered


@dataclass(frozen=True)
class Measured:
    """One figure.

    Attributes:
        what: in the words of the bar.
        value: as measured; None is beyond any bar.
        bar: the most that it may be.
        unit: what stands behind both, "" for a number of things.
    """

    what: str
    value: float | None
    bar: float
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the bar is reached."""
        return self.value is not None and self.value <= self.bar


def table(measured: Iterable[Measured]) -> str:
    """Return the figures as a Markdown table."""
    return rendered(
        Table(
            columns=("figure", "measured", "bar", "met"),
            rows=tuple(
                (
                    each.what,
                    _shown(each.value, each.unit) if each.value is not None else "never",
                    ("at most " if each.bar else "") + _shown(each.bar, each.unit),
                    "met" if each.is_met else "missed",
                )
                for each in measured
            ),
            basis="",
        )
    )


def _shown(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}".rstrip()
