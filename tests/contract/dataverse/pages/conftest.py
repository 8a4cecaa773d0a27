"""Views, forms, charts and apps put into an environment, and its pages looked at."""

import uuid
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest
import requests

from sandbox.dataverse import Dataverse
from sandbox.web import InProcess

ORIGIN = "https://org.crm.dynamics.com"
VOID = {"meta", "input", "col", "br", "line", "rect"}

CLASSES = {
    "text": "4273EDBD-AC1D-40D3-9FB2-095C621B552D",
    "memo": "E0DECE4B-6FC8-4A8F-A065-082708572369",
    "money": "533B9E00-756B-4312-95A0-DC888637AC78",
    "decimal": "C3EFE0C3-0EC6-42BE-8349-CBD9079DFD8E",
    "whole": "C6D124CA-7EDA-4A60-AEA9-7FB8D318B68F",
    "choice": "3EF39988-22BB-4F0B-BBBE-64B5A3748AEE",
    "status": "5D68B988-0661-4DB2-BC3E-17598AD3BE6C",
    "flag": "67FAC785-CD58-4F9F-ABB3-4B7DDC6ED5ED",
    "date": "5B773807-9FB2-42DB-97C3-7A91EFF8ADFF",
    "lookup": "270BD3DB-D9AF-4782-9025-509E298DEC0A",
    "url": "71716B6C-711E-476C-8AB8-5D11542BFB47",
    "subgrid": "E7A81278-8635-4D9E-8D4D-59480B391C5B",
    "quickview": "5C5600E0-1D6E-4205-A272-BE80DA87FD42",
    "timeline": "06375649-C143-495E-A496-C962E5B4488E",
    "hidden": "5546E6CD-394C-4BEE-94A8-4425E17EF6C6",
}


