"""`$filter` and `$select` over definitions, which are plain JSON objects.

Never folds case: names in definitions are exact.
"""

from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.nodes import Call, Compare, Lambda, Logic, Node, Not, Path, Within
from sandbox.dataverse.options import Options

Json = dict[str, Any]
_ALWAYS = frozenset({"@odata.type", "MetadataId"})


def project(shown: Json, chosen: Options, what: str) -> Json:
    """Return what `$select` leaves of a definition.

    Raises:
        DataverseError: 400, a selected property does not exist.
    """
    if not chosen.select:
        return shown
    for name in chosen.select:
        if name not in shown:
            raise errors.request(f"Could not find a property named '{name}' on '{what}'.")
    kept = {*chosen.select, *_ALWAYS, *(item.name for item in chosen.expand)}
    return {name: value for name, value in shown.items() if name in kept}


def matches(shown: Json, chosen: Options) -> bool:
    """Say whether a definition meets `$filter`.

    Raises:
        DataverseError: 400, the filter uses a function; definitions allow comparisons only.
    """
    return chosen.filter is None or _holds(shown, chosen.filter)


def _holds(shown: Json, node: Node) -> bool:
    if isinstance(node, Logic):
        held = [_holds(shown, each) for each in node.nodes]
        return all(held) if node.operator == "and" else any(held)
    if isinstance(node, Not):
        return not _holds(shown, node.inner)
    if isinstance(node, (Call, Within, Lambda)):
        raise errors.request("Functions are not supported in a filter over definitions.")
    return _compare(shown, node)


def _compare(shown: Json, node: Compare) -> bool:
    if node.operator not in {"eq", "ne"} or not isinstance(node.left, Path):
        raise errors.request("A filter over definitions compares properties with eq and ne.")
    equal = _value(shown, node.left) == node.right
    return equal is (node.operator == "eq")


def _value(shown: Json, path: Path) -> Any:
    value: Any = shown
    for step in path.steps:
        if not isinstance(value, dict) or step not in value:
            raise errors.request(f"Could not find a property named '{step}'.")
        value = value[step]
    return value
