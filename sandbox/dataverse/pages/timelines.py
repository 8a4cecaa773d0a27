"""The timeline: activities and notes about a record, as its control on the form says.

Never refreshes by itself and never shows a type of activity its control's list leaves out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from sandbox.dataverse import errors
from sandbox.dataverse.pages import addresses, cards
from sandbox.dataverse.pages.cards import Card
from sandbox.dataverse.pages.form_texts import Control
from sandbox.dataverse.pages.markup import NONE, Text, joined
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.schema import POINTER
from sandbox.dataverse.store import Row

SORTS = {"modifiedon": "Last updated", "createdon": "Date created", "sortdate": "Sort date"}
# Tables whose timelines tell of what belongs to a customer, too.
_CUSTOMERS = frozenset({"account", "contact"})
_OPEN = 0
_USUAL_SIZE = 10
_WITHOUT = "none"


@dataclass(frozen=True)
class Settings:
    """What a timeline is told.

    Attributes:
        activities: logical names of the types it shows; empty for all.
        modules: Activities, Notes, Posts; empty for all.
        sort: the column it is sorted by.
        oldest_first: its direction.
        cards: card forms by the logical name of the activity.
        rollup: it tells of what belongs to a customer, too.
        size: how many items show before people ask for more.
    """

    activities: frozenset[str]
    modules: frozenset[str]
    sort: str
    oldest_first: bool
    cards: Mapping[str, str]
    rollup: bool
    size: int


@dataclass(frozen=True)
class _Entry:
    """One item."""

    key: str
    table: str
    when: str
    kind: str
    card: Card
    tag: str = ""
    address: str = ""


def settings(visit: Visit, told: Mapping[str, str]) -> Settings:
    """Return what a timeline shows: its parameters, and the order the address asks for.

    Raises:
        DataverseError: 400, nobody sorts a timeline so.
    """
    asked = visit.asked("sort")
    if asked and asked not in SORTS:
        raise errors.request(f"The timeline is not sorted by '{asked}'.")
    sort = asked or told.get("UClientSortActivitiesByValue") or "modifiedon"
    by_card = told.get("UClientDisplayActivityUsing", "").lower() == "cardform"
    pairs = (piece.split(":") for piece in told.get("UClientActivityCardMap", "").split(","))
    named = {each[0].strip(): each[2].strip() for each in pairs if len(each) == 3 and each[2]}
    return Settings(
        _names(told.get("UClientActivities", "")),
        _names(told.get("UClientModules", "")),
        sort if sort in SORTS else "modifiedon",
        told.get("UClientOrderBy", "").lower() == "ascending",
        named if by_card else {},
        told.get("RollupType", "").lower() != _WITHOUT and visit.asked("rollup") != _WITHOUT,
        _size(told),
    )


def _size(told: Mapping[str, str]) -> int:
    """Return how many items show at once; editions of the editor spell it in two ways."""
    given = told.get("UClientRecordPerPage") or told.get("UClientRecordsPerPage") or ""
    return max(int(given), 1) if given.isascii() and given.isdigit() else _USUAL_SIZE


def show(visit: Visit, control: Control, owner: tuple[str, str]) -> Markup:
    """Return a timeline.

    Args:
        visit: who looks.
        control: the control, which says what shows.
        owner: table and id of the record.
    """
    chosen = settings(visit, control.parameters)
    entries = [
        entry for each in _owners(visit, owner, chosen) for entry in _of(visit, each, chosen)
    ]
    # What has no date is oldest, whichever way.
    entries.sort(key=lambda entry: entry.when, reverse=not chosen.oldest_first)
    first, rest = entries[: chosen.size], entries[chosen.size :]
    body = Markup('<p class="none">No activities or notes.</p>')
    if entries:
        body = Markup("<ol>{}</ol>").format(joined(map(_item, first)))
    if rest:
        older = Markup('<details class="rest"><summary>{} more</summary><ol>{}</ol></details>')
        body += older.format(len(rest), joined(map(_item, rest)))
    return Markup(
        '<section class="card timeline-card" data-control="{}"><h2>Timeline</h2>{}'
        '<div class="timeline">{}</div></section>'
    ).format(control.id, _orders(owner, chosen), body)


def _names(text: str) -> frozenset[str]:
    return frozenset(piece.strip() for piece in text.split(",") if piece.strip())


def _orders(owner: tuple[str, str], chosen: Settings) -> Markup:
    links = joined(
        Markup('<a href="{}"{}>{}</a>').format(
            addresses.record(*owner, sort=name),
            Markup(' aria-current="true"') if name == chosen.sort else NONE,
            label,
        )
        for name, label in SORTS.items()
    )
    return Markup('<p class="orders">Sorted by {}</p>').format(links)


def _owners(visit: Visit, owner: tuple[str, str], chosen: Settings) -> Iterator[tuple[str, str]]:
    """Yield the records whose activities show: a customer's invoices and opportunities too."""
    yield owner
    if owner[0] not in _CUSTOMERS or not chosen.rollup:
        return
    for name in ("opportunity", "invoice"):
        table = visit.env.schema.tables.get(name)
        if table is not None:
            for row_id in visit.env.store.rows(name).index("customerid").find([owner]):
                yield name, row_id


