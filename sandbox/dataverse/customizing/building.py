"""The texts of views and forms the platform writes by itself, put together from their parts.

Never stores one. Ids follow from a seed and a name, so that a text is the same every time.
"""

import uuid
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from sandbox.dataverse.customizing.controls import by_kind
from sandbox.dataverse.metadata import Column, Table

LANGUAGE = 1033

_NAMESPACE = uuid.UUID("6f1a1e0c-6a1f-5d0b-8b57-6d2c0b9a4e11")


def braced(seed: str, name: str) -> str:
    """Return the id of one part of a form."""
    return f"{{{uuid.uuid5(_NAMESPACE, f'{seed}/{name}')}}}"


def labels(text: str) -> str:
    """Return a label in the base language."""
    return (
        f"<labels><label description={quoteattr(text)} languagecode={quoteattr(str(LANGUAGE))} />"
        "</labels>"
    )


def control(column: Column, *, prefix: str = "") -> str:
    """Return the control that shows a column."""
    return (
        f'<control id="{prefix}{column.name}" classid="{by_kind(column)}" '
        f'datafieldname="{column.name}" disabled="false" />'
    )


def cell(seed: str, label: str, inner: str, attributes: str = "") -> str:
    """Return a cell with its label.

    Args:
        seed: of the form's ids.
        label: what people read before it.
        inner: the control.
        attributes: further ones, each with a blank before it.
    """
    return f'<cell id="{braced(seed, inner)}"{attributes}>{labels(label)}{inner}</cell>'


def field(seed: str, column: Column, *, prefix: str = "") -> str:
    """Return a cell that shows a column."""
    return cell(seed, column.label, control(column, prefix=prefix))


def rows(cells: Iterable[str], per_row: int = 1) -> str:
    """Return the rows of a section."""
    listed = list(cells)
    parts = [listed[start : start + per_row] for start in range(0, len(listed), per_row)]
    inner = "".join(f"<row>{''.join(part)}</row>" for part in parts)
    return f"<rows>{inner}</rows>"


def section(
    seed: str, name: str, label: str, cells: Iterable[str], *, columns: str = "1", more: str = ""
) -> str:
    """Return a section; `columns` has one digit for every cell beside another."""
    return (
        f'<section name="{name}" showlabel="{str(bool(label)).lower()}" showbar="false" '
        f'columns="{columns}" IsUserDefined="0" id="{braced(seed, "section " + name)}"{more}>'
        f"{labels(label)}{rows(cells, len(columns))}</section>"
    )


def tab(seed: str, name: str, label: str, columns: Iterable[tuple[str, str]]) -> str:
    """Return a tab; each of its columns is a width and the sections in it."""
    inner = "".join(
        f'<column width="{width}"><sections>{sections}</sections></column>'
        for width, sections in columns
    )
    return (
        f'<tab name="{name}" verticallayout="true" id="{braced(seed, "tab " + name)}" '
        f'IsUserDefined="0" showlabel="true" expanded="true">{labels(label)}'
        f"<columns>{inner}</columns></tab>"
    )


def header(seed: str, cells: Iterable[str]) -> str:
    """Return a form's header."""
    listed = list(cells)
    return (
        f'<header id="{braced(seed, "header")}" celllabelposition="Top" '
        f'columns="{"1" * len(listed)}" labelwidth="115" celllabelalignment="Left">'
        f"{rows(listed, len(listed))}</header>"
    )


def form(tabs: str, rest: str = "", attributes: str = "") -> str:
    """Return a whole form."""
    return f"<form{attributes}><tabs>{tabs}</tabs>{rest}</form>"


def fetch(table: Table, columns: Iterable[str], inner: str = "", order: str = "") -> str:
    """Return a query that brings the primary key and `columns`.

    Args:
        table: what is queried.
        columns: without the primary key.
        inner: filters and links.
        order: the column it is ordered by; the primary name by default.
    """
    names = dict.fromkeys([*columns, table.id])
    attributes = "".join(f'<attribute name="{name}" />' for name in names)
    return (
        '<fetch version="1.0" output-format="xml-platform" mapping="logical">'
        f'<entity name="{table.name}">{attributes}'
        f'<order attribute="{order or table.title}" descending="false" />{inner}</entity></fetch>'
    )


def where(*conditions: tuple[str, str, str]) -> str:
    """Return a filter of conditions: column, operator, value; no value with an empty text."""
    parts = "".join(
        f'<condition attribute="{name}" operator="{operator}"'
        + (f" value={quoteattr(value)} />" if value else " />")
        for name, operator, value in conditions
    )
    return f'<filter type="and">{parts}</filter>'


def quick_find(*columns: str) -> str:
    """Return the filter that a quick find view searches by."""
    parts = "".join(
        f'<condition attribute="{name}" operator="like" value="{{0}}" />' for name in columns
    )
    return f'<filter type="or" isquickfindfields="1">{parts}</filter>'


def layout(table: Table, columns: Iterable[tuple[str, int]]) -> str:
    """Return a layout of columns with their widths."""
    cells = "".join(f'<cell name="{name}" width="{width}" />' for name, width in columns)
    return (
        f'<grid name="resultset" object="{table.type_code}" jump="{table.title}" select="1" '
        f'icon="1" preview="1"><row name="result" id="{table.id}">{cells}</row></grid>'
    )


def quick_forms(**forms: str) -> str:
    """Return the parameter of a quick view control: table -> form's id, as escaped text."""
    inner = "".join(
        f'<QuickFormId entityname="{table}">{form_id}</QuickFormId>'
        for table, form_id in forms.items()
    )
    return f"<QuickForms>{escape(f'<QuickFormIds>{inner}</QuickFormIds>')}</QuickForms>"
