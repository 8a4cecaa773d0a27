"""The connector's tab in a form's text: found, put in, taken out, every other byte left as it was.

Never writes a form anew: all of it but one tab is Microsoft's or the firm's. What is not understood
is refused, and what was changed is proved to be that one tab.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import C14NWriterTarget, ParseError, XMLParser

from shared.adapters.dataverse.tab_parts import (
    are_same,
    ids_in,
    ids_of,
    is_own,
    strangers,
    title_of,
)
from shared.adapters.dataverse.xml_spans import Element, parse
from shared.core.screens.tabs import NAME

_PLACES: Final = ("form", "tabs", "tab")
# A closing tag that says: there was none, the list of tabs closed itself.
_FORMERLY_EMPTY: Final = b"</tabs\t>"
_CONTEXT: Final = 2  # lines of a form that are shown around what is changed


@dataclass(frozen=True)
class Edit:
    """A change of a form's text in one place."""

    head: str
    removed: str
    added: str
    tail: str

    @property
    def before(self) -> str:
        """The text as it was."""
        return f"{self.head}{self.removed}{self.tail}"

    @property
    def after(self) -> str:
        """The text as it would be."""
        return f"{self.head}{self.added}{self.tail}"

    @property
    def changes(self) -> bool:
        """Whether anything would be different."""
        return self.removed != self.added

    def lines(self, title: str) -> Iterator[str]:
        """Yield the change as a person reads it, a line a tag, as in a unified difference."""
        head, tail = _lines(self.head), _lines(self.tail)
        taken, put = _lines(self.removed), _lines(self.added)
        before, after = head[-_CONTEXT:], tail[:_CONTEXT]
        start, around = len(head) - len(before) + 1, len(before) + len(after)
        yield f"--- {title}, as it is"
        yield f"+++ {title}, as it would be"
        yield f"@@ -{start},{around + len(taken)} +{start},{around + len(put)} @@"
        yield from (f" {line}" for line in before)
        yield from (f"-{line}" for line in taken)
        yield from (f"+{line}" for line in put)
        yield from (f" {line}" for line in after)


@dataclass(frozen=True)
class FormText:
    """A form's text, understood.

    Attributes:
        tabs: the list of its tabs.
        tab: the connector's, None when it is not there.
    """

    data: bytes
    root: Element
    tabs: Element
    tab: Element | None

    def elsewhere(self) -> Iterator[Element]:
        """Yield every element that is not in the connector's tab."""
        inside = range(self.tab.start, self.tab.end) if self.tab is not None else range(0)
        yield from (each for each in self.root.walk() if each.start not in inside)


def read_form(text: str) -> FormText:
    """Return a form's text, understood.

    Raises:
        ValueError: it is no form, or has the connector's tab more than once; the text says why.
    """
    data = text.encode()
    root = parse(data)
    lists = root.named("tabs")
    if root.name != "form" or len(lists) != 1:
        raise ValueError(f"it is no form with one list of tabs, but {root.name}")
    ours = [tab for tab in lists[0].named("tab") if tab.attributes.get("name") == NAME]
    if len(ours) > 1:
        raise ValueError(f"it has the tab {NAME} {len(ours)} times; delete all but one of them")
    return FormText(data, root, lists[0], ours[0] if ours else None)


def with_tab(text: str, tab: str) -> Edit:
    """Return the change that gives a form the connector's tab, or this release's in its place.

    Args:
        text: the form's.
        tab: the tab's, as this release writes it.

    Raises:
        ValueError: the text is not understood, holds what is the connector's somewhere else, or
            the tab holds what is somebody's own; the text says what.
    """
    form, ours = read_form(text), parse(tab.encode())
    _refuse_copies(form, ids_in(ours))
    if form.tab is None:
        edit = _append(form, tab)
    elif are_same(ours, form.tab):
        edit = _replace(form, form.tab.start, form.tab.start, "")
    else:
        _refuse_strangers(form.tab, "would be lost with the older tab")
        edit = _replace(form, form.tab.start, form.tab.end, tab)
    return _proved(edit)


def without_tab(text: str) -> Edit:
    """Return the change that takes the connector's tab off a form; none where there is none.

    Raises:
        ValueError: as `with_tab` does.
    """
    form = read_form(text)
    if form.tab is None:
        return _replace(form, form.tabs.start, form.tabs.start, "")
    _refuse_copies(form, ids_in(form.tab))
    _refuse_strangers(form.tab, "would be lost with it")
    tabs, tab = form.tabs, form.tab
    alone = (tab.start, tab.end) == (tabs.inside, tabs.closing)
    if alone and form.data[tabs.closing : tabs.end] == _FORMERLY_EMPTY:
        edit = _replace(form, tabs.inside - 1, tabs.end, "/>")
    else:
        edit = _replace(form, tab.start, tab.end, "")
    return _proved(edit)


