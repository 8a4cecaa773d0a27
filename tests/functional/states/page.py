"""The tables of docs/states.md, row by row, as whoever reads the page sees them.

Never knows what a row means.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "states.md"
_SETTING = re.compile(r"\s*\(`(?:([A-Z_]+)=)?([a-z]+)`\)")


@dataclass(frozen=True)
class Said:
    """A row of a table.

    Attributes:
        table: the heading above it and what its first column is called.
        cells: as they stand; a first cell that is empty is the one above.
        setting: the one that cells of this table named last, before this row.
    """

    table: str
    cells: tuple[str, ...]
    setting: str = ""

    def __str__(self) -> str:
        return f"{self.table}: {' | '.join(self.cells)}"

    def alternatives(self, column: int) -> list[tuple[Mapping[str, str], str]]:
        """Return what a cell says under which settings.

        >>> Said("x", ("Canceled (`DELETED_RECORDS=cancel`); removed (`delete`)",)).alternatives(0)
        [({'DELETED_RECORDS': 'cancel'}, 'Canceled'), ({'DELETED_RECORDS': 'delete'}, 'removed')]
        """
        if not _SETTING.search(self.cells[column]):
            return [({}, self.cells[column])]
        found: list[tuple[Mapping[str, str], str]] = []
        name = self.setting
        for part in self.cells[column].split("; "):
            setting = _SETTING.search(part)
            assert setting is not None, f"under which setting is it {part}?"
            name = setting[1] or name
            found.append(({name: setting[2]}, _SETTING.sub("", part)))
        return found

    def quoted(self, column: int = 0) -> list[str]:
        """Return what a cell has in backticks."""
        return re.findall(r"`([^`]+)`", self.cells[column])


@cache
def rows() -> tuple[Said, ...]:
    """Return all rows of all tables."""
    return tuple(_rows())


def _rows() -> Iterator[Said]:
    heading, names, first, setting = "", None, "", ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("#"):
            heading = line.strip("# ")
        if not line.startswith("|"):
            names = None
            continue
        cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
        if names is None:
            names, first, setting = cells, "", ""
        elif set(cells) != {"---"}:
            first = cells[0] or first
            yield Said(f"{heading}, {names[0]}", (first, *cells[1:]), setting)
            named = [each[1] for each in _SETTING.finditer(line) if each[1]]
            setting = named[-1] if named else setting
