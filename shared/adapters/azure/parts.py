"""A list in as many columns of a row as it needs, for a column holds only so much.

Never cuts an item in two: each column is a list of its own.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter

from shared.adapters.azure.columns import Row
from shared.adapters.azure.tables import LONGEST_TEXT, clip

T = TypeVar("T")

_BETWEEN: Final = ", "
_MOST: Final = 50  # columns of one list; an entity of 1 MiB holds fewer


def packed(column: str, items: Sequence[Any]) -> dict[str, str]:
    """Return a list as JSON in the columns `column`, `column_2`, `column_3` and so on.

    What fits into one is written as ever. A release that knows the first column only reads a
    shorter list of the others, and not half a text.
    """
    whole = json.dumps(items)
    if len(whole) <= LONGEST_TEXT:
        return {column: whole}
    parts, size = [list[str]()], 0
    for item in items:
        text = clip(json.dumps(item, ensure_ascii=False))
        units = len(text.encode("utf-16-le")) // 2 + len(_BETWEEN)
        if size + units > LONGEST_TEXT:
            parts.append([])
            size = 0
        parts[-1].append(text)
        size += units
    texts = (f"[{_BETWEEN.join(part)}]" for part in parts)
    return {_name(column, number): text for number, text in enumerate(texts, start=1)}


def unpacked(row: Row, column: str, shape: "TypeAdapter[list[T]]") -> list[T]:
    """Read a list back from all of its columns.

    Raises:
        DamagedError: one of them is not as this release writes it.
    """
    found: list[T] = row.shaped(column, shape)
    for number in range(2, _MOST + 1):
        if row.entity.get(_name(column, number)) is None:
            break
        more: list[T] = row.shaped(_name(column, number), shape)
        found += more
    return found


def _name(column: str, number: int) -> str:
    return column if number == 1 else f"{column}_{number}"
