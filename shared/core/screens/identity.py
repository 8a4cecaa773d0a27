"""Ids of what the connector shows: the same in every environment and every release.

Never asks Dataverse; an id that is computed needs no looking up and cannot be made twice.
"""

from typing import Final
from uuid import UUID, uuid5

# Never changed: components of every release have ids made from it.
_NAMESPACE: Final = UUID("6f3b9a52-0d1c-5c35-8a2e-7d1f5c0b9e41")


def screen_id(*path: str) -> UUID:
    """Return the id of a component or of a part of one, by its path of names.

    >>> str(screen_id("view", "account.overdue"))
    '9cd35dca-086a-536c-b13b-75ea90746b12'
    """
    return uuid5(_NAMESPACE, "/".join(path))
