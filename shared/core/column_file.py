"""The file of columns: its text in, what was chosen out, and everything that is wrong with it.

Never asks whether Dataverse has the columns; `schema check` and the doctor do.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from shared.core.columns import Columns
from shared.core.own_tables import PREFIX
from shared.core.ownership import CLOSED, GROUPS, NATIVE, NEEDED, REQUIRED, Owners, Ownership

if TYPE_CHECKING:
    from shared.core.mapped import Mapped

MOST_MAPPINGS: Final = 50  # they make every address longer
_PARTS: Final = ("ownership", "map")
_WORDS: Final = tuple(Ownership)


def read_columns(text: str, *, origin: str) -> tuple[Columns, list[str]]:
    """Return what a file of columns chooses, and what is wrong with it, each in a sentence.

    Args:
        text: TOML, or the same as JSON on one line.
        origin: where it is from, as a person would call it.
    """
    problems: list[str] = []
    content = _parsed(text, problems)
    problems += [
        f"{_shown(part)} is no part of it: write [ownership.TABLE] or [[map]]"
        for part in content
        if part not in _PARTS
    ]
    owners = dict(_owners(content.get("ownership", {}), problems))
    mapped = tuple(_mapped(content.get("map", []), problems))
    chosen = Columns({**NATIVE, **owners}, mapped, origin)
    return chosen, [f"{origin}: {problem}" for problem in problems]


def _parsed(text: str, problems: list[str]) -> Mapping[str, Any]:
    """Return the file's content, an empty one where it cannot be read."""
    try:
        if not text.lstrip().startswith("{"):
            return tomllib.loads(text)
        content = json.loads(text, object_pairs_hook=_each_once)
    except RecursionError:
        problems.append("it cannot be read: it is nested too deep. Write it as docs/columns.md has")
    except ValueError as error:
        one_line = "\n" not in text.strip() and not text.lstrip().startswith("{")
        hint = " A setting that lost its line breaks is written as JSON." if one_line else ""
        problems.append(f"it cannot be read: {error}. docs/columns.md has an example.{hint}")
    else:
        if isinstance(content, Mapping):
            return content
    return {}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{_shown(doubled)} stands there twice")
    return found


def _owners(tables: Any, problems: list[str]) -> Iterator[tuple[str, Owners]]:
    """Yield the owners of each table's native columns, those that nobody chose among them."""
    if not isinstance(tables, Mapping):
        problems.append("ownership is no table: write [ownership.invoice] and a line per column")
        return
    for table, columns in tables.items():
        where = f"[ownership.{_shown(table)}]"
        if table not in NATIVE:
            why = CLOSED.get(table, "it is none of " + ", ".join(NATIVE))
            problems.append(f"{where} cannot be chosen about: {why}. Remove it")
        elif not isinstance(columns, Mapping):
            problems.append(f'{where} is no table: write a line such as duedate = "never" below it')
        else:
            yield table, _of_table(table, columns, where, problems)


def _of_table(
    table: str, columns: Mapping[str, Any], where: str, problems: list[str]
) -> dict[str, Ownership]:
    owners = dict(NATIVE[table])
    for column, word in columns.items():
        if why := _not_chosen(table, column):
            problems.append(f"{where} {_shown(column)} cannot be chosen about: {why}. Remove it")
        elif word not in _WORDS:
            wanted = ", ".join(_WORDS)
            problems.append(f"{where} {column} is {_shown(word)}: write one of {wanted}")
        elif word == Ownership.NEVER and column == REQUIRED[table]:
            problems.append(
                f"{where} {column} cannot be never: rows are found by it and need it. Write "
                f"{Ownership.FIRST_WRITE}, so that people may change it"
            )
        else:
            owners[column] = Ownership(word)
    group = GROUPS.get(table, ())
    if len({owners[column] for column in group}) > 1:
        problems.append(
            f"{where} gives the parts of one address different owners, so that it could become a "
            f"mixture of two. Give {', '.join(group)} the same"
        )
    return owners


def _not_chosen(table: str, column: str) -> str:
    """Return why a column cannot be chosen about, "" where it can."""
    if column in NATIVE[table]:
        return ""
    if column.startswith(f"{PREFIX}_"):
        return "it is the connector's own, which its figures and its order of writing rest on"
    if column in NEEDED[table]:
        return NEEDED[table][column]
    from difflib import get_close_matches

    close = get_close_matches(column, NATIVE[table], n=1)
    perhaps = f"; perhaps {close[0]} is meant" if close else ""
    return f"the connector does not write it{perhaps}"


def _mapped(entries: Any, problems: list[str]) -> "Iterator[Mapped]":
    if not isinstance(entries, list):
        problems.append("map is no list: write [[map]], with two brackets, before each mapping")
        return
    if len(entries) > MOST_MAPPINGS:
        problems.append(f"there are {len(entries)} [[map]]: at most {MOST_MAPPINGS} are read")
    if not entries:
        return
    from shared.core.column_entries import read_entry

    first: dict[tuple[str, str, str], int] = {}
    for number, entry in enumerate(entries[:MOST_MAPPINGS], start=1):
        found, wrong = read_entry(entry)
        problems += [f"[[map]] number {number} {problem}" for problem in wrong]
        if found is None:
            continue
        target = (found.record, found.table, found.column)
        if target in first:
            problems.append(
                f"[[map]] number {number} has the target of number {first[target]}, "
                f"{found.table}.{found.column}: remove one of them"
            )
            continue
        first[target] = number
        yield found


def _shown(value: object) -> str:
    """Return what somebody wrote, as far as it fits into a sentence."""
    text = value if isinstance(value, str) else repr(value)
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"


_LONGEST: Final = 40
