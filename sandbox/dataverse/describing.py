"""Tables, columns, keys and relationships as the metadata API's JSON.

Never changes a definition.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sandbox.dataverse import privileges
from sandbox.dataverse.encoding import Number
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.managed_properties import FLAGS, given, managed
from sandbox.dataverse.metadata import CHOICES, REFERENCES, Column, Key, Kind, Relationship, Table

CRM = "Microsoft.Dynamics.CRM."
LANGUAGE = 1033

Json = dict[str, Any]

# Properties every attribute has; those of derived types need a cast in the URL to be selected.
_BASE = frozenset(
    {
        "MetadataId", "LogicalName", "SchemaName", "AttributeType", "AttributeTypeName",
        "DisplayName", "Description", "RequiredLevel", "IsPrimaryId", "IsPrimaryName",
        "IsValidForCreate", "IsValidForRead", "IsValidForUpdate", "IsCustomAttribute",
        "EntityLogicalName", "AttributeOf", "IsLogical", "IsManaged", "IsSecured",
        "IsValidODataAttribute", "ColumnNumber", "HasChanged", "IsCustomizable", "SourceType",
        "IsAuditEnabled", "IsValidForAdvancedFind",
    }
)  # fmt: skip
_TYPE_NAMES = {Kind.GUID: "Uniqueidentifier", Kind.MEMO: "Memo", Kind.CUSTOMER: "Lookup"}


def label(text: str, texts: Mapping[int, str] | None = None) -> Json:
    """Return a label: its text in the base language, and those in others.

    Args:
        text: the platform's own, in English.
        texts: by language, the base language first; None or empty for the platform's own.
    """
    every = texts or {LANGUAGE: text}
    localized = [
        {
            "Label": each,
            "LanguageCode": code,
            "IsManaged": False,
            "MetadataId": None,
            "HasChanged": None,
        }
        for code, each in every.items()
    ]
    return {"LocalizedLabels": localized, "UserLocalizedLabel": localized[0]}


def table_json(table: Table) -> Json:
    """Return a table's EntityMetadata without its columns, keys and relationships."""
    return {
        "MetadataId": table.metadata_id,
        "LogicalName": table.name,
        "SchemaName": table.schema,
        "EntitySetName": table.set_name,
        "LogicalCollectionName": table.set_name,
        "CollectionSchemaName": table.set_name,
        "PrimaryIdAttribute": table.id,
        "PrimaryNameAttribute": table.title,
        "ObjectTypeCode": table.type_code,
        "DisplayName": label(table.label or table.schema, table.texts.get("DisplayName")),
        "DisplayCollectionName": label(
            table.plural or table.set_name, table.texts.get("DisplayCollectionName")
        ),
        "Description": label(table.description, table.texts.get("Description")),
        "IconVectorName": table.definition.get("IconVectorName"),
        "OwnershipType": table.ownership,
        "TableType": "Standard",
        "IsActivity": table.is_activity,
        "IsActivityParty": False,
        "ActivityTypeMask": table.definition.get("ActivityTypeMask", int(table.is_activity)),
        "HasActivities": table.has_activities,
        "HasNotes": table.has_notes,
        "IsCustomEntity": table.custom,
        "IsCustomizable": managed(True, "iscustomizable"),
        "IsManaged": table.managed or not table.custom,
        "IsPrivate": False,
        "IsIntersect": False,
        "IsLogicalEntity": False,
        "IsOptimisticConcurrencyEnabled": True,
        "ChangeTrackingEnabled": bool(table.definition.get("ChangeTrackingEnabled", False)),
        "IsAvailableOffline": bool(table.definition.get("IsAvailableOffline", False)),
        **{name: given(table.definition, name, default) for name, default in FLAGS.items()},
        "Privileges": privileges.defined(table),
    }


def column_type(column: Column) -> str:
    """Return the attribute's type without the namespace."""
    name = _TYPE_NAMES.get(column.kind, column.kind.value)
    if column.kind is Kind.GUID:
        return "UniqueIdentifierAttributeMetadata"
    if column.kind is Kind.OWNER:
        return "LookupAttributeMetadata"
    return f"{name}AttributeMetadata"


def column_json(table: Table, column: Column, *, cast: bool) -> Json:
    """Return a column's AttributeMetadata.

    Args:
        table: whose column it is.
        column: the column.
        cast: whether the URL names the derived type; the type is then not repeated in the answer.
    """
    shown: Json = {} if cast else {"@odata.type": f"#{CRM}{column_type(column)}"}
    shown |= {
        "MetadataId": column.metadata_id,
        "LogicalName": column.name,
        "SchemaName": column.schema,
        "AttributeType": column.kind.value,
        "AttributeTypeName": {"Value": f"{column.kind.value}Type"},
        "DisplayName": label(column.label, column.texts.get("DisplayName")),
        "Description": label("", column.texts.get("Description")),
        "RequiredLevel": managed(column.required, "canmodifyrequirementlevelsettings"),
        "IsPrimaryId": column.name == table.id,
        "IsPrimaryName": column.name == table.title,
        "IsValidForCreate": column.create,
        "IsValidForRead": True,
        "IsValidForUpdate": column.update,
        "IsCustomAttribute": column.custom,
        "EntityLogicalName": table.name,
        "AttributeOf": None,
        "IsLogical": False,
        "IsManaged": column.managed or not column.custom,
        "IsSecured": False,
        "IsValidODataAttribute": True,
        "ColumnNumber": list(table.columns).index(column.name) + 1,
        "HasChanged": None,
        "IsCustomizable": managed(True, "iscustomizable"),
        "IsAuditEnabled": given(column.definition, "IsAuditEnabled", default=False),
        "IsValidForAdvancedFind": given(column.definition, "IsValidForAdvancedFind", default=True),
        "SourceType": 0,
    }
    return shown | _derived(table, column)


