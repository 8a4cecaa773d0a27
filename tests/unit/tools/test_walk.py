"""The doors of a walk, and which of them are steps back."""

import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tools import walk as program
from tools.walk import Door, figures, report, walk_of

ROOT = Path(__file__).resolve().parents[3]


def a_door(source, target, *, function="get", back=False):
    return Door(1, f"shared.{source}", f"shared.{target}", function, back)


def test_calls_one_after_the_other_through_the_same_door_are_one_line():
    doors = [
        a_door("sync.process", "core.events", function="parse"),
        a_door("sync.process", "core.events", back=True),
        a_door("sync.process", "core.events", back=True),
    ]

    assert report("a walk", doors)[:2] == [
        "== a walk ==",
        "sync.process -> core.events: parse, get x2",
    ]


@pytest.fixture
def in_this_process(monkeypatch, capsys):
    """What the program starts as another process runs in this one."""

    def run(command, *, cwd, **_):
        _, _, script, *arguments = command
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.setattr(sys, "argv", [script, *arguments])
        assert program.main() == 0
        return CompletedProcess(command, 0, stdout=capsys.readouterr().out)

    monkeypatch.setattr(program.subprocess, "run", run)


@pytest.mark.usefixtures("in_this_process")
def test_every_door_beyond_the_first_into_a_room_is_a_step_back():
    walks = walk_of(ROOT)

    assert list(walks) == ["one webhook", "one new invoice"]
    for doors in walks.values():
        entered = {doors[0].source}
        for door in doors:
            assert door.source != door.target
            assert door.back == (door.target in entered)
            entered.add(door.target)
        assert figures(doors)["rooms"] == len(entered)
        assert figures(doors)["steps back"] == len(doors) + 1 - len(entered)
