"""The metadata API's routes: EntityDefinitions, RelationshipDefinitions, CreateEntities.

Never answers about rows.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.dataverse import errors, options, provisioning
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.describing import (
    CRM,
    Json,
    column_json,
    column_type,
    first_label,
    is_base_property,
    key_json,
    option_set_json,
    relationship_json,
    table_json,
)
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Column, Key, Relationship, Table
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.options import Expand, Options
from sandbox.dataverse.projection import matches, project

ROOTS = frozenset({"EntityDefinitions", "RelationshipDefinitions", "CreateEntities"})
NOT_SIMULATED = frozenset(
    {
        "GlobalOptionSetDefinitions",
        "ManagedPropertyDefinitions",
        "$metadata",
        "BulkDelete",
        "RetrieveMetadataChanges",
        "ImportSolution",
        "ImportSolutionAsync",
    }
)
_RELATIONS = {
    "OneToManyRelationships": "parent",
    "ManyToOneRelationships": "child",
    "ManyToManyRelationships": "",
}


class Definitions:
    """Answers requests for definitions."""

    def __init__(self, env: Environment) -> None:
        self.env = env

    def owns(self, segment: str) -> bool:
        """Say whether a path that starts with `segment` is about definitions."""
        if segment in NOT_SIMULATED:
            raise errors.unsupported(segment)
        return segment in ROOTS

    def answer(self, operation: Operation, segments: list[Segment]) -> Answer:
        """Answer one request.

        Raises:
            DataverseError: 404 nothing there; 400 a wrong definition; 405 a wrong method.
        """
        first, rest = segments[0], segments[1:]
        if first.name == "CreateEntities":
            return self._create_entities(operation, segments)
        if first.name == "RelationshipDefinitions":
            return self._relationships(operation, first, rest)
        if first.key is None:
            if rest:
                raise errors.no_segment(rest[0].name)
            return self._tables(operation)
        table = self._table(first)
        if not rest:
            return self._one_table(operation, table)
        return self._below(operation, table, rest)

    # tables

    def _tables(self, operation: Operation) -> Answer:
        if operation.method == "GET":
            chosen = options.parse(operation.query)
            tables = list(self.env.schema.tables.values())
            return self._list(
                operation, chosen, tables, self._table_with(chosen), "EntityDefinitions"
            )
        body = self._body(operation, "POST")
        table = provisioning.create_table(self.env, body, _solution(operation))
        return _created(operation, f"EntityDefinitions({table.metadata_id})")

    def _one_table(self, operation: Operation, table: Table) -> Answer:
        if operation.method == "GET":
            chosen = _one(operation)
            shown = project(self._table_with(chosen)(table), chosen, table.name)
            where = f"{operation.root}$metadata#EntityDefinitions/$entity"
            return json_answer({"@odata.context": where, **shown})
        if not table.custom:
            raise errors.argument(f"The definition of {table.name} cannot be changed here.")
        if operation.method == "PUT":
            body = self._body(operation, "PUT")
            table.definition |= body
            for name, attribute in (("label", "DisplayName"), ("plural", "DisplayCollectionName")):
                text = first_label(body.get(attribute), getattr(table, name))
                setattr(table, name, text)
            return Answer(204)
        self._only(operation, "DELETE")
        self.env.schema.remove(table)
        self.env.store.drop(table.name)
        return Answer(204)

    def _create_entities(self, operation: Operation, segments: list[Segment]) -> Answer:
        if len(segments) > 1:
            raise errors.no_segment(segments[1].name)
        extra = frozenset({"SolutionUniqueName"})
        chosen = options.parse(operation.query, allowed_extra=extra)
        entities = self._body(operation, "POST").get("Entities")
        if not isinstance(entities, list):
            raise errors.payload("CreateEntities takes 'Entities'.")
        solution = chosen.extra.get("SolutionUniqueName") or _solution(operation)
        for entity in entities:
            provisioning.create_table(self.env, entity, solution)
        return json_answer(
            {"@odata.context": f"{operation.root}$metadata#{CRM}CreateEntitiesResponse"}
        )

    def _table(self, segment: Segment) -> Table:
        key = segment.key or {}
        if key.keys() == {"LogicalName"}:
            found = self.env.schema.tables.get(str(key["LogicalName"]))
        else:
            wanted = str(key.get("", key.get("MetadataId")))
            tables = self.env.schema.tables.values()
            found = next((table for table in tables if table.metadata_id == wanted), None)
        if found is None:
            raise errors.missing("EntityMetadata", ", ".join(map(str, key.values())))
        return found

    def _table_with(self, chosen: Options) -> Callable[[Table], Json]:
        def shown(table: Table) -> Json:
            found = table_json(table)
            for item in chosen.expand:
                found[item.name] = self._expanded(table, item)
            return found

        return shown

    def _expanded(self, table: Table, item: Expand) -> list[Json]:
        if item.name == "Attributes":
            _check_base(item.options)
            every = [column_json(table, column, cast=False) for column in table.columns.values()]
        elif item.name == "Keys":
            every = [key_json(self.env, table, key) for key in table.keys.values()]
        elif item.name in _RELATIONS:
            every = self._related(table, item.name)
        else:
            raise errors.request(f"Could not find a property named '{item.name}'.")
        return [
            project(each, item.options, table.name) for each in every if matches(each, item.options)
        ]

    # what lies below a table

    def _below(self, operation: Operation, table: Table, rest: list[Segment]) -> Answer:
        first = rest[0]
        if first.name == "Attributes":
            return self._attributes(operation, table, first, rest[1:])
        if first.name == "Keys" and len(rest) == 1:
            return self._keys(operation, table, first)
        if first.name in _RELATIONS and len(rest) == 1 and first.key is None:
            self._only(operation, "GET")
            chosen = options.parse(operation.query)
            every = self._related(table, first.name)
            return self._list(operation, chosen, every, lambda each: each, first.name)
        raise errors.no_segment(first.name)

    def _related(self, table: Table, name: str) -> list[Json]:
        end = _RELATIONS[name]
        known = self.env.schema.relationships.values() if end else []
        found = [each for each in known if getattr(each, end) == table.name]
        return [relationship_json(self.env, each, typed=False) for each in found]

    def _attributes(
        self, operation: Operation, table: Table, first: Segment, rest: list[Segment]
    ) -> Answer:
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
        self._only(operation, "GET")
        chosen = _one(operation)
        if len(rest) == 2 and rest[1].name == "OptionSet":
            shown = option_set_json(column)
            if shown is None:
                raise errors.no_segment("OptionSet")
            return json_answer(project(shown, chosen, table.name))
        if len(rest) > 1:
            raise errors.no_segment(rest[1].name)
        return self._show(operation, table, column, chosen, cast=True)

    def _all_attributes(self, operation: Operation, table: Table, cast: str) -> Answer:
        if operation.method == "POST" and not cast:
            body = self._body(operation, "POST")
            column = provisioning.create_column(self.env, table, body, _solution(operation))
            where = f"EntityDefinitions({table.metadata_id})/Attributes({column.metadata_id})"
            return _created(operation, where)
        self._only(operation, "GET")
        chosen = options.parse(operation.query)
        if not cast:
            _check_base(chosen)
        columns = [each for each in table.columns.values() if cast in {"", column_type(each)}]
        return self._list(
            operation,
            chosen,
            columns,
            lambda column: self._column_with(table, column, chosen, cast=bool(cast)),
            f"EntityDefinitions('{table.name}')/Attributes",
        )

    def _one_attribute(self, operation: Operation, table: Table, column: Column) -> Answer:
        if operation.method == "GET":
            chosen = _one(operation)
            _check_base(chosen)
            return self._show(operation, table, column, chosen, cast=False)
        if operation.method == "PUT":
            provisioning.replace_column(column, self._body(operation, "PUT"))
            return Answer(204)
        self._only(operation, "DELETE")
        used = [key.schema for key in table.keys.values() if column.name in key.columns]
        if not column.custom or used:
            raise errors.argument(f"'{column.name}' cannot be deleted; it is in use.")
        for relationship in table.targets(column.name):
            self.env.schema.unlink(relationship)
        for name in (column.name, f"{column.name}_base"):
            table.columns.pop(name, None)
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

    # keys and relationships

    def _keys(self, operation: Operation, table: Table, segment: Segment) -> Answer:
        if segment.key is None:
            if operation.method == "POST":
                body = self._body(operation, "POST")
                key = provisioning.create_key(self.env, table, body, _solution(operation))
                where = f"EntityDefinitions({table.metadata_id})/Keys({key.metadata_id})"
                return _created(operation, where)
            self._only(operation, "GET")
            chosen = options.parse(operation.query)
            return self._list(
                operation,
                chosen,
                list(table.keys.values()),
                lambda key: key_json(self.env, table, key),
                f"EntityDefinitions('{table.name}')/Keys",
            )
        key = self._key(table, segment)
        if operation.method == "GET":
            chosen = _one(operation)
            return json_answer(project(key_json(self.env, table, key), chosen, table.name))
        self._only(operation, "DELETE")
        del table.keys[key.metadata_id]
        return Answer(204)

    def _key(self, table: Table, segment: Segment) -> Key:
        given = segment.key or {}
        wanted = str(given.get("", given.get("LogicalName", given.get("MetadataId"))))
        for key in table.keys.values():
            if wanted in {key.metadata_id, key.name}:
                return key
        raise errors.missing("EntityKeyMetadata", wanted)

    def _relationships(self, operation: Operation, first: Segment, rest: list[Segment]) -> Answer:
        casts = {f"{CRM}OneToManyRelationshipMetadata"}
        if rest and (len(rest) > 1 or rest[0].name not in casts or operation.method != "GET"):
            raise errors.no_segment(rest[0].name)
        if first.key is None:
            if operation.method == "POST":
                body = self._body(operation, "POST")
                made = provisioning.create_relationship(self.env, body, _solution(operation))
                return _created(operation, f"RelationshipDefinitions({made.metadata_id})")
            self._only(operation, "GET")
            chosen = options.parse(operation.query)
            return self._list(
                operation,
                chosen,
                list(self.env.schema.relationships.values()),
                lambda each: relationship_json(self.env, each, typed=not rest),
                "RelationshipDefinitions",
            )
        known = self._relationship(first)
        if operation.method == "GET":
            shown = relationship_json(self.env, known, typed=not rest)
            return json_answer(project(shown, _one(operation), known.child))
        self._only(operation, "DELETE")
        if not known.custom:
            raise errors.argument(f"The relationship {known.schema} cannot be deleted.")
        self.env.schema.unlink(known)
        return Answer(204)

    def _relationship(self, segment: Segment) -> Relationship:
        given = segment.key or {}
        wanted = str(given.get("", given.get("SchemaName", given.get("MetadataId"))))
        for known in self.env.schema.relationships.values():
            if wanted in {known.metadata_id, known.schema}:
                return known
        raise errors.missing("RelationshipMetadata", wanted)

    # shared

    def _list(
        self,
        operation: Operation,
        chosen: Options,
        every: list[Any],
        shown: Callable[[Any], Json],
        where: str,
    ) -> Answer:
        if chosen.order or chosen.top or chosen.skip_token:
            raise errors.request("Definitions cannot be ordered or paged.")
        found = [each for each in map(shown, every) if matches(each, chosen)]
        value = [project(each, chosen, where) for each in found]
        body: Json = {"@odata.context": f"{operation.root}$metadata#{where}"}
        if chosen.count:
            body["@odata.count"] = len(value)
        return json_answer({**body, "value": value})

    def _body(self, operation: Operation, method: str) -> Json:
        self._only(operation, method)
        operation.check_json()
        return loads_object(operation.body)

    def _only(self, operation: Operation, method: str) -> None:
        if operation.method != method:
            raise errors.request(
                f"The requested resource does not support http method '{operation.method}'.",
                status=405,
            )


def _one(operation: Operation) -> Options:
    chosen = options.parse(operation.query)
    if replace(chosen, select=(), expand=(), aliases={}, extra={}) != Options():
        raise errors.request("Only $select and $expand can be applied to a single definition.")
    return chosen


def _check_base(chosen: Options) -> None:
    for name in chosen.select:
        if not is_base_property(name):
            raise errors.request(
                f"Could not find a property named '{name}' on type '{CRM}AttributeMetadata'."
            )


def _solution(operation: Operation) -> str | None:
    return operation.headers.get("mscrm.solutionuniquename")


def _created(operation: Operation, where: str) -> Answer:
    return Answer(204, headers={"OData-EntityId": operation.root + where})
