"""Where a page begins: the token of the next one, and what it says.

Never reads rows but for their ids.
"""

import base64

from sandbox.dataverse import errors
from sandbox.dataverse.store import Row


def token(number: int, offset: int, last: str) -> str:
    """Return the token of a page.

    Args:
        number: which page it is.
        offset: how many rows come before it.
        last: id of the last of these.
    """
    cookie = f'<cookie pagenumber="{number}" offset="{offset}" last="{last}" istracking="False" />'
    return base64.urlsafe_b64encode(cookie.encode()).decode()


def resume(key: str, rows: list[Row], given: str | None) -> tuple[int, int]:
    """Return where a page starts and its number; rows added meanwhile do not shift it.

    Args:
        key: the primary key column.
        rows: all rows of all pages.
        given: the page's token, None for the first.

    Raises:
        DataverseError: 400, it is no token.
    """
    if given is None:
        return 0, 1
    try:
        cookie = base64.urlsafe_b64decode(given.encode()).decode()
        attributes = dict(part.split("=") for part in cookie.split()[1:-1])
        number = int(attributes["pagenumber"].strip('"'))
        offset = int(attributes["offset"].strip('"'))
        last = attributes["last"].strip('"')
    except (ValueError, KeyError):
        raise errors.request("Malformed XML in the Paging Cookie") from None
    if offset <= len(rows) and rows[offset - 1][key] == last:
        return offset, number
    for position, row in enumerate(rows):
        if row[key] == last:
            return position + 1, number
    return min(offset, len(rows)), number
