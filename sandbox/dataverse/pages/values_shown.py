"""One value of a record as HTML: amounts, choices with their colour, links to other records.

Never shows a colour without its label.
"""

import re

from markupsafe import Markup

from sandbox.dataverse.metadata import CHOICES, REFERENCES, TEXT, Column, Kind
from sandbox.dataverse.pages import addresses
from sandbox.dataverse.pages.markup import NONE, Text
from sandbox.dataverse.pages.visits import Visit
from sandbox.dataverse.store import Row

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_WEB = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
EMPTY = Markup('<span class="empty">---</span>')


def shown(visit: Visit, row: Row, column: Column) -> Text:
    """Return a value as HTML, nothing where there is none."""
    value = row.get(column.name)
    if value is None or value == "":
        return NONE
    if column.kind in REFERENCES:
        return _reference(visit, value)
    if column.kind in CHOICES | {Kind.BOOLEAN}:
        return option(column, value)
    if column.kind in TEXT:
        linked = column.format == "Url" and _WEB.fullmatch(value) is not None
        return link(value) if linked else str(value)
    return visit.reader.formatted(row, column, value) or str(value)


def link(address: str) -> Markup:
    """Return a link to another site, where the text is an address of one."""
    if _WEB.fullmatch(address) is None:
        return Markup("{}").format(address)
    return Markup('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>').format(address)


def option(column: Column, value: int) -> Markup:
    """Return a choice's label, with the colour of its definition beside it."""
    label = column.options.get(int(value), str(value))
    colour = colour_of(column, value)
    if not colour:
        return Markup("{}").format(label)
    return Markup(
        '<span class="option" data-colour="{0}"><i style="background:{0}" aria-hidden="true"></i>'
        "{1}</span>"
    ).format(colour, label)


def colour_of(column: Column, value: int) -> str:
    """Return the colour a choice's definition gives to an option, empty where it gives none."""
    colour = column.colors.get(value, "")
    return colour if _COLOUR.fullmatch(colour) else ""


def _reference(visit: Visit, reference: tuple[str, str]) -> Text:
    table, row_id = reference
    found = visit.env.store.get(table, row_id)
    described = visit.env.schema.tables.get(table)
    if found is None or described is None:
        return NONE
    title = found.get(described.title) or "(no name)"
    return Markup('<a href="{}">{}</a>').format(addresses.record(table, row_id), title)
