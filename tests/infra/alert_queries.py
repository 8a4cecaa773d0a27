"""The queries of the alerts, run over lines: as much of Kusto's language as they are written in.

Never the real engine: it knows the few operators below and refuses everything else, so a query that
passes here is at least of the shape it is meant to be.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

Row = Mapping[str, Any]

_STARTS: Final = re.compile(r"message startswith '([^']*)'")
_FIELD: Final = re.compile(r"line\.([a-z_]+)")
_READ: Final = re.compile(r"(tostring|toreal)\(line\.([a-z_]+)\)")
_EVENT: Final = re.compile(r"\{\"event\":\"([a-z-]+)\"")


class UnknownQueryError(Exception):
    """The query is written in more of the language than is known here."""


def fields_of(query: str) -> set[str]:
    """Return the names of the lines' fields that a query reads."""
    return set(_FIELD.findall(query))


def events_of(query: str) -> set[str]:
    """Return the events whose lines a query reads."""
    return set(_EVENT.findall(query))


def run(query: str, messages: Iterable[str]) -> list[Row]:
    """Return the rows a query gives over messages of the log."""
    source, *operators = query.strip().splitlines()
    if source != "traces":
        raise UnknownQueryError(source)
    table: list[Row] = [{"message": message} for message in messages]
    for operator in operators:
        table = _apply(operator, table)
    return table


def _apply(operator: str, table: Sequence[Row]) -> list[Row]:
    verb, _, rest = operator.removeprefix("| ").partition(" ")
    match verb:
        case "where" if _STARTS.search(rest):
            beginnings = _STARTS.findall(rest)
            if " or ".join(f"message startswith '{each}'" for each in beginnings) != rest:
                raise UnknownQueryError(operator)
            return [row for row in table if row["message"].startswith(tuple(beginnings))]
        case "where":
            return [row for row in table if _value(rest, row)]
        case "extend" if rest == "line = parse_json(message)":
            return [{**row, "line": json.loads(row["message"])} for row in table]
        case "summarize":
            return _summarized(rest, table)
        case _:
            raise UnknownQueryError(operator)


def _summarized(text: str, table: Sequence[Row]) -> list[Row]:
    what, _, by = text.partition(" by ")
    groups: dict[Any, list[Row]] = {} if by else {None: list(table)}  # without `by`: always a row
    if by:
        name, _, expression = by.partition(" = ")
        for row in table:
            groups.setdefault(_value(expression, row), []).append(row)
    found: list[Row] = []
    for key, rows in groups.items():
        sums = {}
        for part in re.split(r", (?=[a-z_]+ = [a-z]+\()", what):
            result, _, call = part.partition(" = ")
            sums[result] = _aggregate(call, rows)
        found.append({**sums, **({name: key} if by else {})})
    return found


def _aggregate(call: str, rows: Sequence[Row]) -> float:
    name, _, rest = call.partition("(")
    inner = rest.removesuffix(")")
    if name == "count" and not inner:
        return len(rows)
    if name == "countif":
        return sum(bool(_value(inner, row)) for row in rows)
    if name not in {"sum", "max"}:
        raise UnknownQueryError(call)
    numbers = [n for row in rows if not math.isnan(n := _value(inner, row))]
    return sum(numbers) if name == "sum" else max(numbers, default=math.nan)


def _value(expression: str, row: Row) -> Any:
    """Return what an expression is of a row; a field that is not there is no number and no text."""
    line = row.get("line", {})

    def read(found: re.Match[str]) -> str:
        value = line.get(found[2])
        if found[1] == "toreal":
            return f"number({value!r})"
        return repr("" if value is None else str(value))

    python = _READ.sub(read, expression)
    if "line" in python.replace('"', " ").split():
        raise UnknownQueryError(expression)
    known = {**row, "number": lambda value: math.nan if value is None else float(value)}
    return eval(python, {"__builtins__": {}}, known)  # our own queries, and values as literals
