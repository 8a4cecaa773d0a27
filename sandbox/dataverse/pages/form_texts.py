"""A form's text as values: header, tabs, sections, cells, controls and what they are told.

Never looks at a table or a row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from sandbox.dataverse import errors, xml_texts
from sandbox.dataverse.customizing import markup

LANGUAGE = "1033"
_MOST_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Control:
    """What a cell holds.

    Attributes:
        id: unique in the form.
        class_id: which kind of control it is, without braces, in lower case.
        column: logical name of the column it shows; empty for none.
        parameters: what it is told, by name.
        disabled: nobody may write into it.
    """

    id: str
    class_id: str
    column: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class FormCell:
    """A place in a section.

    Attributes:
        label: what stands above; empty for the column's own label.
        labelled: the label shows.
        control: what it holds, None for a spacer.
        wide: how many columns of the section it spans.
    """

    label: str
    labelled: bool
    control: Control | None
    wide: int = 1


@dataclass(frozen=True, slots=True)
class Section:
    """Cells under a label."""

    name: str
    label: str
    columns: int
    cells: tuple[FormCell, ...]


@dataclass(frozen=True, slots=True)
class Tab:
    """Sections side by side, by column with its share of the width."""

    name: str
    label: str
    columns: tuple[tuple[int, tuple[Section, ...]], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """All a form shows."""

    header: tuple[FormCell, ...]
    tabs: tuple[Tab, ...]

    def controls(self) -> Iterator[Control]:
        """Yield every control that shows."""
        cells = [
            *self.header,
            *(
                cell
                for tab in self.tabs
                for _, sections in tab.columns
                for section in sections
                for cell in section.cells
            ),
        ]
        yield from (cell.control for cell in cells if cell.control is not None)


def read(text: str) -> Form:
    """Return what a form shows; what it hides is left out.

    Raises:
        DataverseError: 400, it is no form.
    """
    root = markup.parse(text, "form")
    if root.tag != "form":
        raise errors.request(f"Invalid form: it begins with '{root.tag}', not with 'form'.")
    header = root.find("header")
    cells = () if header is None else tuple(_cells(header))
    tabs = tuple(_tab(tab) for tab in root.findall("tabs/tab") if _visible(tab))
    return Form(cells, tabs)


def _tab(tab: Element) -> Tab:
    columns = []
    for column in tab.findall("columns/column"):
        share = column.get("width", "").removesuffix("%")
        sections = tuple(
            _section(section) for section in column.findall("sections/section") if _visible(section)
        )
        columns.append((int(share) if share.isascii() and share.isdigit() else 100, sections))
    label = _label(tab) if xml_texts.is_true(tab.get("showlabel"), default=True) else ""
    return Tab(tab.get("name", ""), label, tuple(columns))


def _section(section: Element) -> Section:
    given = section.get("columns", "1")
    # Written as a digit for each column, or as their number.
    columns = len(given) if set(given) == {"1"} else int(given) if given.isdigit() else 1
    label = _label(section) if xml_texts.is_true(section.get("showlabel")) else ""
    cells = tuple(_cells(section))
    return Section(section.get("name", ""), label, max(1, min(columns, _MOST_COLUMNS)), cells)


def _cells(parent: Element) -> Iterator[FormCell]:
    for cell in parent.findall("rows/row/cell"):
        if not _visible(cell):
            continue
        control = cell.find("control")
        span = cell.get("colspan", "1")
        yield FormCell(
            _label(cell),
            xml_texts.is_true(cell.get("showlabel"), default=True),
            None if control is None else _control(control),
            int(span) if span.isascii() and span.isdigit() else 1,
        )


def _control(control: Element) -> Control:
    parameters = control.find("parameters")
    given = [] if parameters is None else list(parameters)
    return Control(
        control.get("id", ""),
        xml_texts.identifier(control.get("classid")),
        control.get("datafieldname", ""),
        {each.tag: (each.text or "").strip() for each in given},
        xml_texts.is_true(control.get("disabled")),
    )


def _visible(element: Element) -> bool:
    return xml_texts.is_true(element.get("visible"), default=True)


def _label(element: Element) -> str:
    """Return the label in the environment's language, or the first one."""
    labels = element.findall("labels/label")
    mine = [each for each in labels if each.get("languagecode") == LANGUAGE] or labels
    return mine[0].get("description", "") if mine else ""
