"""`InsertOptionValue`: one more option of a choice that is there.

Never renumbers or renames an option:
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/insertoptionvalue
"""

from sandbox.dataverse import errors
from sandbox.dataverse.describing import first_label
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Kind
from sandbox.dataverse.operations import Answer, Operation, json_answer

_TAKES = {
    "EntityLogicalName",
    "AttributeLogicalName",
    "Value",
    "Label",
    "Description",
    "SolutionUniqueName",
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
    table = env.schema.table(str(body.get("EntityLogicalName")))
    column = table.columns.get(str(body["AttributeLogicalName"]))
    if column is None or column.kind is not Kind.PICKLIST:
        raise errors.argument(f"{body['AttributeLogicalName']} is no choice of {table.name}.")
    value = body.get("Value", max(column.options, default=0) + 1)
    if type(value) is not int or value in column.options:
        raise errors.argument(f"The option value {value} is taken, or is no whole number.")
    column.options = {**column.options, value: first_label(body["Label"], str(value))}
    return json_answer(
        {
            "@odata.context": (
                operation.root + "$metadata#Microsoft.Dynamics.CRM.InsertOptionValueResponse"
            ),
            "NewOptionValue": value,
        }
    )
