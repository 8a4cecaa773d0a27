"""The sentences about one row, about rows that are there twice, and about those of nobody.

Never knows what is expected of whom.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sandbox.check.compare.scene import Scene, living
from sandbox.check.expected.expectation import Expectation, Presence
from sandbox.check.expected.invoices import NO_TURNS
from sandbox.check.expected.standing import ZERO
from sandbox.check.found import FoundRow
from sandbox.check.rules import Cell, agrees
from sandbox.check.words import said


def where(wanted: Expectation, key: str) -> str:
    """Return how a sentence begins."""
    return f"{wanted.label} ({key})"


def one(scene: Scene, key: str, wanted: Expectation, row: FoundRow | None) -> Iterator[str]:
    """Say what is wrong with the row of a record."""
    start = where(wanted, key)
    if row is None:
        if wanted.presence is Presence.NEEDED and key not in scene.source.told.deleted:
            yield f"{start} is missing in Dataverse"
        return
    if wanted.presence is Presence.FORBIDDEN:
        yield f"{start} is in Dataverse, though {wanted.why}"
        return
    for name, value in wanted.fields.items():
        if not agrees(value, Cell(row[name], row.rooms.get(name), row.digits)):
            yield f"{start}: {name} is {said(value)} in FreshBooks, {said(row[name])} in Dataverse"
    for name, value in wanted.place.items():
        if not agrees(value, Cell(row[name])):
            yield f"{start}: {name} has to be {said(value)}, and is {said(row[name])}"


def duplicates(keys: Iterable[str]) -> Iterator[str]:
    """Name what is there more than once."""
    for key, times in Counter(keys).items():
        if times > 1:
            yield f"{key} is in Dataverse more than once"


def strangers(scene: Scene, keys: Iterable[str], wanted: Iterable[str]) -> Iterator[str]:
    """Name what is in Dataverse and not in FreshBooks, or there in another business."""
    for key in sorted(set(keys) - set(wanted)):
        business, _, record = key.partition("-")
        if business in scene.source.others:
            continue
        elsewhere = [other for other, keys in scene.keys.items() if f"{other}-{record}" in keys]
        if elsewhere:
            yield f"{key} is in Dataverse, though in FreshBooks it is in business {elsewhere[0]}"
        else:
            yield f"{key} is in Dataverse, but not in FreshBooks"


def table(scene: Scene, rows: list[FoundRow], wanted: Mapping[str, Expectation]) -> Iterator[str]:
    """Say what is wrong with the rows of a table as a whole."""
    yield from duplicates(row.record for row in living(rows))
    yield from strangers(scene, (row.record for row in rows), wanted)
    for row in rows:
        if row["replaced by"] is not None:
            yield from _replaced(row)


def _replaced(row: FoundRow) -> Iterator[str]:
    """Say what is wrong with a row that another one stands for since its currency changed."""
    fields = {"status": "replaced", "outstanding": ZERO, **NO_TURNS}
    if not row.fields.get("adopted"):
        fields["state"] = "canceled"
    for name, value in fields.items():
        if row[name] != value:
            yield (
                f"{row.record} was replaced by {row['replaced by']}: "
                f"{name} of its old row has to be {said(value)}, and is {said(row[name])}"
            )
