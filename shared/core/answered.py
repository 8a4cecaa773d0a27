"""The values in FreshBooks' JSON: texts, numbers, days, flags and money, with their quirks.

Never knows which record a value is of.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _blank(value: Any) -> Any:
    return None if value in {"", 0, "0"} else value


# Dataverse refuses what XML cannot hold: control characters, as Word pastes them, and halves of
# an emoji that was cut.
NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(value: Any) -> Any:
    return "" if value is None else NO_XML.sub(" ", str(value))


def _amounts(value: Any) -> Any:
    """Unwrap `[{"amount": {"amount": "1.00", "code": "USD"}}]`, one entry per currency."""
    entries = value if isinstance(value, list) else []
    if not all(isinstance(entry, Mapping) for entry in entries):
        raise ValueError("an amount is no object")
    return [entry.get("amount") if "code" not in entry else entry for entry in entries]


def _empty(value: Any) -> Any:
    """Take a number, or a money object, in which nothing stands for none."""
    number = value.get("amount") if isinstance(value, Mapping) else value
    return None if number is None or number == "" else value


OptionalId = Annotated[int | None, BeforeValidator(_blank)]  # 0 stands for none
Text = Annotated[str, BeforeValidator(_text)]
OptionalDate = Annotated[date | None, BeforeValidator(_blank)]
Flag = Annotated[bool, BeforeValidator(bool)]  # null stands for no
Percent = Annotated[Decimal, BeforeValidator(lambda value: value or "0")]
Number = Annotated[Decimal | None, BeforeValidator(_empty)]
WholeNumber = Annotated[int | None, BeforeValidator(_empty)]


class Answered(BaseModel):
    """A part of an answer; what is not read of it is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Money(Answered):
    """An amount in one currency, with as many decimals as FreshBooks sent."""

    amount: Decimal
    code: str


OptionalMoney = Annotated[Money | None, BeforeValidator(_empty)]
Balances = Annotated[list[Money], BeforeValidator(_amounts)] | None  # one entry per currency
