"""Site maps: the schema, the tables and dashboards they lead to, the app they belong to.

Never renders one.
"""

from collections.abc import Collection

from sandbox.dataverse import errors
from sandbox.dataverse.component_tables import FORM, SITE_MAP
from sandbox.dataverse.customizing import drafts, markup, resources, schemas
from sandbox.dataverse.customizing.markup import Element
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.store import Row

WHAT = "site map xml"
_DASHBOARD = 0


def check(env: Environment, old: Row | None, new: Row, given: Collection[str]) -> None:
    """Refuse a site map the platform would not keep.

    Args:
        env: the environment.
        old: as it was last written; None for a new one.
        new: as it would be.
        given: the columns the request names.

    Raises:
        DataverseError: 400, a rule; 0x80050111 where it could be told from others no more.
    """
    unique = new["sitemapnameunique"]
    others = [row for row in drafts.every(env, SITE_MAP) if row["sitemapid"] != new["sitemapid"]]
    if not unique or unique in {row["sitemapnameunique"] for row in others}:
        raise several()
    if old is not None and old["sitemapnameunique"] != unique:
        raise errors.argument("The unique name of a site map cannot be changed.")
    if old is None or "sitemapxml" in given:
        _check_text(env, new["sitemapxml"])


def several() -> errors.DataverseError:
    """Refuse a site map that cannot be told from others."""
    return errors.DataverseError(
        400,
        errors.SEVERAL_SITE_MAPS,
        "There are several site maps: the unique name of an app's site map is the app's own.",
    )


def _check_text(env: Environment, text: str) -> None:
    root = markup.parse(text, WHAT, "SiteMap")
    schemas.check("SiteMap", root, WHAT)
    seen: set[str] = set()
    for part in root.iter():
        if part.tag in {"Area", "Group", "SubArea"}:
            name = part.get("Id", "")
            if name in seen:
                raise markup.invalid(WHAT, f"the Id '{name}' stands in it twice")
            seen.add(name)
        if part.tag == "SubArea":
            _check_sub_area(env, part)
        if part.tag == "Titles":
            _check_titles(env, part)


def _check_sub_area(env: Environment, part: Element) -> None:
    name, table = part.get("Id"), part.get("Entity")
    if table is not None and table not in env.schema.tables:
        raise markup.invalid(WHAT, f"the sub-area '{name}' names the table '{table}'")
    for icon in (part.get("Icon", ""), part.get("VectorIcon", "")):
        if icon.startswith(resources.PREFIX) and not resources.is_there(env, icon):
            raise markup.invalid(WHAT, f"the icon {icon} of the sub-area '{name}' is not there")
    board = part.get("DefaultDashboard")
    if board is not None:
        row = drafts.current(env, FORM, markup.guid(board) or "")
        if row is None or row["type"] != _DASHBOARD:
            raise markup.invalid(WHAT, f"the sub-area '{name}' names the dashboard {board}")
    if table is None and board is None and not part.get("Url"):
        raise markup.invalid(WHAT, f"the sub-area '{name}' leads nowhere")


def _check_titles(env: Environment, part: Element) -> None:
    languages = env.customizing.languages
    codes = [title.get("LCID", "") for title in part.findall("Title")]
    if str(languages[0]) not in codes or len(set(codes)) != len(codes):
        raise markup.invalid(WHAT, f"titles have one text a language, {languages[0]} among them")
    for code in codes:
        if not code.isdigit() or int(code) not in languages:
            raise markup.invalid(WHAT, f"the language {code} is not provisioned")
