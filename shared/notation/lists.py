"""Settings that hold more than one thing: price lists by currency, and the field to match by.

Never asks whether Dataverse has them; the doctor does.
"""

import re
from typing import Final

FIELDS: Final = ("vat_number", "email", "organization", "phone")

_LONGEST_NAME: Final = 100  # characters of a price list's name
_CODE: Final = re.compile(r"[A-Za-z]{3}")
_COLUMN: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
_ANOTHER_PAIR: Final = re.compile(r"(^|,)\s*[A-Za-z]{3}\s*=")
_WRITE_LISTS: Final = "write such as USD=Retail;CAD=Retail Canada"
_WRITE_FIELD: Final = "write such as vat_number:accountnumber"
_WRITE_COLUMN: Final = "write such as new_freshbooksnumber"


def price_lists(text: str) -> dict[str, str]:
    """Return names of price lists by ISO code of their currency.

    Raises:
        ValueError: a part is no pair of a currency and a name, or a currency comes twice.
    """
    found: dict[str, str] = {}
    for number, part in enumerate(text.removesuffix(";").split(";"), start=1):
        code, equals, name = (each.strip() for each in part.partition("="))
        wrong = f"is wrong in part {number}"
        if not equals:
            raise ValueError(f"{wrong}, which has no '=': {_WRITE_LISTS}")
        if not _CODE.fullmatch(code):
            raise ValueError(f"{wrong}, which begins with no three letters: {_WRITE_LISTS}")
        if not name:
            raise ValueError(f"{wrong}, which names no price list: {_WRITE_LISTS}")
        if _ANOTHER_PAIR.search(name):
            raise ValueError(f"{wrong}, which holds two pairs: part them by ';'; {_WRITE_LISTS}")
        if len(name) > _LONGEST_NAME:
            raise ValueError(f"{wrong}: no price list's name is longer than {_LONGEST_NAME}")
        if name[0] == name[-1] and name[0] in "\"'":
            raise ValueError(f"{wrong}, where the name is in quotation marks: {_WRITE_LISTS}")
        if code.upper() in found:
            raise ValueError(f"{wrong}, whose currency came before: write each once")
        found[code.upper()] = name
    return found


def invoice_column(text: str) -> str:
    """Return a column of the invoice table.

    Raises:
        ValueError: it is no column's logical name, or one of the connector's own.
    """
    column = text.strip().lower()
    if not _COLUMN.fullmatch(column):
        raise ValueError(f"is no column's logical name: {_WRITE_COLUMN}")
    if column.startswith("fbx_"):
        raise ValueError(f"is a column of the connector's own: name one of yours; {_WRITE_COLUMN}")
    return column


def match_field(text: str) -> str:
    """Return a client's field and the account's column, as `field:column`.

    Raises:
        ValueError: it is no such pair.
    """
    field, colon, column = (each.strip() for each in text.partition(":"))
    if not colon:
        raise ValueError(f"has no ':': {_WRITE_FIELD}")
    if field.lower() not in FIELDS:
        raise ValueError(f"begins with no field of a client ({', '.join(FIELDS)}): {_WRITE_FIELD}")
    if not _COLUMN.fullmatch(column.lower()):
        raise ValueError(f"ends with no column's logical name: {_WRITE_FIELD}")
    if column.lower().startswith("fbx_"):
        raise ValueError(
            f"ends with a column of the connector's own: name one of yours; {_WRITE_FIELD}"
        )
    return f"{field.lower()}:{column.lower()}"
