"""The metadata API's routes of columns: `EntityDefinitions(...)/Attributes`.

Never describes a column itself.
"""

from sandbox.dataverse import components, errors, options, provisioning, redefining
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.components import ComponentType
from sandbox.dataverse.definition_answers import (
    check_base,
    created,
    listed,
    merges_labels,
    one,
    only,
    read_body,
    solution,
)
from sandbox.dataverse.describing import CRM, Json, column_json, column_type, option_set_json
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Column, Table
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.options import Options
from sandbox.dataverse.projection import project


class Attributes:
    """Answers requests for columns."""

    def __init__(self, env: Environment) -> None:
        self.env = env

    def answer(
        self, operation: Operation, table: Table, first: Segment, rest: list[Segment]
    ) -> Answer:
        """Answer one request.

        Raises:
            DataverseError: 404 nothing there; 400 a wrong definition; 405 a wrong method.
        """
        cast = rest[0].name.removeprefix(CRM) if rest else ""
        if first.key is None:
            if len(rest) > 1:
                raise errors.no_segment(rest[1].name)
            return self._all_attributes(operation, table, cast)
        column = self._column(table, first)
        if not rest:
            return self._one_attribute(operation, table, column)
        if cast != column_type(column):
            raise errors.missing("AttributeMetadata", cast)
        if len(rest) > 1:
            raise errors.no_segment(rest[1].name)
        only(operation, "GET")
        return self._show(operation, table, column, one(operation), cast=True)

    def _all_attributes(self, operation: Operation, table: Table, cast: str) -> Answer:
        if operation.method == "POST" and not cast:
            body = read_body(operation, "POST")
            column = provisioning.create_column(self.env, table, body, solution(operation))
            into = solution(operation)
            components.file(self.env, into, ComponentType.ATTRIBUTE, column.metadata_id)
            where = f"EntityDefinitions({table.metadata_id})/Attributes({column.metadata_id})"
            return created(operation, where)
        only(operation, "GET")
        chosen = options.parse(operation.query)
        if not cast:
            check_base(chosen)
        columns = [each for each in table.columns.values() if cast in {"", column_type(each)}]
        return listed(
            operation,
            chosen,
            columns,
            lambda column: self._column_with(table, column, chosen, cast=bool(cast)),
            f"EntityDefinitions('{table.name}')/Attributes",
        )

    def _one_attribute(self, operation: Operation, table: Table, column: Column) -> Answer:
        if operation.method == "GET":
            chosen = one(operation)
            check_base(chosen)
            return self._show(operation, table, column, chosen, cast=False)
        if operation.method == "PUT":
            redefining.replace_column(
                self.env, column, read_body(operation, "PUT"), merge=merges_labels(operation)
            )
            return Answer(204)
        only(operation, "DELETE")
        if not column.custom:
            raise errors.argument(f"'{column.name}' cannot be deleted: it is the platform's own.")
        components.check_deletable(
            self.env,
            ComponentType.ATTRIBUTE,
            column.metadata_id,
            column.name,
            managed=column.managed,
        )
        components.forget(self.env, component=column.metadata_id)
        for relationship in table.targets(column.name):
            self.env.schema.unlink(relationship)
        names = (column.name, f"{column.name}_base")
        for name in names:
            table.columns.pop(name, None)
        self.env.schema.version += 1
        self.env.store.drop_columns(table.name, names)
        return Answer(204)

    def _show(
        self, operation: Operation, table: Table, column: Column, chosen: Options, *, cast: bool
    ) -> Answer:
        shown = project(self._column_with(table, column, chosen, cast=cast), chosen, table.name)
        where = f"{operation.root}$metadata#EntityDefinitions('{table.name}')/Attributes/$entity"
        return json_answer({"@odata.context": where, **shown})

    def _column_with(self, table: Table, column: Column, chosen: Options, *, cast: bool) -> Json:
        shown = column_json(table, column, cast=cast)
        for item in chosen.expand:
            found = option_set_json(column) if cast and item.name == "OptionSet" else None
            if found is None and item.name != "GlobalOptionSet":
                raise errors.request(f"Could not find a property named '{item.name}'.")
            shown[item.name] = None if found is None else project(found, item.options, table.name)
        return shown

    def _column(self, table: Table, segment: Segment) -> Column:
        key = segment.key or {}
        if key.keys() == {"LogicalName"}:
            found = table.columns.get(str(key["LogicalName"]))
        else:
            wanted = str(key.get("", key.get("MetadataId")))
            found = next((c for c in table.columns.values() if c.metadata_id == wanted), None)
        if found is None:
            raise errors.missing("AttributeMetadata", ", ".join(map(str, key.values())))
        return found
