"""The terminal as a whole: without a sign-in, interrupted, unread, and with every account there is.

Commands run as processes of their own where what reaches the screen is the question.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.signed_in import State, install
from shared.cli import main, parser
from shared.core.backup import Backup
from shared.core.identity import Awaited
from shared.core.waiting import Candidate, Hold
from shared.errors import ConfigurationError
from tests.functional.world import Firm
from tests.terminal import list_commands, with_examples

ROOT = Path(__file__).resolve().parents[2]
PARSER = parser()
COMMANDS = list_commands(PARSER)
# Nothing listens there: what is asked without a sign-in fails at once.
NOWHERE = "http://127.0.0.1:9"
VALUES = {
    "FRESHBOOKS_CLIENT_ID": "an-id",
    "FRESHBOOKS_CLIENT_SECRET": "a-secret-that-is-long-enough-for-anybody-to-accept",
    "FRESHBOOKS_REDIRECT_URI": "https://app.example/api/connect/freshbooks/callback",
    "FRESHBOOKS_API_URL": NOWHERE,
    "FRESHBOOKS_AUTH_URL": NOWHERE,
    "DATAVERSE_URL": NOWHERE,
    "KEY_VAULT_URL": "https://localhost:9",
    "PUBLIC_URL": "https://app.example",
    "AzureWebJobsStorage__queueServiceUri": "https://firm.queue.core.windows.net",
    "AzureWebJobsStorage__tableServiceUri": "https://firm.table.core.windows.net",
}
# Imported by every Python that is started: no address but this machine's can be reached, and
# whoever tries says so.
BARRIER = """
import socket
connect = socket.socket.connect
def connect_here(self, address):
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(101, f"TRIED {address[0]}")
    return connect(self, address)
socket.socket.connect = connect_here
"""


@pytest.fixture
def laptop(tmp_path):
    """A folder with local settings on a machine without Azure, and a way to run commands there."""
    return Laptop(tmp_path)


class Laptop:
    def __init__(self, folder):
        self.folder = folder / "project"
        self.folder.mkdir()
        self.bin = folder / "bin"
        barrier = folder / "barrier"
        barrier.mkdir()
        (barrier / "sitecustomize.py").write_text(BARRIER)
        self.environment = {
            "PATH": str(self.bin),
            "HOME": str(folder),
            "PYTHONPATH": f"{barrier}{os.pathsep}{ROOT}",
        }
        self.write(**VALUES)

    def write(self, **values):
        text = json.dumps({"IsEncrypted": False, "Values": values})
        (self.folder / "local.settings.json").write_text(text)

    def leave_a_backup(self):
        """Put an empty one there."""
        nothing = {name: [] for name in Backup.model_fields} | {"organization": None}
        made = Backup(**nothing | {"version": 1, "made": datetime.now(UTC)})
        (self.folder / "kept.json").write_text(made.model_dump_json())

    def start(self, *words, **options):
        return subprocess.Popen(
            [sys.executable, "-m", "shared", *words],
            cwd=self.folder,
            env=self.environment | options,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words, **options):
        process = self.start(*words, **options)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


def said_by(command, out, err):
    """What a command said went wrong: a line of the doctor's report, or all of standard error."""
    if command[0] != "doctor":
        return err.splitlines()
    return [line for line in out.splitlines() if line.startswith("failure  Azure")]


# Runs command after command, each as if it were alone: a process takes a second to start.
ONE_BY_ONE = """
import contextlib, io, json, os, sys
from shared.cli import main
for folder, words in json.load(sys.stdin):
    os.chdir(folder)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    print(json.dumps([words, code, out.getvalue(), err.getvalue()]))
"""
SECRET = "@Microsoft.KeyVault(SecretUri=https://localhost:9/secrets/freshbooks)"
IN_DETAIL, ELSEWHERE = ("doctor", "--json"), ("doctor", "--settings", "gone.json")
IN_A_VAULT, NOT_THERE = "settings stand in a vault", "settings are not there"


