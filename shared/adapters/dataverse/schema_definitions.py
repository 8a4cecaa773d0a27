"""The connector's schema as Dataverse's Web API defines tables, columns, lookups and keys.

Never sends anything; what is defined stands in `core.schema`, this is only how it is said.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

from shared.adapters.dataverse.odata import ENTITY_SETS, PureRequest
from shared.adapters.dataverse.schema_labels import Labels
from shared.adapters.dataverse.schema_reads import (
    find_publisher,
    find_solution,
    read_column,
    read_keys,
    read_options,
    read_table,
    table_path,
)
from shared.core import schema
from shared.core.colours import colour_of
from shared.core.definitions import PREFIX, Column, ColumnType, Key, Lookup, Table
from shared.core.options import OPTION_PREFIX, label
from shared.core.texts import NO, YES

# The column types as Dataverse calls them in `AttributeType`.
ATTRIBUTE_TYPES: Final = {
    ColumnType.TEXT: "String",
    ColumnType.LONG_TEXT: "Memo",
    ColumnType.ADDRESS: "String",
    ColumnType.MONEY: "Money",
    ColumnType.DATE: "DateTime",
    ColumnType.MOMENT: "DateTime",
    ColumnType.CHOICE: "Picklist",
    ColumnType.YES_NO: "Boolean",
}
# A day is DateOnly in format and behaviour, or it shifts with the reader's zone. A moment is
# UserLocal: stored in UTC and shown to everybody in their own zone, which is what an instant is;
# TimeZoneIndependent would show all of them the same clock without saying whose.
DATE_FORMATS: Final = {
    ColumnType.DATE: ("DateOnly", "DateOnly"),
    ColumnType.MOMENT: ("DateAndTime", "UserLocal"),
}
# Until everything is made, the solution is older than any release of the connector.
FIRST_VERSION: Final = "0.0.0.1"
BY_CURRENCY: Final = 2  # PrecisionSource: the currency says how many decimals an amount has
_CASCADES: Final = ("Assign", "Share", "Unshare", "Reparent")
# Nobody makes entries by hand: the mask keeps the table out of the menus for new activities, and
# can be chosen only here.
_ON_TIMELINES: Final[dict[str, Any]] = {
    "ActivityTypeMask": 0,
    "IsAvailableOffline": True,
    "IsMailMergeEnabled": {"Value": False},
}
_AUDIT: Final = "canmodifyauditsettings"
_LARGEST: Final = 922337203685477
_CRM: Final = "Microsoft.Dynamics.CRM"


@dataclass(frozen=True)
class Creation:
    """Something to create, and how to find out whether it is there.

    Attributes:
        title: for an administrator.
        probe: reads it; no row means it is not there.
        request: creates it.
        value: of an option; the probe reads all of its choice.
        plain: creates it without what it can do without, None where that is nothing.
    """

    title: str
    probe: PureRequest
    request: PureRequest
    value: int | None = None
    plain: PureRequest | None = None


class Definitions:
    """Requests that create the schema.

    Args:
        labels: of the environment.
        icons: names of the icons that are there.
    """

    def __init__(self, labels: Labels, icons: Container[str] = ()) -> None:
        self._label = labels.body
        self._icons = icons

    def table(self, table: Table) -> Creation:
        """Return a table of our own with the column its rows are shown by."""
        primary = {
            "@odata.type": f"{_CRM}.StringAttributeMetadata",
            # the primary column of an activity must have this name
            "SchemaName": "Subject" if table.activity else table.primary,
            "IsPrimaryName": True,
            "RequiredLevel": {"Value": "None"},
            "MaxLength": table.longest,
            "FormatName": {"Value": "Text"},
            "DisplayName": self._label(table.primary_title),
            **_flags(searchable=True, audited=False),
        }
        body = {
            "@odata.type": f"{_CRM}.EntityMetadata",
            "SchemaName": table.name,
            "EntitySetName": ENTITY_SETS[table.name].name,
            "DisplayName": self._label(table.title),
            "DisplayCollectionName": self._label(table.titles),
            "Description": self._label(table.description),
            "OwnershipType": "UserOwned",
            "IsActivity": table.activity,
            **(_ON_TIMELINES if table.activity else {}),
            "HasActivities": False,
            "HasNotes": True,
            "IsAuditEnabled": _managed(table.audited, _AUDIT),
            "Attributes": [primary],
        }
        plain = _in_solution(_post("EntityDefinitions", body))
        title, probe = f"table {table.name}", read_table(table.name)
        if table.icon not in self._icons:
            return Creation(title, probe, plain)
        drawn = _in_solution(_post("EntityDefinitions", {**body, "IconVectorName": table.icon}))
        # Nobody says whether an icon may be named so early; a table without one does as well.
        return Creation(title, probe, drawn, plain=plain)

    def column(self, table: str, column: Column) -> Creation:
        """Return a column."""
        body = {
            "SchemaName": column.name,
            "DisplayName": self._label(column.title),
            "Description": self._label(column.description),
            "RequiredLevel": {"Value": "None"},
            **_flags(searchable=column.searchable, audited=column.audited),
            **self._type(column),
        }
        return Creation(
            f"column {table}.{column.name}",
            read_column(table, column.name),
            _in_solution(_post(f"{table_path(table)}/Attributes", body)),
        )

    def option(self, table: str, column: Column, option: IntEnum) -> Creation:
        """Return an option of a choice that was made without it."""
        body = {
            "EntityLogicalName": table,
            "AttributeLogicalName": column.name,
            "Value": int(option),
            "Label": self._label(label(option)),
            "SolutionUniqueName": schema.SOLUTION,
        }
        return Creation(
            f"option {label(option)} of {table}.{column.name}",
            read_options(table, column.name),
            _post("InsertOptionValue", body),
            value=int(option),
        )

    def lookup(self, lookup: Lookup) -> Creation:
        """Return a lookup, which is a relationship; deleting the target empties it."""
        body = {
            "@odata.type": f"{_CRM}.OneToManyRelationshipMetadata",
            "SchemaName": lookup.relationship,
            "ReferencedEntity": lookup.target,
            "ReferencedAttribute": ENTITY_SETS[lookup.target].key,
            "ReferencingEntity": lookup.table,
            # Dataverse may add the table's name to lookups of activities: say what we bind.
            "ReferencingEntityNavigationPropertyName": lookup.name,
            "Lookup": {
                "@odata.type": f"{_CRM}.LookupAttributeMetadata",
                "SchemaName": lookup.name,
                "DisplayName": self._label(lookup.title),
                "Description": self._label(lookup.description),
                "RequiredLevel": {"Value": "None"},
                **_flags(searchable=True, audited=lookup.audited),
            },
            "CascadeConfiguration": {
                **dict.fromkeys(_CASCADES, "NoCascade"),
                "Merge": "Cascade" if lookup.follows else "NoCascade",
                "Delete": "RemoveLink",
            },
        }
        return Creation(
            f"lookup {lookup.table}.{lookup.name}",
            read_column(lookup.table, lookup.name),
            _in_solution(_post("RelationshipDefinitions", body)),
        )

    def key(self, key: Key) -> Creation:
        """Return an alternate key; Dataverse builds its index afterwards."""
        body = {
            "SchemaName": key.name,
            "DisplayName": self._label(key.title),
            "KeyAttributes": list(key.columns),
        }
        return Creation(
            f"alternate key {key.table}.{key.name}",
            read_keys(key.table),
            _in_solution(_post(f"{table_path(key.table)}/Keys", body)),
        )

    def _type(self, column: Column) -> dict[str, Any]:
        match column.kind:
            case ColumnType.TEXT:
                own: dict[str, Any] = {"MaxLength": column.length, "FormatName": {"Value": "Text"}}
            case ColumnType.ADDRESS:
                own = {"MaxLength": column.length, "FormatName": {"Value": "Url"}}
            case ColumnType.LONG_TEXT:
                own = {"MaxLength": column.length, "Format": "TextArea"}
            case ColumnType.MONEY:
                own = {
                    "MinValue": -_LARGEST,
                    "MaxValue": _LARGEST,
                    "Precision": 2,
                    "PrecisionSource": BY_CURRENCY,
                }
            case ColumnType.DATE | ColumnType.MOMENT:
                shown, behavior = DATE_FORMATS[column.kind]
                own = {"Format": shown, "DateTimeBehavior": {"Value": behavior}}
            case ColumnType.CHOICE:
                own = {"OptionSet": self._options(column)}
            case ColumnType.YES_NO:
                own = {
                    "DefaultValue": False,
                    "OptionSet": {
                        "@odata.type": f"{_CRM}.BooleanOptionSetMetadata",
                        "TrueOption": {"Value": 1, "Label": self._label(YES)},
                        "FalseOption": {"Value": 0, "Label": self._label(NO)},
                    },
                }
        return {"@odata.type": f"{_CRM}.{ATTRIBUTE_TYPES[column.kind]}AttributeMetadata", **own}

    def _options(self, column: Column) -> dict[str, Any]:
        return {
            "@odata.type": f"{_CRM}.OptionSetMetadata",
            "IsGlobal": False,
            "OptionSetType": "Picklist",
            "Options": [self._option(option) for option in column.options or ()],
        }

    def _option(self, option: IntEnum) -> dict[str, Any]:
        colour = colour_of(option)
        shown = {"Color": colour} if colour else {}
        return {"Value": int(option), "Label": self._label(label(option)), **shown}


def publisher() -> Creation:
    """Return the publisher, whose prefixes all our names and option values carry."""
    body = {
        "uniquename": schema.PUBLISHER,
        "friendlyname": schema.PUBLISHER_TITLE,
        "customizationprefix": PREFIX,
        "customizationoptionvalueprefix": OPTION_PREFIX,
    }
    title = f"publisher {schema.PUBLISHER}"
    return Creation(title, find_publisher(), _post("publishers", body))


def solution(publisher: str) -> Creation:
    """Return the solution that holds everything else.

    Args:
        publisher: id of the publisher's row.
    """
    body = {
        "uniquename": schema.SOLUTION,
        "friendlyname": schema.SOLUTION_TITLE,
        "version": FIRST_VERSION,
        "publisherid@odata.bind": f"/publishers({publisher})",
    }
    return Creation(f"solution {schema.SOLUTION}", find_solution(), _post("solutions", body))


def raise_version(solution: str, version: str, etag: str) -> PureRequest:
    """Return the request that gives our solution's row, in the version read, another version."""
    headers = {"If-Match": etag}
    return PureRequest("PATCH", f"solutions({solution})", headers, {"version": version})


def reactivate(key: Key) -> PureRequest:
    """Return the request that builds the index of a key again after it failed."""
    body = {"EntityLogicalName": key.table, "EntityKeyLogicalName": key.name}
    return _post("ReactivateEntityKey", body)


def publish(xml: str) -> PureRequest:
    """Return the request that makes the customizations that `xml` names visible in the apps."""
    return _post("PublishXml", {"ParameterXml": xml})


def _flags(*, searchable: bool, audited: bool) -> dict[str, Any]:
    """Return the flags of a new column; afterwards they are the administrator's."""
    return {
        "IsValidForAdvancedFind": _managed(searchable, "canmodifysearchsettings"),
        "IsAuditEnabled": _managed(audited, _AUDIT),
    }


def _managed(value: bool, name: str) -> dict[str, Any]:  # noqa: FBT001  # a property's value
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}


def _post(path: str, body: Mapping[str, Any]) -> PureRequest:
    return PureRequest("POST", path, {}, body)


def _in_solution(request: PureRequest) -> PureRequest:
    return replace(request, headers={"MSCRM.SolutionUniqueName": schema.SOLUTION})
