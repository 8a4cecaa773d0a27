"""The icons: small, drawn in one colour, and each named by one table."""

import re
from xml.etree import ElementTree as ET

import pytest

from shared.core import schema
from shared.core.definitions import PREFIX
from shared.core.icons import ICONS


@pytest.mark.parametrize("icon", ICONS, ids=lambda icon: icon.name)
def test_an_icon_is_a_small_drawing_in_one_colour_that_loads_nothing(icon):
    root = ET.fromstring(icon.svg)

    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(icon.svg.encode()) <= 10 * 1024
    assert len(set(re.findall(r"#[0-9A-Fa-f]{6}", icon.svg))) == 1
    assert "href" not in icon.svg
    assert "<script" not in icon.svg


def test_every_table_of_ours_has_an_icon_of_its_own():
    assert [table.icon for table in reversed(schema.TABLES)] == [icon.name for icon in ICONS]


def test_an_icon_is_named_with_the_publishers_prefix():
    assert all(icon.name.startswith(f"{PREFIX}_/icons/") for icon in ICONS)
