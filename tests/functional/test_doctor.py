"""The doctor over the real adapters: a healthy world, and each check failing for its own reason."""

import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from azure.core.credentials import AccessToken

from sandbox.authority import Authority, trusted_environment
from sandbox.dataverse import Dataverse as Sandbox
from sandbox.keyvault import KeyVault
from sandbox.web import InProcess, serve
from shared.adapters.azure.checkpoints import TableCheckpoints
from shared.adapters.azure.holds import TableHolds
from shared.adapters.azure.key_vault import KeyVaultSecrets
from shared.adapters.azure.letters import TableDeadLetters
from shared.adapters.azure.queues import StorageQueue
from shared.adapters.azure.tables import Tables
from shared.adapters.dataverse.api import DataverseApi
from shared.adapters.dataverse.environment import DataverseEnvironment
from shared.adapters.freshbooks.token_chain import token_secret
from shared.adapters.http.transport import Transport
from shared.checkup import list_checks
from shared.cli import main
from shared.core.events import SyncRequest
from shared.core.identity import Awaited, Kind, verifier_secret
from shared.core.journal import DeadLetter
from shared.core.privileges import list_needs
from shared.core.waiting import Hold
from shared.errors import RetryLaterError
from shared.settings import Settings
from shared.sync.doctor import Level, Subject, examine
from shared.sync.doctor.crm import check_names
from shared.sync.doctor.privileges import check_privileges
from tests.functional.world import DATAVERSE, Firm

PUBLIC = "https://localhost:8443"  # where the sandbox's FreshBooks app redirects to
UNREACHABLE = (
    "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;"
    "QueueEndpoint=http://127.0.0.1:9/a;TableEndpoint=http://127.0.0.1:9/a"
)


def a_firm(**options):
    firm = Firm(**{"public_url": PUBLIC, **options})
    client = firm.books.create_client(organization="Aster Works", currency_code="USD")["id"]
    line = {"name": "Consulting", "qty": "1", "unit_cost": "10.00"}
    firm.books.create_invoice(client, [line], sent=True)
    return firm


@pytest.fixture
def firm():
    return a_firm()


def look(firm, **ports):
    """Make all checks and return their findings by subject."""
    connector = firm.connector
    connector = replace(connector, world=replace(connector.world, **ports))
    found = {}
    for finding in examine(list_checks(connector)):
        found.setdefault(finding.subject, []).append(finding)
    return found


def the(found, subject):
    assert len(found[subject]) == 1, found[subject]
    return found[subject][0]


def others(found, *subjects):
    return {each.level for s, all_ in found.items() if s not in subjects for each in all_}


def test_a_healthy_world_is_all_well(firm):
    found = look(firm)

    assert others(found) == {Level.OK}
    assert set(found) == set(Subject)
    assert firm.account in the(found, Subject.CONNECTIONS).text
    assert the(found, Subject.WEBHOOKS).text == f"All {len(Kind)} are live."
    assert "# connector" in the(found, Subject.SIGN_IN).text
    assert "USD" in the(found, Subject.CURRENCIES).text
    assert the(found, Subject.TOTALS).text.endswith("to the last decimal: USD.")


def test_looking_twice_changes_nothing(firm):
    before = firm.everything()
    look(firm)

    assert others(look(firm)) == {Level.OK}
    assert firm.everything() == before
    assert set(firm.secrets.values) >= {"doctor-probe"}


# FreshBooks


def test_nobody_connected_fails_and_what_needs_it_is_skipped():
    found = look(Firm(public_url=PUBLIC, connected=False))

    assert the(found, Subject.CONNECTIONS).level is Level.FAILURE
    assert "python -m shared connect" in the(found, Subject.CONNECTIONS).advice
    assert the(found, Subject.WEBHOOKS).level is Level.SKIPPED
    assert the(found, Subject.CURRENCIES).level is Level.SKIPPED
    assert the(found, Subject.SCHEMA).level is Level.OK


def test_a_refused_login_fails_with_its_reason(firm):
    firm.freshbooks.grant()  # the same person consented elsewhere: our refresh token is dead
    firm.clock.advance(12 * 3600)

    found = look(firm)

    assert the(found, Subject.CONNECTIONS).level is Level.FAILURE
    assert "invalid_grant" in the(found, Subject.CONNECTIONS).text


