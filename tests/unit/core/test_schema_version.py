"""The schema's version: which one is newer, and what is said about it."""

import pytest

from shared.core.schema_version import VERSION, Standing, describe, note, standing_of


@pytest.mark.parametrize(
    ("version", "standing"),
    [
        ("1.1.0.0", Standing.SAME),
        ("1.1", Standing.SAME),
        ("1.1.0.0.0", Standing.SAME),
        (" 1.1.0.0 ", Standing.SAME),
        ("1.0.9.9", Standing.OLDER),
        ("0.0.0.1", Standing.OLDER),
        ("1.2.0.0", Standing.NEWER),
        ("1.10.0.0", Standing.NEWER),
        ("1.1.0.1", Standing.NEWER),
        ("", Standing.OLDER),
        ("None", Standing.OLDER),
        ("v2", Standing.OLDER),
    ],
)
def test_versions_are_compared_number_by_number(version, standing):
    assert standing_of(version, ours="1.1.0.0") is standing


def test_an_older_environment_is_told_what_to_do():
    assert "schema apply" in describe("1.0.0.0", managed=False)
    assert "import the managed solution" in describe("1.0.0.0", managed=True)


def test_a_newer_environment_is_no_difference_but_worth_a_note():
    assert describe("99.0.0.0", managed=False) is None
    assert "left alone" in note("99.0.0.0", managed=False)[0]


def test_our_own_version_is_worth_no_word():
    assert describe(VERSION, managed=False) is None
    assert note(VERSION, managed=False) == []


def test_a_managed_solution_is_said_to_be_one():
    assert "managed" in note(VERSION, managed=True)[0]