def is_base_property(name: str) -> bool:
    """Say whether an attribute property can be selected without a cast."""
    return name in _BASE


def option_set_json(column: Column) -> Json | None:
    """Return the OptionSet of a choice, state, status or boolean column."""
    base = {
        "MetadataId": column.metadata_id,
        "IsGlobal": False,
        "Name": column.name,
        "IsCustomOptionSet": column.custom,
    }
    if column.kind is Kind.BOOLEAN:
        yes, no = column.options.get(1, "Yes"), column.options.get(0, "No")
        return base | {
            "OptionSetType": "Boolean",
            "TrueOption": {"Value": 1, "Label": label(yes, column.option_texts.get(1))},
            "FalseOption": {"Value": 0, "Label": label(no, column.option_texts.get(0))},
        }
    if column.kind not in CHOICES:
        return None
    options = []
    for value, text in column.options.items():
        option: Json = {
            "Value": value,
            "Label": label(text, column.option_texts.get(value)),
            "Color": column.colors.get(value),
            "IsManaged": False,
        }
        if column.kind is Kind.STATUS:
            option["State"] = column.state_of.get(value)
        if column.kind is Kind.STATE:
            option["DefaultStatus"] = column.definition.get("defaults", {}).get(value)
        options.append(option)
    return base | {"OptionSetType": column.kind.value, "Options": options}


def key_json(env: Environment, table: Table, key: Key) -> Json:
    """Return an alternate key's EntityKeyMetadata with the status its index has now."""
    return {
        "MetadataId": key.metadata_id,
        "SchemaName": key.schema,
        "LogicalName": key.name,
        "EntityLogicalName": table.name,
        "KeyAttributes": list(key.columns),
        "EntityKeyIndexStatus": env.settle(table, key),
        "DisplayName": label(key.label or key.schema),
        "IsManaged": key.managed,
        "AsyncJob": {
            "asyncoperationid": key.job_id,
            "name": f"Create index for {key.schema} for table {table.name}",
        },
    }


def relationship_json(env: Environment, known: Relationship, *, typed: bool) -> Json:
    """Return a relationship's OneToManyRelationshipMetadata."""
    shown: Json = {"@odata.type": f"#{CRM}OneToManyRelationshipMetadata"} if typed else {}
    parent, child = env.schema.tables[known.parent], env.schema.tables[known.child]
    return shown | {
        "MetadataId": known.metadata_id,
        "SchemaName": known.schema,
        "RelationshipType": "OneToManyRelationship",
        "ReferencedEntity": known.parent,
        "ReferencedAttribute": parent.id,
        "ReferencingEntity": known.child,
        "ReferencingAttribute": known.column,
        "ReferencingEntityNavigationPropertyName": known.single,
        "ReferencedEntityNavigationPropertyName": known.collection,
        "ReferencingEntitySetName": child.set_name,
        "IsCustomRelationship": known.custom,
        "IsManaged": not known.custom,
        "IsHierarchical": False,
        "CascadeConfiguration": {
            deed.capitalize(): effect for deed, effect in asdict(known.cascade).items()
        },
    }


def first_label(given: Any, fallback: str) -> str:
    """Return the text of a label a client sent."""
    if isinstance(given, Mapping):
        for each in given.get("LocalizedLabels") or []:
            if isinstance(each, Mapping) and each.get("Label"):
                return str(each["Label"])
    return fallback


def _derived(table: Table, column: Column) -> Json:
    if column.kind in REFERENCES:
        every = [kind for known in table.targets(column.name) for kind in known.kinds]
        return {"Targets": list(dict.fromkeys(every))}
    describe = _DERIVED.get(column.kind)
    return {} if describe is None else describe(column)


def _text(column: Column) -> Json:
    shown = column.format or "Text"
    return {
        "MaxLength": column.length,
        "Format": shown,
        "FormatName": {"Value": shown},
        "ImeMode": "Auto",
    }


def _memo(column: Column) -> Json:
    shown = column.format or "TextArea"
    return {"MaxLength": column.length, "Format": shown, "ImeMode": "Auto"}


def _whole(column: Column) -> Json:
    return {"MinValue": _int(column.low), "MaxValue": _int(column.high), "Format": "None"}


def _date(column: Column) -> Json:
    return {
        "Format": column.format or "DateAndTime",
        "DateTimeBehavior": {"Value": column.behavior},
        "ImeMode": "Inactive",
    }


def _number(column: Column) -> Json:
    shown: Json = {
        "MinValue": None if column.low is None else Number(str(column.low)),
        "MaxValue": None if column.high is None else Number(str(column.high)),
        "Precision": column.precision,
        "ImeMode": "Auto",
    }
    if column.kind is Kind.MONEY:
        shown |= {
            "PrecisionSource": column.precision_source,
            "CalculationOf": column.base_of or None,
            "IsBaseCurrency": bool(column.base_of),
        }
    return shown


def _int(value: Decimal | None) -> int | None:
    return None if value is None else int(value)


_DERIVED: dict[Kind, Callable[[Column], Json]] = {
    Kind.STRING: _text,
    Kind.MEMO: _memo,
    Kind.INTEGER: _whole,
    Kind.DECIMAL: _number,
    Kind.DOUBLE: _number,
    Kind.MONEY: _number,
    Kind.DATETIME: _date,
    Kind.BOOLEAN: lambda column: {"DefaultValue": bool(column.default)},
    Kind.PICKLIST: lambda column: {
        "DefaultFormValue": -1 if column.default is None else column.default
    },
}
