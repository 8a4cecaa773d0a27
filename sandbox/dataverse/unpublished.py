"""`RetrieveUnpublished` and `RetrieveUnpublishedMultiple`: components as they were last written.

Never changes what people see.
"""

from sandbox.dataverse import bodies, errors, options
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.customizing import drafts
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Answer, Operation
from sandbox.dataverse.predicates import compile_filter
from sandbox.dataverse.reading import Reader
from sandbox.dataverse.records import Records
from sandbox.dataverse.requirements import method_not_allowed, missing
from sandbox.dataverse.searching import sort

ONE = f"{bodies.TYPE_PREFIX}RetrieveUnpublished"
MULTIPLE = f"{ONE}Multiple"


def asked(table: Table, rest: list[Segment]) -> bool:
    """Say whether a path ends in one of both functions."""
    return table.name in drafts.DRAFTED and bool(rest) and rest[0].name in {ONE, MULTIPLE}


def answer(
    records: Records, operation: Operation, table: Table, first: Segment, rest: list[Segment]
) -> Answer:
    """Answer one request; `$select` applies to both, every option of lists to the second.

    Raises:
        DataverseError: 404 no such component, or a function bound wrongly; 400 an option.
    """
    if operation.method != "GET":
        raise method_not_allowed(operation)
    if rest[1:] or rest[0].key or (first.key is None) is not (rest[0].name == MULTIPLE):
        raise errors.no_segment(rest[-1].name)
    if first.key is None:
        return _multiple(records, operation, table)
    row_id, _ = records.env.find(table, first.key)
    row = None if row_id is None else drafts.current(records.env, table.name, row_id)
    if row is None:
        raise missing(table, row_id)
    return records.show(operation, table, row)


def _multiple(records: Records, operation: Operation, table: Table) -> Answer:
    env = records.env
    chosen = options.parse(operation.query)
    if chosen.apply is not None:
        raise errors.unsupported("$apply over unpublished components")
    Reader(env).check(table, chosen)
    rows = drafts.every(env, table.name)
    if chosen.filter is not None:
        matches = compile_filter(env, table, chosen.filter)
        rows = [row for row in rows if matches(row)]
    return records.page(operation, table, sort(env, table, rows, chosen.order), chosen)