def strangers_in(form: FormText) -> list[bytes]:
    """Return what somebody put into the connector's tab, as it is written."""
    if form.tab is None:
        return []
    return [form.data[each.start : each.end] for each in strangers(form.tab)]


def rest_of(text: str, *, spaced: bool = False) -> str:
    """Return all of a form but the connector's tab, in the canonical form of XML.

    Args:
        text: the form's, one that `read_form` understands.
        spaced: whether the space between elements counts; Dataverse may leave it away.

    Raises:
        ValueError: the text is not understood.
    """
    written: list[str] = []
    target = C14NWriterTarget(written.append, with_comments=True, strip_text=not spaced)
    # The text has no document type: `read_form` refuses those.
    parser = XMLParser(target=_Rest(target), encoding="utf-8")  # noqa: S314
    try:
        parser.feed(text.encode())
        parser.close()
    except ParseError as error:
        raise ValueError(f"it is no well-formed XML ({error})") from None
    return "".join(written)


class _Rest:
    """Hands on what a parser reads, all but the connector's tab."""

    def __init__(self, target: C14NWriterTarget) -> None:
        self._target = target
        self._path: list[str] = []
        self._spaces: list[tuple[str, str]] = []  # namespaces of the element that comes next
        self._left_out = 0  # how deep the tab stands, 0 while outside

    def start_ns(self, prefix: str, uri: str) -> None:
        self._spaces.append((prefix, uri))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._path.append(tag.rpartition("}")[2])
        spaces, self._spaces = self._spaces, []
        if not self._left_out and tuple(self._path) == _PLACES and attributes.get("name") == NAME:
            self._left_out = len(self._path)
        if not self._left_out:
            for space in spaces:
                self._target.start_ns(*space)
            self._target.start(tag, attributes)

    def end(self, tag: str) -> None:
        if not self._left_out:
            self._target.end(tag)
        elif self._left_out == len(self._path):
            self._left_out = 0
        self._path.pop()

    def data(self, text: str) -> None:
        if not self._left_out:
            self._target.data(text)

    def comment(self, text: str) -> None:
        if not self._left_out:
            self._target.comment(text)

    def pi(self, target: str, data: str) -> None:
        if not self._left_out:
            self._target.pi(target, data)

    def close(self) -> Any:
        """Do nothing: the target has no end."""


def _append(form: FormText, tab: str) -> Edit:
    tabs = form.tabs
    if not tabs.closes_itself:
        return _replace(form, tabs.closing, tabs.closing, tab)
    return _replace(form, tabs.end - 2, tabs.end, f">{tab}{_FORMERLY_EMPTY.decode()}")


def _replace(form: FormText, start: int, end: int, added: str) -> Edit:
    return Edit(
        form.data[:start].decode(), form.data[start:end].decode(), added, form.data[end:].decode()
    )


def _proved(edit: Edit) -> Edit:
    """Return the change if nothing but the tab is different afterwards.

    Raises:
        ValueError: something else is; that would be a fault of this module.
    """
    read_form(edit.after)
    if rest_of(edit.before, spaced=True) != rest_of(edit.after, spaced=True):
        raise ValueError("its text is such that more than the tab would change")
    return edit


def _refuse_copies(form: FormText, ours: set[str]) -> None:
    """Refuse a form that holds what is the connector's outside of its tab: by whose hand?"""
    copies = [
        title_of(each)
        for each in form.elsewhere()
        if ids_of(each) & ours or each.attributes.get("name") == NAME or is_own(each)
    ]
    if copies:
        raise ValueError(
            f"outside of the tab {NAME} it holds {', '.join(copies)}, with a name or an id of that "
            "tab's; it was moved or copied there, and has to be taken out first"
        )


def _refuse_strangers(tab: Element, fate: str) -> None:
    theirs = [title_of(each) for each in strangers(tab)]
    if theirs:
        raise ValueError(
            f"somebody put {', '.join(theirs)} into the tab {NAME}, which {fate}; "
            "move that to another tab first"
        )


def _lines(text: str) -> list[str]:
    return re.sub(r">\s*<", ">\n<", text).strip().splitlines()
