"""FetchXML text into a query; what is misspelled or not simulated is refused by name.

Never looks at a table's definition.
https://learn.microsoft.com/power-apps/developer/data-platform/fetchxml/reference
"""

import itertools
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from sandbox.dataverse import errors, xml_texts
from sandbox.dataverse.customizing import markup
from sandbox.dataverse.fetch.operators import check_known
from sandbox.dataverse.fetch.queries import (
    QUICK_FIND,
    Asked,
    Condition,
    Entity,
    Fetch,
    Filter,
    Link,
    Order,
)
from sandbox.dataverse.options import MAX_PAGE

MAX_LINKS, MAX_CONDITIONS = 15, 500
AGGREGATES = frozenset({"count", "countcolumn", "sum", "avg", "min", "max"})
PARTS = frozenset({"day", "week", "month", "quarter", "year", "fiscal-period", "fiscal-year"})

# What each element may say. Some of it changes nothing of the answer: who wrote it, how it is sent.
_ATTRIBUTES = {
    "fetch": {
        "aggregate", "aggregatelimit", "count", "distinct", "page", "returntotalrecordcount", "top",
        "useraworderby", "version", "mapping", "output-format", "no-lock", "latematerialize",
        "options", "savedqueryid",
    },
    "entity": {"name"},
    "link-entity": {"name", "from", "to", "alias", "link-type", "visible", "intersect"},
    "attribute": {
        "name", "alias", "aggregate", "groupby", "dategrouping", "usertimezone", "distinct",
        "build", "addedby",
    },
    "all-attributes": set(),
    "order": {"attribute", "alias", "descending", "entityname"},
    "filter": {"type", "isquickfindfields", "hint", "overridequickfindrecordlimitenabled"},
    "condition": {
        "attribute", "operator", "value", "entityname", "valueof", "uiname", "uitype", "uihidden",
    },
    "value": {"uiname", "uitype"},
}  # fmt: skip
_NOT_SIMULATED = frozenset(
    {
        "paging-cookie", "utc-offset", "min-active-row-version", "datasource", "rowaggregate",
        "enableprefiltering", "prefilterparametername", "column",
    }
)  # fmt: skip


def parse(text: str, *, search: str | None = None) -> Fetch:
    """Return the query a FetchXML text describes.

    Args:
        text: the XML.
        search: what a person looks for, in place of `{0}`; without it quick find filters fall away.

    Raises:
        DataverseError: 400, it is no FetchXML; 501, the sandbox does not simulate a part of it.
    """
    return read(markup.parse(text, "FetchXML"), search=search)


def read(root: Element, *, search: str | None = None) -> Fetch:
    """Return the query of a `fetch` element; see `parse`."""
    if root.tag != "fetch":
        raise errors.request(f"Invalid FetchXML: it begins with '{root.tag}', not with 'fetch'.")
    _check(root)
    children = list(root)
    if len(children) != 1 or children[0].tag != "entity":
        raise errors.request("Invalid FetchXML: a fetch has one entity and nothing else.")
    top, count = _whole(root, "top"), _whole(root, "count")
    if top is not None and (count is not None or root.get("page")):
        raise errors.request("The top attribute can't be specified with paging attributes.")
    reader = _Reader(search, aggregate=xml_texts.is_true(root.get("aggregate")))
    entity = reader.entity(children[0])
    if len(reader.aliases) > MAX_LINKS:
        raise errors.DataverseError(
            400, "0x8004430d", "Number of link entities in query exceeded maximum limit."
        )
    return Fetch(
        entity,
        aggregate=reader.aggregate,
        distinct=xml_texts.is_true(root.get("distinct")),
        top=top,
        count=count,
        page=_whole(root, "page") or 1,
        raw_order=xml_texts.is_true(root.get("useraworderby")),
        limit=_whole(root, "aggregatelimit"),
        total=xml_texts.is_true(root.get("returntotalrecordcount")),
    )


