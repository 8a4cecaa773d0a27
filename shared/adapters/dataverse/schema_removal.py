"""Removal of the connector's schema: looked at first, then taken away piece by piece.

Never touches what the connector did not make, nothing that a managed solution brought, and nothing
that something of the firm's own still uses. It can be run again after an interruption at any point.
What would keep a component from being deleted is asked of Dataverse itself:
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrievedependenciesfordelete
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.adapters.dataverse import schema_components as components
from shared.adapters.dataverse import schema_reads
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.form_writer import Keep
from shared.adapters.dataverse.forms import FormsAdmin
from shared.adapters.dataverse.odata import PureRequest
from shared.adapters.dataverse.schema_changes import Removed, SchemaChanges
from shared.adapters.dataverse.schema_components import Component, ComponentType
from shared.adapters.dataverse.schema_role import read_role, remove_role
from shared.adapters.dataverse.screens.app_xml import publish_xml
from shared.adapters.dataverse.screens.components import Component as Screen
from shared.adapters.dataverse.screens.plain import list_plain_forms
from shared.core import schema
from shared.core.form_reports import FormReport
from shared.core.privileges import ROLE, ROLE_ID
from shared.core.removal import Loss, Plan
from shared.core.schema_version import VERSION, Standing, standing_of
from shared.core.screens.tabs import NAME, tabs
from shared.errors import ConfigurationError

_FOUND: Final = "value"


@dataclass(frozen=True)
class _Found:
    """What of the schema is there."""

    parts: tuple[Component, ...]
    forms: tuple[Screen, ...]
    tabs: tuple[FormReport, ...]
    publisher: Mapping[str, Any] | None
    solution: Mapping[str, Any] | None
    role: Mapping[str, Any] | None


class SchemaRemoval:
    """Takes the schema out of one environment.

    Args:
        api: the environment's Web API, signed in as a System Administrator.
        address: the environment's address.
        sleep: waits.
    """

    def __init__(
        self,
        api: DataverseApi,
        address: str,
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._api = api
        self._address = address
        self._changes = SchemaChanges(api, sleep=sleep)
        self._forms = FormsAdmin(api, address, tabs=tabs(sales=True), render=str, sleep=sleep)

    def plan(self) -> Plan:
        """Return what removing would mean; changes nothing."""
        found = self._read()
        return Plan(
            address=self._address,
            organization=self._organization(),
            steps=tuple(_titles(found)),
            losses=tuple(self._losses(found)),
            blockers=(*self._forms.blockers(), *self._blockers(found)),
            obstacle=_obstacle(found),
        )

    def run(self, *, keep: Keep = lambda _form: None) -> Iterator[str]:
        """Remove what is there, yielding what was done after each step.

        Args:
            keep: puts the text of a form of the firm's away before the tab is taken off it.

        What turns out to be in use is kept, with the solution that holds it; what else can go
        goes.

        Raises:
            ConfigurationError: something was kept, or we may not.
            RetryLaterError: Dataverse kept refusing for minutes; run it again.
        """
        found = self._read()
        yield from self._forms.remove_all(keep=keep)
        yield from self._empty_forms(found)
        kept: list[str] = []
        for part in found.parts:
            if self._changes.remove(part.title, part.removal) is Removed.GONE:
                yield f"removed {part.title}"
            else:
                kept += [f"{part.title} ({', '.join(self._users(part, found))})"]
                yield f"kept {part.title}: something uses it"
        tables = {part.table for part in found.parts if part.table} - {*schema.OWN_TABLES}
        if tables:
            self._changes.publish(publish_xml(sorted(tables)))
        if found.role is not None and not kept:
            self._changes.remove(f"security role {ROLE}", remove_role())
            yield f"removed security role {ROLE}"
        if kept:
            raise ConfigurationError(
                f"Kept because something of the firm's own uses it: {'; '.join(kept)}. Take it out "
                "there, publish, run `python -m shared schema remove` again."
            )
        yield from self._remove_containers(found)

    def _empty_forms(self, found: _Found) -> Iterator[str]:
        """Leave our tables' forms with a name alone: what they show of others is to go first."""
        for form in found.forms:
            self._changes.change(form.title, form.change())
            yield f"emptied {form.title}"
        if found.forms:
            self._changes.publish(publish_xml(form.table for form in found.forms))

    def _remove_containers(self, found: _Found) -> Iterator[str]:
        if found.solution is not None:
            self._remove_row("solution", "solutions", str(found.solution["solutionid"]))
            yield f"removed solution {schema.SOLUTION}"
        if found.publisher is not None:
            publisher = str(found.publisher["publisherid"])
            if others := self._other_solutions(publisher):
                yield f"kept publisher {schema.PUBLISHER}: it has {', '.join(others)} too"
            else:
                self._remove_row("publisher", "publishers", publisher)
                yield f"removed publisher {schema.PUBLISHER}"

    def _read(self) -> _Found:
        asked = components.list_all()
        answers = self._api.read([each.probe for each in asked])
        parts = []
        for each, answer in zip(asked, answers, strict=True):
            definition = self._definition(each, answer)
            if definition is not None:
                parts.append(each.there(definition))
        role = self._api.read([read_role()])[0]
        solutions = self._changes.rows(schema_reads.find_solution())
        publishers = self._changes.rows(schema_reads.find_publisher())
        return _Found(
            parts=tuple(parts),
            forms=tuple(list_plain_forms(self._api)),
            tabs=tuple(self._forms.forms_with_tab()),
            publisher=publishers[0] if publishers else None,
            solution=solutions[0] if solutions else None,
            role=role,
        )

    def _definition(
        self, part: Component, answer: Mapping[str, Any] | None
    ) -> Mapping[str, Any] | None:
        """Return what an answer shows of a component; keys and icons come in lists."""
        if answer is None or _FOUND not in answer:
            return answer
        rows = self._api.list_rows(answer)
        return next((row for row in rows if part.is_named(row)), None)

    def _organization(self) -> str:
        rows = self._changes.rows(PureRequest("GET", "organizations?$select=name"))
        return str(rows[0].get("name") or "") if rows else ""

    def _losses(self, found: _Found) -> Iterator[Loss]:
        """Count the rows in question, each table by one request that returns one row."""
        for table, columns in components.losses(found.parts).items():
            answer = self._api.read([components.count(table, columns)])[0] or {}
            yield Loss(table, own=columns is None, rows=int(answer.get("@odata.count") or 0))

    def _blockers(self, found: _Found) -> Iterator[str]:
        for part in found.parts:
            if users := self._users(part, found):
                yield f"{part.title} is used by {', '.join(users)}"

    def _users(self, part: Component, found: _Found) -> list[str]:
        """Return what uses a component, in words, without what is ours and goes too."""
        own = {name for each in found.parts for name in each.ids}
        own |= {str(form.id) for form in found.forms} | {str(form.id) for form in found.tabs}
        own |= set(self._twins(part, found.parts))
        users = []
        for row in self._changes.rows(components.dependencies(part)):
            kind = int(row.get("dependentcomponenttype") or 0)
            component = str(row.get("dependentcomponentobjectid"))
            if component not in own:
                users.append(components.describe(kind, component, self._name(kind, component)))
        return users

    def _twins(self, part: Component, ours: tuple[Component, ...]) -> Iterator[str]:
        """Yield the ids of what Dataverse itself made beside an amount: its base currency twin."""
        if part.kind is ComponentType.ATTRIBUTE and part in ours:
            twin = self._api.read([schema_reads.read_column(part.table, f"{part.name}_base")])[0]
            if twin is not None:
                yield str(twin.get("MetadataId"))

    def _name(self, kind: int, component: str) -> str:
        request = components.read_name(kind, component)
        if request is None:
            return ""
        try:
            return str((self._api.read([request])[0] or {}).get("name") or "")
        except ConfigurationError:
            return ""  # what may not be read is told by its id

    def _other_solutions(self, publisher: str) -> list[str]:
        where = f"_publisherid_value%20eq%20{publisher}"
        rows = self._changes.rows(
            PureRequest("GET", f"solutions?$select=uniquename&$filter={where}")
        )
        names = [str(row.get("uniquename")) for row in rows]
        return [name for name in names if name != schema.SOLUTION]

    def _remove_row(self, title: str, table: str, row: str) -> None:
        if self._changes.remove(title, PureRequest("DELETE", f"{table}({row})")) is Removed.IN_USE:
            raise ConfigurationError(f"The {title} is used by something else and was kept.")


def _titles(found: _Found) -> Iterator[str]:
    yield from (f"the tab {NAME} of {form.title}" for form in found.tabs)
    yield from (part.title for part in found.parts)
    for there, title in (
        (found.role, f"security role {ROLE} ({ROLE_ID})"),
        (found.solution, f"solution {schema.SOLUTION}"),
        (found.publisher, f"publisher {schema.PUBLISHER}, if it has no other solution"),
    ):
        if there is not None:
            yield title


def _obstacle(found: _Found) -> str:
    solution = found.solution or {}
    managed = [part.title for part in found.parts if part.managed]
    if solution.get("ismanaged"):
        return (
            f"Solution {schema.SOLUTION} is managed: it is uninstalled in Power Apps (Solutions, "
            "Delete), which removes everything it brought, its data included."
        )
    if managed or (found.role or {}).get("ismanaged"):
        named = ", ".join(managed) or f"security role {ROLE}"
        return (
            f"A managed solution brought {named}: uninstall that solution in Power Apps; nothing "
            "was removed."
        )
    if solution and standing_of(str(solution.get("version"))) is Standing.NEWER:
        return (
            f"The schema is of version {solution.get('version')}, newer than this release "
            f"({VERSION}): remove it with the release that made it."
        )
    return ""