@pytest.fixture(scope="module")
def without_sign_in(tmp_path_factory):
    """What every command said where nobody is signed in, and some where settings are amiss."""
    laptop, vault, bare = (Laptop(tmp_path_factory.mktemp("laptop")) for _ in range(3))
    vault.write(**VALUES | {"FRESHBOOKS_CLIENT_SECRET": SECRET})
    (bare.folder / "local.settings.json").unlink()
    commands = {words: (laptop, with_examples(words, PARSER)) for words in COMMANDS}
    # `backup` writes no file that is there, `restore` reads one.
    commands["restore",] = (laptop, ["restore", "kept.json"])
    laptop.leave_a_backup()
    commands |= {words: (laptop, list(words)) for words in (IN_DETAIL, ELSEWHERE)}
    commands |= {IN_A_VAULT: (vault, ["doctor"]), NOT_THERE: (bare, ["held"])}
    done = subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE],
        cwd=laptop.folder,
        env=laptop.environment,
        input=json.dumps([(str(where.folder), words) for where, words in commands.values()]),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stderr == ""
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return dict(zip(commands, told, strict=True))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_without_any_sign_in_every_command_ends_with_one_sentence(without_sign_in, words):
    command, code, out, err = without_sign_in[words]

    (said,) = said_by(command, out, err)
    assert code == 2
    assert "Azure CLI is not installed; Azure Developer CLI is not installed" in said
    assert "run `az login`" in said
    assert "few minutes" not in said
    assert out == "" or command == ["doctor"]
    assert not re.search("Traceback|azure[.]|AccessToken|TRIED|WARNING|urllib3|msal", out + err)


def test_without_any_sign_in_the_doctor_still_says_all_it_can(without_sign_in):
    _, code, out, err = without_sign_in[IN_DETAIL]

    found = {each["subject"]: each["level"] for each in json.loads(out)}
    assert (code, err) == (2, "")
    assert found["settings"] == "ok"
    assert found["Azure sign-in"] == "failure"
    assert found["Key Vault"] == found["tables"] == found["Dataverse sign-in"] == "skipped"


def test_what_was_tried_is_told_in_detail_on_request_and_never_by_an_sdk(laptop):
    install(laptop.bin, az=State.SIGNED_OUT, azd=State.STRANGER)

    code, _, err = laptop.run("--verbose", "held")

    settings, said = err.splitlines()
    assert code == 2
    assert settings == (
        "info: The settings come from the file local.settings.json and the environment."
    )
    assert said == (
        "Configuration: No sign-in to Azure works here: Azure CLI is not signed in; Azure "
        "Developer CLI has no access to this tenant (AADSTS50020). Run `az login` or `azd auth "
        "login`."
    )


def test_settings_that_stand_in_key_vault_are_not_read_without_a_sign_in(without_sign_in):
    _, code, out, err = without_sign_in[IN_A_VAULT]

    assert (code, out) == (2, "")
    assert err.startswith(
        "Not possible: FRESHBOOKS_CLIENT_SECRET stands in Key Vault, and localhost:9 does not "
    )
    assert err.count("\n") == 1


def test_a_file_of_settings_that_is_not_there_ends_every_command(without_sign_in):
    _, code, out, err = without_sign_in[ELSEWHERE]

    assert (code, out) == (2, "")
    assert err == "Not possible: gone.json cannot be read: No such file or directory.\n"


def test_missing_settings_say_where_they_were_looked_for(without_sign_in):
    _, code, _, err = without_sign_in[NOT_THERE]

    assert code == 2
    assert re.search(r"missing: .*\bDATAVERSE_URL\b", err)
    assert "The settings come from the environment alone" in err
    assert err.count("\n") == 1


def test_ctrl_c_ends_a_command_quietly(laptop):
    install(laptop.bin, az=State.HANGING)
    # What a shell starts in the background ignores it, and hands that down.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = laptop.start("held", AZURE_SIGN_IN="azure-cli")
    finally:
        signal.signal(signal.SIGINT, ignored)
    deadline = time.monotonic() + 30
    while not (laptop.bin / "az.asked").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (laptop.bin / "az.asked").exists()
    assert process.poll() is None

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out, err) == (130, "", "")


def test_a_pipe_that_nobody_reads_ends_a_command_quietly(laptop):
    process = laptop.start("doctor")
    process.stdout.close()

    err = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()

    assert (process.returncode, err) == (141, "")


