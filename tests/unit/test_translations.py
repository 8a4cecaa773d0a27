"""The table that comes with the app: found, read once, and what is said when it is broken."""

import pytest

from shared.errors import ConfigurationError
from shared.translations import load_translations


def test_the_apps_own_table_can_be_read():
    assert load_translations().text("Overdue", 1031) == "Überfällig"


def test_a_table_that_is_gone_is_named_with_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError, match=r"x\.toml cannot be read: No such.*Restore it"):
        load_translations(tmp_path / "x.toml")


def test_a_table_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigurationError, match="it is no text in UTF-8"):
        load_translations(path)


def test_everything_that_is_wrong_with_a_table_is_said_at_once(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text('["Paid"]\nit = "Pagato"\n["Sent"]\nde = ""\n')

    with pytest.raises(ConfigurationError, match=r'x\.toml: \["Paid"\].*x\.toml: \["Sent"\]'):
        load_translations(path)


def test_a_table_that_an_editor_marked_as_unicode_is_read(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(b'\xef\xbb\xbf["Paid"]\nde = "Bezahlt"\n')

    assert load_translations(path).text("Paid", 1031) == "Bezahlt"
