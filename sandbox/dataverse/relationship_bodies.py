"""A relationship's definition as a client sends it: what cascades, what its two ends are called.

Never adds the relationship to a table.
"""

from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.choices import SCHEMA, WITH_TABLE
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Cascade, Table

Json = dict[str, Any]

_WHOSE = frozenset({"Active", "Cascade", "NoCascade", "UserOwned"})
_EFFECTS = {
    "Assign": _WHOSE,
    "Reparent": _WHOSE,
    "Share": _WHOSE,
    "Unshare": _WHOSE,
    "Delete": frozenset({"Cascade", "RemoveLink", "Restrict", "NoCascade"}),
    "Merge": frozenset({"Cascade", "NoCascade"}),
}


def cascade(env: Environment, parent: Table, body: Json) -> Cascade:
    """Return what a definition lets cascade.

    Where it says nothing of merging, tables that can be merged get the only documented value.

    Raises:
        DataverseError: 400, an effect is not known or, if the environment is strict, merging does
            not cascade from a table that can be merged.
    """
    given: Json = body.get("CascadeConfiguration") or {}
    found = {"merge": "Cascade"} if parent.mergeable else {}
    for deed, effects in _EFFECTS.items():
        effect = given.get(deed)
        if effect is None:
            continue
        if effect not in effects:
            raise errors.argument(f"CascadeConfiguration.{deed} '{effect}' is not known.")
        found[deed.lower()] = effect
    made = Cascade(**found)
    if env.choices.strict_merge_cascade and parent.mergeable and made.merge != "Cascade":
        raise errors.argument(
            f"Rows of {parent.name} can be merged: CascadeConfiguration.Merge has to be Cascade."
        )
    return made


def navigation(env: Environment, parent: Table, child: Table, body: Json) -> tuple[str, str]:
    """Return the names of both navigation properties, the child's first.

    Args:
        env: the environment.
        parent: the table pointed at.
        child: the table that points.
        body: the relationship's definition.

    Raises:
        DataverseError: 400, a name is taken.
    """
    schema, lookup = str(body["SchemaName"]), str(body["Lookup"]["SchemaName"])
    naming = env.choices.navigation_names
    single = str(body.get("ReferencingEntityNavigationPropertyName") or lookup)
    collection = str(body.get("ReferencedEntityNavigationPropertyName") or schema)
    if naming in {SCHEMA, WITH_TABLE}:
        single, collection = lookup, schema
    if naming == WITH_TABLE:
        single = f"{lookup}_{child.name}"
    for name, table in ((single, child), (collection, parent)):
        if name in table.columns or name in table.parents or name in table.children:
            raise errors.DataverseError(
                400,
                errors.NAVIGATION_TAKEN,
                f"The navigation property {name} of {table.name} exists already.",
            )
    return single, collection
