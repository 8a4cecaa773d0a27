"""Every text of the product against the table of translations: none missing, unused or too long."""

import pytest

from shared.core.options import Billing, ClientState, EntryKind, Health, Status, label
from shared.core.texts import list_texts
from shared.core.translations import NAMES
from shared.translations import load_translations

TEXTS = {text.english: text for text in list_texts()}
TABLE = load_translations().texts


@pytest.mark.parametrize("language", NAMES)
def test_every_text_of_the_product_has_a_translation(language):
    missing = [english for english in TEXTS if language not in TABLE.get(english, {})]

    assert missing == []


def test_every_translation_is_of_a_text_of_the_product():
    assert sorted(TABLE.keys() - TEXTS.keys()) == []


def test_no_text_is_longer_than_dataverse_takes():
    longest = {english: text.longest for english, text in TEXTS.items()}
    for text in list_texts():
        longest[text.english] = min(longest[text.english], text.longest)

    too_long = [
        (english, language)
        for english, most in longest.items()
        for language, text in {"en": english, **TABLE.get(english, {})}.items()
        if len(text) > most
    ]

    assert too_long == []


def test_options_of_one_choice_stay_different_in_every_language():
    for choice in (Health, ClientState, EntryKind, Billing, Status):
        for language in NAMES:
            texts = [TABLE[label(option)][language] for option in choice]
            assert len(set(texts)) == len(texts), (choice, language)


def test_no_text_has_blanks_around_it_or_a_sentence_without_its_end():
    for english, languages in TABLE.items():
        for text in languages.values():
            assert text == text.strip()
            assert text.endswith(".") == english.endswith("."), text