def test_a_login_whose_tokens_are_gone_from_the_vault_fails_with_its_reason(firm):
    connection = firm.businesses.get(firm.account).connection
    del firm.secrets.values[token_secret(connection)]
    firm.connector = firm.start()

    finding = the(look(firm), Subject.CONNECTIONS)

    assert finding.level is Level.FAILURE
    assert "The vault holds no tokens" in finding.text


def test_a_scope_that_was_not_granted_fails_by_its_name():
    firm = Firm(public_url=PUBLIC, connected=False)
    connect = firm.connector.connect
    consent = connect.start(connect.invite().id).id
    page = connect.authorize_url(consent, state="a-state").replace("user%3Apayments%3Aread%20", "")
    connect.finish(consent, firm.consent(page)["code"])

    found = look(firm)

    assert the(found, Subject.CONNECTIONS).level is Level.FAILURE
    assert "without the scopes user:payments:read." in the(found, Subject.CONNECTIONS).text


def test_webhooks_that_are_disabled_or_missing_are_named(firm):
    disabled, gone, *_ = firm.freshbooks.callbacks.of(firm.account)
    disabled.verified = False
    firm.freshbooks.callbacks.delete(gone)

    finding = the(look(firm), Subject.WEBHOOKS)

    assert finding.level is Level.WARNING
    assert f"{disabled.event} is disabled" in finding.text
    assert f"{gone.event} is missing" in finding.text


def test_a_webhook_whose_verifier_is_gone_from_the_vault_is_named(firm):
    del firm.secrets.values[verifier_secret(firm.account, "invoice")]
    firm.connector = firm.start()

    finding = the(look(firm), Subject.WEBHOOKS)

    assert finding.level is Level.WARNING
    assert f"{firm.account}/invoice is without a verifier" in finding.text
    assert "client" not in finding.text


# settings


def test_a_consent_that_cannot_come_back_is_a_warning():
    found = look(a_firm(public_url="https://app.example"))

    assert the(found, Subject.SETTINGS).level is Level.WARNING
    assert others(found, Subject.SETTINGS) == {Level.OK}


def test_missing_settings_are_all_named_in_one_failure(capsys):
    code = main(["doctor", "--json"], build=lambda: Settings.load({}))

    found = json.loads(capsys.readouterr().out)
    assert code == 1
    assert found[0]["level"] == "failure"
    assert "PUBLIC_URL" in found[0]["text"]
    assert "DATAVERSE_URL" in found[0]["text"]
    assert {each["level"] for each in found[1:]} == {"skipped"}


# the terminal


def test_the_terminal_prints_a_line_for_each_check(firm, capsys):

    code = main(["doctor"], build=lambda: firm.connector)

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert len(lines) == len(Subject)
    assert all(line.startswith("ok ") for line in lines)


def test_the_terminal_ends_with_one_when_something_failed(firm, capsys):
    firm.dataverse.set({"privileges": {"prvCreateInvoice": None}})

    code = main(["doctor", "--json"], build=lambda: firm.connector)

    failed = [each for each in json.loads(capsys.readouterr().out) if each["level"] == "failure"]
    assert code == 1
    assert [each["subject"] for each in failed] == ["Dataverse privileges"]
    assert failed[0]["advice"].startswith("The Power Platform administrator")


def test_a_name_cannot_play_tricks_on_the_terminal(firm, capsys):
    for _ in range(2):
        firm.dataverse.add("account", name="Twin\x9b2J\x9d")  # terminals obey these too

    main(["doctor"], build=lambda: firm.connector)

    printed = capsys.readouterr().out
    assert "Twin 2J (2)" in printed
    assert printed.replace("\n", "").isprintable()


def test_warnings_alone_are_no_failure(firm, capsys):
    firm.dead_letters.add(DeadLetter(key="a", body="", reason="", at=firm.clock()))

    assert main(["doctor"], build=lambda: firm.connector) == 0
    assert "warning  dead letters" in capsys.readouterr().out


# Key Vault


