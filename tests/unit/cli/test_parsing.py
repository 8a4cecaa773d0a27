"""The command line: options before and after the words, usage errors, help for everything."""

import re
import shlex
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cli import main, parser
from shared.cli.commands import command_line, words_first
from shared.core.identity import Kind
from tests.terminal import ROW, list_commands, with_examples

ROOT = Path(__file__).resolve().parents[3]
PARSER = parser()
COMMANDS = list_commands(PARSER)


def parsed(text):
    return PARSER.parse_args(words_first(shlex.split(text)))


def no_connector():
    raise AssertionError("the connector was built")


def test_the_parser_knows_every_command():
    assert [" ".join(words) for words in COMMANDS] == [
        "doctor",
        "schema apply",
        "schema check",
        "schema export",
        "schema remove",
        "forms",
        "forms add",
        "forms remove",
        "connect",
        "connections",
        "webhooks",
        "webhooks repair",
        "webhooks remove",
        "waiting",
        "waiting retry",
        "held",
        "held link",
        "held create",
        "held ignore",
        "held unlink",
        "held ignored",
        "held unignore",
        "plan",
        "backfill",
        "backfill status",
        "backfill pause",
        "backfill resume",
        "backfill cancel",
        "sync",
        "reconcile",
        "history",
        "dead-letters",
        "dead-letters retry",
        "dead-letters dismiss",
        "dead-letters dismissed",
        "dead-letters undo",
        "rows",
        "rows delete",
        "backup",
        "restore",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "webhooks remove --account A",
        "webhooks --account A remove",
        "--account A webhooks remove",
        "--account=A webhooks remove",
        "webhooks --account=A remove -v",
        "-v --settings F webhooks remove --account A",
        "webhooks --settings=F --verbose --account A remove",
    ],
)
def test_options_are_taken_before_between_and_behind_the_words(text):
    options = parsed(text)

    assert options.business == "A"
    assert options.command.__name__ == "_remove"
    assert options.verbose is ("-v" in text.split() or "--verbose" in text.split())
    assert options.settings == (Path("F") if "F" in text else None)


@pytest.mark.parametrize(
    "text",
    [
        f"held link 12 {ROW} --account xazq5",
        f"held --account xazq5 link 12 {ROW}",
        f"held link --account xazq5 12 {ROW}",
        f"held link 12 --account xazq5 {ROW}",
        f"--account xazq5 held link 12 {ROW}",
    ],
)
def test_a_decision_takes_the_account_anywhere(text):
    options = parsed(text)

    assert (options.business, options.row) == ("xazq5", UUID(ROW))
    assert (options.subject.kind, options.subject.number) == (Kind.CLIENT, 12)


def test_a_decision_about_an_invoice_names_it_so():
    subject = parsed(f"held link invoice-12 {ROW}").subject

    assert (subject.kind, subject.number) == (Kind.INVOICE, 12)


@pytest.mark.parametrize("text", ["held --json", "--json held", "--json -v held"])
def test_json_may_stand_anywhere(text):
    assert parsed(text).json is True


def test_connect_takes_several_accounts_wherever_they_stand():
    assert parsed("--account A connect --account=B --paste").businesses == ["A", "B"]


@given(
    st.lists(st.sampled_from(["--json", "-v", "--account A", "--settings F"]), unique=True),
    st.integers(min_value=0, max_value=4),
)
def test_every_order_means_the_same(options, place):
    flat = [part for each in options for part in each.split()]
    words = ["held"]
    mixed = [*flat, *words] if place % 2 else [*words, *flat]

    assert vars(PARSER.parse_args(words_first(mixed))) == vars(PARSER.parse_args([*words, *flat]))


