"""`dead-letters` in the terminal: what it prints, and how it ends."""

import json
import shlex
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from shared.cli import main
from shared.core.events import Cause, SyncRequest
from shared.core.identity import Kind, RecordId
from shared.core.journal import DeadLetter
from shared.sync.letters import Letters
from tests.memory import FakeClock, MemoryDeadLetters, MemoryJournal, MemoryQueue

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Terminal:
    """A terminal over dead letters in memory."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.clock, self.kept = FakeClock(NOW), MemoryDeadLetters()
        self.queue, self._capsys = MemoryQueue(self.clock), capsys
        letters = Letters(
            dead_letters=self.kept,
            journal=MemoryJournal(),
            freshbooks=SimpleNamespace(),
            queue=self.queue,
            clock=self.clock,
        )
        self.app = SimpleNamespace(
            dead_letters=self.kept, letters=letters, world=SimpleNamespace(clock=self.clock)
        )

    def bury(self, number: int, **fields) -> None:
        record = RecordId("xazq5", Kind.INVOICE, number)
        body = SyncRequest.of(record, cause=Cause.WEBHOOK, seen=NOW).model_dump_json()
        made = {"key": record.key, "body": body, "reason": "no", "at": self.clock()} | fields
        self.kept.add(DeadLetter(**made))

    def run(self, line: str) -> tuple[int, str]:
        code = main(shlex.split(line), build=lambda: self.app)
        return code, self._capsys.readouterr().out


@pytest.fixture
def terminal(capsys) -> Terminal:
    return Terminal(capsys)


def test_the_list_for_programs_tells_all_there_is(terminal):
    terminal.bury(1, code="0x80", request_id="r-1", label="INV-1", name="Aster Works")
    terminal.bury(2, key="4f1c", body="{}")

    code, printed = terminal.run("dead-letters --json")

    first, second = json.loads(printed)
    assert code == 0
    assert first == {
        "key": "4f1c",
        "at": NOW.isoformat(),
        "reason": "no",
        "code": "",
        "request_id": "",
        "account": None,
        "kind": None,
        "record": None,
        "label": "",
        "name": "",
        "amount": "",
        "currency": "",
        "dismissed_at": None,
    }
    assert (second["account"], second["kind"], second["record"]) == ("xazq5", "invoice", 1)
    assert (second["code"], second["request_id"], second["label"]) == ("0x80", "r-1", "INV-1")


def test_retry_of_all_says_how_many_and_names_those_that_cannot_be_sent(terminal):
    terminal.bury(1)
    terminal.bury(2, key="4f1c", body="{}")

    code, printed = terminal.run("dead-letters retry --all")

    assert code == 1
    assert "1 on the queue again." in printed
    assert "python -m shared dead-letters dismiss 4f1c" in printed
    assert [request.number for request in terminal.queue.sent] == [1]


def test_since_may_be_said_as_how_long_ago(terminal):
    terminal.bury(1)
    terminal.clock.advance(3 * 3600)
    terminal.bury(2)

    assert terminal.run("dead-letters retry --since 2h")[0] == 0

    assert [request.number for request in terminal.queue.sent] == [2]


def test_what_was_dismissed_is_listed_apart_and_taken_back_by_the_printed_command(terminal):
    terminal.bury(1)
    assert terminal.run("dead-letters dismiss xazq5-invoice-1") == (0, "1 dismissed.\n")
    assert terminal.run("dead-letters") == (0, "There are no dead letters\n")

    code, printed = terminal.run("dead-letters dismissed")
    undo = next(line for line in printed.splitlines() if "undo:" in line).split("shared ")[1]

    assert code == 0
    assert terminal.run(undo) == (0, "xazq5-invoice-1 is on the queue again.\n")
    assert terminal.run("dead-letters dismissed") == (0, "None is dismissed\n")


def test_a_choice_that_fits_none_says_so(terminal):
    terminal.bury(1)

    assert terminal.run("dead-letters dismiss --reason 0x80") == (
        0,
        "No dead letter is as you say.\n",
    )


def test_one_that_failed_once_more_meanwhile_is_not_dismissed(terminal):
    terminal.bury(1)
    terminal.kept.before("replace", lambda *_: terminal.bury(1, reason="newer"), once=True)

    code, printed = terminal.run("dead-letters dismiss --all")

    assert code == 1
    assert "1 failed once more meanwhile and stay" in printed
    assert list(terminal.kept.list_all())
