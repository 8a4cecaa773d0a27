"""What requests about rows must meet, and the addresses their answers carry.

Never writes.
"""

from dataclasses import replace

from sandbox.dataverse import errors, options
from sandbox.dataverse.metadata import Table
from sandbox.dataverse.operations import Operation
from sandbox.dataverse.options import Options
from sandbox.dataverse.reading import etag
from sandbox.dataverse.store import Row


def context(operation: Operation, table: Table, chosen: Options) -> str:
    """Return the context address of an answer about rows of `table`."""
    selected = _selected(chosen)
    shown = f"({selected})" if selected else ""
    return f"{operation.root}$metadata#{table.set_name}{shown}"


def _selected(chosen: Options) -> str:
    expanded = (f"{item.name}({_selected(item.options)})" for item in chosen.expand)
    return ",".join([*chosen.select, *expanded])


def check_version(operation: Operation, row: Row) -> None:
    """Refuse a write whose condition on the row's version does not hold.

    Raises:
        DataverseError: 412: the ETag differs, or the row must not be there at all.
    """
    if operation.if_none_match == "*":
        # Microsoft's sample of this refusal carries an empty code.
        raise errors.DataverseError(412, "", "A record with matching key values already exists.")
    if operation.if_match not in {None, "*", etag(row)}:
        raise errors.DataverseError(
            412,
            errors.VERSION_MISMATCH,
            "The version of the existing record doesn't match the RowVersion property provided.",
        )


def missing(table: Table, row_id: str | None) -> errors.DataverseError:
    """Say that a URL names a row that is not there."""
    return (
        errors.missing_by_key(table.name) if row_id is None else errors.missing(table.name, row_id)
    )


def method_not_allowed(operation: Operation) -> errors.DataverseError:
    """Refuse a method the address does not take."""
    return errors.request(
        f"The requested resource does not support http method '{operation.method}'.", status=405
    )


def single_options(operation: Operation) -> Options:
    """Return the options of a request about one row: only `$select` and `$expand`.

    Raises:
        DataverseError: 400, there are others.
    """
    chosen = options.parse(operation.query)
    if operation.query and replace(chosen, select=(), expand=(), aliases={}, extra={}) != Options():
        raise errors.request("Only $select and $expand can be applied to a single record.")
    return chosen


def refuse_options(operation: Operation) -> None:
    """Refuse any query option."""
    if operation.query:
        raise errors.request(f"The query '{operation.query}' is not supported here.")


def next_link(operation: Operation, token: str) -> str:
    """Return the address of the next page, other options as the client spelled them."""
    kept = [pair for pair in operation.query.split("&") if pair and "skiptoken=" not in pair]
    query = "&".join([*kept, f"$skiptoken={token}"])
    return f"{operation.root}{operation.path}?{query}"
