"""Solution components: what belongs to which solution, what is managed, and what uses what.

Never deletes anything; it refuses what the platform refuses.
"""

import uuid
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sandbox.dataverse import errors, literals, options
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.customizing import drafts, uses
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.operations import Answer, Operation, json_answer

_NAMESPACE = uuid.UUID("5b51f3a6-6a6d-5b0e-9a51-bb57d5d6d0a1")
_PUBLISHED = 2  # DependencyType


class ComponentType(IntEnum):
    """Microsoft's numbers of the kinds of components, as far as they are simulated."""

    ENTITY = 1
    ATTRIBUTE = 2
    RELATIONSHIP = 10
    KEY = 14
    ROLE = 20
    VIEW = 26
    PROCESS = 29
    CHART = 59
    FORM = 60
    RESOURCE = 61
    SITE_MAP = 62
    APP = 80


# Components that are rows, and the tables they are rows of.
ROWS = {
    ComponentType.ROLE: "role",
    ComponentType.VIEW: "savedquery",
    ComponentType.PROCESS: "workflow",
    ComponentType.CHART: "savedqueryvisualization",
    ComponentType.FORM: "systemform",
    ComponentType.RESOURCE: "webresource",
    ComponentType.SITE_MAP: "sitemap",
    ComponentType.APP: "appmodule",
}


@dataclass(frozen=True)
class Dependency:
    """One component that needs another one."""

    required: str
    dependent: str
    kind: ComponentType


def file(env: Environment, solution: str | None, kind: ComponentType, component: str) -> None:
    """Put a component into a solution, if one is named; it may be in it already.

    Raises:
        DataverseError: 404 there is no such solution; 400 it is managed.
    """
    if solution is None:
        return
    owner = _solution(env, solution)
    if env.store.rows("solution").by_id[owner]["ismanaged"]:
        raise errors.argument(f"The solution {solution} is managed: nothing is added to it.")
    row_id = str(uuid.uuid5(_NAMESPACE, f"{owner}/{component}"))
    if env.store.get("solutioncomponent", row_id) is None:
        table = env.schema.tables["solutioncomponent"]
        row: dict[str, Any] = dict.fromkeys(table.columns)
        row |= {
            table.id: row_id,
            "objectid": component,
            "componenttype": int(kind),
            "solutionid": ("solution", owner),
        }
        env.store.put("solutioncomponent", row_id, row)


def forget(env: Environment, *, component: str = "", solution: str = "") -> None:
    """Take a component out of every solution, or everything out of one."""
    for row_id, row in list(env.store.rows("solutioncomponent").by_id.items()):
        if row["objectid"] == component or row["solutionid"] == ("solution", solution):
            env.store.delete("solutioncomponent", row_id)


def add(env: Environment, operation: Operation) -> Answer:
    """Answer `AddSolutionComponent`.

    Raises:
        DataverseError: 400 a wrong body; 404 no such solution or component.
    """
    operation.check_json()
    body = loads_object(operation.body)
    required = {"ComponentId", "ComponentType", "SolutionUniqueName", "AddRequiredComponents"}
    if not required <= body.keys() <= required | {"DoNotIncludeSubcomponents"}:
        raise errors.payload(f"the action takes {', '.join(sorted(required))}.")
    try:
        kind = ComponentType(body["ComponentType"])
    except ValueError:
        raise errors.unsupported(f"components of type {body['ComponentType']}") from None
    component = str(body["ComponentId"]).lower()
    if kind in ROWS and drafts.current(env, ROWS[kind], component) is None:
        raise errors.missing(ROWS[kind], component)
    name = str(body["SolutionUniqueName"])
    _check_new(env, name, kind, component)
    file(env, name, kind, component)
    where = f"{operation.root}$metadata#Microsoft.Dynamics.CRM.AddSolutionComponentResponse"
    return json_answer({"@odata.context": where, "id": component})


def remove(env: Environment, operation: Operation) -> Answer:
    """Answer `RemoveSolutionComponent`: the membership ends, the component stays.

    Raises:
        DataverseError: 400 a wrong body, or a managed solution; 404 no such solution, or the
            component is not in it.
    """
    operation.check_json()
    body = loads_object(operation.body)
    if body.keys() != {"SolutionComponent", "ComponentType", "SolutionUniqueName"}:
        raise errors.payload(
            "the action takes SolutionComponent, ComponentType and SolutionUniqueName."
        )
    given = body["SolutionComponent"]
    component = str(given.get("solutioncomponentid", "") if isinstance(given, dict) else "").lower()
    owner = _solution(env, str(body["SolutionUniqueName"]))
    for row_id, row in list(env.store.rows("solutioncomponent").by_id.items()):
        if row["solutionid"] == ("solution", owner) and row["objectid"] == component:
            if row["componenttype"] != body["ComponentType"]:
                raise errors.argument(f"{component} is no component of this type.")
            env.store.delete("solutioncomponent", row_id)
            where = f"{operation.root}$metadata#Microsoft.Dynamics.CRM.RemoveSolutionComponent"
            return json_answer({"@odata.context": f"{where}Response", "id": component})
    raise errors.missing("solutioncomponent", component)


