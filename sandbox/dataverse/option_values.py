"""`InsertOptionValue`, `UpdateOptionValue`: one more option of a choice, another text of one.

Never renumbers an option, and never colours one:
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/insertoptionvalue
"""

from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.customizing import definition_texts
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Column, Kind
from sandbox.dataverse.operations import Answer, Operation, json_answer

_TAKES = {
    "EntityLogicalName",
    "AttributeLogicalName",
    "Value",
    "Label",
    "Description",
    "SolutionUniqueName",
    "Color",  # taken, and without any effect
}


def insert(env: Environment, operation: Operation) -> Answer:
    """Add an option to a choice of a table.

    Raises:
        DataverseError: 400 a wrong body, a column that is no choice, a value that is taken; 404 no
            such table.
    """
    operation.check_json()
    body = loads_object(operation.body)
    if not body.keys() <= _TAKES or not body.keys() >= {"Label", "AttributeLogicalName"}:
        raise errors.payload(f"InsertOptionValue takes {', '.join(sorted(_TAKES))}.")
    column = _choice(env, body)
    value = body.get("Value", max(column.options, default=0) + 1)
    if type(value) is not int or value in column.options:
        raise errors.argument(f"The option value {value} is taken, or is no whole number.")
    definition_texts.of_option(env, column, value, body["Label"], merge=False)
    return json_answer(
        {
            "@odata.context": (
                operation.root + "$metadata#Microsoft.Dynamics.CRM.InsertOptionValueResponse"
            ),
            "NewOptionValue": value,
        }
    )


def update(env: Environment, operation: Operation) -> Answer:
    """Give an option of a choice of a table another text.

    Raises:
        DataverseError: 400 a wrong body, a column that is no choice, no such option; 404 no such
            table.
    """
    operation.check_json()
    body = loads_object(operation.body)
    needed = {"Label", "AttributeLogicalName", "Value", "MergeLabels"}
    if not needed <= body.keys() <= _TAKES | {"MergeLabels"}:
        raise errors.payload(f"UpdateOptionValue takes {', '.join(sorted(needed))}.")
    column = _choice(env, body)
    if body["Value"] not in column.options:
        raise errors.argument(f"{column.name} has no option {body['Value']}.")
    merge = body["MergeLabels"] is True
    definition_texts.of_option(env, column, body["Value"], body["Label"], merge=merge)
    return Answer(204)


def _choice(env: Environment, body: dict[str, Any]) -> Column:
    table = env.schema.table(str(body.get("EntityLogicalName")))
    column = table.columns.get(str(body["AttributeLogicalName"]))
    if column is None or column.kind is not Kind.PICKLIST:
        raise errors.argument(f"{body['AttributeLogicalName']} is no choice of {table.name}.")
    return column