class _Reader:
    """Reads elements into values, and gives names to links that have none."""

    def __init__(self, search: str | None, *, aggregate: bool) -> None:
        self.aggregate = aggregate
        self.aliases: set[str] = set()
        self._search = search
        self._numbers = itertools.count(1)

    def entity(self, element: Element) -> Entity:
        _check(element)
        asked, orders, filters, links, every = [], [], [], [], False
        for child in element:
            if child.tag == "attribute":
                asked.append(self._asked(child))
            elif child.tag == "all-attributes":
                _check(child)
                every = True
            elif child.tag == "order":
                orders.append(self._order(child))
            elif child.tag == "filter":
                filters.append(self._filter(child))
            elif child.tag == "link-entity":
                links.append(self._link(child))
            else:
                raise _misplaced(child, element)
        return Entity(
            _required(element, "name"),
            tuple(asked),
            every,
            tuple(orders),
            tuple(filters),
            tuple(links),
        )

    def _link(self, element: Element) -> Link:
        kind = element.get("link-type", "inner")
        if kind not in {"inner", "outer"}:
            raise errors.unsupported(f"the link-type '{kind}'")
        alias = element.get("alias") or f"{element.get('name')}{next(self._numbers)}"
        if alias in self.aliases:
            raise errors.request(f"The alias '{alias}' is used by more than one link-entity.")
        self.aliases.add(alias)
        source, target = _required(element, "from"), _required(element, "to")
        return Link(self.entity(element), source, target, alias, outer=kind == "outer")

    def _asked(self, element: Element) -> Asked:
        _check(element)
        aggregate, part = element.get("aggregate", ""), element.get("dategrouping", "")
        group = xml_texts.is_true(element.get("groupby"))
        if aggregate and aggregate not in AGGREGATES:
            raise errors.request(f"'{aggregate}' is not a valid aggregate.")
        if part and part not in PARTS:
            raise errors.request(f"'{part}' is not a valid dategrouping.")
        if self.aggregate and not (aggregate or group):
            raise errors.request(
                f"Attribute '{element.get('name')}' is neither aggregated nor grouped by."
            )
        if not self.aggregate and (aggregate or group or part):
            raise errors.request("Aggregates and groups need aggregate='true' in the fetch.")
        if self.aggregate and not element.get("alias"):
            raise errors.request(f"Attribute '{element.get('name')}' of an aggregate has no alias.")
        return Asked(
            _required(element, "name"),
            element.get("alias", ""),
            aggregate,
            group,
            part,
            xml_texts.is_true(element.get("distinct")),
        )

    def _order(self, element: Element) -> Order:
        _check(element)
        name = element.get("alias" if self.aggregate else "attribute")
        if not name or element.get("attribute" if self.aggregate else "alias"):
            raise errors.request(
                "An order of an aggregate names an alias, any other one an attribute."
            )
        descending = xml_texts.is_true(element.get("descending"))
        return Order(name, element.get("entityname", ""), descending)

    def _filter(self, element: Element) -> Filter:
        _check(element)
        kind = element.get("type", "and")
        if kind not in {"and", "or"}:
            raise errors.request(f"'{kind}' is not a valid type of a filter.")
        quick = xml_texts.is_true(element.get("isquickfindfields"))
        if quick and self._search is None:
            return Filter()
        parts: list[Condition | Filter] = []
        for child in element:
            if child.tag == "condition":
                parts.append(self._condition(child))
            elif child.tag == "filter":
                parts.append(self._filter(child))
            elif child.tag == "link-entity":
                raise errors.unsupported("a link-entity within a filter")
            else:
                raise _misplaced(child, element)
        if len(parts) > MAX_CONDITIONS:
            raise errors.request(f"A filter has no more than {MAX_CONDITIONS} conditions.")
        return Filter(kind == "or", tuple(parts), quick)

    def _condition(self, element: Element) -> Condition:
        _check(element)
        operator = _required(element, "operator")
        values = tuple(self._values(element))
        if element.get("value") is not None and list(element):
            raise errors.request("A condition has a value or value elements, not both.")
        column = _required(element, "attribute")
        compared = element.get("valueof", "")
        check_known(operator, column, len(values), compared=bool(compared))
        return Condition(column, operator, values, element.get("entityname", ""), compared)

    def _values(self, element: Element) -> Iterator[str]:
        given = [] if element.get("value") is None else [str(element.get("value"))]
        for child in element:
            if child.tag != "value":
                raise _misplaced(child, element)
            _check(child)
            given.append(child.text or "")
        for value in given:
            if QUICK_FIND in value:
                # People may write * for any text; what they write is the beginning of one.
                wanted = (self._search or "").replace("*", "%")
                yield value.replace(QUICK_FIND, wanted + "%" if value == QUICK_FIND else wanted)
            else:
                yield value


def _check(element: Element) -> None:
    for name in element.attrib:
        if name in _NOT_SIMULATED:
            raise errors.unsupported(f"the attribute '{name}' of <{element.tag}> in FetchXML")
        if name not in _ATTRIBUTES.get(element.tag, ()):
            raise errors.request(
                f"Invalid FetchXML: '{name}' is not a valid attribute of <{element.tag}>."
            )


def _required(element: Element, name: str) -> str:
    found = element.get(name)
    if not found:
        raise errors.request(f"Invalid FetchXML: <{element.tag}> has no '{name}'.")
    return found


def _whole(element: Element, name: str) -> int | None:
    given = element.get(name)
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or not int(given):
        raise errors.request(f"Invalid FetchXML: {name}='{given}' is no positive number.")
    if name in {"top", "count"} and int(given) > MAX_PAGE:
        raise errors.request(f"Invalid FetchXML: {name} cannot exceed {MAX_PAGE}.")
    return int(given)


def _misplaced(child: Element, parent: Element) -> errors.DataverseError:
    return errors.request(f"Invalid FetchXML: <{child.tag}> does not belong into <{parent.tag}>.")