class _Tree(HTMLParser):
    """Builds elements of a page; texts of pages are well nested but for void elements."""

    def __init__(self) -> None:
        super().__init__()
        self.builder = ET.TreeBuilder()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.builder.end(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.builder.end(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        self.builder.end(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.builder.data(data)


def text(element: Element) -> str:
    """All words of an element."""
    return " ".join(" ".join(element.itertext()).split())


class Page:
    """A page somebody looks at."""

    def __init__(self, answer: requests.Response) -> None:
        self.status = answer.status_code
        self.html = answer.text
        self.headers = answer.headers
        tree = _Tree()
        tree.feed(answer.text.partition("<!doctype html>")[2])
        self.root = tree.builder.close()
        self.main = next(self.root.iter("main"))

    def all(self, tag: str = "*", /, within: Element | None = None, **wanted: str) -> list[Element]:
        """Elements by attribute; `_` in its name stands for `-`, kind is one of its classes."""
        return list(self._found(tag, self.root if within is None else within, wanted))

    def one(self, tag: str = "*", /, within: Element | None = None, **wanted: str) -> Element:
        found = self.all(tag, within, **wanted)
        assert len(found) == 1, f"{len(found)} of {tag} {wanted}"
        return found[0]

    def _found(self, tag: str, root: Element, wanted: dict[str, str]) -> Iterator[Element]:
        for each in root.iter(None if tag == "*" else tag):
            if all(self._has(each, name, value) for name, value in wanted.items()):
                yield each

    @staticmethod
    def _has(element: Element, name: str, value: str) -> bool:
        if name == "kind":
            return value in element.get("class", "").split()
        return element.get(name.replace("_", "-")) == value

    def rows(self, **wanted: str) -> list[dict[str, str]]:
        """The lines of a list: texts by the name of their column."""
        grid = self.one("table", None, **(wanted or {"kind": "grid"}))
        body = self.one("tbody", within=grid)
        return [{cell.get("data-column", ""): text(cell) for cell in line} for line in body]

    def fields(self, within: Element | None = None) -> dict[str, str]:
        """What a form shows: texts by column."""
        found = self.all("div", kind="field", within=self.form if within is None else within)
        return {each.get("data-column", ""): text(self.one("dd", within=each)) for each in found}

    @property
    def form(self) -> Element:
        return self.one("div", kind="form")

    @property
    def problems(self) -> list[str]:
        return [text(each) for each in self.all("p", kind="problem")]

    def entries(self) -> list[str]:
        """The titles on the timeline, from its top."""
        return [text(next(each.iter("h3"))) for each in self.all("li", kind="entry")]


class Screens:
    """Components as they are published, and the pages made of them."""

    text = staticmethod(text)

    def __init__(self, dataverse: Dataverse) -> None:
        self.dataverse = dataverse
        self.mine: set[str] = set()
        self.session = requests.Session()
        self.session.mount(ORIGIN, InProcess(dataverse))

    def look(self, path: str, **query: str) -> Page:
        return Page(self.session.get(f"{ORIGIN}/_sandbox/{path}", params=query))

    def _put(self, table: str, key: str, **columns: Any) -> str:
        env = self.dataverse.environment
        row_id = str(uuid.uuid4())
        row = dict.fromkeys(env.schema.tables[table].columns) | {key: row_id, **columns}
        env.store.put(table, row_id, row)
        self.mine.add(row_id)
        return row_id

    def clear(self, table: str) -> None:
        """Take away what a table was delivered or generated with, but what was made here."""
        store = self.dataverse.environment.store
        for kind, named in (("savedquery", "returnedtypecode"), ("systemform", "objecttypecode")):
            for row_id, row in list(store.rows(kind).by_id.items()):
                if row.get(named) == table and row_id not in self.mine:
                    store.delete(kind, row_id)

    def view(
        self,
        table: str,
        *columns: str,
        name: str = "View",
        inside: str = "",
        layout: str = "",
        head: str = "",
        **more: Any,
    ) -> str:
        self.clear(table)
        key = self.dataverse.environment.schema.tables[table].id
        asked = "".join(
            f"<attribute name='{each}'/>" for each in (key, *columns) if "." not in each
        )
        cells = "".join(f"<cell name='{each}' width='150'/>" for each in columns)
        given = {
            "name": name,
            "returnedtypecode": table,
            "querytype": 0,
            "statecode": 0,
            "isdefault": False,
            "fetchxml": f"<fetch {head}><entity name='{table}'>{asked}{inside}</entity></fetch>",
            "layoutxml": layout
            or f"<grid name='resultset' object='1' jump='{columns[0]}' select='1' icon='1' "
            f"preview='1'><row name='result' id='{key}'>{cells}</row></grid>",
        }
        return self._put("savedquery", "savedqueryid", **(given | more))

    def form(
        self, table: str, *cells: str, name: str = "Form", kind: int = 2, formxml: str = "",
        header: str = "", **more: Any,
    ) -> str:  # fmt: skip
        self.clear(table)
        rows = "".join(f"<row>{cell}</row>" for cell in cells)
        given = {
            "name": name,
            "objecttypecode": table,
            "type": kind,
            "formactivationstate": 1,
            "isdefault": False,
            "formxml": formxml
            or f"<form>{header}<tabs><tab name='t'><labels><label description='Tab' "
            "languagecode='1033'/></labels><columns><column width='100%'><sections>"
            f"<section name='s' columns='11'><rows>{rows}</rows></section></sections></column>"
            "</columns></tab></tabs></form>",
        }
        return self._put("systemform", "formid", **(given | more))

    @staticmethod
    def cell(kind: str, column: str = "", label: str = "", more: str = "", **told: str) -> str:
        parameters = "".join(f"<{name}>{value}</{name}>" for name, value in told.items())
        labels = f"<labels><label description='{label}' languagecode='1033'/></labels>"
        return (
            f"<cell id='{{{uuid.uuid4()}}}' {more}>{labels if label else ''}"
            f"<control id='{column or kind}' classid='{{{CLASSES.get(kind, kind)}}}' "
            f"datafieldname='{column}'><parameters>{parameters}</parameters></control></cell>"
        )

    def chart(
        self, table: str, *attributes: str, kind: str = "Column", name: str = "Chart",
        inside: str = "", categories: str = "", presentation: str = "", head: str = "",
    ) -> str:  # fmt: skip
        asked = "".join(f"<attribute {each}/>" for each in attributes)
        one = "<category><measurecollection><measure alias='m'/></measurecollection></category>"
        return self._put(
            "savedqueryvisualization",
            "savedqueryvisualizationid",
            name=name,
            primaryentitytypecode=table,
            datadescription="<datadefinition><fetchcollection><fetch mapping='logical' "
            f"aggregate='true' {head}><entity name='{table}'>{asked}{inside}</entity></fetch>"
            f"</fetchcollection><categorycollection>{categories or one}</categorycollection>"
            "</datadefinition>",
            presentationdescription=presentation
            or f"<Chart><Series><Series ChartType='{kind}'/></Series></Chart>",
        )

    def app(self, areas: str, name: str = "Books", unique: str = "fbx_books") -> None:
        self._put("appmodule", "appmoduleid", name=name, uniquename=unique, statecode=0)
        self._put(
            "sitemap",
            "sitemapid",
            sitemapname=name,
            sitemapnameunique=unique,
            sitemapxml=f"<SiteMap>{areas}</SiteMap>",
        )


@pytest.fixture
def screens(dataverse: Dataverse) -> Screens:
    return Screens(dataverse)
