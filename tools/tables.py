"""The tables in the docs that would drift: made from the code, and compared with it.

`python -m tools.tables` writes them, `--check` says which are stale.
"""

import argparse
import functools
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import function_app
from shared.cli import parser
from shared.core.colours import AMBER, BLUE, GREEN, GREY, RED, colour_of
from shared.core.fields import FIELDS, FieldType
from shared.core.lines import LINES
from shared.core.mapped import FITTING
from shared.core.options import label
from shared.core.ownership import GROUPS, NATIVE, REQUIRED
from shared.core.policies import Target
from shared.core.privileges import DEPTH_NAMES, Depth, TableNeed, list_needs
from shared.core.schema import COLUMNS, LOOKUPS
from shared.core.screens.catalogue import catalogue
from shared.settings import Settings, variable_name

FOLDER = Path(__file__).resolve().parent.parent / "docs"
DOCS = FOLDER / "reference.md"
SALES = FOLDER / "sales.md"


def settings_table() -> list[str]:
    """Return the rows of the settings table."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    # What has to be set stands first.
    for name, field in sorted(
        Settings.model_fields.items(), key=lambda each: not each[1].is_required()
    ):
        default = (
            "required"
            if field.is_required()
            else _default(field.get_default(call_default_factory=True))
        )
        rows.append(f"| `{variable_name(name)}` | {default} | {field.description} |")
    return rows


@functools.cache
def triggers() -> dict[str, tuple[dict[str, Any], str]]:
    """Return what `function_app` registers: name -> its trigger and its summary.

    Asked once per process: the library refuses to list the functions a second time.
    """
    found = {}
    for function in function_app.app.get_functions():
        trigger = function.get_trigger()
        summary = (function.get_user_function().__doc__ or "").splitlines()[0]
        found[str(function.get_function_name())] = (
            trigger.get_dict_repr() if trigger else {},
            summary,
        )
    return found


def functions_table() -> list[str]:
    """Return the rows of the table of functions."""
    rows = ["| function | trigger | does |", "|---|---|---|"]
    for name, (trigger, summary) in triggers().items():
        kind = str(trigger["type"]).removesuffix("Trigger")
        where = trigger.get("route") or trigger.get("queueName") or trigger.get("schedule")
        rows.append(f"| `{name}` | {kind} `{where}` | {summary} |")
    return rows


def schema_table() -> list[str]:
    """Return the rows of the table of columns."""
    rows = ["| table | column | type | meaning |", "|---|---|---|---|"]
    for table, columns in COLUMNS.items():
        rows += [f"| {table} | `{c.name}` | {c.kind} | {c.description} |" for c in columns]
    return rows


def flags_table() -> list[str]:
    """Return the rows of the table of columns whose flags are not those of most."""
    rows = ["| table | column | searchable | audited | why |", "|---|---|---|---|---|"]
    unusual = [
        (table, column.name, column.searchable, column.audited, column.because)
        for table, columns in COLUMNS.items()
        for column in columns
        if column.because
    ]
    unusual += [
        (lookup.table, lookup.name, True, lookup.audited, lookup.because)
        for lookup in LOOKUPS
        if lookup.because
    ]
    words = {True: "yes", False: "no"}
    return rows + [
        f"| {table} | `{column}` | {words[searchable]} | {words[audited]} | {why} |"
        for table, column, searchable, audited, why in unusual
    ]


def colours_table() -> list[str]:
    """Return the rows of the table of options and their colours."""
    rows = ["| choice | grey | blue | green | amber | red |", "|---|---|---|---|---|---|"]
    choices = {
        column.title: column.options
        for columns in COLUMNS.values()
        for column in columns
        if column.options and any(map(colour_of, column.options))
    }
    for title, options in choices.items():
        cells = (
            ", ".join(label(each) for each in options if colour_of(each) == colour)
            for colour in (GREY, BLUE, GREEN, AMBER, RED)
        )
        rows.append(f"| {title} | {' | '.join(cells)} |")
    return rows


def owners_table() -> list[str]:
    """Return the rows of the table of native columns that can be chosen about."""
    rows = ["| table | column | by default | |", "|---|---|---|---|"]
    for table, owners in NATIVE.items():
        for column, owner in owners.items():
            one = "one" if column in GROUPS.get(table, ()) else ""
            note = "not `never`" if column == REQUIRED[table] else one
            rows.append(f"| {table} | `{column}` | `{owner}` | {note} |")
    return rows


def fields_table() -> list[str]:
    """Return the rows of the table of fields that can be mapped."""
    rows = ["| record | is | types | fields |", "|---|---|---|---|"]
    for record, known in FIELDS.items():
        for kind in FieldType:
            names = ", ".join(f"`{name}`" for name, each in known.items() if each is kind)
            types = ", ".join(each for each, from_ in FITTING.items() if kind in from_)
            rows += [f"| {record} | {kind} | {types} | {names} |"] if names else []
    return rows


def privileges_table() -> list[str]:
    """Return the rows of the table of privileges the application user needs."""
    rows = ["| table | privileges and their depth | why |", "|---|---|---|"]
    return rows + [
        f"| {need.table} | {_by_depth(need)} | {need.why} |"
        for need in list_needs(deletes=False, owners=True, notices=True)
    ]


def _by_depth(need: TableNeed) -> str:
    """Return a table's rights, those of one depth together."""
    groups = (
        (depth, [right for right, wanted in need.depths.items() if wanted is depth])
        for depth in Depth
    )
    return "; ".join(
        f"{', '.join(rights)}: {DEPTH_NAMES[depth]}" for depth, rights in groups if rights
    )


