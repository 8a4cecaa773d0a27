"""Which label a language gets, and what is said about a table that is wrong."""

import re

import pytest

from shared.core.translations import Translations, read_translations

GERMAN, AUSTRIAN, SWISS, FRENCH, CANADIAN, SPANISH, MEXICAN = (
    1031,
    3079,
    2055,
    1036,
    3084,
    3082,
    2058,
)
TRADITIONAL_SPANISH, BELGIAN_FRENCH, SWISS_FRENCH, ENGLISH, BRITISH = 1034, 2060, 4108, 1033, 2057
JAPANESE = 1041

TABLE = Translations({"Paid": {"de": "Bezahlt", "fr": "Payé", "es": "Pagado"}, "Sent": {"de": "x"}})


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (GERMAN, "Bezahlt"),
        (AUSTRIAN, "Bezahlt"),
        (SWISS, "Bezahlt"),
        (FRENCH, "Payé"),
        (CANADIAN, "Payé"),
        (BELGIAN_FRENCH, "Payé"),
        (SWISS_FRENCH, "Payé"),
        (SPANISH, "Pagado"),
        (MEXICAN, "Pagado"),
        (TRADITIONAL_SPANISH, "Pagado"),
        (BRITISH, "Paid"),
    ],
)
def test_a_region_gets_the_text_of_its_language(language, text):
    assert TABLE.labels("Paid", [ENGLISH, language]) == {ENGLISH: "Paid", language: text}


def test_a_language_without_a_text_gets_no_label():
    assert TABLE.labels("Sent", [ENGLISH, FRENCH, JAPANESE]) == {ENGLISH: "Sent"}


def test_the_base_language_gets_english_where_it_has_no_text():
    assert TABLE.labels("Sent", [JAPANESE, FRENCH]) == {JAPANESE: "Sent"}
    assert TABLE.labels("Unheard of", [GERMAN]) == {GERMAN: "Unheard of"}


def test_the_base_language_gets_its_own_words_where_it_has_some():
    assert TABLE.labels("Paid", [GERMAN, ENGLISH]) == {GERMAN: "Bezahlt", ENGLISH: "Paid"}


def test_a_table_is_read_by_its_english_texts():
    table, problems = read_translations('["Not due, yet"]\nde = "Nicht fällig"', origin="t.toml")

    assert problems == []
    assert table.text("Not due, yet", GERMAN) == "Nicht fällig"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('["Paid"]\nde = Bezahlt\n', "t.toml: it cannot be read: .* line 2.*Mend that place"),
        ('Paid = "Bezahlt"', r't.toml: \["Paid"\] is no section: write \["Paid"\], and a line'),
        ('["Paid"]\nit = "Pagato"', r'\["Paid"\] has a text in it, which is none of de, fr, es'),
        ('["Paid"]\nde = 7', r'\["Paid"\] de is no text: write it in quotes'),
        ('["Paid"]\nde = "  "', r'\["Paid"\] de is no text'),
        (f'["Paid"]\nde = "{"x" * 501}"', r'\["Paid"\] de has 501 characters: .* 500; shorten it'),
        ('["Paid"]\nde = "a"\n["Paid"]\nfr = "b"', "t.toml: it cannot be read"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_place_and_remedy(text, said):
    _, problems = read_translations(text, origin="t.toml")

    (problem,) = problems
    assert re.search(said, problem)
