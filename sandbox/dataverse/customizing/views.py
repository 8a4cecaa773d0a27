"""Views: which kinds a table has, what may change in them, which is the default.

Never publishes one.
"""

from collections.abc import Collection
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.component_tables import VIEW
from sandbox.dataverse.customizing import drafts, fetches, layouts, markup
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.operations import Answer, Operation
from sandbox.dataverse.store import Row

PUBLIC, ADVANCED_FIND, ASSOCIATED, QUICK_FIND, LOOKUP = 0, 1, 2, 4, 64
# Exactly one of each a table: updated, never created nor deleted.
SYSTEM = frozenset({ADVANCED_FIND, ASSOCIATED, QUICK_FIND, LOOKUP})
# Views without a layout: Outlook's, Copilot's.
OUTLOOK, COPILOT = 8192, 1_048_576


def check(env: Environment, old: Row | None, new: Row, given: Collection[str]) -> None:
    """Refuse a view the platform would not keep.

    Args:
        env: the environment.
        old: as it was last written; None for a new one.
        new: as it would be.
        given: the columns the request names.

    Raises:
        DataverseError: 400, a rule.
    """
    if old is None and new["querytype"] != PUBLIC:
        raise errors.argument(
            f"Views of the type {new['querytype']} cannot be created: a table has one of each."
        )
    if old is not None and new["returnedtypecode"] != old["returnedtypecode"]:
        raise errors.argument("The table of a view cannot be changed.")
    if new["isdefault"] and new["statecode"]:
        raise errors.argument("A default view cannot be inactive.")
    if old is not None:
        _check_together(old, new, given)
    if old is None or {"fetchxml", "layoutxml"} & set(given):
        check_texts(env, new)


def check_texts(env: Environment, row: Row) -> None:
    """Refuse a view whose query or layout does not hold.

    Raises:
        DataverseError: 400, one of them.
    """
    query = fetches.read(env, row["fetchxml"])
    if query.table.name != row["returnedtypecode"]:
        raise markup.invalid(
            fetches.WHAT, f"it is of {query.table.name}, the view of {row['returnedtypecode']}"
        )
    if row["querytype"] == QUICK_FIND:
        _check_quick_find(row["fetchxml"])
    layouts.check(env, row["layoutxml"], query)


def check_deletable(row: Row) -> None:
    """Refuse to delete what a table cannot be without.

    Raises:
        DataverseError: 400, it is a default, a system or a managed view, or may not be deleted.
    """
    if row["isdefault"] or row["querytype"] != PUBLIC or row["canbedeleted"] is False:
        raise errors.argument(
            f"The view '{row['name']}' cannot be deleted: it is a default or a system view. "
            "Deactivate it instead."
        )


def settle_default(env: Environment, row: Row) -> list[Row]:
    """Return the views of the same table and type that are the default no more, so changed."""
    if not row["isdefault"]:
        return []
    same = (
        each
        for each in drafts.every(env, VIEW)
        if each["savedqueryid"] != row["savedqueryid"]
        and each["returnedtypecode"] == row["returnedtypecode"]
        and each["querytype"] == row["querytype"]
    )
    return [{**each, "isdefault": False} for each in same if each["isdefault"]]


def validate(env: Environment, operation: Operation) -> Answer:
    """Answer `ValidateSavedQuery`, which checks a query and saves nothing.

    Raises:
        DataverseError: 400, the query or the body is wrong.
    """
    operation.check_json()
    body: dict[str, Any] = loads_object(operation.body)
    if body.keys() != {"FetchXml", "QueryType"} or type(body["QueryType"]) is not int:
        raise errors.payload("ValidateSavedQuery takes FetchXml and QueryType.")
    fetches.read(env, body["FetchXml"])
    if body["QueryType"] == QUICK_FIND:
        _check_quick_find(body["FetchXml"])
    return Answer(204)


def _check_together(old: Row, new: Row, given: Collection[str]) -> None:
    """Refuse to change a view without all its parts; the codes were seen, the words too."""
    if not new["layoutxml"] and new["querytype"] not in {OUTLOOK, COPILOT}:
        raise markup.invalid(markup.LAYOUT, "it is empty")
    if "fetchxml" in given and "layoutxml" not in given:
        raise markup.invalid(markup.LAYOUT, "it has to come with the fetch xml")
    if "fetchxml" in given and old["ismanaged"] and "returnedtypecode" not in given:
        raise errors.DataverseError(
            400, errors.UNEXPECTED, "The entity name of the managed view is missing."
        )
    if "isquickfindquery" in given and new["isquickfindquery"] != old["isquickfindquery"]:
        raise errors.argument("isquickfindquery of a view cannot be changed.")


def _check_quick_find(text: str) -> None:
    root = markup.parse(text, fetches.WHAT, "fetch")
    marked = [
        each for each in root.iter("filter") if each.get("isquickfindfields") in {"1", "true"}
    ]
    if not marked or not any(each.get("value") == "{0}" for each in marked[0].iter("condition")):
        raise markup.invalid(
            fetches.WHAT, "a quick find view needs a filter isquickfindfields='1' with like {0}"
        )
