"""What a commit's subject may be, and whose subjects are looked at."""

import os
import shutil
import subprocess

import pytest

from tools.subject import new_messages, problems, written

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")

# Neither the repository of a hook that runs the tests, nor the settings of whoever does.
OURS = os.environ.items()  # noqa: TID251  # for a child process, nothing is read from it
ALONE = {name: value for name, value in OURS if not name.startswith("GIT_")} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder, *words):
    who = ["-c", "user.name=A Person", "-c", "user.email=a@person.example"]
    command = ["git", *who, "-C", folder, *words]
    subprocess.run(command, check=True, capture_output=True, env=ALONE)


def commit(folder, subject):
    git(folder, "commit", "--allow-empty", "--no-verify", "-m", subject)


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "ours"
    git(tmp_path, "init", "--initial-branch=main", str(folder))
    commit(folder, "Lay the first stone")
    return folder


@pytest.mark.parametrize(
    "message",
    ["Add a line", "Add a line\n\nBecause it was missing.", "A" * 72, "Éclair: name it as it is"],
)
def test_a_sentence_within_72_characters_is_a_subject(message):
    assert problems(message) == []


@pytest.mark.parametrize(
    "message",
    [f"Merge branch '{'a' * 90}'", "fixup! Add a line", "squash! Add a line"],
)
def test_what_git_words_itself_is_not_looked_at(message):
    assert problems(message) == []


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("A" * 73, "73 characters"),
        ("add a line", "capital letter"),
        ("", "capital letter"),
        ("Add a line.", "full stop"),
        ("Add a line\nand another", "blank line"),
    ],
)
def test_what_is_wrong_with_a_subject_is_said(message, problem):
    (found,) = problems(message)

    assert problem in found


def test_what_git_wrote_into_the_editor_is_not_the_message():
    text = "Add a line\n\n# Changes:\n# ------------------------ >8 ----\ndiff --git a b\n"

    assert written(text) == "Add a line"


def test_without_an_upstream_only_the_last_commit_is_looked_at(repository):
    commit(repository, "Add a wall")

    assert new_messages(repository) == ["Add a wall"]


def test_with_an_upstream_all_commits_it_has_not_got_are_looked_at(repository, tmp_path):
    git(tmp_path, "clone", str(repository), "theirs")
    commit(tmp_path / "theirs", "Add a wall")
    commit(tmp_path / "theirs", "Add a roof")

    assert new_messages(tmp_path / "theirs") == ["Add a roof", "Add a wall"]


def test_nothing_is_new_when_the_upstream_has_everything(repository, tmp_path):
    git(tmp_path, "clone", str(repository), "theirs")

    assert new_messages(tmp_path / "theirs") == []


def test_a_shallow_clone_shows_its_last_commit(repository, tmp_path):
    commit(repository, "Add a wall")
    git(tmp_path, "clone", "--depth=1", f"file://{repository}", "theirs")
    git(tmp_path / "theirs", "branch", "--unset-upstream")

    assert new_messages(tmp_path / "theirs") == ["Add a wall"]


def test_a_merge_is_not_looked_at_though_a_shallow_clone_hides_its_parents(repository, tmp_path):
    git(repository, "checkout", "-b", "aside")
    commit(repository, "Add a wall")
    git(repository, "checkout", "main")
    git(repository, "merge", "--no-ff", "-m", "joins what was built aside", "aside")
    git(tmp_path, "clone", "--depth=1", f"file://{repository}", "theirs")
    git(tmp_path / "theirs", "branch", "--unset-upstream")

    assert new_messages(tmp_path / "theirs") == []


def test_outside_a_repository_there_is_no_commit_to_look_at(tmp_path):
    assert new_messages(tmp_path) == []
