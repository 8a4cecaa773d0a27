"""What a definition that is there lacks of its texts, colours and icon, and the whole one with it.

Never sends anything, and never changes what is filled in: a text or a colour that somebody chose
stays, and nothing of a component that is managed or may not be customized is touched.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.adapters.dataverse import schema_reads
from shared.adapters.dataverse.odata import PureRequest
from shared.adapters.dataverse.schema_definitions import ATTRIBUTE_TYPES
from shared.adapters.dataverse.schema_labels import Labels, completed, label_texts
from shared.core import schema
from shared.core.blueprint import Blueprint
from shared.core.colours import colour_of
from shared.core.definitions import Column, ColumnType, Lookup, Table
from shared.core.options import label
from shared.core.texts import NO, YES
from shared.core.translations import language_name

_CRM: Final = "Microsoft.Dynamics.CRM"
_ICON: Final = "IconVectorName"
Definition = Mapping[str, Any]


@dataclass(frozen=True)
class Described:
    """A definition of ours, and the English texts it should have.

    Attributes:
        title: for an administrator.
        path: its address.
        kind: its type in Dataverse's words.
        texts: property -> text.
        options: value -> label and colour.
        icon: name of the web resource, "" for none.
    """

    title: str
    path: str
    kind: str
    texts: Mapping[str, str]
    options: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    icon: str = ""

    @property
    def read(self) -> PureRequest:
        """The read of the whole definition, a choice's options included."""
        if not self.options:
            return schema_reads.read_whole(self.path)
        return schema_reads.read_whole(f"{self.path}/{_CRM}.{self.kind}?$expand=OptionSet")

    def replacement(self, definition: Definition) -> PureRequest:
        """Return the request that writes the whole definition; labels it has not are kept."""
        body = {key: value for key, value in definition.items() if "@odata." not in key}
        headers = {"MSCRM.MergeLabels": "true"}
        return PureRequest(
            "PUT", self.path, headers, {"@odata.type": f"{_CRM}.{self.kind}", **body}
        )


@dataclass(frozen=True)
class Completion:
    """A definition with what it lacked.

    Attributes:
        definition: the whole one.
        languages: codes of the languages that got a text.
        coloured: whether options got a colour.
        icon: whether it got its icon.
    """

    definition: Definition
    languages: frozenset[int] = frozenset()
    coloured: bool = False
    icon: bool = False

    @property
    def changes(self) -> bool:
        """Whether anything was lacking."""
        return bool(self.languages or self.coloured or self.icon)

    def said(self) -> str:
        """Return what was lacking, in words."""
        parts = []
        if self.languages:
            parts.append(f"texts in {', '.join(map(language_name, sorted(self.languages)))}")
        parts += ["colours"] if self.coloured else []
        parts += ["icon"] if self.icon else []
        return " and ".join(parts)


def list_described(
    wanted: Blueprint, icons: Container[str]
) -> Iterator[tuple[tuple[str, str], Described]]:
    """Yield what is described of a blueprint, by table and column, "" for the table itself.

    Args:
        wanted: the schema.
        icons: names of the icons that are there: a table can only show one of these.
    """
    for table in schema.TABLES:
        yield (table.name, ""), _table(table, table.icon if table.icon in icons else "")
        yield (table.name, table.primary), _primary(table)
    for name, columns in wanted.columns.items():
        for column in columns:
            yield (name, column.name), _column(name, column)
    for lookup in wanted.lookups:
        yield (lookup.table, lookup.name), _lookup(lookup)


def complete(described: Described, there: Definition, labels: Labels) -> Completion:
    """Return a definition with what it lacks; itself where that is nothing or not ours to add.

    Args:
        described: what it should have.
        there: as it was read; a choice's options in `OptionSet`.
        labels: of the environment.
    """
    if _is_closed(there):
        return Completion(there)
    changed, languages = dict(there), set[int]()
    for name, english in described.texts.items():
        if added := labels.lacking(there.get(name), english):
            changed[name] = completed(there.get(name), added)
            languages |= added.keys()
    options, coloured = there.get("OptionSet"), False
    if isinstance(options, Mapping) and described.options and not _is_closed(options):
        found = _Options(described.options, labels)
        changed["OptionSet"] = found.complete(options)
        languages |= found.languages
        coloured = found.coloured
    icon = bool(described.icon and not there.get(_ICON))
    if icon:
        changed[_ICON] = described.icon
    return Completion(changed, frozenset(languages), coloured, icon)


