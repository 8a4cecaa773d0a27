"""Where a page begins: the token of the next one, and what it says.

Never reads rows but for their ids and what they are sorted by.
"""

import base64
from urllib.parse import quote, unquote

from sandbox.dataverse import errors
from sandbox.dataverse.encoding import dumps, loads
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.searching import Place
from sandbox.dataverse.store import Row


def token(number: int, **where: object) -> str:
    """Return the token of a page.

    Args:
        number: which page it is.
        where: what is known of where it begins, by name.
    """
    said = "".join(f' {name}="{quote(str(value))}"' for name, value in where.items())
    cookie = f'<cookie pagenumber="{number}"{said} istracking="False" />'
    return base64.urlsafe_b64encode(cookie.encode()).decode()


def read(given: str) -> dict[str, str]:
    """Return what a token says, by name.

    Raises:
        DataverseError: 400, it is no token.
    """
    try:
        cookie = base64.urlsafe_b64decode(given.encode()).decode()
        parts = [part.split("=") for part in cookie.split()[1:-1]]
        return {name: unquote(value.strip('"')) for name, value in parts}
    except ValueError:
        raise _malformed() from None


def within(given: str | None) -> tuple[Place | None, int]:
    """Return the place behind which a page of a table's rows begins, and the page's number.

    Raises:
        DataverseError: 400, it is no token of such a page.
    """
    if given is None:
        return None, 1
    said = read(given)
    try:
        keys = tuple((bool(there), value) for there, value in loads(said["after"].encode()))
        return Place(keys, int(said["born"])), int(said["pagenumber"])
    except (ValueError, TypeError, KeyError, DataverseError):
        raise _malformed() from None


def following(number: int, place: Place) -> str:
    """Return the token of the page behind a place."""
    return token(number, born=place.born, after=dumps(place.keys))


def resume(key: str, rows: list[Row], given: str | None) -> tuple[int, int]:
    """Return where a page of rows at hand starts and its number; new rows do not shift it.

    Args:
        key: the primary key column.
        rows: all rows of all pages.
        given: the page's token, None for the first.

    Raises:
        DataverseError: 400, it is no token.
    """
    if given is None:
        return 0, 1
    said = read(given)
    try:
        number, offset, last = int(said["pagenumber"]), int(said["offset"]), said["last"]
    except (ValueError, KeyError):
        raise _malformed() from None
    if offset <= len(rows) and rows[offset - 1][key] == last:
        return offset, number
    for position, row in enumerate(rows):
        if row[key] == last:
            return position + 1, number
    return min(offset, len(rows)), number


def _malformed() -> DataverseError:
    return errors.request("Malformed XML in the Paging Cookie")
