"""The list of planted changes: each still has its place in the code, and its tests."""

from pathlib import Path

import pytest

from tools.planted import LIST, ROOT, load

CHANGES = load(LIST.read_text())


@pytest.mark.parametrize("planted", CHANGES, ids=lambda planted: planted.name)
def test_a_planted_change_has_one_place_and_leaves_code_behind(planted):
    text = (ROOT / planted.file).read_text()

    changed = planted.applied(text)

    assert changed is not None, f"not exactly once in {planted.file}: {planted.find}"
    assert changed != text
    compile(changed, planted.file, "exec")
    assert all(Path(ROOT, test.partition("::")[0]).exists() for test in planted.tests)


def test_an_empty_list_is_refused():
    with pytest.raises(ValueError, match="no change"):
        load("")


def test_a_change_without_tests_is_refused():
    with pytest.raises(ValueError, match="No tests are named for: x"):
        load('[[change]]\nname = "x"\nfile = "f"\nfind = "a"\nreplace = "b"\ntests = []')
