"""The texts, colours and icons of tables, columns and options, as a definition brings them.

Never loses a language a definition does not name, if it is to be merged; else it does, as is
documented.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.customizing import labels, resources
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Column, Kind, Table

Json = Mapping[str, Any]

_OF_TABLES = {
    "DisplayName": "label",
    "DisplayCollectionName": "plural",
    "Description": "description",
}
_OF_COLUMNS = {"DisplayName": "label", "Description": ""}
# Properties of a table that go back to their default where a PUT leaves them out.
MANAGED = (
    *("IsAuditEnabled", "IsCustomizable", "IsRenameable", "IsMailMergeEnabled", "IsValidForQueue"),
    *("IsVisibleInMobile", "IsVisibleInMobileClient", "IsReadOnlyInMobileClient"),
    *("IsDuplicateDetectionEnabled", "IsConnectionsEnabled", "CanCreateAttributes"),
    *("CanCreateForms", "CanCreateViews", "CanCreateCharts"),
)
_FIXED = ("IsActivity", "ActivityTypeMask", "OwnershipType", "SchemaName", "LogicalName")


def check_table(env: Environment, body: Json, table: Table | None = None) -> None:
    """Refuse what a table cannot have: an icon that is not there; once it exists, another nature.

    Raises:
        DataverseError: 400, one of both.
    """
    icon = body.get("IconVectorName")
    if icon and not resources.is_icon(env, str(icon)):
        raise errors.argument(f"IconVectorName '{icon}' names no SVG web resource.")
    if table is None:
        return
    now = {
        "IsActivity": table.is_activity,
        "ActivityTypeMask": table.definition.get("ActivityTypeMask", int(table.is_activity)),
        "OwnershipType": table.ownership,
        "SchemaName": table.schema,
        "LogicalName": table.name,
    }
    for name in _FIXED:
        if body.get(name, now[name]) != now[name]:
            raise errors.argument(f"{name} of {table.name} can be set at creation only.")


def of_table(env: Environment, table: Table, body: Json, *, merge: bool = False) -> None:
    """Take a table's texts from its definition.

    Raises:
        DataverseError: 400, a language is not provisioned or the base language is missing.
    """
    read = {name: _read(env, body, name) for name in _OF_TABLES}
    for name, attribute in _OF_TABLES.items():
        base = _keep(env, table.texts, name, read[name], merge=merge)
        if base is not None:
            setattr(table, attribute, base)


def of_column(env: Environment, column: Column, body: Json, *, merge: bool = False) -> None:
    """Take a column's texts, and those and the colours of its options, from its definition.

    Raises:
        DataverseError: 400, a language is not provisioned or the base language is missing.
    """
    read = {name: _read(env, body, name) for name in _OF_COLUMNS}
    options = _options(column, body)
    texts = {value: _read(env, option, "Label") for value, option in options.items()}
    for name, attribute in _OF_COLUMNS.items():
        base = _keep(env, column.texts, name, read[name], merge=merge)
        if base is not None and attribute:
            setattr(column, attribute, base)
    for value, option in options.items():
        base = _keep(env, column.option_texts, value, texts[value], merge=merge)
        if base is not None:
            column.options = {**column.options, value: base}
        color = option.get("Color")
        if color is not None and not isinstance(color, str):
            raise errors.payload("the Color of an option is a text such as #107C10.")
        column.colors = {**column.colors, value: color} if color else column.colors


def of_option(env: Environment, column: Column, value: int, label: Any, *, merge: bool) -> None:
    """Take one option's text; its colour is not changed this way, whatever a request says.

    Raises:
        DataverseError: 400, a language is not provisioned or the base language is missing.
    """
    read = labels.read(env, label, "Label")
    base = _keep(env, column.option_texts, value, read, merge=merge)
    column.options = {**column.options, value: base or str(value)}


def _read(env: Environment, body: Json, name: str) -> dict[int, str] | None:
    """Return the texts of a label; None where the definition holds none."""
    given = body.get(name)
    if given is None or (isinstance(given, Mapping) and not given.get("LocalizedLabels")):
        return None
    return labels.read(env, given, name)


def _keep(
    env: Environment, texts: dict[Any, dict[int, str]], key: Any, read: dict[int, str] | None,
    *, merge: bool
) -> str | None:  # fmt: skip
    """Keep texts; return the one in the base language, None where there are none."""
    if read is None:
        return None
    texts[key] = {**(texts.get(key, {}) if merge else {}), **read}
    return texts[key].get(env.customizing.languages[0])


def _options(column: Column, body: Json) -> dict[int, Json]:
    given = body.get("OptionSet")
    if not isinstance(given, Mapping):
        return {}
    if column.kind is Kind.BOOLEAN:
        pair = {1: given.get("TrueOption"), 0: given.get("FalseOption")}
        return {value: option for value, option in pair.items() if isinstance(option, Mapping)}
    listed = [each for each in given.get("Options") or [] if isinstance(each, Mapping)]
    return {each["Value"]: each for each in listed if type(each.get("Value")) is int}
