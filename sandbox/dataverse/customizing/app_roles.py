"""`appmodules(<id>)/appmoduleroles_association`: whose users see an app.

Never looks at what a role grants.
"""

from urllib.parse import unquote

from sandbox.dataverse import bodies, errors, options
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.customizing import apps, drafts
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.reading import Reader
from sandbox.dataverse.requirements import context, method_not_allowed

NAME = "appmoduleroles_association"


def answer(env: Environment, operation: Operation, first: Segment, rest: list[Segment]) -> Answer:
    """Answer one request: list the roles, add one, take one away.

    Raises:
        DataverseError: 404 no such app or role; 400 a wrong body; 405 a wrong method.
    """
    app = str((first.key or {}).get("", (first.key or {}).get("appmoduleid", "")))
    if drafts.current(env, "appmodule", app) is None:
        raise errors.missing("appmodule", app)
    if len(rest) == 1 and rest[0].key is None and operation.method == "GET":
        return _list(env, operation, app)
    if len(rest) != 2 or rest[1].name != "$ref":
        raise errors.no_segment(rest[-1].name)
    if operation.method == "POST" and rest[0].key is None:
        given = loads_object(operation.body).get("@odata.id", "")
        apps.give(env, app, _role(env, operation, given))
    elif operation.method == "DELETE":
        apps.take(env, app, _taken(env, operation, rest[0]))
    else:
        raise method_not_allowed(operation)
    return Answer(204)


def _list(env: Environment, operation: Operation, app: str) -> Answer:
    chosen = options.parse(operation.query)
    table = env.schema.tables["role"]
    reader = Reader(env, operation.preferences.annotations, root=operation.root)
    reader.check(table, chosen)
    shown = [reader.row(table, row, chosen) for row in apps.roles(env, app)]
    return json_answer({"@odata.context": context(operation, table, chosen), "value": shown})


def _role(env: Environment, operation: Operation, address: object) -> str:
    table, row_id = bodies.resolve(env, address, operation.references)
    if table != "role":
        raise errors.payload(f"'{NAME}' refers to roles, not to {table}.")
    return row_id


def _taken(env: Environment, operation: Operation, step: Segment) -> str:
    if step.key is not None:
        return str(step.key.get("", step.key.get("roleid", "")))
    name, _, address = operation.query.partition("=")
    if unquote(name) not in {"$id", "@odata.id"}:
        raise errors.request("A reference to take away is named by its id.")
    return _role(env, operation, unquote(address))
