"""The product's English texts in further languages, and which label a language gets.

Never decides what is labelled, and never invents a text: a language without one gets none.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

# The lower ten bits of a language code name the language, the others its region:
# https://learn.microsoft.com/openspecs/windows_protocols/ms-lcid
_LANGUAGE_BITS: Final = 0x3FF
_ENGLISH: Final = 0x09
LANGUAGES: Final = {0x07: "de", 0x0C: "fr", 0x0A: "es"}
NAMES: Final = {"de": "German", "fr": "French", "es": "Spanish"}
ENGLISH: Final = 1033
LONGEST: Final = 500  # what Dataverse's own export of translations holds


@dataclass(frozen=True)
class Translations:
    """A table of texts.

    Attributes:
        texts: the English text -> its language, such as "de" -> the text in it.
    """

    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def labels(self, english: str, languages: Sequence[int]) -> Mapping[int, str]:
        """Return the labels of a text, by language code.

        Args:
            english: the text as the product has it.
            languages: language codes (LCID), the environment's base language first, which has to
                have a label: English where the table has none.
        """
        found = {code: self.text(english, code) for code in languages}
        for base in languages[:1]:
            found[base] = found[base] or english
        return {code: text for code, text in found.items() if text}

    def text(self, english: str, language: int) -> str:
        """Return a text in a language, whatever its region; "" where the table has none.

        >>> Translations({"Paid": {"de": "Bezahlt"}}).text("Paid", 3079)
        'Bezahlt'
        """
        spoken = language & _LANGUAGE_BITS
        if spoken == _ENGLISH:
            return english
        return self.texts.get(english, {}).get(LANGUAGES.get(spoken, ""), "")


def language_name(code: int) -> str:
    """Return a language code in words, as far as the table knows the language.

    >>> language_name(3079), language_name(1041)
    ('German (3079)', 'language 1041')
    """
    spoken = code & _LANGUAGE_BITS
    name = "English" if spoken == _ENGLISH else NAMES.get(LANGUAGES.get(spoken, ""), "")
    return f"{name} ({code})" if name else f"language {code}"


def read_translations(text: str, *, origin: str) -> tuple[Translations, list[str]]:
    """Return the table that a file holds, and what is wrong with it, each in a sentence.

    Args:
        text: TOML: a section for each English text, with a line per language.
        origin: where it is from, as a person would call it.
    """
    try:
        content = tomllib.loads(text)
    except ValueError as error:
        return Translations(), [f"{origin}: it cannot be read: {error}. Mend that place."]
    problems: list[str] = []
    texts = {english: _languages(english, given, problems) for english, given in content.items()}
    return Translations(texts), [f"{origin}: {problem}" for problem in problems]


def _languages(english: str, given: Any, problems: list[str]) -> Mapping[str, str]:
    where = f'["{english}"]'
    if not isinstance(given, Mapping):
        problems.append(f'{where} is no section: write {where}, and a line such as de = "…" below.')
        return {}
    found: dict[str, str] = {}
    for language, text in given.items():
        if language not in NAMES:
            problems.append(
                f"{where} has a text in {language}, which is none of {', '.join(NAMES)}: "
                "write one of these, or remove the line."
            )
        elif not isinstance(text, str) or not text.strip():
            problems.append(f"{where} {language} is no text: write it in quotes, or remove it.")
        elif len(text) > LONGEST:
            problems.append(
                f"{where} {language} has {len(text)} characters: Dataverse takes {LONGEST}; "
                "shorten it."
            )
        else:
            found[language] = text
    return found
