"""The routes of rows: entity sets, records, their properties and navigation properties.

Never parses multipart bodies and never touches definitions.
"""

from typing import Any

from sandbox.dataverse import (
    aggregates,
    bodies,
    errors,
    lifetimes,
    options,
    owners,
    storing,
    writing,
)
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.customizing import drafts
from sandbox.dataverse.customizing import rows as customizing
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.fetch import answering as fetching
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.options import MAX_PAGE, Options
from sandbox.dataverse.paths import no_property
from sandbox.dataverse.reading import Reader, etag
from sandbox.dataverse.requirements import (
    check_version,
    context,
    method_not_allowed,
    missing,
    next_link,
    refuse_options,
    single_options,
)
from sandbox.dataverse.store import Row

_NOT_MODIFIED = 304


class Records:
    """Answers requests for rows."""

    def __init__(self, env: Environment) -> None:
        self.env = env

    def collection(self, operation: Operation, table: Table) -> Answer:
        """Answer `GET` or `POST /<set>`."""
        if operation.method == "GET":
            return self._list(operation, table)
        if operation.method == "POST":
            return self._create(operation, table, {})
        raise method_not_allowed(operation)

    def count(self, operation: Operation, table: Table) -> Answer:
        """Answer `GET /<set>/$count`; capped at 5000 like the option."""
        chosen = options.parse(operation.query)
        _refuse_apply(chosen)
        found = Reader(self.env).matching(table, chosen, MAX_PAGE)
        return Answer(200, str(len(found)), {"Content-Type": "text/plain"})

    def record(self, operation: Operation, table: Table, segment: Segment) -> Answer:
        """Answer `GET`, `PATCH` or `DELETE /<set>(<key>)`."""
        row_id, key = self.env.find(table, segment.key or {})
        if operation.method == "PATCH":
            return self._upsert(operation, table, row_id, key)
        found = self.env.store.get if operation.method == "GET" else self._written_last
        row = None if row_id is None else found(table.name, row_id)
        if row is None:
            raise missing(table, row_id)
        if operation.method == "GET":
            return self.show(operation, table, row)
        if operation.method == "DELETE":
            refuse_options(operation)
            check_version(operation, row)
            lifetimes.check(self.env, table, row)
            if self.env.store.get(table.name, row[table.id]) is not None:
                writing.delete(self.env, table, row[table.id])
            lifetimes.died(self.env, table, row[table.id])
            return Answer(204)
        raise method_not_allowed(operation)

    def below(
        self, operation: Operation, table: Table, segment: Segment, rest: list[Segment]
    ) -> Answer:
        """Answer what lies below a record: a property, a navigation property, `$ref`."""
        row_id, _ = self.env.find(table, segment.key or {})
        row = None if row_id is None else self.env.store.get(table.name, row_id)
        if row is None:
            raise missing(table, row_id)
        name = rest[0].name
        if len(rest) == 2 and rest[1].name == "$ref":
            return self._reference(operation, table, row, rest[0])
        if len(rest) > 1 or rest[0].key is not None:
            raise errors.no_segment(rest[-1].name)
        if name in table.children:
            return self._children(operation, table, row, name)
        return self._property(operation, table, row, name)

    def _list(self, operation: Operation, table: Table) -> Answer:
        if (query := fetching.asked(operation)) is not None:
            return fetching.answer(self.env, operation, table, query)
        chosen = options.parse(operation.query)
        reader = Reader(self.env, operation.preferences.annotations)
        reader.check(table, chosen)
        if chosen.apply is not None:
            found = aggregates.aggregate(reader, table, chosen, chosen.apply)
            return json_answer(
                {"@odata.context": context(operation, table, chosen), "value": found}
            )
        return self.page(operation, table, None, chosen)

    def page(
        self, operation: Operation, table: Table, rows: list[Row] | None, chosen: Options
    ) -> Answer:
        """Answer with the page that is asked for of `rows`; None for all the query finds."""
        wishes = operation.preferences
        reader = Reader(self.env, wishes.annotations, root=operation.root)
        if rows is None:
            shown, token = reader.listed(table, chosen, wishes.page_size)
        else:
            shown, token = reader.page(table, rows, chosen, wishes.page_size)
        body = {"@odata.context": context(operation, table, chosen), **shown}
        if token is not None:
            body["@odata.nextLink"] = next_link(operation, token)
        applied = [f"odata.maxpagesize={wishes.page_size}"] if wishes.page_size else []
        if wishes.annotations.patterns:
            joined = ",".join(wishes.annotations.patterns)
            applied.append(f'odata.include-annotations="{joined}"')
        headers = {"Preference-Applied": ",".join(applied)} if applied else {}
        return json_answer(body, headers=headers)

    def show(self, operation: Operation, table: Table, row: Row) -> Answer:
        """Answer with one row."""
        chosen = single_options(operation)
        wishes = operation.preferences
        annotations = wishes.annotations
        if operation.if_none_match == etag(row) and not chosen.expand and not annotations.patterns:
            return Answer(_NOT_MODIFIED, headers={"ETag": etag(row)})
        reader = Reader(self.env, annotations, root=operation.root)
        reader.check(table, chosen)
        body = {
            "@odata.context": context(operation, table, chosen) + "/$entity",
            **reader.row(table, row, chosen, wishes.page_size),
        }
        return json_answer(body, headers={"ETag": etag(row)})

    def _create(self, operation: Operation, table: Table, extra: dict[str, Any]) -> Answer:
        operation.check_json()
        chosen = single_options(operation)
        Reader(self.env).check(table, chosen)
        body = {**loads_object(operation.body), **extra}
        with self.env.transaction():
            row_id = writing.create(self.env, table, body, references=operation.references)
            owners.check_assigned(self.env, table, None, row_id)
            lifetimes.born(self.env, operation, table, row_id, body)
        return self._written(operation, table, row_id, chosen, created=True)

    def _upsert(
        self, operation: Operation, table: Table, row_id: str | None, key: dict[str, Any]
    ) -> Answer:
        operation.check_json()
        chosen = single_options(operation)
        Reader(self.env).check(table, chosen)
        body = loads_object(operation.body)
        row = None if row_id is None else self._written_last(table.name, row_id)
        if row is None and operation.if_match is not None:
            raise missing(table, row_id)
        with self.env.transaction():
            if row is None:
                row_id = writing.create(
                    self.env, table, body, row_id=row_id, key=key, references=operation.references
                )
                lifetimes.born(self.env, operation, table, row_id, body)
            else:
                check_version(operation, row)
                row_id = str(row[table.id])
                self._update(operation, table, row_id, body, key)
            owners.check_assigned(self.env, table, row, row_id)
        return self._written(
            operation, table, row_id, chosen, created=row is None, by_key=bool(key)
        )

    def _update(
        self, operation: Operation, table: Table, row_id: str, body: Any, strip: dict[str, Any]
    ) -> None:
        references = operation.references
        if customizing.is_component(table):
            customizing.update(self.env, table, row_id, body, references)
            lifetimes.changed(self.env, operation, table, row_id)
        else:
            writing.update(self.env, table, row_id, body, strip=strip, references=references)

    def _written_last(self, table: str, row_id: str) -> Row | None:
        """Return a row as it was last written, which of components is their draft."""
        return drafts.current(self.env, table, row_id)

    def _written(
        self,
        operation: Operation,
        table: Table,
        row_id: str,
        chosen: Options,
        *,
        created: bool,
        by_key: bool = False,
    ) -> Answer:
        address = f"{operation.root}{table.set_name}({row_id})"
        named = operation.root + operation.path if by_key else address
        headers = {"OData-EntityId": named}
        if operation.method == "POST":
            headers["Location"] = named
        reference = (table.name, row_id)
        if not operation.preferences.representation:
            return Answer(204, headers=headers, created=reference)
        self.env.before_commit()
        if operation.method == "PATCH":
            chosen = Options(select=chosen.select)  # documented: $expand is ignored here
        row = self._written_last(table.name, row_id) or storing.existing(self.env, table, row_id)
        reader = Reader(self.env, operation.preferences.annotations, root=operation.root)
        shown = {
            "@odata.context": context(operation, table, chosen) + "/$entity",
            **reader.row(table, row, chosen),
        }
        headers |= {"Preference-Applied": "return=representation", "ETag": etag(row)}
        status = 201 if created else 200
        return json_answer(shown, status=status, headers=headers, created=reference)

    def _children(self, operation: Operation, table: Table, row: Row, name: str) -> Answer:
        relationship = table.children[name]
        child = self.env.schema.tables[relationship.child]
        if operation.method == "POST":
            address = f"/{table.set_name}({row[table.id]})"
            return self._create(operation, child, {relationship.single + bodies.BIND: address})
        if operation.method != "GET":
            raise method_not_allowed(operation)
        chosen = options.parse(operation.query)
        _refuse_apply(chosen)
        reader = Reader(self.env)
        reader.check(child, chosen)
        return self.page(operation, child, reader.related(table, row, name, chosen), chosen)

    def _property(self, operation: Operation, table: Table, row: Row, name: str) -> Answer:
        column = table.by_wire(name)
        if column is None:
            raise errors.no_segment(name)
        if operation.method == "GET":
            shown = Reader(self.env).row(table, row, Options(select=(name,)))
            if shown[column.wire] is None:
                return Answer(204)
            where = f"{operation.root}$metadata#{table.set_name}({row[table.id]})/{name}"
            return json_answer({"@odata.context": where, "value": shown[column.wire]})
        if operation.method not in {"PUT", "DELETE"}:
            raise method_not_allowed(operation)
        value = None
        if operation.method == "PUT":
            operation.check_json()
            value = loads_object(operation.body).get("value")
        check_version(operation, row)
        with self.env.transaction():
            self._update(operation, table, row[table.id], {name: value}, {})
        return Answer(204)

    def _reference(self, operation: Operation, table: Table, row: Row, step: Segment) -> Answer:
        single, collection = table.parents.get(step.name), table.children.get(step.name)
        relationship = single or collection
        if relationship is None:
            raise no_property(step.name, table)
        with self.env.transaction():
            if single is not None:
                value = None
                if operation.method == "PUT":
                    value = loads_object(operation.body).get("@odata.id", "")
                elif operation.method != "DELETE":
                    raise method_not_allowed(operation)
                change = {single.single + bodies.BIND: value}
                writing.update(
                    self.env, table, row[table.id], change, references=operation.references
                )
                owners.check_assigned(self.env, table, row, row[table.id])
                return Answer(204)
            if operation.method != "POST":
                raise method_not_allowed(operation)
            given = loads_object(operation.body).get("@odata.id", "")
            _, child_id = bodies.resolve(self.env, given, operation.references)
            change = {relationship.single + bodies.BIND: f"/{table.set_name}({row[table.id]})"}
            child = self.env.schema.tables[relationship.child]
            writing.update(self.env, child, child_id, change)
        return Answer(204)


def _refuse_apply(chosen: Options) -> None:
    if chosen.apply is not None:
        raise errors.unsupported("$apply below a record or with $count")
