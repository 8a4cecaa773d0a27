"""What Azure charges and what is assumed: the inputs of a bill, from bench/prices.toml.

Never asks Azure: prices change, and each says when it was true.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Self

FILE: Final = Path(__file__).parent / "prices.toml"


@dataclass(frozen=True)
class Price:
    """A price.

    Attributes:
        price: of one, in USD.
        free: how many a month cost nothing.
        unit: what one is.
        source: where it was read.
        as_of: the day its source names, or the day it was read.
    """

    price: float
    free: float
    unit: str
    source: str
    as_of: date

    def of(self, count: float) -> float:
        """Return what so many cost in a month."""
        return max(0.0, count - self.free) * self.price


@dataclass(frozen=True)
class Assumed:
    """What a sandbox cannot measure."""

    freshbooks_seconds: float
    dataverse_seconds: float
    storage_seconds: float
    least_seconds: float
    telemetry_bytes: float
    freshbooks_page: float
    dataverse_page: float


@dataclass(frozen=True)
class Habits:
    """What comes with each invoice of a firm."""

    edits: float
    payments: float
    expenses: float
    clients: float
    history_months: int


@dataclass(frozen=True)
class Inputs:
    """Everything a bill is made from that is not measured."""

    prices: Mapping[str, Price]
    assumed: Assumed
    firm: Habits

    @classmethod
    def read(cls, file: Path = FILE) -> Self:
        """Read the file.

        Raises:
            TypeError: something is missing or unknown.
        """
        tables = tomllib.loads(file.read_text())
        assumed, firm = tables.pop("assumed"), tables.pop("firm")
        prices = {name: Price(**each) for name, each in tables.items()}
        return cls(prices, Assumed(**assumed), Habits(**firm))