def _of(visit: Visit, owner: tuple[str, str], chosen: Settings) -> Iterator[_Entry]:
    if not chosen.modules or "Activities" in chosen.modules:
        yield from _activities(visit, owner, chosen)
    if not chosen.modules or "Notes" in chosen.modules:
        for row in _rows(visit, "annotation", "objectid", owner):
            title = row.get("subject") or row.get("filename") or ""
            card = Card(title, row.get("notetext") or "")
            key = str(row["annotationid"])
            yield _Entry(key, "annotation", row.get(chosen.sort) or "", "Note", card)


def _activities(visit: Visit, owner: tuple[str, str], chosen: Settings) -> Iterator[_Entry]:
    for pointer in _rows(visit, POINTER, "regardingobjectid", owner):
        table = visit.env.schema.tables[pointer["activitytypecode"]]
        row = visit.env.store.get(table.name, pointer["activityid"])
        if row is None or (chosen.activities and table.name not in chosen.activities):
            continue
        key = str(row[table.id])
        yield _Entry(
            key,
            table.name,
            row.get(chosen.sort) or "",
            table.label or table.schema,
            cards.of(visit, table, row, chosen.cards.get(table.name, "")),
            _tag(visit, row),
            addresses.record(table.name, key),
        )


def _rows(visit: Visit, table: str, column: str, owner: tuple[str, str]) -> list[Row]:
    rows = visit.env.store.rows(table)
    return [rows.by_id[row_id] for row_id in rows.index(column).find([owner])]


def _tag(visit: Visit, row: Row) -> str:
    """Return an activity's status as a timeline words it."""
    if row.get("statecode") != _OPEN:
        return "Closed"
    due = row.get("scheduledend")
    return "Overdue" if due is not None and due < visit.env.now() else "Active"


def _item(entry: _Entry) -> Markup:
    card = entry.card
    more = Markup('<details class="more"><summary>More</summary>{}</details>')
    return Markup(
        '<li class="entry" data-entry="{key}" data-table="{table}" data-card="{form}">'
        "<header><time>{when}</time><em>{kind}</em>{tag}</header><h3>{title}</h3>"
        "{heading}<p>{text}</p>{more}{corner}{opened}</li>"
    ).format(
        key=entry.key,
        table=entry.table,
        form=card.form or "default",
        when=entry.when[:10],
        kind=entry.kind,
        tag=_state(entry.tag),
        title=card.title,
        heading=_wrapped(Markup('<p class="heading">{}</p>'), card.heading),
        text=card.text,
        more=_wrapped(more, card.more),
        corner=_wrapped(Markup('<p class="corner">{}</p>'), card.corner),
        opened=_wrapped(Markup('<a class="open" href="{}">Open record</a>'), entry.address),
    )


def _wrapped(frame: Markup, content: Text) -> Markup:
    return frame.format(content) if content else NONE


def _state(tag: str) -> Markup:
    return Markup('<span class="state {}">{}</span>').format(tag.lower(), tag) if tag else NONE
