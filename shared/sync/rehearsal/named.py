"""Rows with what people call them, also those of which no name was read.

Never fails for a name: what has none is called by its id.
"""

import contextlib
from dataclasses import replace

from shared.core.foreseen import RowChange
from shared.errors import ConnectorError
from shared.sync.rehearsal.directory import Directory
from shared.sync.rehearsal.script import Script


def named(
    rows: tuple[RowChange, ...], script: Script, directory: Directory
) -> tuple[RowChange, ...]:
    """Return rows with their names; those that lookups lead to are kept in the script."""
    names, unnamed = script.names, script.unnamed(rows)
    if unnamed:
        with contextlib.suppress(ConnectorError):  # they are called by their ids
            names.update(directory.find_names(unnamed))
    return tuple(replace(row, name=row.name or names.get(row.id, "")) for row in rows)
