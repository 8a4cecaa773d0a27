"""Every English text of the product that stands in Dataverse in the reader's language.

Never holds a text itself: it collects what other modules define.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from shared.core import schema
from shared.core.blueprint import ALL_LOOKUPS
from shared.core.options import label
from shared.core.screens.catalogue import texts
from shared.core.translations import LONGEST

LONGEST_LABEL: Final = 100
YES: Final = "Yes"
NO: Final = "No"


@dataclass(frozen=True)
class Text:
    """A text to translate.

    Attributes:
        english: as the product has it.
        longest: characters that a translation may have.
    """

    english: str
    longest: int


def list_texts() -> Iterator[Text]:
    """Yield every text; one that stands in several places comes several times."""
    for source in SOURCES:
        yield from source()


def schema_texts() -> Iterator[Text]:
    """Yield the texts of tables, columns, options, lookups and keys."""
    for table in schema.TABLES:
        yield from map(title, (table.title, table.titles, table.primary_title))
        yield description(table.description)
    for column in (each for columns in schema.COLUMNS.values() for each in columns):
        yield title(column.title)
        yield description(column.description)
        yield from (title(label(option)) for option in _options(column.options))
    for lookup in ALL_LOOKUPS:
        yield title(lookup.title)
        yield description(lookup.description)
    yield from (title(key.title) for key in schema.KEYS)
    yield from map(title, (YES, NO))


def screen_texts() -> Iterator[Text]:
    """Yield the texts of views, forms, charts and the app."""
    for text in texts():
        yield description(text.english) if text.explains else title(text.english)


def title(english: str) -> Text:
    """Return a text that names something."""
    return Text(english, LONGEST_LABEL)


def description(english: str) -> Text:
    """Return a text that explains something."""
    return Text(english, LONGEST)


def _options(options: type[IntEnum] | None) -> Iterator[IntEnum]:
    yield from options or ()


# Whoever labels more in Dataverse adds a function here.
SOURCES: Final[tuple[Callable[[], Iterator[Text]], ...]] = (schema_texts, screen_texts)
