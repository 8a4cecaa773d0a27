"""Charts: their data, their presentation, and that the two fit each other.

Never draws one.
"""

from collections.abc import Collection

from sandbox.dataverse import errors
from sandbox.dataverse.customizing import fetches, markup, schemas
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.store import Row

WHAT, SHOWN = "data description", "presentation description"


def check(env: Environment, old: Row | None, new: Row, given: Collection[str]) -> None:
    """Refuse a chart the platform would not keep.

    Args:
        env: the environment.
        old: as it was last written; None for a new one.
        new: as it would be.
        given: the columns the request names.

    Raises:
        DataverseError: 400, a rule.
    """
    if new["primaryentitytypecode"] not in env.schema.tables:
        raise errors.argument(f"'{new['primaryentitytypecode']}' names no table.")
    if old is not None and old["primaryentitytypecode"] != new["primaryentitytypecode"]:
        raise errors.argument("The table of a chart cannot be changed.")
    if old is None or {"datadescription", "presentationdescription"} & set(given):
        _check_texts(env, new)


def _check_texts(env: Environment, row: Row) -> None:
    data = markup.parse(row["datadescription"], WHAT, "datadefinition")
    schemas.check("VisualizationDataDescription", data, WHAT)
    aliases: set[str] = set()
    for fetch in data.iterfind("fetchcollection/fetch"):
        query = fetches.element(env, fetch)
        if query.table.name != row["primaryentitytypecode"]:
            raise markup.invalid(
                WHAT,
                f"it queries {query.table.name}, the chart is of {row['primaryentitytypecode']}",
            )
        aliases |= query.aliases
    named = [*data.iter("category"), *data.iter("measure")]
    for each in named:
        alias = each.get("alias")
        if alias is not None and alias not in aliases:
            raise markup.invalid(WHAT, f"the {each.tag} '{alias}' is no alias of its query")
    shown = markup.parse(row["presentationdescription"], SHOWN, "Chart")
    series, measures = (
        len(shown.findall("Series/Series")),
        len(list(data.iter("measurecollection"))),
    )
    if series != measures:
        raise markup.invalid(
            SHOWN, f"it has {series} series, the data description {measures} measure collections"
        )
