"""The page of a comparison that finance prints and signs.

Never fetches anything, and holds neither a script nor anything from elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.console.page import render
from shared.core.currencies import spell
from shared.core.reconcile.causes import DECIDED
from shared.core.reconcile.differences import Booked, Difference
from shared.core.reconcile.ledger import Side, Sums
from shared.core.reconcile.report import Report


@dataclass(frozen=True)
class _Line:
    """A line of sums, as it is printed."""

    kind: str
    currency: str
    cells: tuple[str, ...]
    adds_up: bool


@dataclass(frozen=True)
class _Block:
    """The sums of a business in a month."""

    title: str
    lines: tuple[_Line, ...]


@dataclass(frozen=True)
class _Listed:
    """A difference, as it is printed."""

    difference: Difference
    books: str
    sales: str
    decided: bool


def signed_page(report: Report) -> str:
    """Return the page as HTML."""
    title = f"FreshBooks and Sales, {report.month}" if report.month else "FreshBooks and Sales"
    return render(
        "reconcile.html",
        title=title,
        report=report,
        started=f"{report.started:%Y-%m-%d %H:%M} UTC",
        blocks=list(_blocks(report)),
        listed=[_listed(each) for each in report.differences],
        causes=[(str(cause), count) for cause, count in report.causes().items()],
    )


def _blocks(report: Report) -> Iterator[_Block]:
    titles = dict.fromkeys((each.group.business, each.group.month) for each in report.sums)
    for business, month in sorted(titles):
        here = [each for each in report.sums if each.group[0::2][:2] == (business, month)]
        name = month or "balances as of today"
        yield _Block(f"{business}, {name}", tuple(map(_line, here)))


def _line(sums: Sums) -> _Line:
    code = sums.group.currency
    cells = [
        cell
        for side in (sums.books, sums.sales, sums.listed)
        for cell in (str(side.count), spell(side.amount, code))
    ]
    left = sums.remainder
    cells.append("0" if left.is_nothing else _spelled(left, code))
    return _Line(str(sums.group.kind), code, tuple(cells), left.is_nothing)


def _spelled(side: Side, code: str) -> str:
    return f"{spell(side.amount, code)} ({side.count})"


def _listed(difference: Difference) -> _Listed:
    return _Listed(
        difference,
        _money(difference.books),
        _money(difference.sales),
        difference.cause in DECIDED,
    )


def _money(parts: tuple[Booked, ...]) -> str:
    return ", ".join(f"{spell(each.amount, each.currency)} {each.currency}" for each in parts)
