"""Managed properties of definitions: what the owner of a solution may lock, and its default.

Never decides what is locked.
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def managed(value: Any, name: str) -> Json:
    """Return a managed property."""
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}


def given(definition: Json, name: str, default: bool) -> Json:  # noqa: FBT001  # a managed value
    """Return a managed property as a definition gave it, else its default."""
    sent = definition.get(name)
    value = sent.get("Value", default) if isinstance(sent, Mapping) else default
    return managed(value, _PROPERTY_NAMES.get(name, name.lower()))


FLAGS = {
    "IsAuditEnabled": False,
    "IsMailMergeEnabled": False,
    "IsRenameable": True,
    "CanCreateAttributes": True,
    "CanCreateForms": True,
    "CanCreateViews": True,
    "CanCreateCharts": True,
}
_PROPERTY_NAMES = {
    "IsAuditEnabled": "canmodifyauditsettings",
    "IsMailMergeEnabled": "canmodifymailmerge",
    "IsValidForAdvancedFind": "canmodifysearchsettings",
}
