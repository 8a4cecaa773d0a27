"""What all routes of the metadata API share: lists, bodies, methods, the solution asked for.

Never looks a definition up.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.dataverse import errors, options
from sandbox.dataverse.describing import CRM, Json, is_base_property
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.options import Options
from sandbox.dataverse.projection import matches, project
from sandbox.dataverse.requirements import method_not_allowed


def listed(
    operation: Operation,
    chosen: Options,
    every: list[Any],
    shown: Callable[[Any], Json],
    where: str,
) -> Answer:
    """Answer the definitions `chosen` leaves of `every`.

    Args:
        operation: the request.
        chosen: its options; definitions are neither ordered nor paged.
        every: the definitions.
        shown: makes JSON of one.
        where: what the context address names.

    Raises:
        DataverseError: 400, an option or property does not apply.
    """
    if chosen.order or chosen.top or chosen.skip_token or chosen.apply:
        raise errors.request("Definitions cannot be ordered or paged.")
    found = [each for each in map(shown, every) if matches(each, chosen)]
    value = [project(each, chosen, where) for each in found]
    body: Json = {"@odata.context": f"{operation.root}$metadata#{where}"}
    if chosen.count:
        body["@odata.count"] = len(value)
    return json_answer({**body, "value": value})


def read_body(operation: Operation, method: str) -> Json:
    """Return the body of a request that has to be a `method`."""
    only(operation, method)
    operation.check_json()
    return loads_object(operation.body)


def only(operation: Operation, method: str) -> None:
    """Refuse every method but one."""
    if operation.method != method:
        raise method_not_allowed(operation)


def one(operation: Operation) -> Options:
    """Return the options of a request for a single definition.

    Raises:
        DataverseError: 400, there are others than `$select` and `$expand`.
    """
    chosen = options.parse(operation.query)
    if replace(chosen, select=(), expand=(), aliases={}, extra={}) != Options():
        raise errors.request("Only $select and $expand can be applied to a single definition.")
    return chosen


def check_base(chosen: Options) -> None:
    """Refuse to select properties of derived types where the URL names none."""
    for name in chosen.select:
        if not is_base_property(name):
            raise errors.request(
                f"Could not find a property named '{name}' on type '{CRM}AttributeMetadata'."
            )


def solution(operation: Operation) -> str | None:
    """Return the unique name of the solution a new component shall go into."""
    return operation.headers.get("mscrm.solutionuniquename")


def merges_labels(operation: Operation) -> bool:
    """Say whether languages a definition does not name keep their texts."""
    return operation.headers.get("mscrm.mergelabels", "").lower() == "true"


def created(operation: Operation, where: str) -> Answer:
    """Answer that a definition was created."""
    return Answer(204, headers={"OData-EntityId": operation.root + where})