def commands_table() -> list[str]:
    """Return the rows of the table of commands of the terminal."""
    return ["| command | does |", "|---|---|", *_commands(parser(), "python -m shared")]


def _commands(of: argparse.ArgumentParser, words: str) -> Iterator[str]:
    for action in of._actions:  # noqa: SLF001  # argparse tells its commands no other way
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # as above
            for name, below in action.choices.items():
                if below.get_default("command") is not None:
                    usage = " ".join([f"{words} {name}", *_positionals(below), *_needed(below)])
                    yield f"| `{usage}` | {(below.description or '').splitlines()[0]} |"
                yield from _commands(below, f"{words} {name}")


def _positionals(of: argparse.ArgumentParser) -> list[str]:
    return [
        str(action.metavar if "|" not in str(action.metavar) else "KIND")
        for action in of._actions  # noqa: SLF001  # as above
        if not action.option_strings and not isinstance(action, argparse._SubParsersAction)  # noqa: SLF001  # as above
    ]


def _needed(of: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the first option of each group of which one has to be given."""
    for group in of._mutually_exclusive_groups:  # noqa: SLF001  # as above
        if group.required:
            first = group._group_actions[0]  # noqa: SLF001  # as above
            yield f"{first.option_strings[0]} {first.metavar}"


def lines_table() -> list[str]:
    """Return the rows of the table of lines that tell how the connector does."""
    rows = ["| event | tells | fields |", "|---|---|---|"]
    for kind in LINES:
        summary = (kind.__doc__ or "").splitlines()[0]
        names = ", ".join(f"`{field.name}`" for field in fields(kind))
        rows.append(f"| `{kind.event}` | {summary} | {names} |")
    return rows


def areas_table() -> list[str]:
    """Return the rows of the table of ways into the app."""
    rows = ["| way in | shows |", "|---|---|"]
    for area in catalogue(Target.RECORD).app.areas:
        shown = area.view or area.dashboard
        rows.append(f"| {area.title} | {shown.title if shown else ''} |")
    return rows


def views_table() -> list[str]:
    """Return the rows of the table of views."""
    rows = ["| table | view | shows |", "|---|---|---|"]
    views = catalogue(Target.RECORD).views
    return rows + [f"| {view.table} | {view.title} | {view.description} |" for view in views]


def charts_table() -> list[str]:
    """Return the rows of the table of charts."""
    rows = ["| table | chart | shows |", "|---|---|---|"]
    charts = catalogue(Target.RECORD).charts
    return rows + [f"| {chart.table} | {chart.title} | {chart.description} |" for chart in charts]


def rendered_sales(text: str) -> str:
    """Return the page about what Sales sees with its tables made anew."""
    made = {"areas": areas_table(), "views": views_table(), "charts": charts_table()}
    return _with_tables(text, made)


def rendered(text: str) -> str:
    """Return the reference with its tables made anew."""
    tables = {
        "settings": settings_table(),
        "functions": functions_table(),
        "schema": schema_table(),
        "flags": flags_table(),
        "colours": colours_table(),
        "owners": owners_table(),
        "fields": fields_table(),
        "privileges": privileges_table(),
        "lines": lines_table(),
        "commands": commands_table(),
    }
    return _with_tables(text, tables)


def _with_tables(text: str, tables: Mapping[str, list[str]]) -> str:
    for name, rows in tables.items():
        block = "\n".join([f"<!-- {name} -->", *rows, f"<!-- /{name} -->"])
        pattern = rf"<!-- {name} -->.*<!-- /{name} -->"
        before, after = re.split(pattern, text, maxsplit=1, flags=re.DOTALL)
        text = before + block + after
    return text


def _default(value: object) -> str:
    if value in (None, "", {}):
        return "none"
    return f"`{value}`"


def main() -> int:
    """Write the tables, or with `--check` only compare."""
    stale = False
    for file, render in ((DOCS, rendered), (SALES, rendered_sales)):
        text = file.read_text()
        if "--check" not in sys.argv:
            file.write_text(render(text))
        elif render(text) != text:
            print(f"{os.path.relpath(file)} is stale: run 'python -m tools.tables'.")
            stale = True
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
