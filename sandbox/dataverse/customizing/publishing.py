"""`PublishXml` and `PublishAllXml`: drafts become what people see, and it is remembered which.

Never touches a draft that was not named.
"""

from sandbox.dataverse import errors
from sandbox.dataverse.component_tables import APP, FORM, RESOURCE, SITE_MAP, TABLE_OF
from sandbox.dataverse.customization import ComponentRef, Publish
from sandbox.dataverse.customizing import drafts, markup, schemas
from sandbox.dataverse.customizing.forms import DASHBOARDS
from sandbox.dataverse.customizing.markup import Element
from sandbox.dataverse.encoding import loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.operations import Answer, Operation

WHAT = "publish request"
_APPS = "appmodules"


def publish(env: Environment, operation: Operation) -> Answer:
    """Publish exactly the components a ParameterXml names.

    Raises:
        DataverseError: 400 it is outside the schema, names nothing or what is not there, or
            something else is running; 404 no such table.
    """
    operation.check_json()
    body = loads_object(operation.body)
    if body.keys() != {"ParameterXml"}:
        raise errors.payload("the action takes ParameterXml.")
    root = markup.parse(body["ParameterXml"], WHAT, "importexportxml")
    apps = _checked_apps(root)
    schemas.check("ParameterXml", root, WHAT)
    named = [(part.tag, (part.text or "").strip()) for group in root for part in group]
    named += [(part.tag, (part.text or "").strip()) for part in apps]
    if not named:
        raise errors.argument("ParameterXml holds nothing to publish.")
    wanted = [ref for tag, name in named for ref in _meant(env, tag, name)]
    env.customizing.check_free("Publish")
    _carry_out(env, wanted, everything=False, named=named)
    return Answer(204)


def publish_all(env: Environment, _operation: Operation) -> Answer:
    """Publish every draft of everybody.

    Raises:
        DataverseError: 400, something else is running.
    """
    env.customizing.check_free("PublishAll")
    wanted = [
        (table, row[env.schema.tables[table].id])
        for table in sorted(drafts.DRAFTED)
        for row in drafts.waiting(env, table)
    ]
    _carry_out(env, wanted, everything=True, named=[])
    return Answer(204)


def _carry_out(
    env: Environment,
    wanted: list[ComponentRef],
    *,
    everything: bool,
    named: list[tuple[str, str]],
) -> None:
    changed = [ref for ref in dict.fromkeys(wanted) if drafts.publish(env, *ref)]
    env.customizing.publishes.append(Publish(everything, tuple(named), tuple(changed)))


def _checked_apps(root: Element) -> list[Element]:
    """Take the apps out, which are documented but are not in the published schema.

    Raises:
        DataverseError: 400, they do not look as documented.
    """
    groups = root.findall(_APPS)
    found = [part for group in groups for part in group]
    if len(groups) > 1 or any(part.tag != "appmodule" or len(part) for part in found):
        raise markup.invalid(WHAT, "appmodules holds appmodule elements, once")
    for group in groups:
        root.remove(group)
    return found


def _meant(env: Environment, tag: str, name: str) -> list[ComponentRef]:
    """Return the components one element of the request names, drafts or not.

    Raises:
        DataverseError: 400 it names nothing; 404 there is no such component.
    """
    if tag == "entity":
        table = env.schema.table(name)
        return [
            (kind, row[env.schema.tables[kind].id])
            for kind, of in TABLE_OF.items()
            for row in drafts.every(env, kind)
            if row[of] == table.name
        ]
    if tag == "sitemap" and not name:
        return [(SITE_MAP, row["sitemapid"]) for row in drafts.every(env, SITE_MAP)]
    kind = _KINDS.get(tag)
    if kind is None:
        if tag == "optionset":
            raise errors.unsupported("global choices")
        return []
    found = markup.guid(name)
    row = None if found is None else drafts.current(env, kind, found)
    if found is None or row is None:
        raise errors.missing(kind, name)
    if kind == FORM and row["type"] not in DASHBOARDS:
        raise errors.argument(f"The form {name} is no dashboard: it is published with its table.")
    return [(kind, found)]


_KINDS = {"dashboard": FORM, "sitemap": SITE_MAP, "webresource": RESOURCE, "appmodule": APP}
