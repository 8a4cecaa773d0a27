"""What became of mutants, and how those are shown that nobody noticed."""

from collections import Counter

import pytest

from tools.mutants import end_of, score, table, unnoticed

MUTATED = """
def x_twice__mutmut_orig(number):
    return number * 2

def x_twice__mutmut_1(number):
    return number / 2

def x_twice__mutmut_2(number):
    return number * 3

class Counter:
    def xǁCounterǁcount__mutmut_orig(self):
        return 1

    def xǁCounterǁcount__mutmut_1(self):
        return 2
"""


@pytest.mark.parametrize(
    ("code", "end"),
    [(1, "killed"), (0, "survived"), (33, "no tests"), (37, "types"), (-24, "timeout")],
)
def test_the_end_of_a_mutant_is_read_from_its_exit_code(code, end):
    assert end_of(code) == end


@pytest.mark.parametrize("code", [None, -11, 77])
def test_a_mutant_that_was_not_judged_was_not_noticed(code):
    ends = Counter([end_of(code), "killed"])

    assert score(ends) == 50


def test_a_mutant_that_nobody_noticed_is_shown_by_what_it_changes(tmp_path):
    module = tmp_path / "mutants" / "shared" / "core" / "sums.py"
    module.parent.mkdir(parents=True)
    module.write_text(MUTATED)
    codes = {
        "shared.core.sums.x_twice__mutmut_1": 1,
        "shared.core.sums.x_twice__mutmut_2": 0,
        "shared.core.sums.xǁCounterǁcount__mutmut_1": 33,
    }

    assert list(unnoticed(tmp_path, codes)) == [
        "shared.core.sums.twice: - return number * 2 + return number * 3 (survived)",
        "shared.core.sums.Counter.count: - return 1 + return 2 (no tests)",
    ]


def test_the_table_ends_with_the_total_of_all_modules():
    ends = {"a.py": Counter(killed=3, survived=1), "b.py": Counter(types=4)}

    *_, last = table(ends)

    assert last.split() == ["total", "3", "4", "0", "1", "0", "0", "87.5", "%"]
