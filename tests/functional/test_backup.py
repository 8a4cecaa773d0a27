"""A deployment's own state out of it and into another one: whole, without secrets, never over more.

The terminal's commands are run as an administrator runs them.
"""

import json
import stat
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from sandbox.azurite import azurite
from shared.adapters.azure.inventory import TableInventory
from shared.cli import main
from shared.core.connections import SyncedBusiness
from shared.core.identity import Awaited, token_secret
from shared.core.waiting import HoldState
from shared.errors import RetryLaterError
from shared.sync.backup import Safekeeping
from shared.sync.ports.doctor import Identity, TableSurvey, UnreadableRow
from tests.functional.world import Firm
from tests.memory import FakeClock, MemoryRows, MemorySecrets
from tests.upgrade.driver import Store, dump, fill

LINE = {"name": "Work", "qty": "1", "unit_cost": "100.00"}
ORGANIZATION = UUID("00000000-0000-0000-0000-000000000007")


def a_firm_with_everything():
    firm = Firm(unmatched_clients="hold")
    clients = [
        firm.books.create_client(organization=name)["id"]
        for name in ("Aster Works", "Birchwood Dental", "Cedar & Stone")
    ]
    for client in clients:
        firm.books.create_invoice(client, lines=[LINE], sent=True)
    firm.run()
    firm.connector.review.create(firm.account, clients[0])
    firm.connector.review.ignore(firm.account, clients[1])
    firm.drain()
    firm.connector.process.handle(b"no message")
    firm.poll()
    return firm, clients


@pytest.fixture
def file(tmp_path):
    return tmp_path / "backup.json"


def run(firm, *words):
    return main([str(word) for word in words], build=lambda: firm.connector)


def elsewhere(firm):
    """Return the same firm in a deployment of which nothing is left but Key Vault and Dataverse."""
    clock = firm.clock
    for port in (firm.holds.holds, firm.holds.waiting, firm.dead_letters.letters):
        port.clear()
    firm.checkpoints.moments.clear()
    firm.businesses.businesses.clear()
    firm.registrations.registrations.clear()
    firm.journal.latest.clear()
    firm.connector = firm.start()
    assert firm.clock is clock
    return firm


def test_what_a_deployment_alone_holds_comes_back_into_an_empty_one(file, capsys):
    firm, clients = a_firm_with_everything()
    before = (
        dict(firm.holds.holds),
        {key: each.record for key, each in firm.holds.waiting.items()},
        dict(firm.dead_letters.letters),
        dict(firm.businesses.businesses),
    )
    polled = firm.checkpoints.get(f"poll.{firm.account}.invoice")

    assert run(firm, "backup", file) == 0
    elsewhere(firm)
    assert run(firm, "restore", file) == 0

    assert before == (
        firm.holds.holds,
        {key: each.record for key, each in firm.holds.waiting.items()},
        firm.dead_letters.letters,
        firm.businesses.businesses,
    )
    assert firm.checkpoints.get(f"poll.{firm.account}.invoice") == polled
    assert "Run `python -m shared doctor`" in capsys.readouterr().out
    firm.connector.review.create(firm.account, clients[2])
    firm.drain()
    assert firm.differences(held=[clients[1]]) == []


def test_a_backup_holds_no_secret_and_is_the_owners_alone(file):
    firm, _ = a_firm_with_everything()

    run(firm, "backup", file)

    text = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for name, value in firm.secrets.values.items():
        assert value not in text, name
        if value.startswith(("[", "{")):
            held = json.loads(value)
            for each in held if isinstance(held, list) else [held]:
                secret = {each.get(n) for n in ("verifier", "access_token", "refresh_token")}
                assert not [one for one in secret if one and one in text]
    assert firm.settings.freshbooks_client_secret.get_secret_value() not in text
    for registration in firm.registrations.list_all():
        assert registration.uri.rpartition("/")[2] not in text