class Credential:
    def __init__(self, token="good"):
        self.token = token

    def get_token(self, *_scopes, **_options):
        return AccessToken(self.token, int(time.time()) + 3600)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Authority().write(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def vault(certificates, monkeypatch):
    for name, value in trusted_environment(certificates.ca).items():
        monkeypatch.setenv(name, value)
    service = KeyVault(accepts=lambda token: token == "good")
    with serve(service, certificate=str(certificates.chain), key=str(certificates.key)) as url:
        yield service, url


def test_a_vault_is_written_and_read_back(firm, vault):
    service, url = vault

    found = look(firm, secrets=KeyVaultSecrets(url, Credential()))

    assert the(found, Subject.KEY_VAULT).level is Level.OK
    assert service.versions("doctor-probe")


def test_a_vault_that_denies_access_names_the_role(firm, vault):
    service, url = vault
    service.set("doctor-probe", "hidden", enabled=False)

    found = look(firm, secrets=KeyVaultSecrets(url, Credential()))

    assert the(found, Subject.KEY_VAULT).level is Level.FAILURE
    assert "Key Vault Secrets Officer" in the(found, Subject.KEY_VAULT).text
    skipped = (Subject.CONNECTIONS, Subject.WEBHOOKS, Subject.CURRENCIES, Subject.TOTALS)
    assert {the(found, subject).level for subject in skipped} == {Level.SKIPPED}
    assert others(found, Subject.KEY_VAULT, *skipped) == {Level.OK}


# storage


def test_storage_that_answers_is_counted(firm, storage, tables, account):
    queue = StorageQueue(f"{account}-doctor", connection_string=storage)
    poison = StorageQueue(f"{account}-doctor-poison", connection_string=storage)
    letters = TableDeadLetters(tables)
    poison.send(
        SyncRequest(business="a", kind=Kind.CLIENT, number=1, cause="poll", seen=firm.clock())
    )
    letters.add(DeadLetter(key=f"doctor/{account}", body="", reason="", at=firm.clock()))
    holds = TableHolds(tables)
    holds.upsert(Hold(account, Awaited.client(7), "Aster Works", "no account", firm.clock()))

    found = look(
        firm,
        queue=queue,
        poison_queue=poison,
        checkpoints=TableCheckpoints(tables),
        dead_letters=letters,
        holds=holds,
    )

    assert the(found, Subject.QUEUE).level is Level.OK
    assert the(found, Subject.TABLES).level is Level.OK
    assert the(found, Subject.POISON_QUEUE).text == "Messages in it: 1."
    waiting = (Subject.POISON_QUEUE, Subject.DEAD_LETTERS, Subject.HELD)
    assert {the(found, subject).level for subject in waiting} == {Level.WARNING}
    letters.delete(f"doctor/{account}")
    holds.delete(account, Awaited.client(7))


def test_storage_nobody_answers_at_fails_and_what_depends_on_it_is_not_checked(firm):
    found = look(
        firm,
        queue=StorageQueue("sync-requests", connection_string=UNREACHABLE),
        checkpoints=TableCheckpoints(Tables(connection_string=UNREACHABLE)),
    )

    assert the(found, Subject.QUEUE).level is Level.FAILURE
    assert the(found, Subject.TABLES).level is Level.FAILURE
    skipped = (Subject.POISON_QUEUE, Subject.DEAD_LETTERS, Subject.HELD, Subject.CURRENCIES)
    assert {the(found, subject).level for subject in skipped} == {Level.SKIPPED}
    assert the(found, Subject.SIGN_IN).level is Level.OK


# Dataverse


def test_an_identity_dataverse_does_not_know_fails_and_the_rest_of_dataverse_waits(firm):
    firm.dataverse._token_check = lambda _token: False

    found = look(firm)

    assert the(found, Subject.SIGN_IN).level is Level.FAILURE
    assert "application user" in the(found, Subject.SIGN_IN).text
    waiting = (Subject.PRIVILEGES, Subject.SCHEMA, Subject.CURRENCIES, Subject.NAMES)
    assert {the(found, subject).level for subject in waiting} == {Level.SKIPPED}
    assert the(found, Subject.DATAVERSE_CLOCK).level is Level.OK


def test_an_identity_that_may_not_read_its_own_name_is_told_by_its_id(firm):
    firm.dataverse.set({"privileges": {"prvReadUser": None}})

    found = look(firm)

    assert the(found, Subject.SIGN_IN).level is Level.OK
    assert firm.dataverse.environment.user in the(found, Subject.SIGN_IN).text


def test_a_privilege_that_was_taken_away_is_named(firm):
    firm.dataverse.set({"privileges": {"prvCreateActivity": None, "prvAppendToOpportunity": None}})

    found = look(firm)

    assert the(found, Subject.PRIVILEGES).level is Level.FAILURE
    assert "Create on fbx_financialactivity" in the(found, Subject.PRIVILEGES).text
    assert "AppendTo on opportunity" in the(found, Subject.PRIVILEGES).text
    assert others(found, Subject.PRIVILEGES) == {Level.OK}


def test_a_role_that_sees_only_its_own_accounts_is_a_warning(firm):
    firm.dataverse.set({"privileges": {"prvReadAccount": "Local"}})

    assert the(look(firm), Subject.PRIVILEGES).level is Level.WARNING


def test_privileges_dataverse_does_not_tell_are_a_warning(firm):
    firm.dataverse_door.fail(kind="status", status=500, path="RetrieveUser", times=None)

    found = look(firm)

    assert the(found, Subject.PRIVILEGES).level is Level.WARNING
    assert "could not be determined" in the(found, Subject.PRIVILEGES).text


APP = "4e1f6c1a-93d7-4a0e-8f59-0b7a1d2c3e4f"


def look_from_a_laptop(firm):
    """Look as an administrator does, whose terminal knows which application the app is."""
    settings = firm.connector.settings.model_copy(update={"app_identity_client_id": APP})
    firm.connector = replace(firm.connector, settings=settings)
    return look(firm)


def test_from_a_laptop_the_privileges_of_the_apps_own_user_are_looked_at(firm):
    user = firm.dataverse.add("systemuser", fullname="# app", applicationid=APP, isdisabled=False)
    without = the(look_from_a_laptop(firm), Subject.PRIVILEGES)
    names = [
        name
        for need in list_needs(deletes=False)
        for name in (
            firm.connector.environment.list_privileges([need.table])[need.table] or {}
        ).values()
    ]
    firm.dataverse.environment.others[user] = dict.fromkeys(names, "Global")

    assert without.level is Level.FAILURE
    assert "lacks Create on account" in without.text
    assert the(look_from_a_laptop(firm), Subject.PRIVILEGES).level is Level.OK


@pytest.mark.parametrize("disabled", [None, True], ids=["absent", "disabled"])
def test_from_a_laptop_an_app_that_is_no_user_is_a_failure(firm, disabled):
    if disabled:
        columns = {"fullname": "# app", "applicationid": APP, "isdisabled": True}
        firm.dataverse.add("systemuser", **columns)

    found = the(look_from_a_laptop(firm), Subject.PRIVILEGES)

    assert found.level is Level.FAILURE
    assert APP in found.text
    assert "application user" in found.advice or "makes it one" in found.advice


def test_privileges_are_asked_for_by_the_names_of_the_tables(firm):
    environment = firm.connector.environment

    defined = environment.list_privileges(["fbx_financialactivity", "nothing"])

    assert defined["fbx_financialactivity"]["Create"] == "prvCreateActivity"
    assert defined["nothing"] is None
    assert {f.level for f in check_privileges(environment, list_needs(deletes=True))} == {Level.OK}


def test_a_missing_schema_is_a_failure_that_names_the_command():
    firm = a_firm(schema=False)

    found = look(firm)

    assert the(found, Subject.SCHEMA).level is Level.FAILURE
    assert "more." in the(found, Subject.SCHEMA).text
    assert "schema apply" in the(found, Subject.SCHEMA).advice
    assert "fbx_financialactivity" in the(found, Subject.PRIVILEGES).text


def test_a_missing_sales_app_is_said_plainly(firm):
    bare = Sandbox(url=DATAVERSE, clock=firm.clock, key_delay=0, limits=None, sales=False)
    firm.dataverse_door.app = bare

    found = look(firm)

    said = the(found, Subject.SCHEMA)
    assert "Sales app is not installed" in said.text
    assert "none can be carried over" in said.text
    assert "TARGET=activity" in said.advice
    assert said.level is Level.FAILURE
    assert the(found, Subject.CURRENCIES).text == "Not checked: first mend Dataverse schema."


LEFT_OUT = (Subject.INVOICE_FIELD, Subject.PRICE_LISTS, Subject.TOTALS)


def test_without_the_sales_app_all_is_well_where_entries_are_all_there_is():
    firm = a_firm(sales=False, target="activity", price_lists="USD=Retail")

    found = look(firm)

    assert others(found, *LEFT_OUT) == {Level.OK}
    assert {the(found, subject).level for subject in LEFT_OUT} == {Level.SKIPPED}
    assert the(found, Subject.TOTALS).text == (
        "Not looked at: with TARGET=activity there are no rows of invoices that it could concern."
    )
    assert the(found, Subject.CURRENCIES).text.startswith("USD: each is there. Looked at:")


def test_that_rows_of_invoices_would_be_possible_is_said_and_is_no_problem():
    firm = a_firm(target="activity")

    found = look(firm)

    there, whole = found[Subject.SCHEMA]
    assert "TARGET=record would show invoices as rows" in there.text
    assert {there.level, whole.level} == {Level.OK}


def test_a_currency_that_is_missing_is_said_where_entries_are_all_there_is_too():
    firm = a_firm(sales=False, target="activity")
    firm.books.create_client(organization="Berg", currency_code="EUR")

    found = look(firm)

    assert the(found, Subject.CURRENCIES).level is Level.WARNING


# currencies


def test_a_currency_dataverse_lacks_is_a_warning_of_its_own(firm):
    firm.books.create_client(organization="Berg", currency_code="EUR")

    found = look(firm)

    assert the(found, Subject.CURRENCIES).level is Level.WARNING
    assert the(found, Subject.CURRENCIES).text.startswith("EUR is used in FreshBooks")


def price_list(firm, name, code="USD", **columns):
    rows = firm.dataverse.all("transactioncurrency")
    currency = next(r["transactioncurrencyid"] for r in rows if r["isocurrencycode"] == code)
    given = {"name": name, "transactioncurrencyid": currency, **columns}
    return firm.dataverse.add("pricelevel", **given)


def test_several_price_lists_ask_for_a_choice():
    undecided, decided = a_firm(), a_firm(price_lists="USD=Retail")
    for firm in (undecided, decided):
        price_list(firm, "Retail")

    found = the(look(undecided), Subject.CURRENCIES)
    assert found.level is Level.WARNING
    assert "2 active price lists" in found.text
    assert "Retail" in found.text
    assert "PRICE_LISTS" in found.advice
    assert the(look(decided), Subject.CURRENCIES).level is Level.OK


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ("USD=Nothing", "which is not there; active in USD: "),
        ("USD=retail", "which is not there; active in USD: "),
        ("USD=Old", "which is not active"),
        ("USD=Twice", "of which there are 2"),
        ("EUR=Retail", "EUR, which is no active currency of Dataverse"),
    ],
)
def test_a_chosen_price_list_that_cannot_be_used_is_a_failure_and_currencies_wait(chosen, said):
    firm = a_firm(price_lists=chosen)
    for name in ("Retail", "Twice", "Twice"):
        price_list(firm, name)
    price_list(firm, "Old", statecode=1)

    found = look(firm)

    assert the(found, Subject.PRICE_LISTS).level is Level.FAILURE
    assert said in the(found, Subject.PRICE_LISTS).text
    assert "removes" in the(found, Subject.PRICE_LISTS).advice
    assert the(found, Subject.CURRENCIES).level is Level.SKIPPED


