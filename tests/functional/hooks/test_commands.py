"""Other programs: missing, slow, failing ones, and how they are started."""

import sys

from infra.hooks.commands import MISSING, SLOW, Ran, command_line, run, terminal_python

ADDRESS = "https://graph.microsoft.com/v1.0/applications(uniqueName='name')"


def test_a_program_that_is_not_there_is_told():
    ran = run("no-such-program")

    assert ran.code == MISSING
    assert ran.why == "no-such-program is not installed, or not on the path"


def test_a_slow_program_is_ended():
    ran = run(sys.executable, "-c", "import time; time.sleep(60)", seconds=0.2)

    assert ran.code == SLOW
    assert ran.why == "no answer within 0.2 seconds"


def test_a_program_that_wants_an_answer_gets_none():
    ran = run(sys.executable, "-c", "input()")

    assert "EOFError" in ran.why


def test_what_a_program_prints_comes_back():
    ran = run(sys.executable, "-c", "print('out')")

    assert (ran.code, ran.out) == (0, "out")


def test_the_last_line_of_a_complaint_says_why():
    assert Ran(1, err="WARNING: old\nERROR: Please run 'az login'\n").why == (
        "ERROR: Please run 'az login'"
    )
    assert Ran(3).why == "it ended with 3"


def test_a_batch_file_gets_its_words_in_quotes():
    line = command_line(r"C:\az.cmd", ["rest", "--url", ADDRESS], on_windows=True)

    assert line == rf'"C:\az.cmd" "rest" "--url" "{ADDRESS}"'


def test_elsewhere_the_words_stay_apart():
    assert command_line("/usr/bin/az", ["rest"], on_windows=False) == ["/usr/bin/az", "rest"]


def test_the_terminal_runs_in_the_projects_own_environment(tmp_path):
    for inside in ("bin/python", "Scripts/python.exe"):
        (tmp_path / ".venv" / inside).parent.mkdir(parents=True)
        (tmp_path / ".venv" / inside).touch()

    posix = terminal_python(tmp_path, on_windows=False)
    windows = terminal_python(tmp_path, on_windows=True)

    assert posix == tmp_path / ".venv" / "bin" / "python"
    assert windows == tmp_path / ".venv" / "Scripts" / "python.exe"


def test_without_one_this_python_does_when_it_has_the_packages(tmp_path):
    found = terminal_python(tmp_path)

    assert str(found) == sys.executable