def test_a_backup_lists_the_links_that_live_in_dataverse(file):
    firm, clients = a_firm_with_everything()

    run(firm, "backup", file)

    account = firm.account_of({"id": clients[0]})
    links = json.loads(file.read_text())["links"]
    assert links == [{"client": f"{firm.account}-{clients[0]}", "row": account["accountid"]}]


def test_restoring_again_changes_nothing(file, capsys):
    firm, _ = a_firm_with_everything()
    run(firm, "backup", file)
    elsewhere(firm)
    run(firm, "restore", file)
    state = (dict(firm.holds.holds), dict(firm.holds.waiting), dict(firm.dead_letters.letters))
    capsys.readouterr()

    assert run(firm, "restore", file) == 0
    assert state == (firm.holds.holds, firm.holds.waiting, firm.dead_letters.letters)
    assert "nothing: all of it is there" in capsys.readouterr().out


def test_newer_state_stays_unless_it_is_forced(file, capsys):
    firm, clients = a_firm_with_everything()
    run(firm, "backup", file)
    newer = firm.clock() + timedelta(hours=1)
    firm.businesses.upsert(replace(firm.businesses.get(firm.account), connection="newer"))
    firm.checkpoints.set(f"poll.{firm.account}.client", newer)
    firm.connector.review.ignore(firm.account, clients[2])

    assert run(firm, "restore", file) == 1
    assert firm.businesses.get(firm.account).connection == "newer"
    assert firm.checkpoints.get(f"poll.{firm.account}.client") == newer
    assert firm.holds.get(firm.account, Awaited.client(clients[2])) is None
    told = capsys.readouterr().out
    assert f"--force writes over it): account {firm.account}" in told
    assert f"decision {firm.account} client-{clients[2]}" in told
    assert run(firm, "restore", file, "--force") == 0
    assert firm.businesses.get(firm.account).connection != "newer"
    assert firm.holds.get(firm.account, Awaited.client(clients[2])).state is HoldState.WAITING


def test_in_another_dataverse_the_poll_reads_everything_anew(file, capsys):
    firm, _ = a_firm_with_everything()
    run(firm, "backup", file)
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "organization": str(ORGANIZATION)}))
    elsewhere(firm)

    run(firm, "restore", file)

    told = capsys.readouterr().out
    assert not firm.checkpoints.moments
    assert "the poll reads everything anew" in told
    assert "1 clients with their accounts" in told


def test_who_has_to_log_in_again_is_told(file, capsys):
    firm, _ = a_firm_with_everything()
    run(firm, "backup", file)
    connection = firm.businesses.get(firm.account).connection
    elsewhere(firm)
    del firm.secrets.values[token_secret(connection)]

    run(firm, "restore", file)

    told = capsys.readouterr().out
    assert "1 of 1 logins have no tokens in this Key Vault" in told
    assert token_secret(connection) in told


def test_a_vault_that_does_not_answer_keeps_nothing_from_being_restored(file, capsys):
    firm, _ = a_firm_with_everything()
    run(firm, "backup", file)
    elsewhere(firm)
    firm.secrets.broken = RetryLaterError("Key Vault is down")

    assert run(firm, "restore", file) == 0
    assert firm.businesses.businesses
    assert "cannot be said (Key Vault is down)" in capsys.readouterr().out


def test_a_backup_without_dataverse_is_made_and_says_what_it_lacks(file, capsys):
    firm, _ = a_firm_with_everything()
    firm.dataverse_door.fail(kind="status", status=503, times=99)

    assert run(firm, "backup", file) == 1
    assert json.loads(file.read_text())["links"] is None
    assert "Not in it: the links of clients to accounts" in capsys.readouterr().out