def test_a_currency_with_a_chosen_price_list_and_no_records_is_said_to_be_unused():
    firm = a_firm(price_lists="CAD=Retail Canada")
    price_list(firm, "Retail Canada", code="CAD")

    found = the(look(firm), Subject.CURRENCIES)

    assert found.level is Level.OK
    assert "not in use: CAD" in found.text


def test_a_currency_without_a_price_list_is_a_warning(firm):
    for row in firm.dataverse.all("pricelevel"):
        firm.dataverse.delete("pricelevel", row["pricelevelid"])

    found = look(firm)

    assert the(found, Subject.CURRENCIES).level is Level.WARNING
    assert "USD has no active price list" in the(found, Subject.CURRENCIES).text
    assert "ispricelistmandatory" in the(found, Subject.CURRENCIES).text
    assert the(found, Subject.TOTALS).text.endswith("no currency that is in use.")


def configure(firm, **columns):
    (organization,) = firm.dataverse.all("organization")
    firm.dataverse.update("organization", organization["organizationid"], **columns)


def test_where_price_lists_are_optional_none_is_missed(firm):
    configure(firm, ispricelistmandatory=False)
    for row in firm.dataverse.all("pricelevel"):
        firm.dataverse.delete("pricelevel", row["pricelevelid"])

    found = look(firm)

    assert others(found) == {Level.OK}
    assert the(found, Subject.TOTALS).text.endswith(": USD.")


