"""How pages look: enough contrast in both schemes, no script, nothing loaded from elsewhere."""

import re
from pathlib import Path

import pytest

from sandbox.dataverse.pages import documents

STYLE = Path(documents.__file__).with_name("page.css").read_text()
# Text on what it stands on; 4.5 is what WCAG asks of texts, 3 of shapes.
TEXTS = [
    ("ink", "paper"), ("ink", "ground"), ("ink", "tint"), ("soft", "paper"), ("soft", "ground"),
    ("accent", "paper"), ("accent", "ground"), ("accent", "tint"), ("paper", "accent"),
    ("bar-ink", "bar"), ("warn", "warn-ground"),
]  # fmt: skip
SHAPES = [(f"c{number}", "paper") for number in range(8)]


def colours(dark):
    first, _, rest = STYLE.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#\w+);", first))
    return found | dict(re.findall(r"--([\w-]+): (#\w+);", rest)) if dark else found


def light(colour):
    digits = colour.lstrip("#")
    digits = "".join(each * 2 for each in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"), [(*pair, 4.5) for pair in TEXTS] + [(*pair, 3) for pair in SHAPES]
)
def test_a_colour_stands_out_from_what_it_is_on(dark, front, back, least):
    known = colours(dark)
    dim, bright = sorted([light(known[front]), light(known[back])])

    assert (bright + 0.05) / (dim + 0.05) >= least


def test_a_page_needs_no_script_and_loads_nothing(screens, seeds):
    page = screens.look(f"accounts/{seeds.account()}")

    assert not page.all("script")
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert not [each for each in page.root.iter() if each.get("src")]