def test_a_row_that_cannot_be_read_is_named_as_lacking(file, capsys):
    firm, _ = a_firm_with_everything()
    row = UnreadableRow("accounts", "account", "xazq5", "connection is missing")
    rows = MemoryRows(TableSurvey("accounts", {1: 1}, (row,)))
    firm.connector = replace(
        firm.connector, safekeeping=replace(firm.connector.safekeeping, rows=rows)
    )

    assert run(firm, "backup", file) == 1
    assert "Not in it: accounts: account/xazq5 cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda content: {**content, "version": 2}, "of version 2, this release reads version 1"),
        (lambda _content: {}, "is no backup"),
        (lambda _content: [], "is no backup"),
        (lambda content: {**content, "holds": [{}]}, "damaged at holds.0.account"),
        (lambda content: {**content, "waiting": 7}, "damaged at waiting"),
        (lambda content: {**content, "more": 7}, "damaged at more"),
        (
            lambda content: {
                **content,
                "holds": [{**content["holds"][0], "subject": "planet-7"}],
            },
            "no record waits for",
        ),
    ],
)
def test_what_is_no_backup_of_this_version_is_refused_and_changes_nothing(
    file, capsys, change, why
):
    firm, _ = a_firm_with_everything()
    run(firm, "backup", file)
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    elsewhere(firm)

    assert run(firm, "restore", file) == 2
    assert why in capsys.readouterr().err
    assert not firm.businesses.businesses
    assert not firm.holds.holds


def test_a_file_that_is_there_is_not_written_over_unless_it_is_forced(file, capsys):
    firm, _ = a_firm_with_everything()
    file.write_text("an earlier one")

    assert run(firm, "backup", file) == 2
    assert file.read_text() == "an earlier one"
    assert "--force" in capsys.readouterr().err
    assert run(firm, "backup", file, "--force") == 0
    assert json.loads(file.read_text())["version"] == 1
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_a_file_that_cannot_be_written_or_read_is_told(tmp_path, capsys):
    firm, _ = a_firm_with_everything()
    nowhere = tmp_path / "nowhere" / "backup.json"

    assert run(firm, "backup", nowhere) == 2
    assert "cannot be written: No such file" in capsys.readouterr().err
    assert run(firm, "restore", nowhere) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_a_restore_that_is_cut_short_is_finished_by_the_next_one(file):
    firm, _ = a_firm_with_everything()
    before = (dict(firm.holds.holds), set(firm.holds.waiting))
    run(firm, "backup", file)
    elsewhere(firm)
    firm.holds.refuse("upsert", RetryLaterError("Storage is down"))
    assert run(firm, "restore", file) == 2
    assert not firm.checkpoints.moments
    firm.holds.heal()

    assert run(firm, "restore", file) == 0
    assert before == (firm.holds.holds, set(firm.holds.waiting))


# through the tables


class Organization:
    """A Dataverse that says which it is, and has no accounts."""

    def get_identity(self):
        return Identity(ORGANIZATION, ORGANIZATION)

    def list_links(self):
        return iter(())


def safekeeping(store):
    return Safekeeping(
        businesses=store.businesses,
        registrations=store.registrations,
        holds=store.holds,
        dead_letters=store.letters,
        checkpoints=store.checkpoints,
        secrets=MemorySecrets(),
        rows=TableInventory(store.tables),
        environment=Organization(),
        mark=lambda _record: None,
        clock=FakeClock(),
    )


def test_a_backup_goes_through_the_tables_and_comes_back_the_same():
    with azurite() as first:
        store = Store(first.connection_string)
        fill(store, "xazq5")
        taken = safekeeping(store).take(most=1000)
        before = dump(store, "xazq5")
    with azurite() as second:
        store = Store(second.connection_string)
        done = safekeeping(store).restore(taken.backup, force=False)
        again = safekeeping(store).restore(taken.backup, force=False)
        the_one = SyncedBusiness("xazq5", "Aster Works", "login-xazq5", 9**15)
        after = {
            name: value
            for name, value in dump(store, "xazq5").items()
            if name in {"business", "holds", "all holds", "waiting", "letters", "checkpoint"}
        }

        assert not taken.lacking
        assert store.businesses.get("xazq5") == the_one
    assert {name: before[name] for name in after} == after
    assert all(done.written.values())
    assert not any(again.written.values())
    assert not again.kept