# totals


def test_an_organization_that_calculates_nothing_is_told_which_total_to_read(firm):
    configure(firm, oobpricecalculationenabled=False)

    found = the(look(firm), Subject.TOTALS)

    assert found.level is Level.WARNING
    assert "oobpricecalculationenabled" in found.text
    assert "fbx_total" in found.text
    assert "Use system pricing calculations" in found.advice


def test_a_currency_with_fewer_decimals_than_freshbooks_is_named_once(firm):
    for row in firm.dataverse.all("transactioncurrency"):
        if row["isocurrencycode"] == "CAD":
            firm.dataverse.update(
                "transactioncurrency", row["transactioncurrencyid"], currencyprecision=0
            )
    client = firm.books.create_client(organization="Berg", currency_code="CAD")["id"]
    for cost in ("10.50", "0.25", "7.00"):
        firm.books.create_invoice(client, [{"qty": "1", "unit_cost": cost}], sent=True)

    found = the(look(firm), Subject.TOTALS)

    assert found.level is Level.WARNING
    assert "CAD has 0 decimals in Dynamics, and 2 of 3 invoices" in found.text
    assert "currencyprecision" in found.advice


# account names


def test_names_of_several_active_accounts_are_counted(firm):
    for name, state in (("Twin", 0), ("Twin ", 0), ("twin", 0), ("Gone", 0), ("Gone", 1)):
        firm.dataverse.add("account", name=name, statecode=state)

    found = the(look(firm), Subject.NAMES)

    assert found.level is Level.WARNING
    assert "Twin (2)" in found.text
    assert "Gone" not in found.text


