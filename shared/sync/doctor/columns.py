"""Check of the file of columns against Dataverse: can each column take what is chosen for it?

Never writes, and never looks at a column about which nothing is chosen.
"""

from collections.abc import Iterator
from typing import Final

from shared.core.columns import Columns
from shared.core.mapped import Mapped, MappedType
from shared.core.ownership import Ownership
from shared.sync.doctor.findings import Finding, Level, Subject
from shared.sync.ports.doctor import ColumnDetails, Environment

_KINDS: Final = {
    MappedType.TEXT: frozenset({"String", "Memo"}),
    MappedType.WHOLE: frozenset({"Integer"}),
    MappedType.DECIMAL: frozenset({"Decimal"}),
    MappedType.MONEY: frozenset({"Money"}),
    MappedType.DATE: frozenset({"DateTime"}),
    MappedType.YES_NO: frozenset({"Boolean"}),
}
_MONEY_KEEPS: Final = 4  # decimals, whatever is shown of them
_CORRECT: Final = "The administrator corrects the mapping, or makes the column in Power Apps."


def check_columns(columns: Columns, environment: Environment) -> Iterator[Finding]:
    """Look whether every column that is chosen about is there and takes what it is to be given.

    Args:
        columns: what is chosen.
        environment: what Dataverse says of its columns.
    """
    never = [(table, name) for table, name, owner in columns.chosen if owner is Ownership.NEVER]
    targets = [(each.table, each.column) for each in columns.mapped]
    details = environment.list_details([*never, *targets])
    found = []
    for (table, name), there in zip(never, details, strict=False):
        if there is not None and there.required:
            found.append(
                _failure(
                    f"{columns.origin} never writes {table}.{name}, which Dataverse requires.",
                    f"The administrator writes {Ownership.FIRST_WRITE} instead.",
                )
            )
    for each, there in zip(columns.mapped, details[len(never) :], strict=True):
        found += list(_judge(columns.origin, each, there))
    yield from found
    if not any(finding.level is Level.FAILURE for finding in found):
        yield Finding(Level.OK, Subject.COLUMNS, _summary(columns))


def _summary(columns: Columns) -> str:
    if not columns.chosen and not columns.mapped:
        return f"Of {columns.origin}: every native column is as by default, and nothing is mapped."
    return (
        f"Of {columns.origin}: {len(columns.chosen)} native columns are not as by default, "
        f"{len(columns.mapped)} fields are mapped, and Dataverse has their columns."
    )


def _judge(origin: str, mapped: Mapped, there: ColumnDetails | None) -> Iterator[Finding]:
    """Yield what is wrong with the column of a mapping."""
    maps = f"{origin} maps {mapped}"
    what = f"no {mapped.table} can be carried over"
    if there is None or not there.readable:
        lacks = "does not have" if there is None else "does not show"
        text = f"{maps}, a column that the table {lacks}, so {what}."
        yield _failure(text, _CORRECT)
        return
    if there.kind not in _KINDS[mapped.kind]:
        yield _failure(
            f"{maps} as {mapped.kind}, and the column is of type {there.kind}, so nothing gets "
            "there.",
            _CORRECT,
        )
        return
    if mapped.kind is MappedType.DATE and not there.day:
        yield _failure(
            f"{maps} as {mapped.kind}, and the column holds a time as well, which zones move to "
            "another day.",
            "The administrator maps it to a column of the format date only.",
        )
    yield from _writable(maps, mapped, there)
    yield from _room(maps, mapped, there)


def _writable(maps: str, mapped: Mapped, there: ColumnDetails) -> Iterator[Finding]:
    if not there.creatable and not there.updatable:
        yield _failure(f"{maps}, a column that only Dataverse itself fills.", _CORRECT)
    elif not there.updatable:
        text = f"{maps}, a column that can be given once and not be changed."
        if mapped.owner is Ownership.FRESHBOOKS:
            yield _failure(text, f"The administrator writes owner = {Ownership.FIRST_WRITE}.")
        else:
            yield _warning(f"{text} Rows that are there are left as they are.")
    if there.secured:
        yield _warning(
            f"{maps}, a column that is secured.",
            "A System Administrator adds the connector's user to a column security profile that "
            "may read, create and update it.",
        )


def _room(maps: str, mapped: Mapped, there: ColumnDetails) -> Iterator[Finding]:
    is_text = mapped.kind is MappedType.TEXT
    if is_text and there.length is not None and there.length < mapped.length:
        yield _warning(
            f"{maps}, a column of {there.length} characters; longer texts are refused and left "
            "out.",
            f"The administrator writes length = {there.length}, so that they are cut.",
        )
    if mapped.kind is MappedType.DECIMAL and there.decimals is not None:
        keeps = there.decimals
    else:
        keeps = _MONEY_KEEPS
    if mapped.kind in {MappedType.DECIMAL, MappedType.MONEY} and keeps < mapped.decimals:
        yield _failure(
            f"{maps} with {mapped.decimals} decimals, of which the column keeps {keeps}, so that "
            "it would be written again and again.",
            f"The administrator writes decimals = {keeps}.",
        )


def _failure(text: str, advice: str) -> Finding:
    return Finding(Level.FAILURE, Subject.COLUMNS, text, advice)


def _warning(text: str, advice: str = "") -> Finding:
    return Finding(Level.WARNING, Subject.COLUMNS, text, advice)
