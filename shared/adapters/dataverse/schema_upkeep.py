"""Completes what an earlier release made: texts in further languages, colours, icons.

Never fails `schema apply`: what cannot be completed is told, and stays as it was. Definitions are
only written whole, so each is read right before, and read again after: a definition that a layer
above holds is accepted and not kept.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.schema_changes import SchemaChanges
from shared.adapters.dataverse.schema_completion import (
    Completion,
    Described,
    complete,
    differing,
    list_described,
)
from shared.adapters.dataverse.schema_differences import APPLY, ExistingSchema
from shared.adapters.dataverse.schema_icons import create_icon, icon_id
from shared.adapters.dataverse.schema_labels import Labels
from shared.adapters.dataverse.schema_reading import read_icons
from shared.core.blueprint import Blueprint
from shared.core.icons import ICONS
from shared.core.translations import language_name
from shared.errors import (
    ConfigurationError,
    ConnectorError,
    RecordRefusedError,
    RetryLaterError,
)

_MOST_NAMED: Final = 3


class SchemaUpkeep:
    """The upkeep of one environment.

    Args:
        api: the environment's Web API, signed in as somebody who may customize.
        changes: sends the writes.
        wanted: the schema.
    """

    def __init__(self, api: DataverseApi, changes: SchemaChanges, wanted: Blueprint) -> None:
        self._api = api
        self._changes = changes
        self._wanted = wanted
        self._left: dict[str, list[str]] = defaultdict(list)
        self.icons: frozenset[str] = frozenset()

    @property
    def icon_ids(self) -> list[UUID]:
        """The ids of the icons that are there."""
        return [icon_id(icon) for icon in ICONS if icon.name in self.icons]

    def make_icons(self) -> list[str]:
        """Make the icons that are missing; return what was made. Tables do without as well."""
        self._left.clear()
        made: list[str] = []
        try:
            self.icons = read_icons(self._api)
            for icon in ICONS:
                if icon.name not in self.icons:
                    creation = create_icon(icon)
                    self._changes.create(creation)
                    self.icons |= {icon.name}
                    made.append(creation.title)
        except (ConfigurationError, RecordRefusedError) as error:
            self._left[f"left out: {error}"].append("icons of tables")
        return made

    @property
    def notes(self) -> list[str]:
        """What `apply` could not complete, in words."""
        return [f"{_named(titles)}: {why}" for why, titles in self._left.items()]

    def apply(self, found: ExistingSchema, labels: Labels) -> list[str]:
        """Complete what lacks something; return what was done, in order.

        Args:
            found: what is there.
            labels: of the environment.
        """
        lacking = list(self._lacking(found, labels))
        done = []
        for position, (described, _) in enumerate(lacking):
            try:
                if said := self._complete(described, labels):
                    done.append(said)
            except (RetryLaterError, ConfigurationError) as error:
                # Nobody may, or not now: then neither the others.
                self._left[f"left as they are: {error}"] = [
                    each.title for each, _ in lacking[position:]
                ]
                break
            except ConnectorError as error:
                self._left[f"left as it is: {error}"].append(described.title)
        return done

    def lacks(self, found: ExistingSchema, labels: Labels) -> Iterator[str]:
        """Yield what is lacking, summed up; changes nothing."""
        self.icons = read_icons(self._api)
        lacking = list(self._lacking(found, labels))
        languages = frozenset[int]().union(*(each.languages for _, each in lacking))
        for code in sorted(languages):
            titles = [of.title for of, each in lacking if code in each.languages]
            yield f"{_named(titles)}: no texts in {language_name(code)}; {APPLY}."
        has: tuple[tuple[str, Callable[[Completion], bool]], ...] = (
            ("options without colours", lambda each: each.coloured),
            ("no icon", lambda each: each.icon),
        )
        for words, is_lacking in has:
            if titles := [of.title for of, each in lacking if is_lacking(each)]:
                yield f"{_named(titles)}: {words}; {APPLY}."

    def _lacking(
        self, found: ExistingSchema, labels: Labels
    ) -> Iterator[tuple[Described, Completion]]:
        for at, described in list_described(self._wanted, self.icons):
            there = found.definition(*at)
            if there is not None and (completion := complete(described, there, labels)).changes:
                yield described, completion

    def _complete(self, described: Described, labels: Labels) -> str:
        there = self._api.read([described.read])[0]
        completion = complete(described, there or {}, labels)
        if there is None or not completion.changes:
            return ""  # somebody was quicker
        request = described.replacement(completion.definition)
        self._changes.change(described.title, request)
        kept = self._api.read([described.read])[0] or {}
        if lost := differing(request.body or {}, kept):
            why = f"Dataverse accepted the change and did not keep {', '.join(lost)}; compare it"
            self._left[f"{why} in Power Apps."].append(described.title)
            return ""
        return f"{completion.said()} of {described.title}"


def _named(titles: list[str]) -> str:
    """Return titles in words, the first ones of many."""
    shown = ", ".join(titles[:_MOST_NAMED])
    more = len(titles) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
