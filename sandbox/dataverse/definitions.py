"""The metadata API's routes: EntityDefinitions, RelationshipDefinitions, CreateEntities.

Never answers about rows.
"""

from collections.abc import Callable

from sandbox.dataverse import components, errors, options, provisioning, redefining
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.attributes import Attributes
from sandbox.dataverse.components import ComponentType
from sandbox.dataverse.customizing import generated
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
from sandbox.dataverse.describing import (
    CRM,
    Json,
    column_json,
    key_json,
    relationship_json,
    table_json,
)
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.options import Expand, Options
from sandbox.dataverse.projection import matches, project
from sandbox.dataverse.relations import Relations

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
        self._attributes = Attributes(env)
        self._relations = Relations(env)

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
            return self._relations.relationships(operation, first, rest)
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
            return listed(operation, chosen, tables, self._table_with(chosen), "EntityDefinitions")
        body = read_body(operation, "POST")
        table = provisioning.create_table(self.env, body, solution(operation))
        components.file(self.env, solution(operation), ComponentType.ENTITY, table.metadata_id)
        return created(operation, f"EntityDefinitions({table.metadata_id})")

    def _one_table(self, operation: Operation, table: Table) -> Answer:
        if operation.method == "GET":
            chosen = one(operation)
            shown = project(self._table_with(chosen)(table), chosen, table.name)
            where = f"{operation.root}$metadata#EntityDefinitions/$entity"
            return json_answer({"@odata.context": where, **shown})
        if not table.custom:
            raise errors.argument(f"The definition of {table.name} cannot be changed here.")
        if operation.method == "PUT":
            body = read_body(operation, "PUT")
            merge = merges_labels(operation)
            redefining.replace_table(self.env, table, body, merge=merge)
            return Answer(204)
        only(operation, "DELETE")
        components.check_deletable(
            self.env, ComponentType.ENTITY, table.metadata_id, table.name, managed=table.managed
        )
        components.forget(self.env, component=table.metadata_id)
        for gone in generated.remove(self.env, table):
            components.forget(self.env, component=gone)
        self.env.schema.remove(table)
        self.env.store.drop(table.name)
        return Answer(204)

    def _create_entities(self, operation: Operation, segments: list[Segment]) -> Answer:
        if len(segments) > 1:
            raise errors.no_segment(segments[1].name)
        extra = frozenset({"SolutionUniqueName"})
        chosen = options.parse(operation.query, allowed_extra=extra)
        entities = read_body(operation, "POST").get("Entities")
        if not isinstance(entities, list):
            raise errors.payload("CreateEntities takes 'Entities'.")
        into = chosen.extra.get("SolutionUniqueName") or solution(operation)
        for entity in entities:
            provisioning.create_table(self.env, entity, into)
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
            check_base(item.options)
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
            return self._attributes.answer(operation, table, first, rest[1:])
        if first.name == "Keys" and len(rest) == 1:
            return self._relations.keys(operation, table, first)
        if first.name in _RELATIONS and len(rest) == 1 and first.key is None:
            only(operation, "GET")
            chosen = options.parse(operation.query)
            every = self._related(table, first.name)
            return listed(operation, chosen, every, lambda each: each, first.name)
        raise errors.no_segment(first.name)

    def _related(self, table: Table, name: str) -> list[Json]:
        end = _RELATIONS[name]
        known = self.env.schema.relationships.values() if end else []
        found = [each for each in known if getattr(each, end) == table.name]
        return [relationship_json(self.env, each, typed=False) for each in found]
