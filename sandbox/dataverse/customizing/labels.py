"""Texts in several languages: of definitions, and of the names of views, forms, charts and apps.

Never invents one: a language that is not provisioned is refused.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse import errors, options
from sandbox.dataverse.addresses import Segment
from sandbox.dataverse.customizing import drafts
from sandbox.dataverse.customizing.rows import CUSTOMIZED, is_locked
from sandbox.dataverse.encoding import loads, loads_object
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.metadata import TEXT, Table
from sandbox.dataverse.operations import Answer, Operation, json_answer
from sandbox.dataverse.store import Row

# In a row, unseen by requests: column -> language -> text, without the base language.
TEXTS = "#texts"
LOCALIZED = frozenset({"name", "description", "displayname", "sitemapname"})

_CRM = "Microsoft.Dynamics.CRM."


def read(env: Environment, given: Any, what: str) -> dict[int, str]:
    """Return the texts of a label a client sent, by language.

    Raises:
        DataverseError: 400, a language that is not provisioned, two texts in one, or none in the
            base language.
    """
    labels = given.get("LocalizedLabels") or [] if isinstance(given, Mapping) else None
    if not isinstance(labels, list):
        raise errors.payload(f"'{what}' is a label with LocalizedLabels.")
    return localized(env, labels, what)


def localized(env: Environment, labels: list[Any], what: str) -> dict[int, str]:
    """Return texts by language; see `read`."""
    languages = env.customizing.languages
    found: dict[int, str] = {}
    for each in labels:
        code = each.get("LanguageCode") if isinstance(each, Mapping) else None
        text = each.get("Label") if isinstance(each, Mapping) else None
        if type(code) is not int or not isinstance(text, str | None):
            raise errors.payload(f"'{what}' holds what is no LocalizedLabel.")
        if code not in languages:
            raise errors.argument(f"The language {code} of '{what}' is not provisioned.")
        if code in found:
            raise errors.argument(f"'{what}' has two texts in the language {code}.")
        if text:
            found[code] = text
    if found and languages[0] not in found:
        raise errors.argument(f"'{what}' needs a text in the base language {languages[0]}.")
    return found


def provisioned(env: Environment, operation: Operation) -> Answer:
    """Answer `RetrieveProvisionedLanguages`."""
    where = f"{operation.root}$metadata#{_CRM}RetrieveProvisionedLanguagesResponse"
    languages = list(env.customizing.languages)
    return json_answer({"@odata.context": where, "RetrieveProvisionedLanguages": languages})


def set_localized(env: Environment, operation: Operation) -> Answer:
    """Answer `SetLocLabels`: the texts of one column of one component, as a draft.

    Raises:
        DataverseError: 400 a wrong body, column or language; 404 no such component.
    """
    operation.check_json()
    body = loads_object(operation.body)
    if body.keys() != {"EntityMoniker", "AttributeName", "Labels"}:
        raise errors.payload("SetLocLabels takes EntityMoniker, AttributeName and Labels.")
    table, row = _component(env, body["EntityMoniker"], published=False)
    name = _column(table, body["AttributeName"])
    if not isinstance(body["Labels"], list) or not body["Labels"]:
        raise errors.payload("'Labels' is a list of LocalizedLabels.")
    texts = localized(env, body["Labels"], name)
    length = table.columns[name].length
    if any(len(text) > length for text in texts.values()):
        raise errors.DataverseError(
            400, errors.TOO_LONG, f"A text of '{name}' exceeds its length of {length}."
        )
    base = env.customizing.languages[0]
    others = {code: text for code, text in texts.items() if code != base}
    known = {**row.get(TEXTS, {}), name: others}
    changed = {**row, TEXTS: known, name: texts.get(base, row[name]), CUSTOMIZED: True}
    if not is_locked(env, table, row):
        drafts.keep(env, table.name, row[table.id], changed)
    return Answer(204)


def retrieve_localized(env: Environment, operation: Operation, called: Segment) -> Answer:
    """Answer `RetrieveLocLabels`.

    Raises:
        DataverseError: 400 a wrong parameter; 404 no such component.
    """
    parameters = _parameters(operation, called)
    unpublished = parameters.get("IncludeUnpublished") is True
    table, row = _component(env, parameters.get("EntityMoniker"), published=not unpublished)
    name = _column(table, parameters.get("AttributeName"))
    texts = {env.customizing.languages[0]: row[name], **row.get(TEXTS, {}).get(name, {})}
    labels = [_label(code, text) for code, text in texts.items() if text]
    where = f"{operation.root}$metadata#{_CRM}RetrieveLocLabelsResponse"
    label = {"LocalizedLabels": labels, "UserLocalizedLabel": labels[0] if labels else None}
    return json_answer({"@odata.context": where, "Label": label})


def _label(code: int, text: str) -> dict[str, Any]:
    return {
        "Label": text,
        "LanguageCode": code,
        "IsManaged": False,
        "MetadataId": None,
        "HasChanged": None,
    }


def _parameters(operation: Operation, called: Segment) -> dict[str, Any]:
    aliases = options.parse(operation.query).aliases
    found: dict[str, Any] = {}
    for name, value in (called.key or {}).items():
        if isinstance(value, str) and value.startswith("@"):
            text = aliases.get(value, "")
            quoted = text.startswith("'")
            # Microsoft's samples of references quote their JSON with apostrophes.
            found[name] = text.strip("'") if quoted else loads(text.replace("'", '"').encode())
        else:
            found[name] = value
    return found


def _component(env: Environment, moniker: Any, *, published: bool) -> tuple[Table, Row]:
    """Return the component an EntityMoniker names, by its type and id or by its address.

    Raises:
        DataverseError: 400 it names none whose texts are localized; 404 it is not there.
    """
    if not isinstance(moniker, Mapping):
        raise errors.payload("EntityMoniker is a reference to a row.")
    if "@odata.id" in moniker:
        set_name, _, row_id = str(moniker["@odata.id"]).rpartition("/")[2].partition("(")
        table, row_id = env.schema.by_set(set_name), row_id.rstrip(")").lower()
    else:
        kind = str(moniker.get("@odata.type", "")).lstrip("#").removeprefix(_CRM)
        table = env.schema.table(kind)
        row_id = str(moniker.get(table.id, "")).lower()
    if table.name not in drafts.DRAFTED:
        raise errors.unsupported(f"localized texts of rows of {table.name}")
    stored = env.store.get(table.name, row_id)
    row = stored if published else drafts.current(env, table.name, row_id)
    if row is None:
        raise errors.missing(table.name, row_id)
    return table, row


def _column(table: Table, name: Any) -> str:
    column = table.columns.get(str(name))
    if column is None or column.name not in LOCALIZED or column.kind not in TEXT:
        raise errors.argument(f"'{name}' of {table.name} is not localized.")
    return column.name
