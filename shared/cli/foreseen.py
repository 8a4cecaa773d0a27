"""What would become of records, for people and for programs.

Never finds it out.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from shared.cli.commands import printable
from shared.core.afterwards import Difference, Told, as_read
from shared.core.foreseen import TOTALS, UNCHANGED, Action, Fate, Foreseen, RowChange
from shared.core.rows import Reference, State
from shared.core.wording import column_in_words, table_in_words, value_in_words

_LONGEST: Final = 100  # characters of a text in the terminal
_MARKS: Final = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
# When a row is written goes along with every change.
_WRITTEN_ALONG: Final = frozenset({"fbx_syncedon"})
_NOW: Final = "now"
_ENDS: Final = {Fate.CARRIED: "", Fate.UNKNOWN: "cannot be found out now"}
_TOTALS: Final[Mapping[str, str]] = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.CANCEL: "to cancel",
    Fate.HELD: "held",
    Fate.SKIPPED: "skipped",
    Fate.WAITING: "waiting",
    Fate.REFUSED: "refused",
    Fate.UNKNOWN: "not found out",
}


def lines_of(foreseen: Foreseen, *, several: bool) -> list[str]:
    """Return the lines of a record, none where it is as it should be.

    Args:
        foreseen: the record.
        several: whether it has to be said whose it is.
    """
    if not foreseen.rows and foreseen.fate is Fate.CARRIED:
        return []
    shown, record = foreseen.shown, foreseen.record
    parts = (
        f"{record.kind} {shown.label or record.number}",
        shown.name,
        f"{shown.amount} {shown.currency}" if shown.amount else "",
        f"({record.business})" if several else "",
        ", ".join(filter(None, (_action(foreseen), _ENDS.get(foreseen.fate, foreseen.fate)))),
    )
    why = {
        "first": "; ".join(foreseen.first),
        "because": foreseen.reason,
        "but": foreseen.warning,
    }
    return [
        "  ".join(printable(part) for part in parts if part),
        *(f"  {word}: {printable(text)}" for word, text in why.items() if text),
        *(line for row in foreseen.rows for line in row_lines(row, foreseen)),
    ]


def _action(foreseen: Foreseen) -> str:
    return f"to {foreseen.action}" if foreseen.action is not None else ""


def row_lines(row: RowChange, foreseen: Foreseen) -> list[str]:
    """Return the lines of a row, none where only the time of writing differs.

    Args:
        row: the row.
        foreseen: the record it stands for.
    """
    shown = [each for each in row.differences if each.column not in _WRITTEN_ALONG]
    if not shown and row.action is Action.UPDATE:
        return []
    titles = [column_in_words(row.table, each.column) for each in shown]
    width = max(map(len, titles), default=0)
    return [
        f"  {_MARKS[row.action]} {printable(f'{table_in_words(row.table)} {row.name}')}",
        *(
            f"      {title:<{width}}  {_change(each, row, foreseen)}"
            for title, each in zip(titles, shown, strict=True)
        ),
    ]


def _change(difference: Difference, row: RowChange, foreseen: Foreseen) -> str:
    before, after = (_short(text) for text in _both_in_words(difference, row, foreseen))
    return after if row.action is Action.CREATE else f"{before} -> {after}"


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def total_lines(totals: Mapping[str, int], *, most: int, whole: bool) -> list[str]:
    """Return what the records come to.

    Args:
        totals: from `core.foreseen.tally`.
        most: records that are looked at.
        whole: whether that was all of them.
    """
    said = ", ".join(f"{totals[word]} {_TOTALS[word]}" for word in _TOTALS if totals[word])
    unchanged = f"{totals[UNCHANGED]} as they should be" if totals[UNCHANGED] else ""
    lines = ["; ".join(filter(None, (said, unchanged))) or "Nothing changed"]
    if not any(totals[word] for word in (Action.CREATE, Action.UPDATE, Action.CANCEL)):
        lines[0] = f"Nothing to write: {lines[0]}"
    if not whole:
        lines.append(f"Only {most} records were looked at; --most COUNT looks at more")
    return lines


def as_json(
    foreseen: Sequence[Foreseen],
    totals: Mapping[str, int],
    since: date | None,
    *,
    whole: bool,
) -> dict[str, object]:
    """Return everything for a program; docs/operations.md says what each part is."""
    return {
        "since": since.isoformat() if since is not None else None,
        "whole": whole,
        "records": [record_as_json(each) for each in foreseen],
        "totals": {word: totals[word] for word in TOTALS},
    }


def record_as_json(foreseen: Foreseen) -> dict[str, object]:
    """Return a record with its rows for a program."""
    record, shown = foreseen.record, foreseen.shown
    return {
        "account": record.business,
        "kind": record.kind,
        "record": record.number,
        "number": shown.label,
        "name": shown.name,
        "amount": shown.amount,
        "currency": shown.currency,
        "action": foreseen.action,
        "fate": foreseen.fate,
        "reason": foreseen.reason,
        "first": list(foreseen.first),
        "warning": foreseen.warning,
        "rows": [_row_as_json(row, foreseen) for row in foreseen.rows],
    }


def _row_as_json(row: RowChange, foreseen: Foreseen) -> dict[str, object]:
    return {
        "table": row.table,
        "row": str(row.id),
        "name": row.name,
        "action": row.action,
        "differences": [
            {
                "column": each.column,
                "title": column_in_words(row.table, each.column),
                "before": _value_as_json(each.before, foreseen),
                "after": _NOW
                if each.column in _WRITTEN_ALONG
                else _value_as_json(each.after, foreseen),
                "words": list(_both_in_words(each, row, foreseen)),
            }
            for each in row.differences
        ],
    }


def _value_as_json(value: Told, foreseen: Foreseen) -> object:
    match value:
        case Reference(table=table, id=row):
            return {"table": table, "row": str(row), "name": foreseen.names.get(row, "")}
        case State(state=state, status=status):
            return {"statecode": state, "statuscode": status}
        case Decimal():
            return f"{value.normalize():f}"
        case _:
            return as_read(value)


def _both_in_words(difference: Difference, row: RowChange, foreseen: Foreseen) -> tuple[str, str]:
    before, after = (
        value_in_words(
            row.table,
            difference.column,
            value,
            currency=row.currency or foreseen.shown.currency,
            names=foreseen.names,
        )
        for value in (difference.before, difference.after)
    )
    return before, _NOW if difference.column in _WRITTEN_ALONG else after