def dependencies(env: Environment, operation: Operation, called: Segment) -> Answer:
    """Answer `RetrieveDependenciesForDelete`: what would keep a component from being deleted.

    Raises:
        DataverseError: 400, a parameter is missing or of the wrong type.
    """
    component = parameter(operation, called, "ObjectId")
    kind = parameter(operation, called, "ComponentType")
    if not isinstance(component, str) or type(kind) is not int:
        raise errors.request("ObjectId is a GUID and ComponentType is a number.")
    rows = [
        {
            "dependencyid": str(uuid.uuid5(_NAMESPACE, each.required + each.dependent)),
            "dependencytype": _PUBLISHED,
            "requiredcomponentobjectid": component,
            "requiredcomponenttype": kind,
            "dependentcomponentobjectid": each.dependent,
            "dependentcomponenttype": int(each.kind),
        }
        for each in _dependents(env, component)
    ]
    return json_answer({"@odata.context": f"{operation.root}$metadata#dependencies", "value": rows})


def check_deletable(
    env: Environment, kind: ComponentType, component: str, name: str, *, managed: bool
) -> None:
    """Refuse to delete what a managed solution brought, and what something else uses.

    Raises:
        DataverseError: 400, one of them.
    """
    check_managed(component, name, managed=managed)
    if found := _dependents(env, component):
        raise errors.DataverseError(
            400,
            errors.IN_USE,
            f"The {kind.name.capitalize()}({component}) component cannot be deleted because it is "
            f"referenced by {len(found)} other components. For a list of referenced components, "
            "use the RetrieveDependenciesForDeleteRequest.",
        )


def check_managed(component: str, name: str, *, managed: bool) -> None:
    """Refuse to delete what a managed solution brought.

    Raises:
        DataverseError: 400, it did.
    """
    if managed:
        raise errors.DataverseError(
            400,
            errors.MANAGED,
            f"The 'Delete' operation on the current component(name='{name}', id='{component}') "
            "failed during managed property evaluation of condition: 'Managed'.",
        )


def parameter(operation: Operation, called: Segment, name: str) -> Any:
    """Return a function's parameter, given in its parentheses or by an alias.

    Raises:
        DataverseError: 400, it is missing or no literal.
    """
    value = (called.key or {}).get(name)
    if isinstance(value, str) and value.startswith("@"):
        text = options.parse(operation.query).aliases.get(value, "")
        try:
            return literals.parse(text)
        except ValueError:
            raise errors.request(f"The parameter alias {value} is no literal.") from None
    if value is None:
        raise errors.request(f"The function needs the parameter {name}.")
    return value


def _dependents(env: Environment, component: str) -> list[Dependency]:
    """Return what needs a component: a key its columns, a person's view or form what it shows."""
    found = [
        Dependency(component, key.metadata_id, ComponentType.KEY)
        for table in env.schema.tables.values()
        for key in table.keys.values()
        for name in key.columns
        if name in table.columns and table.columns[name].metadata_id == component
    ]
    found += [
        Dependency(component, use.row_id, ComponentType(use.kind)) for use in _used(env, component)
    ]
    return found + [
        Dependency(component, row_id, kind)
        for required, row_id, kind in env.uses
        if required == component and env.store.get(ROWS[ComponentType(kind)], row_id) is not None
        for kind in [ComponentType(kind)]
    ]


def _used(env: Environment, component: str) -> list[uses.Use]:
    """Return the views, forms, charts and site maps whose texts name a component."""
    for table in env.schema.tables.values():
        if table.metadata_id == component:
            return uses.of_table(env, table)
        for column in table.columns.values():
            if column.metadata_id == component:
                return uses.of_column(env, table, column)
    for known in env.schema.relationships.values():
        if known.metadata_id == component:
            child = env.schema.tables[known.child]
            return uses.of_column(env, child, child.columns[known.column])
    for name in sorted(drafts.DRAFTED):
        if (row := drafts.current(env, name, component)) is not None:
            return uses.of_row(env, name, row, component)
    return []


def _check_new(env: Environment, solution: str, kind: ComponentType, component: str) -> None:
    """Refuse to add a component that is in a solution already, where that is a fault."""
    if kind < ComponentType.VIEW and not env.customizing.already_in_is_a_fault:
        return
    row_id = str(uuid.uuid5(_NAMESPACE, f"{_solution(env, solution)}/{component}"))
    if env.store.get("solutioncomponent", row_id) is not None:
        raise errors.DataverseError(
            400,
            errors.ALREADY_IN_SOLUTION,
            f"The solution {solution} already contains the component {component}.",
        )


def _solution(env: Environment, unique_name: str) -> str:
    for row_id, row in env.store.rows("solution").by_id.items():
        if row["uniquename"] == unique_name:
            return row_id
    raise errors.missing("solution", unique_name)
