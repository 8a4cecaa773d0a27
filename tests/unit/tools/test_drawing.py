"""The drawing of the house: floors, arrows that run back up, circles."""

import pytest

from tools.drawing import back_up, circles, draw, floors, report

ROOMS = {"shared.app": 10, "shared.core.rows": 20, "shared.core.place": 5, "shared.errors": 1}
IMPORTS = [
    ("shared.app", "shared.core.rows"),
    ("shared.app", "shared.core.place"),
    ("shared.core.place", "shared.core.rows"),
    ("shared.core.rows", "shared.errors"),
]


def test_a_part_stands_above_everything_it_imports():
    drawing = draw(ROOMS, IMPORTS)

    shared = drawing["packages"]["shared"]
    assert {name: part["floor"] for name, part in shared["parts"].items()} == {
        "app": 2,
        "core": 1,
        "errors": 0,
    }
    assert shared["arrows"] == [["app", "core", 2], ["core", "errors", 1]]
    assert drawing["packages"]["shared.core"]["arrows"] == [["place", "rows", 1]]
    assert report(drawing)[-1].startswith("0 arrows run back up; 0 circles")


def test_packages_that_import_each_other_are_a_circle_though_their_rooms_are_not():
    rooms = {"shared.a.one": 1, "shared.a.two": 1, "shared.b": 1}
    drawing = draw(rooms, [("shared.a.one", "shared.b"), ("shared.b", "shared.a.two")])

    assert drawing["packages"]["shared"]["circles"] == [["a", "b"]]
    assert drawing["circles"] == []


def test_the_weaker_arrow_of_a_circle_is_the_one_that_runs_back_up():
    arrows = {("a", "b"): 3, ("b", "a"): 1, ("b", "c"): 1}

    up = back_up("abc", arrows)

    assert up == {("b", "a"): 1}
    assert floors("abc", arrows.keys() - up.keys()) == {"a": 2, "b": 1, "c": 0}


@pytest.mark.parametrize(
    ("arrows", "found"),
    [
        ([("a", "b"), ("b", "c")], []),
        ([("a", "b"), ("b", "c"), ("c", "a")], [["a", "b", "c"]]),
        ([("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")], [["a", "b"], ["c", "d"]]),
    ],
)
def test_whatever_reaches_itself_is_in_a_circle(arrows, found):
    assert circles("abcd", arrows) == found
