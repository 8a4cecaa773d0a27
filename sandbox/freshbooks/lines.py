"""Lines of invoices and credit notes: what may be written in one, and what FreshBooks adds to it.

Never adds lines up; that is arithmetic.
"""

from typing import Any

from sandbox.freshbooks.money import ZERO, exact, line_amount, money
from sandbox.freshbooks.switches import Switches
from sandbox.freshbooks.tables import Fields
from sandbox.freshbooks.values import decimal

NORMAL, REBILLED = 0, 1  # types of a line

_WRITABLE: Fields = {
    "lineid": None,
    "type": NORMAL,
    "name": "",
    "description": "",
    "qty": "1",
    "unit_cost": None,
    "taxName1": "",
    "taxName2": "",
    "taxAmount1": "0",
    "taxAmount2": "0",
    "compounded_tax": False,
    "expenseid": 0,
    "date": None,
    "modern_project_id": None,
    "retainer_id": None,
    "retainer_period_id": None,
}
_FIXED: Fields = {
    "basecampid": 0,
    "taxNumber1": None,
    "taxNumber2": None,
    "modern_time_entries": [],
}


def finished(
    kind: str, given: list[dict[str, Any]], code: str, updated: str, switches: Switches
) -> list[Fields]:
    """Return the whole new set of lines with their amounts, ids, places and time.

    An id is unique within its invoice only, and a line keeps the one it is sent with. A line that
    only says something has a quantity or price of null, as the documents show, and costs nothing.

    Args:
        kind: whose lines, for refusals.
        given: as sent or as they were, in their new order.
        code: the currency, whatever the lines say.
        updated: the time it is, as FreshBooks writes it.
        switches: whether ids survive, and what a line that only says something costs.
    """
    lines = [_read(kind, line) for line in given]
    if switches.lines_renumbered:
        lines = [line | {"lineid": None} for line in lines]
    taken = [int(line["lineid"]) for line in lines if line["lineid"]]
    following = max(taken, default=0)
    done = []
    for taskno, line in enumerate(lines, start=1):
        if not line["lineid"]:
            following += 1
        cost = line["unit_cost"]
        silent = switches.empty_lines_without_amount and None in (line["qty"], cost)
        done.append(
            line
            | {
                "lineid": line["lineid"] or following,
                "taskno": taskno,
                "unit_cost": None if cost is None else {"amount": cost["amount"], "code": code},
                "amount": None if silent else money(line_amount(line), code),
                "updated": updated,
            }
        )
    return done


def _read(kind: str, given: dict[str, Any]) -> Fields:
    known = {name: given[name] for name in _WRITABLE.keys() & given.keys()}
    line = {**_FIXED, **_WRITABLE, **known}
    for name in ("taxAmount1", "taxAmount2"):
        line[name] = f"{decimal(kind, name, line[name] or ZERO):f}"
    if line["qty"] is not None:
        line["qty"] = f"{decimal(kind, 'qty', line['qty']):f}"
    cost = line["unit_cost"]
    if isinstance(cost, dict) and cost.get("amount") is None:
        cost = None
    line["unit_cost"] = (
        None if cost is None else {"amount": exact(decimal(kind, "unit_cost", cost))}
    )
    return line