def test_what_stands_behind_two_dashes_is_no_option():
    assert words_first(["history", "-v", "--", "invoice", "--json"]) == [
        "history",
        "-v",
        "--",
        "invoice",
        "--json",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "required: COMMAND"),
        ("nonsense", "invalid choice: 'nonsense'"),
        ("held --bogus", "unrecognized arguments: --bogus"),
        ("--bogus held", "unrecognized arguments: --bogus"),
        ("schema check --json", "unrecognized arguments: --json"),
        ("--account A doctor", "unrecognized arguments: --account A"),
        ("schema", "required: apply|check"),
        ("schema apply --wait soon", "invalid float value: 'soon'"),
        ("webhooks remove --account", "expected one argument"),
        ("schema check --verb", "unrecognized arguments: --verb"),
        ("held link", "required: CLIENT, ROW"),
        ("held link x " + ROW, "'x' is no client's number in FreshBooks"),
        ("held create invoice-x", "'invoice-x' is no client's number in FreshBooks"),
        ("held link 12 ACCOUNT", "'ACCOUNT' is no id of a row in Dataverse"),
        ("history order 1", "invalid choice: 'order'"),
        ("dead-letters retry", "say which: KEY, --reason, --since, or --all"),
        ("dead-letters dismiss", "say which: KEY, --reason, --since, or --all"),
        ("dead-letters retry --since soon", "'soon' is no time; write such as 2h"),
        ("dead-letters retry --since 999999w", "'999999w' is no time"),
        ("dead-letters undo", "required: KEY"),
        ("plan --client 12 --since 2026-11-02", "not allowed with argument --client"),
        ("plan --since yesterday", "'yesterday' is no day; write such as 2026-11-02"),
        ("plan --most none", "'none' is no number of records"),
        ("backfill begin", "invalid choice: 'begin'"),
        ("backfill --kinds client,bill", "bill: there are client, invoice, payment, credit"),
        ("backfill --kinds ,", "nothing: there are client"),
        ("backfill --from soon", "'soon' is no day; write such as 2024-01-31"),
        ("backfill --from 2026-02-01 --to 2026-01-31", "2026-02-01 is after --to 2026-01-31"),
        ("backfill --missing status", "status is about the backfill that was begun: it takes no"),
        ("backfill pause --kinds client", "unrecognized arguments: --kinds client"),
        ("backfill --dry-run --detach", "nothing to --detach from"),
        ("plan 4711", "unrecognized arguments: 4711"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error(text, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(text), build=no_connector)

    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert printed.err.startswith("usage: python -m shared")
    assert said in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"], build=no_connector)

    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert printed.startswith(f"usage: python -m shared {' '.join(words)}")
    assert "--settings FILE" in printed
    assert len(printed.splitlines()) > 6


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_takes_what_all_take_before_and_after_its_words(words):
    command = with_examples(words, PARSER)
    shared = ["--settings", "F", "--verbose"]

    before = PARSER.parse_args(words_first([*shared, *command]))
    after = PARSER.parse_args(words_first([*command, *shared]))

    assert vars(before) == vars(after)
    assert (before.settings, before.verbose) == (Path("F"), True)


def test_the_version_is_that_of_the_project(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"], build=no_connector)

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"{project['name']} {project['version']}\n"


def test_the_help_of_the_whole_names_every_command_and_what_all_take(capsys):
    with pytest.raises(SystemExit):
        main(["--help"], build=no_connector)

    printed = capsys.readouterr().out
    assert all(re.search(rf"^    {words[0]}(?=\s)", printed, re.MULTILINE) for words in COMMANDS)
    assert all(each in printed for each in ("--settings FILE", "--verbose", "exit codes"))


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("2026-11-02", datetime(2026, 11, 2, tzinfo=UTC)),
        ("2026-11-02T15:00", datetime(2026, 11, 2, 15, tzinfo=UTC)),
        ("2026-11-02T15:00:00+01:00", datetime(2026, 11, 2, 14, tzinfo=UTC)),
    ],
)
def test_dead_letters_are_chosen_by_key_reason_and_time_together(text, since):
    options = parsed(f"dead-letters retry a-invoice-1 --reason 0x80 --since {text}")

    assert (options.key, options.reason, options.since) == ("a-invoice-1", "0x80", since)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_a_printed_command_is_read_by_a_shell_as_it_was_meant(words):
    assert shlex.split(command_line(*words))[3:] == words


def test_a_printed_command_names_the_account_only_where_it_matters():
    assert command_line("held", "create", 12) == "python -m shared held create 12"
    assert command_line("held", "create", 12, business="xazq5") == (
        "python -m shared held create 12 --account xazq5"
    )