def differing(sent: Definition, there: Definition) -> list[str]:
    """Return the names of what a written definition did not keep of what was sent.

    Compared is what this connector adds, and the managed properties, which a definition that was
    written without them would lose.
    """
    lost = [name for name, value in sent.items() if not _kept(value, there.get(name))]
    return lost + [name for name in (_ICON,) if sent.get(name) != there.get(name)]


def _kept(sent: Any, there: Any) -> bool:
    if not isinstance(sent, Mapping):
        return True
    if "LocalizedLabels" in sent:
        return label_texts(sent).items() <= label_texts(there).items()
    if "CanBeChanged" in sent:
        found = there if isinstance(there, Mapping) else {}
        return all(found.get(name) == sent[name] for name in ("Value", "CanBeChanged"))
    options, found = _by_value(sent), _by_value(there)
    return all(
        value in found
        and _kept(option.get("Label"), found[value].get("Label"))
        and str(option.get("Color") or "").lower() == str(found[value].get("Color") or "").lower()
        for value, option in options.items()
    )


class _Options:
    """Completes the options of one choice, and keeps count of what it added."""

    def __init__(self, wanted: Mapping[int, tuple[str, str]], labels: Labels) -> None:
        self._wanted = wanted
        self._labels = labels
        self.languages: set[int] = set()
        self.coloured = False

    def complete(self, options: Definition) -> Definition:
        """Return a choice's options, or the two of a yes or no, with what they lack."""
        changed = dict(options)
        for name in ("TrueOption", "FalseOption"):
            if isinstance(options.get(name), Mapping):
                changed[name] = self._option(options[name])
        if isinstance(options.get("Options"), list):
            changed["Options"] = [self._option(each) for each in options["Options"]]
        return changed

    def _option(self, option: Definition) -> Definition:
        wanted = self._wanted.get(int(option.get("Value") or 0))
        if wanted is None or option.get("IsManaged") is True:
            return option
        english, colour = wanted
        changed = dict(option)
        if added := self._labels.lacking(option.get("Label"), english):
            changed["Label"] = completed(option.get("Label"), added)
            self.languages |= added.keys()
        if colour and not option.get("Color"):
            changed["Color"] = colour
            self.coloured = True
        return changed


def _by_value(options: Any) -> dict[int, Definition]:
    if not isinstance(options, Mapping):
        return {}
    pair = (options.get("TrueOption"), options.get("FalseOption"))
    return {
        int(each["Value"]): each
        for each in (*(options.get("Options") or ()), *pair)
        if isinstance(each, Mapping) and each.get("Value") is not None
    }


def _is_closed(definition: Definition) -> bool:
    customizable = definition.get("IsCustomizable")
    locked = isinstance(customizable, Mapping) and customizable.get("Value") is False
    return locked or definition.get("IsManaged") is True


def _table(table: Table, icon: str) -> Described:
    return Described(
        f"table {table.name}",
        schema_reads.table_path(table.name),
        "EntityMetadata",
        {
            "DisplayName": table.title,
            "DisplayCollectionName": table.titles,
            "Description": table.description,
        },
        icon=icon,
    )


def _primary(table: Table) -> Described:
    texts = {"DisplayName": table.primary_title}
    return _attribute((table.name, table.primary), "String", texts)


def _column(table: str, column: Column) -> Described:
    texts = {"DisplayName": column.title, "Description": column.description}
    options = {int(each): (label(each), colour_of(each)) for each in column.options or ()}
    if column.kind is ColumnType.YES_NO:
        options = {1: (YES, ""), 0: (NO, "")}
    return _attribute((table, column.name), ATTRIBUTE_TYPES[column.kind], texts, options)


def _lookup(lookup: Lookup) -> Described:
    texts = {"DisplayName": lookup.title, "Description": lookup.description}
    return _attribute((lookup.table, lookup.name), "Lookup", texts)


def _attribute(
    at: tuple[str, str],
    kind: str,
    texts: Mapping[str, str],
    options: Mapping[int, tuple[str, str]] | None = None,
) -> Described:
    word = "lookup" if kind == "Lookup" else "column"
    return Described(
        f"{word} {'.'.join(at)}",
        schema_reads.column_path(*at),
        f"{kind}AttributeMetadata",
        texts,
        options or {},
    )
