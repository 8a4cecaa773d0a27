"""What is read of definitions, of the publisher and of the solution, as requests.

Never sends anything.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.adapters.dataverse.odata import PureRequest, equals
from shared.core import schema

_CRM: Final = "Microsoft.Dynamics.CRM"
# Metadata is cached for half a minute; a verifier and a provisioner want to see it as it is.
_STRONG: Final = {"Consistency": "Strong"}


def read_language() -> PureRequest:
    """Return the read of the environment's base language."""
    return PureRequest("GET", "organizations?$select=languagecode")


def read_provisioned() -> PureRequest:
    """Return the question which languages the environment has."""
    return PureRequest("GET", "RetrieveProvisionedLanguages()")


def find_publisher() -> PureRequest:
    """Return the search for our publisher."""
    return _find("publishers", "publisherid,customizationprefix", schema.PUBLISHER)


def find_solution() -> PureRequest:
    """Return the search for our solution."""
    return _find("solutions", "solutionid,version,ismanaged", schema.SOLUTION)


def read_table(table: str) -> PureRequest:
    """Return the read of a table's definition."""
    select = "LogicalName,EntitySetName,IsActivity,PrimaryIdAttribute,IsManaged"
    # Of a table of our own everything may have to be completed.
    chosen = "" if table in schema.OWN_TABLES else f"?$select={select}"
    return _strong(f"{table_path(table)}{chosen}")


def read_whole(path: str) -> PureRequest:
    """Return the read of a whole definition."""
    return _strong(path)


def read_column(table: str, column: str) -> PureRequest:
    """Return the read of a column's definition, with what only its type has."""
    return _strong(column_path(table, column))


def read_options(table: str, column: str, kind: str = "Picklist") -> PureRequest:
    """Return the read of the options of a choice, or of a yes or no.

    Args:
        table: whose column it is.
        column: its name.
        kind: its type as Dataverse calls it.
    """
    path = f"{column_path(table, column)}/{_CRM}.{kind}AttributeMetadata"
    return _strong(f"{path}?$select=LogicalName&$expand=OptionSet")


def option_values(answer: Mapping[str, Any]) -> frozenset[int]:
    """Return the values of a choice, of the answer to `read_options`."""
    options = (answer.get("OptionSet") or {}).get("Options", ())
    return frozenset(int(option["Value"]) for option in options)


def read_keys(table: str) -> PureRequest:
    """Return the read of a table's alternate keys."""
    return _strong(f"{table_path(table)}/Keys")


def read_navigations(table: str) -> PureRequest:
    """Return the read of a table's lookups with their navigation properties."""
    select = "ReferencingAttribute,ReferencedEntity,ReferencingEntityNavigationPropertyName"
    return _strong(f"{table_path(table)}/ManyToOneRelationships?$select={select}")


def read_relationships(table: str) -> PureRequest:
    """Return the read of a table's lookups with the names of their relationships."""
    select = "ReferencingAttribute,ReferencedEntity,SchemaName"
    return _strong(f"{table_path(table)}/ManyToOneRelationships?$select={select}")


def read_type_code(table: str) -> PureRequest:
    """Return the read of a table's number, which of custom tables differs by environment."""
    return _strong(f"{table_path(table)}?$select=LogicalName,ObjectTypeCode")


def read_relationship(name: str) -> PureRequest:
    """Return the read of a relationship's definition."""
    return _strong(f"RelationshipDefinitions(SchemaName='{name}')")


def _find(table: str, select: str, name: str) -> PureRequest:
    where = equals("uniquename", name).replace(" ", "%20")
    return PureRequest("GET", f"{table}?$select={select}&$filter={where}")


def table_path(table: str) -> str:
    """Return the address of a table's definition."""
    return f"EntityDefinitions(LogicalName='{table}')"


def column_path(table: str, column: str) -> str:
    """Return the address of a column's definition."""
    return f"{table_path(table)}/Attributes(LogicalName='{column}')"


def _strong(path: str) -> PureRequest:
    return PureRequest("GET", path, _STRONG)
