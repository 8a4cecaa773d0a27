"""The connector's schema in Dataverse: creates what is missing, checks what is there.

Never changes or deletes what exists: a column of the wrong type is reported, not replaced; only
texts, colours and icons that are missing are added. What a managed solution brought is only looked
at.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from shared.adapters.dataverse import schema_definitions as definitions
from shared.adapters.dataverse import schema_reads
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.schema_changes import SchemaChanges
from shared.adapters.dataverse.schema_definitions import Creation, Definitions
from shared.adapters.dataverse.schema_differences import (
    APPLY,
    IMPORT,
    ExistingSchema,
    find_key,
    index_status,
    list_differences,
    without_sales,
)
from shared.adapters.dataverse.schema_labels import Labels
from shared.adapters.dataverse.schema_reading import read_existing, read_languages
from shared.adapters.dataverse.schema_role import RoleAdmin
from shared.adapters.dataverse.schema_upkeep import SchemaUpkeep
from shared.adapters.dataverse.screens.facts import Facts, read_facts
from shared.adapters.dataverse.screens.provision import ScreensAdmin
from shared.core import schema, schema_version
from shared.core.blueprint import blueprint
from shared.core.definitions import Key
from shared.core.policies import Target
from shared.core.privileges import Privilege, TableNeed, list_needs
from shared.core.schema_version import Standing, standing_of
from shared.core.screens.catalogue import catalogue
from shared.core.translations import Translations
from shared.errors import (
    ConfigurationError,
    ConflictError,
    ConnectorError,
    RecordRefusedError,
    RetryLaterError,
)

# Releases before wrote English into every environment's base language.
_FIRST_TRANSLATED: Final = "1.3.0.0"
_KEY_PAUSES: Final = (0.3, 0.7, 1, 2, 3, 5)  # the last one repeats


class SchemaAdmin:
    """Provisioner and verifier of one environment.

    Args:
        api: the environment's Web API, signed in as somebody who may customize; changes take up to
            half a minute each.
        needs: what the connector does, for its security role.
        extra: privileges of no table that its role should have where they are known.
        target: what stands for an invoice, which says what is needed.
        translations: returns the table of texts; English alone without it.
        sleep: waits.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        api: DataverseApi,
        *,
        needs: tuple[TableNeed, ...] = list_needs(deletes=False),  # frozen
        extra: tuple[Privilege, ...] = (),
        target: Target = Target.RECORD,
        translations: Callable[[], Translations] = Translations,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._wanted = blueprint(target)
        self._changes = SchemaChanges(api, sleep=sleep)
        self._upkeep = SchemaUpkeep(api, self._changes, self._wanted)
        self._role = RoleAdmin(api, self._changes, needs, extra)
        self._shown = catalogue(target)
        self._screens = ScreensAdmin(api, self._changes, self._shown)
        self._translations = translations
        self._sleep = sleep
        self._clock = clock

    def check(self) -> list[str]:
        """Return what is missing or different, in words to act on; changes nothing."""
        found = self._read()
        lines = list_differences(found, self._wanted)
        managed = False
        try:
            solution = self._solution()
            managed = solution is not None and bool(solution.get("ismanaged"))
            remedy = IMPORT if managed else APPLY
            if solution is not None:
                behind = schema_version.describe(str(solution.get("version")), managed=managed)
                lines += [behind] if behind else []
            lines += self._role.read().differences(remedy)
            # Where the tables are missing, so is everything that shows them.
            if not managed and all(found.tables[table] for table in schema.OWN_TABLES):
                lines += self._screens.check(self._facts(self._labels(solution)))
        except ConfigurationError:
            pass  # whoever may not look at solutions and roles is told so by `notes`
        return [line.replace(APPLY, IMPORT) if managed else line for line in lines]

    def notes(self) -> list[str]:
        """Return what is worth knowing though nothing is wrong; changes nothing."""
        try:
            solution = self._solution()
            role = self._role.read()
        except ConfigurationError as error:
            return [f"The solution and the security role could not be looked at: {error}"]
        if solution is None:
            return []
        managed = bool(solution.get("ismanaged"))
        lines = schema_version.note(str(solution.get("version")), managed=managed)
        lines += role.notes()
        if managed:
            return lines
        return [*lines, *self._lacks(solution), *self._changed(solution)]

    def _changed(self, solution: Mapping[str, Any]) -> list[str]:
        """Return what somebody made of what the connector shows."""
        try:
            return self._screens.notes(self._facts(self._labels(solution)))
        except ConfigurationError as error:
            return [f"Views, forms and charts could not be looked at: {error}"]

    def _lacks(self, solution: Mapping[str, Any]) -> list[str]:
        """Return what could not be completed just now, else what there is to complete."""
        if self._upkeep.notes:
            return self._upkeep.notes
        try:
            return list(self._upkeep.lacks(self._read(), self._labels(solution)))
        except ConfigurationError as error:
            return [f"The texts in further languages could not be looked at: {error}"]

    def apply(self, *, wait: float = 600, restore: bool = False) -> list[str]:
        """Create what is missing, everything in the connector's solution; safe to repeat.

        Args:
            wait: longest wait in seconds for alternate keys to become usable.
            restore: put views and forms of the connector's in place of what somebody made of them.

        Returns:
            What was created, in order; nothing where the solution is managed.

        Raises:
            ConfigurationError: the Sales app is missing, a key cannot be built, or we may not
                customize or make roles.
            RetryLaterError: Dataverse kept refusing for minutes, or a key needs longer.
        """
        found = self._read()
        if lacking := [table for table in self._wanted.sales if found.tables[table] is None]:
            raise ConfigurationError(without_sales(lacking))
        solution = self._solution()
        if solution is not None and solution.get("ismanaged"):
            return []
        created: list[str] = []
        labels = self._labels(solution)
        publisher = self._ensure_container(definitions.publisher(), created)
        self._ensure_container(definitions.solution(str(publisher["publisherid"])), created)
        created += self._upkeep.make_icons()
        for creation in self._missing(found, Definitions(labels, self._upkeep.icons)):
            self._create(creation)
            created.append(creation.title)
        refused = self._apply_role(created)
        created += self._upkeep.apply(self._read() if created else found, labels)
        # What was made but not published by a run before is published too.
        unpublished = created or self._is_behind()
        created += self._screens.apply(
            self._facts(labels),
            tables=self._wanted.columns if unpublished else (),
            resources=self._upkeep.icon_ids if unpublished else (),
            restore=restore,
        )
        self._await_keys(wait, created)
        if refused is not None:
            done = f"Done: {', '.join(created)}. " if created else ""
            raise ConfigurationError(
                f"{done}The tables and columns are there, but not the security role: {refused} "
                "A System Administrator runs `python -m shared schema apply` again."
            )
        self._raise_version(created)
        return created

    def _create(self, creation: Creation) -> None:
        """Create something, without what it can do without where that is refused."""
        try:
            self._changes.create(creation)
        except (ConfigurationError, RecordRefusedError):
            if creation.plain is None:
                raise
            self._changes.create(replace(creation, request=creation.plain))

    def _apply_role(self, created: list[str]) -> ConnectorError | None:
        """Make or complete the role; return what refused it, so that the rest is done anyway."""
        try:
            created += self._role.apply()
        except ConfigurationError as error:
            return error
        return None

    def _is_behind(self) -> bool:
        """Say whether the last apply did not come to its end: what it made may be unpublished."""
        solution = self._solution() or {}
        return standing_of(str(solution.get("version"))) is Standing.OLDER

    def _raise_version(self, created: list[str]) -> None:
        """Say in the solution what the schema is now; a newer release's word stands.

        Done last: while something is missing, the environment counts as older.
        """
        for _ in range(3):
            solution = self._solution()
            if solution is None:
                raise RetryLaterError(f"The solution {schema.SOLUTION} is gone; run apply again.")
            if standing_of(str(solution.get("version"))) is not Standing.OLDER:
                return
            try:
                # In the version that was read: a newer release may be at work at the same time.
                self._changes.post(
                    definitions.raise_version(
                        str(solution["solutionid"]),
                        schema_version.VERSION,
                        str(solution.get("@odata.etag") or "*"),
                    )
                )
            except ConflictError:
                continue
            created.append(f"version {schema_version.VERSION} of the solution {schema.SOLUTION}")
            return
        raise RetryLaterError("The solution's version is being changed by somebody else.")

    def _facts(self, labels: Labels) -> Facts:
        return read_facts(self._api, self._shown.tables, labels=labels.texts)

    def _solution(self) -> dict[str, Any] | None:
        rows = self._changes.rows(schema_reads.find_solution())
        return rows[0] if rows else None

    def _missing(self, found: ExistingSchema, make: Definitions) -> Iterator[Creation]:
        for table in schema.TABLES:
            if found.tables[table.name] is None:
                yield make.table(table)
        yield from self._missing_columns(found, make)
        for lookup in self._wanted.lookups:
            if found.columns.get((lookup.table, lookup.name)) is None:
                yield make.lookup(lookup)
        for key in self._wanted.keys:
            if found.key(key) is None:
                yield make.key(key)

    def _missing_columns(self, found: ExistingSchema, make: Definitions) -> Iterator[Creation]:
        """Yield the columns that are missing, and the options of choices of earlier releases."""
        for table, columns in self._wanted.columns.items():
            for column in columns:
                at = (table, column.name)
                if found.columns.get(at) is None:
                    yield make.column(table, column)
                    continue
                values = found.options.get(at, frozenset())
                lacking = (each for each in column.options or () if int(each) not in values)
                yield from (make.option(table, column, option) for option in lacking)

    def _read(self) -> ExistingSchema:
        return read_existing(self._api, self._wanted)

    def _labels(self, solution: Mapping[str, Any] | None) -> Labels:
        version = str((solution or {}).get("version"))
        return Labels(
            read_languages(self._api),
            self._translations(),
            renames=standing_of(version, ours=_FIRST_TRANSLATED) is Standing.OLDER,
        )

    def _ensure_container(self, creation: Creation, created: list[str]) -> dict[str, Any]:
        """Return the publisher's or solution's row, made if it is not there."""
        if not (rows := self._changes.rows(creation.probe)):
            self._changes.create(creation)
            created.append(creation.title)
            rows = self._changes.rows(creation.probe)
        if not rows:
            raise RetryLaterError(f"Dataverse does not show the {creation.title} yet.")
        return rows[0]

    def _await_keys(self, wait: float, created: list[str]) -> None:
        until = self._clock() + wait
        for key in self._wanted.keys:
            reactivated = False
            pauses = itertools.chain(_KEY_PAUSES, itertools.repeat(_KEY_PAUSES[-1]))
            while (status := self._status(key)) != "Active":
                if status == "Failed":
                    if reactivated:
                        raise ConfigurationError("; ".join(self.check()))
                    reactivated = True
                    self._changes.post(definitions.reactivate(key))
                    created.append(f"alternate key {key.table}.{key.name}, again")
                if self._clock() >= until:
                    raise RetryLaterError(
                        f"The alternate key {key.table}.{key.name} is still being built "
                        f"({status}); check again later."
                    )
                self._sleep(next(pauses))

    def _status(self, key: Key) -> str:
        definition = find_key(self._changes.rows(schema_reads.read_keys(key.table)), key)
        return index_status(definition) if definition is not None else "Pending"
