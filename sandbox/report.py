"""What Sales shows, who is held, and who asked whom: as text tables.

Never wider than a terminal of 100 columns.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sandbox.check.found import Crm, FoundRow
from sandbox.check.words import LINKED

WIDTH = 100


def table(
    titles: Sequence[str], rows: Iterable[Sequence[str]], *, right: str = "", gap: int = 2
) -> str:
    """Lay out `rows` below `titles`.

    Args:
        titles: of the columns.
        rows: their texts.
        right: a character per column; `>` is set to the right. Missing ones are set to the left.
        gap: blanks between columns.
    """
    listed = [list(map(str, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(titles, *listed, strict=True)]
    sides = right.ljust(len(titles))

    def line(cells: Sequence[str]) -> str:
        laid = (
            cell.rjust(width) if side == ">" else cell.ljust(width)
            for cell, width, side in zip(cells, widths, sides, strict=True)
        )
        return ("  " + (" " * gap).join(laid)).rstrip()

    rule = line(["-" * width for width in widths])
    return "\n".join([line(titles), rule, *map(line, listed)])


def sales(crm: Crm) -> str:
    """Show every account that is linked to a client as its salesperson sees it."""
    invoices = Counter(row["customer"].id for row in crm.invoices if row["customer"])
    entries = Counter(row["account"].id for row in crm.entries if row["account"])
    of_clients = {row["account"].id for row in linked(crm)}
    shown = sorted(
        (row for row in crm.accounts if row.id in of_clients), key=lambda row: str(row["name"])
    )
    return table(
        ("Account", "Health", "Outstanding", "Overdue", "", "Invoiced", "Paid", "Inv", "Entries"),
        (
            (
                cut(row.fields["name"], 24),
                row.fields["health"],
                money(row.fields["outstanding"]),
                money(row.fields["overdue"]),
                row.fields["currency"],
                str(row.fields["last invoice"] or ""),
                str(row.fields["last payment"] or ""),
                str(invoices[row.id]),
                str(entries[row.id]),
            )
            for row in shown
        ),
        right="  >>   >>",
        gap=1,
    )


def linked(crm: Crm) -> list[FoundRow]:
    """Return the rows of clients that have an account."""
    return [row for row in crm.clients if row["state"] == LINKED and row["account"]]


def held(waiting: Iterable[Mapping[str, Any]]) -> str:
    """Show the clients that wait for a decision, with the reason and the candidates."""
    lines = []
    for each in waiting:
        reason = str(each["reason"]).partition(": ")[2] or str(each["reason"])
        lines.append(f"  {each['name']}: {reason}; {len(each['waiting'])} records wait")
        lines += [
            f"      {candidate['name']}  {candidate['account']}  {candidate['note']}".rstrip()
            for candidate in each["candidates"]
        ]
    return "\n".join(lines) or "  nobody"


def checks(found: Iterable[Mapping[str, str]]) -> str:
    """Show what the doctor found: how much is well, and whatever is not."""
    found = list(found)
    well = sum(each["level"] == "ok" for each in found)
    lines = [f"{well} of {len(found)} checks are ok"]
    lines += [f"      {each['level']}: {each['text']}" for each in found if each["level"] != "ok"]
    return "\n".join(lines)


def traffic(counted: Mapping[str, Mapping[str, int]]) -> str:
    """Show how many requests each API answered, by what they were.

    Args:
        counted: by service, requests by `"<METHOD> <folded path>"`.
    """
    rows = []
    for service, requests in counted.items():
        rows.append((service, "", str(sum(requests.values()))))
        rows += [
            ("", cut(what, 72), str(count))
            for what, count in sorted(requests.items(), key=lambda pair: -pair[1])
        ]
    return table(("API", "Request", "Count"), rows, right="  >")


def money(value: Decimal | None) -> str:
    """Write an amount for people; an empty one is empty."""
    return "" if value is None else f"{value:,.2f}"


def cut(text: str, longest: int) -> str:
    """Return `text`, cut to `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
