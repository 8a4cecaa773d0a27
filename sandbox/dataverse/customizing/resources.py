"""Web resources: names, types and contents.

Never runs one.
"""

import base64
import binascii
import re
from collections.abc import Collection

from sandbox.dataverse import errors
from sandbox.dataverse.component_tables import RESOURCE
from sandbox.dataverse.customizing import drafts, markup
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.store import Row

SVG = 11
PREFIX = "$webresource:"
MAX_ICON = 10 * 1024
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*_[A-Za-z0-9_./-]+")


def check(env: Environment, old: Row | None, new: Row, given: Collection[str]) -> None:
    """Refuse a web resource the platform would not keep.

    Args:
        env: the environment.
        old: as it was last written; None for a new one.
        new: as it would be.
        given: the columns the request names.

    Raises:
        DataverseError: 400, a rule; 412, the name is taken.
    """
    name = new["name"]
    if old is not None and old["name"] != name:
        raise errors.argument("The name of a web resource cannot be changed.")
    if old is None:
        _check_name(env, new)
    if "content" in given:
        _check_content(new)


def is_there(env: Environment, named: str) -> bool:
    """Say whether a web resource is there that a text names with `$webresource:` before it."""
    name = named.removeprefix(PREFIX)
    return name != named and any(row["name"] == name for row in drafts.every(env, RESOURCE))


def is_icon(env: Environment, name: str) -> bool:
    """Say whether a web resource of this name is there that a table can have as its icon."""
    every = drafts.both(env, RESOURCE)
    return any(row["name"] == name and row["webresourcetype"] == SVG for row in every)


def _check_name(env: Environment, new: Row) -> None:
    name = new["name"]
    prefixes = {
        str(row["customizationprefix"]).lower()
        for row in env.store.rows("publisher").by_id.values()
    }
    if not _NAME.fullmatch(name) or "//" in name or name.partition("_")[0].lower() not in prefixes:
        raise errors.argument(
            f"The name '{name}' of a web resource starts with a publisher's prefix and holds only "
            "letters, digits, hyphens, periods and single slashes."
        )
    every = (row for row in drafts.every(env, RESOURCE) if row[_ID] != new[_ID])
    if any(row["name"].lower() == name.lower() for row in every):
        raise errors.DataverseError(
            412, errors.DUPLICATE_NAME, f"A web resource with the name {name} already exists."
        )


def _check_content(new: Row) -> None:
    try:
        content = base64.b64decode(new["content"] or "", validate=True)
    except (binascii.Error, ValueError):
        raise errors.argument("The content of a web resource is base64.") from None
    if new["webresourcetype"] == SVG:
        root = markup.parse(content.decode("utf-8", "replace"), "SVG image")
        if root.tag.rpartition("}")[2] != "svg":
            raise markup.invalid("SVG image", f"its root is <{root.tag}>")
        if len(content) > MAX_ICON:
            raise errors.argument(f"An icon has at most {MAX_ICON} bytes.")


_ID = "webresourceid"