def test_more_names_than_are_looked_at_are_said_to_be(firm):
    class Bounded(DataverseEnvironment):
        def list_account_names(self, *, most):
            return super().list_account_names(most=2)

    for name in ("A", "B", "C"):
        firm.dataverse.add("account", name=name)
    environment = Bounded(DataverseApi(firm.connector.world.dataverse, lambda _rejected: "a-token"))

    found = list(check_names(environment))

    assert found[0].level is Level.OK
    assert "among the first" in found[0].text


# clocks


@pytest.mark.parametrize(("seconds", "level"), [(60, Level.WARNING), (3600, Level.FAILURE)])
def test_a_clock_that_is_off_is_found_by_either_service(firm, seconds, level):
    late = firm.clock() + timedelta(seconds=seconds)

    found = look(firm, clock=lambda: late)

    assert the(found, Subject.FRESHBOOKS_CLOCK).level is level
    assert the(found, Subject.DATAVERSE_CLOCK).level is level
    assert "ahead" in the(found, Subject.DATAVERSE_CLOCK).text


def test_a_service_that_is_down_fails_its_own_clock_alone(firm):
    firm.freshbooks_door.fail(kind="drop-before", path="users/me", times=None)

    found = look(firm)

    assert the(found, Subject.FRESHBOOKS_CLOCK).level is Level.FAILURE
    assert the(found, Subject.DATAVERSE_CLOCK).level is Level.OK


def test_an_answer_without_a_date_leaves_the_clock_unknown(firm):
    def mute(_environ, start_response):
        start_response("401 Unauthorized", [])
        return [b""]

    session = requests.Session()
    session.mount("https://", InProcess(mute))
    silent = Transport(service="X", base_url="https://x.example", timeout=(1, 1), session=session)

    found = look(firm, freshbooks=silent)

    assert the(found, Subject.FRESHBOOKS_CLOCK).level is Level.WARNING


def test_a_freshbooks_that_is_down_fails_the_currencies_and_nothing_of_dataverse(firm):
    firm.freshbooks_door.fail(kind="drop-before", path="users/clients", times=None)

    found = look(firm)

    assert the(found, Subject.CURRENCIES).level is Level.FAILURE
    assert "Run the doctor again" in the(found, Subject.CURRENCIES).advice
    assert the(found, Subject.TOTALS).level is Level.SKIPPED
    assert others(found, Subject.CURRENCIES, Subject.TOTALS) == {Level.OK}


def test_a_broken_port_hides_no_other_check(firm):
    class Broken:
        def list_all(self, _account=None):
            raise RetryLaterError("Table holds: list got no answer.")

    found = look(firm, holds=Broken())

    assert the(found, Subject.HELD).level is Level.FAILURE
    assert others(found, Subject.HELD) == {Level.OK}
