"""Which of mypy's errors are a mutant's fault."""

from tools.typed_mutants import faults

MUTATED = """\
def x_half__mutmut_orig(number):
    return number / 2

def x_half__mutmut_1(number):
    return number / None

def half(number):
    return x_half__mutmut_orig(number)
"""


def an_error(line, message="no such operand"):
    return {"file": "sums.py", "line": line, "message": message}


def test_an_error_within_a_mutant_is_its_fault():
    error = an_error(5)

    assert faults([error], {"sums.py": MUTATED}) == [error]


def test_an_error_that_the_function_has_unchanged_is_not_its_mutants_fault():
    assert faults([an_error(2), an_error(5)], {"sums.py": MUTATED}) == []


def test_an_error_outside_of_all_mutants_is_none_of_their_faults():
    assert faults([an_error(8)], {"sums.py": MUTATED}) == []
