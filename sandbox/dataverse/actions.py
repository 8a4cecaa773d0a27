"""Functions and actions that belong to no table: WhoAmI, closing opportunities.

Never silently accepts a name it does not know.
"""

from collections.abc import Callable
from typing import Any

from sandbox.dataverse import bodies, components, errors, merging, option_values, storing, writing
from sandbox.dataverse.customizing import apps, exporting, labels, publishing, views
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.operations import Answer, Operation, json_answer


def who_am_i(env: Environment, operation: Operation) -> Answer:
    """Answer who the caller is; also the cheapest call to read headers from."""
    return json_answer(
        {
            "@odata.context": operation.root + "$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse",
            "BusinessUnitId": env.business_unit,
            "UserId": env.user,
            "OrganizationId": env.organization,
        }
    )


def win_opportunity(env: Environment, operation: Operation) -> Answer:
    """Close an opportunity as won."""
    return _close_opportunity(env, operation, state=1)


def lose_opportunity(env: Environment, operation: Operation) -> Answer:
    """Close an opportunity as lost."""
    return _close_opportunity(env, operation, state=2)


def reactivate_key(env: Environment, operation: Operation) -> Answer:
    """Build the index of a failed alternate key again.

    Raises:
        DataverseError: 404, there is no such key.
    """
    body = _body(operation, "EntityLogicalName", "EntityKeyLogicalName")
    table = env.schema.table(str(body["EntityLogicalName"]))
    for key in table.keys.values():
        if key.name == str(body["EntityKeyLogicalName"]).lower():
            key.failed = key.ready = False
            key.created = env.clock()
            return Answer(204)
    raise errors.missing("EntityKeyMetadata", str(body["EntityKeyLogicalName"]))


FUNCTIONS: dict[str, Callable[[Environment, Operation], Answer]] = {
    "WhoAmI": who_am_i,
    "RetrieveProvisionedLanguages": labels.provisioned,
}
ACTIONS: dict[str, Callable[[Environment, Operation], Answer]] = {
    "WinOpportunity": win_opportunity,
    "LoseOpportunity": lose_opportunity,
    "PublishXml": publishing.publish,
    "PublishAllXml": publishing.publish_all,
    "ValidateSavedQuery": views.validate,
    "SetLocLabels": labels.set_localized,
    "ExportSolution": exporting.export,
    "AddAppComponents": apps.add,
    "RemoveAppComponents": apps.remove,
    "ReactivateEntityKey": reactivate_key,
    "AddSolutionComponent": components.add,
    "RemoveSolutionComponent": components.remove,
    "Merge": merging.answer,
    "InsertOptionValue": option_values.insert,
    "UpdateOptionValue": option_values.update,
}


def _body(operation: Operation, *names: str) -> dict[str, Any]:
    operation.check_json()
    body = loads_object(operation.body)
    if body.keys() != set(names):
        raise errors.payload(f"the action takes {', '.join(names)}.")
    return body


def _close_opportunity(env: Environment, operation: Operation, *, state: int) -> Answer:
    if "opportunity" not in env.schema.tables:
        raise errors.no_segment(operation.path)
    body = _body(operation, "Status", "OpportunityClose")
    closing = body["OpportunityClose"]
    if not isinstance(closing, dict):
        raise errors.payload("'OpportunityClose' is an object.")
    table = env.schema.tables["opportunity"]
    change = bodies.read(
        env,
        env.schema.tables["opportunityclose"],
        closing,
        creating=True,
        references=operation.references,
    )
    reference = change.values.get("opportunityid")
    if reference is None:
        raise errors.payload("'OpportunityClose' names no opportunity.")
    status = body["Status"]
    if status == -1:
        status = table.columns["statecode"].definition["defaults"][state]
    if type(status) is not int or table.columns["statuscode"].state_of.get(status) != state:
        raise errors.DataverseError(
            400, errors.BAD_STATUS, f"{status} is not a valid status code on state code {state}."
        )
    opportunity = storing.existing(env, table, reference[1])
    if opportunity["statecode"] != 0:
        raise errors.argument("The opportunity is closed already.")
    given: dict[str, Any] = {
        "statecode": state,
        "statuscode": status,
        "actualclosedate": env.now()[:10],
    }
    if change.values.get("actualrevenue") is not None:
        given["actualvalue"] = change.values["actualrevenue"]
    with env.transaction():
        closed = writing.create(
            env,
            env.schema.tables["opportunityclose"],
            closing,
            references=operation.references,
        )
        activity = env.schema.tables["opportunityclose"]
        row = storing.existing(env, activity, closed)
        storing.apply(env, activity, row, {"statecode": 1})
        storing.apply(env, table, opportunity, given)
    return Answer(204)
