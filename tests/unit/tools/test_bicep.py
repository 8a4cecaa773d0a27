"""Where the compiler is looked for."""

import pytest

from tools.bicep import NoCompilerError, find_compiler


def a_program(folder, name="bicep"):
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_the_variable_comes_before_the_path_and_the_path_before_the_neighbour(tmp_path):
    named = a_program(tmp_path / "named", "another")
    on_path = a_program(tmp_path / "bin")
    beside = a_program(tmp_path / "beside")
    path = {"PATH": str(on_path.parent)}

    assert find_compiler({"BICEP": str(named), **path}, beside) == named
    assert find_compiler(path, beside) == on_path
    assert find_compiler({"PATH": ""}, beside) == beside


def test_without_a_compiler_all_places_are_named(tmp_path):
    with pytest.raises(NoCompilerError, match=r"BICEP is not set.*PATH.*there is no .*bicep"):
        find_compiler({"PATH": ""}, tmp_path / "bicep")


def test_a_variable_that_names_nothing_is_not_passed_over(tmp_path):
    beside = a_program(tmp_path)

    with pytest.raises(NoCompilerError, match="no program is there"):
        find_compiler({"BICEP": str(tmp_path / "gone"), "PATH": ""}, beside)