def test_a_defect_ends_in_a_sentence_and_shows_its_trace_only_on_request(capsys):
    def broken():
        raise KeyError("what is this?")

    codes = [main(["held"], build=broken), main(["-v", "held"], build=broken)]

    short, *trace = capsys.readouterr().err.splitlines()
    assert codes == [2, 2]
    assert short == "Unexpected: KeyError: 'what is this?'. With --verbose it says where."
    assert trace[0].startswith("Traceback")
    assert trace[-1] == short


def test_a_warning_of_ours_is_one_line_and_one_of_an_sdk_is_none(capsys):
    import logging

    def build():
        logging.getLogger("azure.identity").warning("an SDK's line")
        logging.getLogger("urllib3").warning("another")
        logging.getLogger("shared.sync.poll").warning("a row\nof %s", "ours")
        logging.getLogger("shared.sync.poll").info("a detail")
        raise ConfigurationError("the end.")

    main(["held"], build=build)

    assert capsys.readouterr().err == "warning: a row of ours\nConfiguration: the end.\n"


# accounts


@pytest.fixture
def firm():
    return Firm()


@pytest.fixture
def two():
    """A login with two businesses, both connected."""
    firm = Firm(connected=False)
    firm.books.create_business("Second", account="second1", currency="USD")
    firm.connect(firm.account, "second1")
    return firm


def ran(firm, capsys, *words):
    code = main(words, build=lambda: firm.connector)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def taking_an_account():
    for words in COMMANDS:
        line = with_examples(words, PARSER)
        if words != ("connect",):  # it names businesses that are not connected yet
            try:
                PARSER.parse_args([*line, "--account", "x"])
            except SystemExit:
                continue
            yield line


def test_six_commands_and_more_take_an_account(capsys):
    found = [line[0] for line in taking_an_account()]
    capsys.readouterr()

    assert found == [
        *["webhooks"] * 3,
        *["waiting"] * 2,
        *["held"] * 7,
        "plan",
        *["backfill"] * 5,
        *["sync", "reconcile", "history"],
    ]


@pytest.mark.parametrize("place", ["before", "after"])
def test_an_account_that_is_not_connected_is_an_error_everywhere(firm, capsys, place):
    for line in list(taking_an_account()):
        capsys.readouterr()
        named = ["--account", "nobody"]
        words = [*named, *line] if place == "before" else [*line, *named]

        code, out, err = ran(firm, capsys, *words)

        assert (code, out) == (2, ""), line
        assert err == f"Not possible: nobody is not connected; connected: {firm.account}.\n"


def hold(firm, business, client=12, *candidates):
    firm.holds.upsert(
        Hold(
            business=business,
            awaited=Awaited.client(client),
            name="Aster Works",
            reason="no account has this name",
            since=firm.clock(),
            candidates=tuple(Candidate(account=each, name="Aster", note="") for each in candidates),
        )
    )


def hints(out):
    return [line.split(": ", 1)[1].strip() for line in out.splitlines() if "python -m" in line]


def test_held_shows_those_of_one_account_only(two, capsys):
    hold(two, two.account, 12)
    hold(two, "second1", 13)

    everything = ran(two, capsys, "held")
    one = ran(two, capsys, "held", "--account", "second1")

    assert everything[1].endswith("2 held\n")
    assert one[1].endswith("1 held\n")
    assert "second1 client-13" in one[1]


def test_hints_name_the_account_where_several_are_connected(firm, two, capsys):
    hold(firm, firm.account)
    hold(two, "second1")

    alone, among = ran(firm, capsys, "held")[1], ran(two, capsys, "held")[1]

    assert hints(alone) == [
        "python -m shared held link 12 ACCOUNT",
        "python -m shared held create 12",
        "python -m shared held ignore 12",
    ]
    assert hints(among) == [f"{each} --account second1" for each in hints(alone)]


def test_a_hint_works_as_it_is_when_it_is_pasted(two, capsys):
    row = two.dataverse.add("account", name="Aster")
    client = two.books.create_client(organization="Aster Works")
    hold(two, two.account, client["id"], row)

    link, *_ = hints(ran(two, capsys, "held")[1])
    code, out, _ = ran(two, capsys, *link.split()[3:])

    assert code == 0
    assert out.startswith(f"Client {client['id']} is linked")
    assert two.account_of(client)["accountid"] == str(row)
