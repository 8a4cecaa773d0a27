"""What a comparison found, for people and for programs.

Never compares anything.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal

from shared.cli.commands import printable
from shared.core.currencies import spell
from shared.core.reconcile.differences import Booked, Difference
from shared.core.reconcile.ledger import Side, Sums
from shared.core.reconcile.report import Report

_COLUMNS = (
    "row",
    "business",
    "month",
    "kind",
    "currency",
    "freshbooks_count",
    "freshbooks_amount",
    "sales_count",
    "sales_amount",
    "listed_count",
    "listed_amount",
    "remainder",
    "cause",
    "number",
    "record",
    "detail",
    "ended_by",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines_of(report: Report, *, most: int) -> Iterator[str]:
    """Yield the lines for a terminal: the sums, then the differences.

    Args:
        report: what was found.
        most: lines of differences.
    """
    several = len(report.businesses) > 1
    yield _row("month", "kind", "", "", ("FreshBooks", ""), ("Sales", ""), ("listed", ""))
    for each in report.sums:
        _business, kind, month, code = each.group
        sides = (_cells(side, code) for side in (each.books, each.sales, each.listed))
        left = "" if each.remainder.is_nothing else "  DOES NOT ADD UP"
        where = printable(each.group.business) if several else ""
        yield _row(month or "today", kind, where, printable(code), *sides) + left
    yield ""
    for difference in report.differences[:most]:
        yield from _told(difference, several=several)
    if len(report.differences) > most:
        yield f"and {len(report.differences) - most} more: --csv or --page has them all"
    yield from (f"Not compared: {printable(text)}" for text in report.not_compared)
    yield _verdict(report)


def as_json(report: Report, *, asked: int | None) -> dict[str, object]:
    """Return what was found as JSON.

    Args:
        report: it.
        asked: for how many records was asked, None where nothing was to be.
    """
    return {
        "month": report.month or None,
        "businesses": list(report.businesses),
        "started": report.started.isoformat(),
        "version": report.version,
        "adds_up": report.adds_up,
        "sums": [_sums(each) for each in report.sums],
        "causes": {str(cause): count for cause, count in report.causes().items()},
        "differences": [_difference(each) for each in report.differences],
        "stopped": [vars(each) for each in report.stopped],
        "not_compared": list(report.not_compared),
        "asked": asked,
    }


def as_csv(report: Report) -> str:
    """Return a line for each sum and for each difference; no cell is a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="")
    writer.writeheader()
    for each in report.sums:
        writer.writerow({"row": "sum", **_flat(_sums(each))})
    for difference in report.differences:
        found = _difference(difference)
        for month, currency in _places(difference):
            books = _total(difference.books, month, currency)
            sales = _total(difference.sales, month, currency)
            writer.writerow(
                {
                    "row": "difference",
                    "business": difference.business,
                    "month": month,
                    "kind": difference.kind,
                    "currency": currency,
                    "freshbooks_count": books.count,
                    "freshbooks_amount": _exact(books.amount),
                    "sales_count": sales.count,
                    "sales_amount": _exact(sales.amount),
                    "cause": str(difference.cause),
                    "number": _safe(difference.label),
                    "record": difference.number or "",
                    "detail": _safe(str(found["detail"])),
                    "ended_by": _safe(difference.who),
                }
            )
    return text.getvalue()


def _verdict(report: Report) -> str:
    causes = ", ".join(f"{count} {cause}" for cause, count in report.causes().items())
    if not report.differences:
        return "FreshBooks and Sales are equal"
    adds_up = "FreshBooks is Sales and what is listed" if report.adds_up else "It does not add up"
    return f"{adds_up}: {causes}"


def _told(difference: Difference, *, several: bool) -> Iterator[str]:
    money = " / ".join(
        f"{spell(each.amount, each.currency)} {each.currency}"
        for each in (*difference.books[:1], *difference.sales[:1])
    )
    business = f" ({difference.business})" if several else ""
    what = f"{difference.kind} {difference.label}{business}"
    yield "  ".join(filter(None, (printable(what), difference.cause, printable(money))))
    yield f"  because: {printable(difference.detail)}"
    yield f"  ended by: {printable(difference.who)}"


def _cells(side: Side, currency: str) -> tuple[str, str]:
    return str(side.count), spell(side.amount, currency)


def _row(month: str, kind: str, business: str, code: str, *sides: tuple[str, str]) -> str:
    texts = (f"{month:<8}{kind:<10}", f"{business:<8}" if business else "", f"{code:<4}")
    return "".join((*texts, *(f"{one:>11}{other:>16}" for one, other in sides))).rstrip()


def _sums(each: Sums) -> dict[str, object]:
    return {
        "business": each.group.business,
        "month": each.group.month or None,
        "kind": str(each.group.kind),
        "currency": each.group.currency,
        "freshbooks": _side(each.books),
        "sales": _side(each.sales),
        "listed": _side(each.listed),
        "remainder": _side(each.remainder),
    }


def _flat(sums: dict[str, object]) -> dict[str, object]:
    flat = {name: sums[name] or "" for name in ("business", "month", "kind", "currency")}
    for name in ("freshbooks", "sales", "listed"):
        side = sums[name]
        assert isinstance(side, dict)  # noqa: S101  # made above
        flat |= {f"{name}_count": side["count"], f"{name}_amount": side["amount"]}
    remainder = sums["remainder"]
    assert isinstance(remainder, dict)  # noqa: S101  # likewise
    return {**flat, "remainder": remainder["amount"]}


def _difference(each: Difference) -> dict[str, object]:
    return {
        "cause": str(each.cause),
        "business": each.business,
        "kind": str(each.kind),
        "record": each.number or None,
        "number": each.label,
        "detail": each.detail,
        "ended_by": each.who,
        "freshbooks": [_booked(part) for part in each.books],
        "sales": [_booked(part) for part in each.sales],
        "asked_for": str(each.ask) if each.ask is not None else None,
        "cancels": each.cancels,
    }


def _booked(part: Booked) -> dict[str, object]:
    return {
        "month": part.month or None,
        "currency": part.currency,
        "amount": _exact(part.amount),
        "count": part.records,
    }


def _side(side: Side) -> dict[str, object]:
    return {"count": side.count, "amount": _exact(side.amount)}


def _places(difference: Difference) -> list[tuple[str, str]]:
    """Return the months and currencies that a difference is about; one at least."""
    found = {(each.month, each.currency) for each in (*difference.books, *difference.sales)}
    return sorted(found) or [("", "")]


def _total(parts: Sequence[Booked], month: str, currency: str) -> Side:
    here = [each for each in parts if (each.month, each.currency) == (month, currency)]
    return Side(sum(each.records for each in here), sum((p.amount for p in here), Decimal(0)))


def _exact(amount: Decimal) -> str:
    return format(amount, "f")


def _safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
