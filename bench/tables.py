"""What a figure is shown as: a table that reads well in a terminal and as Markdown.

Never measures anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """The result of one figure.

    Attributes:
        columns: their titles.
        rows: a text for each column.
        basis: how often it was measured, and what the cells make of that.
        notes: sentences below the table: what was measured besides.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    basis: str
    notes: tuple[str, ...] = ()


def rendered(table: Table) -> str:
    """Return the table as Markdown with even columns, and its notes a line each.

    The first column is set to the left, all others to the right.
    """
    widths = [max(map(len, column)) for column in zip(table.columns, *table.rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [_line(cells, widths) for cells in (table.columns, rule, *table.rows)]
    return "\n".join([*lines, *([""] if table.notes else []), *table.notes])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.rjust(width) if number else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join([first, *rest])} |"
