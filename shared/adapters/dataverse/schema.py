"""The connector's schema in Dataverse: creates what is missing, checks what is there.

Never changes or deletes what exists: a column of the wrong type is reported, not replaced.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from shared.adapters.dataverse import schema_definitions as definitions
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.faults import refusal
from shared.adapters.dataverse.odata import PureRequest
from shared.adapters.dataverse.schema_definitions import Creation, Definitions
from shared.adapters.dataverse.schema_differences import (
    PLATFORM_TABLES,
    SALES,
    SALES_TABLES,
    ExistingSchema,
    find_key,
    index_status,
    list_differences,
)
from shared.core import schema
from shared.core.schema import Key
from shared.errors import ConfigurationError, ConflictError, RetryLaterError

ENGLISH: Final = 1033
# Another customization, or the one before, holds a lock for seconds up to a minute.
_PAUSES: Final = (5, 10, 20, 40, 80)
_KEY_PAUSES: Final = (0.3, 0.7, 1, 2, 3, 5)  # the last one repeats
_TABLES: Final = (*PLATFORM_TABLES, *SALES_TABLES, schema.ACTIVITY_TABLE)


class SchemaAdmin:
    """Provisioner and verifier of one environment.

    Args:
        api: the environment's Web API, signed in as somebody who may customize; changes take up to
            half a minute each.
        sleep: waits.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        api: DataverseApi,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._sleep = sleep
        self._clock = clock
        self._language: int | None = None

    def check(self) -> list[str]:
        """Return what is missing or different, in words to act on; changes nothing."""
        return list_differences(self._read())

    def apply(self, *, wait: float = 600) -> list[str]:
        """Create what is missing, everything in the connector's solution; safe to repeat.

        Args:
            wait: longest wait in seconds for alternate keys to become usable.

        Returns:
            What was created, in order.

        Raises:
            ConfigurationError: the Sales app is missing, a key cannot be built, or we may not
                customize.
            RetryLaterError: Dataverse kept refusing for minutes, or a key needs longer.
        """
        found = self._read()
        if lacking := [table for table in SALES_TABLES if found.tables[table] is None]:
            raise ConfigurationError(f"Dataverse has no table {', '.join(lacking)}: {SALES}.")
        created: list[str] = []
        publisher = self._ensure_container(self._definitions().publisher(), created)
        solution = self._definitions().solution(str(publisher["publisherid"]))
        self._ensure_container(solution, created)
        for creation in self._missing(found):
            self._create(creation)
            created.append(creation.title)
        self._await_keys(wait, created)
        if created:
            self._publish()
        return created

    def _missing(self, found: ExistingSchema) -> Iterator[Creation]:
        make = self._definitions()
        if found.tables[schema.ACTIVITY_TABLE] is None:
            yield make.activity_table()
        for table, columns in schema.COLUMNS.items():
            for column in columns:
                if found.columns.get((table, column.name)) is None:
                    yield make.column(table, column)
        for lookup in schema.LOOKUPS:
            if found.columns.get((lookup.table, lookup.name)) is None:
                yield make.lookup(lookup)
        for key in schema.KEYS:
            if found.key(key) is None:
                yield make.key(key)

    def _definitions(self) -> Definitions:
        if self._language is None:
            rows = self._rows(definitions.read_language())
            self._language = int(rows[0].get("languagecode") or ENGLISH) if rows else ENGLISH
        return Definitions(self._language)

    def _ensure_container(self, creation: Creation, created: list[str]) -> dict[str, Any]:
        """Return the publisher's or solution's row, made if it is not there."""
        if not (rows := self._rows(creation.probe)):
            self._create(creation)
            created.append(creation.title)
            rows = self._rows(creation.probe)
        if not rows:
            raise RetryLaterError(f"Dataverse does not show the {creation.title} yet.")
        return rows[0]

    def _create(self, creation: Creation) -> None:
        """Create something; after a failure that may heal, look first whether it is there."""
        failure: RetryLaterError | ConflictError | None = None
        for pause in (*_PAUSES, None):
            try:
                self._post(creation.request)
            except (RetryLaterError, ConflictError) as error:
                # A lock, a table too young to be seen, or a timeout of what went well.
                failure = error
            else:
                return
            if pause is None:
                break
            self._sleep(pause)
            if self._is_there(creation):
                return
        raise RetryLaterError(f"The {creation.title} could not be created: {failure}")

    def _publish(self) -> None:
        for pause in _PAUSES:
            try:
                self._post(definitions.publish())
            except RetryLaterError:
                self._sleep(pause)
            else:
                return
        raise RetryLaterError(
            "Everything is created, but publishing got no answer: choose 'Publish all "
            "customizations' in Power Apps, then check."
        )

    def _is_there(self, creation: Creation) -> bool:
        found = self._api.read([creation.probe])[0]
        if found is None or "value" not in found:
            return found is not None
        wanted = (creation.request.body or {}).get("SchemaName")
        return any(wanted in {None, row.get("SchemaName")} for row in self._api.list_rows(found))

    def _await_keys(self, wait: float, created: list[str]) -> None:
        until = self._clock() + wait
        for key in schema.KEYS:
            reactivated = False
            pauses = itertools.chain(_KEY_PAUSES, itertools.repeat(_KEY_PAUSES[-1]))
            while (status := self._status(key)) != "Active":
                if status == "Failed":
                    if reactivated:
                        raise ConfigurationError("; ".join(self.check()))
                    reactivated = True
                    self._post(definitions.reactivate(key))
                    created.append(f"alternate key {key.table}.{key.name}, again")
                if self._clock() >= until:
                    raise RetryLaterError(
                        f"The alternate key {key.table}.{key.name} is still being built "
                        f"({status}); check again later."
                    )
                self._sleep(next(pauses))

    def _status(self, key: Key) -> str:
        definition = find_key(self._rows(definitions.read_keys(key.table)), key)
        return index_status(definition) if definition is not None else "Pending"

    def _post(self, request: PureRequest) -> None:
        response = self._api.send(request, idempotent=False)
        if not response.ok:
            raise refusal(
                response.status_code,
                response.headers,
                response.content,
                what=self._api.what(request),
            )

    def _rows(self, request: PureRequest) -> list[dict[str, Any]]:
        found = self._api.read([request])[0]
        return list(self._api.list_rows(found)) if found is not None else []

    def _read(self) -> ExistingSchema:
        """Read all definitions in one request, and the choices' options in a second one."""
        columns = [(table, column.name) for table, own in schema.COLUMNS.items() for column in own]
        columns += [(lookup.table, lookup.name) for lookup in schema.LOOKUPS]
        keyed = sorted({key.table for key in schema.KEYS})
        looking = sorted({lookup.table for lookup in schema.LOOKUPS})
        answers = iter(
            self._api.read(
                [
                    *(definitions.read_table(table) for table in _TABLES),
                    *(definitions.read_column(*column) for column in columns),
                    *(definitions.read_keys(table) for table in keyed),
                    *(definitions.read_navigations(table) for table in looking),
                ]
            )
        )
        tables = {table: next(answers) for table in _TABLES}
        attributes = {column: next(answers) for column in columns}
        keys = {table: self._list(next(answers)) for table in keyed}
        navigations = {
            (table, str(row["ReferencingAttribute"]), str(row["ReferencedEntity"])): str(
                row["ReferencingEntityNavigationPropertyName"]
            )
            for table in looking
            for row in self._list(next(answers))
        }
        choices = [
            column
            for column, definition in attributes.items()
            if definition is not None and definition.get("AttributeType") == "Picklist"
        ]
        return ExistingSchema(
            tables=tables,
            columns=attributes,
            options=self._read_options(choices),
            keys=keys,
            navigations=navigations,
        )

    def _list(self, answer: dict[str, Any] | None) -> list[dict[str, Any]]:
        return list(self._api.list_rows(answer)) if answer is not None else []

    def _read_options(
        self, choices: list[tuple[str, str]]
    ) -> dict[tuple[str, str], frozenset[int]]:
        if not choices:
            return {}
        answers = self._api.read([definitions.read_options(*choice) for choice in choices])
        return {
            choice: frozenset(
                int(option["Value"])
                for option in ((answer or {}).get("OptionSet") or {}).get("Options", ())
            )
            for choice, answer in zip(choices, answers, strict=True)
        }
