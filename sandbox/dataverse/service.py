"""Which operation goes where: rows, bulk messages, definitions, functions and actions.

Never speaks WSGI; a batch sends its parts through here one by one.
"""

from collections.abc import Callable

from sandbox.dataverse import (
    actions,
    bodies,
    bulk,
    components,
    errors,
    pricing,
    privileges,
    roles,
    unpublished,
)
from sandbox.dataverse.addresses import Segment, split
from sandbox.dataverse.customizing import app_roles, apps, history, labels
from sandbox.dataverse.definitions import Definitions
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Answer, Operation
from sandbox.dataverse.records import Records
from sandbox.dataverse.requirements import method_not_allowed, refuse_options

_WITH_PARAMETERS: dict[str, Callable[[Environment, Operation, Segment], Answer]] = {
    "RetrieveDependenciesForDelete": components.dependencies,
    "RetrieveRolePrivilegesRole": roles.retrieve,
    "RetrieveLocLabels": labels.retrieve_localized,
    "RetrieveAppComponents": apps.retrieve,
    "ValidateApp": apps.validate,
}


class Service:
    """Executes operations against one environment."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self._records = Records(env)
        self._definitions = Definitions(env)
        env.before_commit = lambda: pricing.flush(env)

    def execute(self, operation: Operation) -> Answer:
        """Execute one operation while nobody else does.

        Raises:
            DataverseError: it is refused; nothing of it is written then.
        """
        operation.check_headers()
        segments = self._segments(operation)
        with self.env.lock, self.env.transaction():
            return self._route(operation, segments)

    def _segments(self, operation: Operation) -> list[Segment]:
        """Return the path's segments, with a leading `$n` replaced by the row it stands for."""
        first, _, rest = operation.path.partition("/")
        if not first.startswith("$") or not first[1:].isdigit():
            return split(operation.path)
        name, row_id = bodies.content_id(first, operation.references)
        table = self.env.schema.table(name)
        below = f"/{rest}" if rest else ""
        return split(f"{table.set_name}({row_id}){below}")

    def _route(self, operation: Operation, segments: list[Segment]) -> Answer:
        first, rest = segments[0], segments[1:]
        if self._definitions.owns(first.name):
            if operation.in_change_set:
                raise errors.unsupported("definitions in a change set")
            return self._definitions.answer(operation, segments)
        if first.name in actions.FUNCTIONS or first.name in actions.ACTIONS:
            return self._call(operation, first, rest)
        if first.name in _WITH_PARAMETERS and not rest:
            if operation.method != "GET":
                raise method_not_allowed(operation)
            return _WITH_PARAMETERS[first.name](self.env, operation, first)
        return self._rows(operation, first, rest)

    def _call(self, operation: Operation, first: Segment, rest: list[Segment]) -> Answer:
        if rest or first.key:
            raise errors.no_segment(operation.path)
        refuse_options(operation)
        known = actions.FUNCTIONS if operation.method == "GET" else actions.ACTIONS
        if first.name not in known or operation.method not in {"GET", "POST"}:
            raise method_not_allowed(operation)
        return known[first.name](self.env, operation)

    def _bound(
        self, operation: Operation, table: Table, first: Segment, rest: list[Segment]
    ) -> Answer | None:
        """Answer a function or action that is bound to rows of one table, None for others."""
        called = rest[0]
        if table.name == "systemuser" and called.name == privileges.FUNCTION:
            return privileges.answer(self.env, operation, first, called)
        if table.name == "role" and called.name == roles.ADD:
            return roles.add(self.env, operation, first)
        if called.name == app_roles.NAME and table.name == "appmodule":
            return app_roles.answer(self.env, operation, first, rest)
        if unpublished.asked(table, rest):
            return unpublished.answer(self._records, operation, table, first, rest)
        return None

    def _rows(self, operation: Operation, first: Segment, rest: list[Segment]) -> Answer:
        table = self.env.schema.by_set(first.name)
        operation = history.asked(self.env, operation, table)
        privileges.check_bypass(self.env, operation)
        if not rest:
            privileges.check(self.env, operation, table, first)
        elif (bound := self._bound(operation, table, first, rest)) is not None:
            return bound
        if first.key is not None:
            if rest:
                return self._records.below(operation, table, first, rest)
            return self._records.record(operation, table, first)
        if not rest:
            return self._records.collection(operation, table)
        name = rest[0].name
        if len(rest) > 1 or rest[0].key is not None:
            raise errors.no_segment(rest[-1].name)
        if name == "$count" and operation.method == "GET":
            return self._records.count(operation, table)
        message = name.removeprefix(bodies.TYPE_PREFIX)
        if message in bulk.MESSAGES and message != name and self.env.supports(table, message):
            refuse_options(operation)
            if operation.method != "POST":
                raise method_not_allowed(operation)
            return bulk.answer(self.env, operation, table, message)
        raise errors.no_segment(name)
