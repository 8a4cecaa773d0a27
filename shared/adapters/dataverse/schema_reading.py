"""What of the schema is there, read in one request, and in which languages it is to be labelled.

Never judges what it finds.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.adapters.dataverse import schema_reads
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.schema_differences import ExistingSchema
from shared.adapters.dataverse.schema_icons import find_icons
from shared.core import schema
from shared.core.blueprint import Blueprint
from shared.core.translations import ENGLISH
from shared.errors import ConfigurationError, RecordRefusedError

_CHOICES: Final = ("Picklist", "Boolean")


def read_existing(api: DataverseApi, wanted: Blueprint) -> ExistingSchema:
    """Read all definitions in one request, and the options of choices in a second one."""
    columns = [(table, column.name) for table, own in wanted.columns.items() for column in own]
    columns += [(lookup.table, lookup.name) for lookup in wanted.lookups]
    columns += [(table.name, table.primary) for table in schema.TABLES]
    keyed = sorted({key.table for key in wanted.keys})
    looking = sorted({lookup.table for lookup in wanted.lookups})
    answers = iter(
        api.read(
            [
                *(schema_reads.read_table(table) for table in wanted.tables),
                *(schema_reads.read_column(*column) for column in columns),
                *(schema_reads.read_keys(table) for table in keyed),
                *(schema_reads.read_navigations(table) for table in looking),
            ]
        )
    )
    tables = {table: next(answers) for table in wanted.tables}
    attributes = {column: next(answers) for column in columns}
    keys = {table: _list(api, next(answers)) for table in keyed}
    navigations = {
        (table, str(row["ReferencingAttribute"]), str(row["ReferencedEntity"])): str(
            row["ReferencingEntityNavigationPropertyName"]
        )
        for table in looking
        for row in _list(api, next(answers))
    }
    choices = _read_choices(api, attributes)
    return ExistingSchema(
        tables=tables,
        columns=attributes,
        options={
            at: schema_reads.option_values({"OptionSet": each}) for at, each in choices.items()
        },
        choices=choices,
        keys=keys,
        navigations=navigations,
    )


def read_languages(api: DataverseApi) -> list[int]:
    """Return the codes of the environment's languages, its base language first.

    Where the others are not told, it is the base language alone.
    """
    rows = api.read_rows(schema_reads.read_language())
    base = int(rows[0].get("languagecode") or ENGLISH) if rows else ENGLISH
    try:
        answer = api.read([schema_reads.read_provisioned()])[0] or {}
    except (ConfigurationError, RecordRefusedError):
        answer = {}
    others = answer.get("RetrieveProvisionedLanguages") or ()
    return [base, *sorted({int(code) for code in others} - {base})]


def read_icons(api: DataverseApi) -> frozenset[str]:
    """Return the names of the icons that are there."""
    return frozenset(str(row.get("name")) for row in api.read_rows(find_icons()))


def _list(api: DataverseApi, answer: dict[str, Any] | None) -> list[dict[str, Any]]:
    return list(api.list_rows(answer)) if answer is not None else []


def _read_choices(
    api: DataverseApi, columns: Mapping[tuple[str, str], Mapping[str, Any] | None]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    kinds = {
        column: str(definition.get("AttributeType"))
        for column, definition in columns.items()
        if definition is not None and definition.get("AttributeType") in _CHOICES
    }
    if not kinds:
        return {}
    answers = api.read([schema_reads.read_options(*column, kind) for column, kind in kinds.items()])
    return {
        column: (answer or {}).get("OptionSet") or {}
        for column, answer in zip(kinds, answers, strict=True)
    }
