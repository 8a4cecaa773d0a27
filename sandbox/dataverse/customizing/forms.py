"""Forms: what their text may hold, kind by kind, and that all it names is there.

Never publishes one. What a form held before is not judged again: a delivered form may name what is
newer than the schema.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from sandbox.dataverse import errors
from sandbox.dataverse.component_tables import FORM
from sandbox.dataverse.customizing import dashboards, drafts, markup, placed, schemas
from sandbox.dataverse.customizing.markup import Element
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.store import Row

WHAT = "form xml"
DASHBOARD, MAIN, QUICK_VIEW_FORM, QUICK_CREATE, INTERACTIVE, CARD = 0, 2, 6, 7, 10, 11
DASHBOARDS = frozenset({DASHBOARD, INTERACTIVE, 13, 103})
CARD_SECTIONS = ("ColorStrip", "CardHeader", "CardDetails", "CardFooter")


def check(env: Environment, old: Row | None, new: Row, given: Collection[str]) -> None:
    """Refuse a form the platform would not keep.

    Args:
        env: the environment.
        old: as it was last written; None for a new one.
        new: as it would be.
        given: the columns the request names.

    Raises:
        DataverseError: 400, a rule.
    """
    table = new["objecttypecode"]
    if new["type"] in DASHBOARDS:
        if table not in {None, "none"}:
            raise errors.argument("A dashboard belongs to no table: objecttypecode is 'none'.")
    elif table not in env.schema.tables:
        raise errors.argument(f"objecttypecode '{table}' names no table.")
    if old is not None and table != old["objecttypecode"]:
        raise errors.argument("The table of a form cannot be changed.")
    if new["formactivationstate"] == 0:
        if new["type"] != MAIN:
            raise errors.argument("Only main forms can be deactivated.")
        if new["isdefault"]:
            raise errors.argument("The default form cannot be deactivated.")
    if old is None or "formxml" in given:
        check_text(env, None if old is None else old["formxml"], new)


def check_text(env: Environment, before: str | None, row: Row) -> None:
    """Refuse a text that is outside the schema, or names what is not there.

    Args:
        env: the environment.
        before: the text until now; if the schema does not allow it, it is not asked about the new
            one either.
        row: the form with its new text.

    Raises:
        DataverseError: 400, the first thing that is wrong.
    """
    root = markup.parse(row["formxml"], WHAT, "form")
    known = markup.parse(before, WHAT) if before else None
    delivered = known is not None and schemas.complaint("FormXml", known) is not None
    if not delivered:
        schemas.check("FormXml", root, WHAT)
    _check_names(root)
    _check_labels(env, root)
    if row["type"] in DASHBOARDS:
        dashboards.check(env, root)
        return
    if row["type"] == QUICK_VIEW_FORM:
        _check_quick_view(root)
    if row["type"] == CARD:
        _check_card(root)
    table = env.schema.tables[row["objecttypecode"]]
    old = Counter(map(markup.canonical, known.iter("control"))) if known is not None else Counter()
    for control in root.iter("control"):
        text = markup.canonical(control)
        if old[text]:
            old[text] -= 1
        else:
            placed.check(env, table, control)


def check_deletable(row: Row) -> None:
    """Refuse to delete what may not be deleted.

    Raises:
        DataverseError: 400, it is the table's default form, or protected.
    """
    if row["isdefault"] or row["canbedeleted"] is False:
        raise errors.argument(f"The form '{row['name']}' is a default or protected: it stays.")


def settle_default(env: Environment, row: Row) -> list[Row]:
    """Return the forms of the same table and type that are the default no more, so changed."""
    if not row["isdefault"]:
        return []
    same = (
        each
        for each in drafts.every(env, FORM)
        if each["formid"] != row["formid"]
        and (each["objecttypecode"], each["type"]) == (row["objecttypecode"], row["type"])
    )
    return [{**each, "isdefault": False} for each in same if each["isdefault"]]


def _check_names(root: Element) -> None:
    """Refuse what has to be unique in a form and is not, and ids that are none."""
    ids = [part.get("id", "") for kind in ("tab", "section", "cell") for part in root.iter(kind)]
    for each in filter(None, ids):
        if not markup.BRACED.fullmatch(each):
            raise markup.invalid(WHAT, f"the id '{each}' is no GUID with braces")
    _check_unique((each.lower() for each in ids), "id")
    _check_unique((part.get("name", "") for part in root.iter("tab")), "tab's name")
    _check_unique((part.get("name", "") for part in root.iter("section")), "section's name")
    _check_unique((part.get("id", "").lower() for part in root.iter("control")), "control's id")
    for part in root.iter("tab"):
        if part.find("columns/column") is None:
            raise markup.invalid(WHAT, f"the tab '{part.get('name')}' has no column")


def _check_unique(names: Iterable[str], what: str) -> None:
    for name, times in Counter(filter(None, names)).items():
        if times > 1:
            raise markup.invalid(WHAT, f"the {what} '{name}' stands in it {times} times")


def _check_labels(env: Environment, root: Element) -> None:
    """Refuse labels without the base language or in one that is not provisioned."""
    languages = env.customizing.languages
    for labels in root.iter("labels"):
        codes = [label.get("languagecode", "") for label in labels.findall("label")]
        if str(languages[0]) not in codes:
            raise markup.invalid(WHAT, f"a label lacks the base language {languages[0]}")
        if len(set(codes)) != len(codes):
            raise markup.invalid(WHAT, "a label has two texts in one language")
        for code in codes:
            if not code.isdigit() or int(code) not in languages:
                raise markup.invalid(WHAT, f"the language {code} is not provisioned")


def _check_quick_view(root: Element) -> None:
    """Refuse what a quick view form cannot have: headers, roles, more than one tab or column."""
    for part in ("header", "footer", "DisplayConditions"):
        if root.find(part) is not None:
            raise markup.invalid(WHAT, f"a quick view form has no {part}")
    tabs = list(root.iter("tab"))
    if len(tabs) != 1 or len(tabs[0].findall("columns/column")) != 1:
        raise markup.invalid(WHAT, "a quick view form has one tab with one column")


def _check_card(root: Element) -> None:
    if [section.get("name") for section in root.iter("section")] != list(CARD_SECTIONS):
        raise markup.invalid(WHAT, f"a card's sections are {', '.join(CARD_SECTIONS)}")


def controls(text: str | None) -> Iterator[Element]:
    """Yield the controls of a form's text, none for one that holds nothing."""
    if text:
        yield from markup.parse(text, WHAT).iter("control")
