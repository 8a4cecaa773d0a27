"""Values on their way into the books: read, or refused as FreshBooks refuses them.

Never knows which fields a kind of record has.
"""

from decimal import Decimal

from sandbox.freshbooks import eastern
from sandbox.freshbooks.errors import invalid
from sandbox.freshbooks.money import number
from sandbox.freshbooks.tables import Fields


def checked(kind: str, fields: Fields, writable: Fields) -> Fields:
    """Return `fields` if each of them may be written.

    Raises:
        RefusedError: one of them is not a field that can be written.
    """
    for name, value in fields.items():
        if name not in writable:
            raise invalid(kind, name, value, f"'{name}' cannot be written.", 1038)
    return fields


def decimal(kind: str, key: str, value: object) -> Decimal:
    """Return `value` as a Decimal.

    Raises:
        RefusedError: it is no number (422, errno 1015).
    """
    try:
        return number(value)
    except ValueError:
        raise invalid(kind, key, value, f"'{key}' must be a number.", 1015) from None


def calendar_day(kind: str, key: str, value: object) -> str:
    """Return `value` as `YYYY-MM-DD`.

    Raises:
        RefusedError: it is no day (422, errno 1033).
    """
    try:
        return eastern.day(value)
    except ValueError:
        raise invalid(kind, key, value, f"'{key}' must be a date.", 1033) from None
