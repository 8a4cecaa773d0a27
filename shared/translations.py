"""The table of translations that comes with the app, `translations.toml`.

Never read before somebody labels something: a broken table stops nothing else.
"""

import functools
from pathlib import Path
from typing import Final

from shared.core.translations import Translations, read_translations
from shared.errors import ConfigurationError

TABLE: Final = Path(__file__).resolve().with_suffix(".toml")


@functools.cache
def load_translations(path: Path = TABLE) -> Translations:
    """Return the table.

    Raises:
        ConfigurationError: it is not there, or something in it is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise ConfigurationError(
            f"{path} cannot be read: {why}. Restore it from the release: tables and columns are "
            "labelled by it."
        ) from None
    found, problems = read_translations(text, origin=path.name)
    if problems:
        raise ConfigurationError(" ".join(problems))
    return found
