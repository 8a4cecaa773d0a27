"""What a commit's subject may be, and whose subjects are looked at."""

import subprocess

import pytest

from tools.subject import new_messages, problems, written


def git(folder, *words):
    who = ["-c", "user.name=A Person", "-c", "user.email=a@person.example"]
    subprocess.run(["git", *who, "-C", folder, *words], check=True, capture_output=True)


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
