"""The metadata API's routes of alternate keys and relationships.

Never builds an index; an environment settles its keys when they are looked at.
"""

from sandbox.dataverse import components, errors, options, provisioning, redefining
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.components import ComponentType
from sandbox.dataverse.definition_answers import created, listed, one, only, read_body, solution
from sandbox.dataverse.describing import CRM, key_json, relationship_json
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import Key, Relationship, Table
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.projection import project


class Relations:
    """Answers requests for keys and relationships."""

    def __init__(self, env: Environment) -> None:
        self.env = env

    def keys(self, operation: Operation, table: Table, segment: Segment) -> Answer:
        """Answer one request below `EntityDefinitions(...)/Keys`.

        Raises:
            DataverseError: 404 nothing there; 400 a wrong definition; 405 a wrong method.
        """
        if segment.key is None:
            if operation.method == "POST":
                body = read_body(operation, "POST")
                key = provisioning.create_key(self.env, table, body, solution(operation))
                into = solution(operation)
                components.file(self.env, into, ComponentType.KEY, key.metadata_id)
                where = f"EntityDefinitions({table.metadata_id})/Keys({key.metadata_id})"
                return created(operation, where)
            only(operation, "GET")
            chosen = options.parse(operation.query)
            return listed(
                operation,
                chosen,
                list(table.keys.values()),
                lambda key: key_json(self.env, table, key),
                f"EntityDefinitions('{table.name}')/Keys",
            )
        key = self._key(table, segment)
        if operation.method == "GET":
            chosen = one(operation)
            return json_answer(project(key_json(self.env, table, key), chosen, table.name))
        only(operation, "DELETE")
        components.check_deletable(
            self.env, ComponentType.KEY, key.metadata_id, key.schema, managed=key.managed
        )
        components.forget(self.env, component=key.metadata_id)
        del table.keys[key.metadata_id]
        return Answer(204)

    def _key(self, table: Table, segment: Segment) -> Key:
        given = segment.key or {}
        wanted = str(given.get("", given.get("LogicalName", given.get("MetadataId"))))
        for key in table.keys.values():
            if wanted in {key.metadata_id, key.name}:
                return key
        raise errors.missing("EntityKeyMetadata", wanted)

    def relationships(self, operation: Operation, first: Segment, rest: list[Segment]) -> Answer:
        """Answer one request below `RelationshipDefinitions`.

        Raises:
            DataverseError: 404 nothing there; 400 a wrong definition; 405 a wrong method.
        """
        casts = {f"{CRM}OneToManyRelationshipMetadata"}
        if rest and (len(rest) > 1 or rest[0].name not in casts or operation.method != "GET"):
            raise errors.no_segment(rest[0].name)
        if first.key is None:
            if operation.method == "POST":
                body = read_body(operation, "POST")
                made = provisioning.create_relationship(self.env, body, solution(operation))
                into = solution(operation)
                components.file(self.env, into, ComponentType.RELATIONSHIP, made.metadata_id)
                return created(operation, f"RelationshipDefinitions({made.metadata_id})")
            only(operation, "GET")
            chosen = options.parse(operation.query)
            return listed(
                operation,
                chosen,
                list(self.env.schema.relationships.values()),
                lambda each: relationship_json(self.env, each, typed=not rest),
                "RelationshipDefinitions",
            )
        known = self._relationship(first)
        if operation.method == "GET":
            shown = relationship_json(self.env, known, typed=not rest)
            return json_answer(project(shown, one(operation), known.child))
        if not known.custom:
            raise errors.argument(f"The relationship {known.schema} cannot be changed here.")
        if operation.method == "PUT":
            redefining.replace_relationship(self.env, known, read_body(operation, "PUT"))
            return Answer(204)
        only(operation, "DELETE")
        components.check_deletable(
            self.env, ComponentType.RELATIONSHIP, known.metadata_id, known.schema, managed=False
        )
        self.env.schema.unlink(known)
        return Answer(204)

    def _relationship(self, segment: Segment) -> Relationship:
        given = segment.key or {}
        wanted = str(given.get("", given.get("SchemaName", given.get("MetadataId"))))
        for known in self.env.schema.relationships.values():
            if wanted in {known.metadata_id, known.schema}:
                return known
        raise errors.missing("RelationshipMetadata", wanted)
