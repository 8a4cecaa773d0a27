"""Several businesses in one deployment: nothing of one leaks into the other."""

import json
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

import pytest

from sandbox.freshbooks.webhook import SIGNATURE, post
from shared.cli import main
from shared.core.identity import Kind, verifier_secret
from shared.errors import NotSyncedError, RetryLaterError
from tests.functional.world import Firm

SECOND = "s3cond"


@pytest.fixture
def firm():
    """Two businesses of one login."""
    firm = Firm(connected=False)
    firm.books.create_business("Second", account=SECOND, currency="USD")
    firm.connect(firm.account, SECOND)
    return firm


@pytest.fixture
def two_logins():
    """Two businesses, each with a login of its own."""
    firm = Firm()
    person = firm.books.create_identity()
    firm.books.create_business("Second", account=SECOND, identity=person.id)
    firm.connect(identity=person.id)
    firm.second_person = person.id
    return firm


def sold(firm, account, *, organization, amount):
    client = firm.books.create_client(organization=organization, account=account)
    lines = [{"name": "Work", "qty": "1", "unit_cost": amount}]
    return client, firm.books.create_invoice(client["id"], lines, account=account, sent=True)


def hook(firm, account, noun="invoice"):
    return next(each for each in firm.freshbooks.callbacks.of(account) if each.event == noun)


def delivered(firm, *, path_of, signed_for, names):
    """Post a webhook with the parts of one business to the address of another."""
    form = {"name": "invoice.update", "object_id": "7", "account_id": names, "user_id": "1"}
    body, headers = post(form, hook(firm, signed_for).verifier)
    account, noun, key = urlsplit(hook(firm, path_of).uri).path.split("/")[-3:]
    return firm.connector.receive.handle(
        business=account,
        noun=noun,
        key=key,
        body=body,
        signature=headers[SIGNATURE],
        content_type="application/x-www-form-urlencoded",
    ).status


def test_each_business_has_callbacks_addresses_and_verifiers_of_its_own(firm):
    uris = [
        each.uri
        for account in (firm.account, SECOND)
        for each in firm.freshbooks.callbacks.of(account)
    ]
    names = {verifier_secret(account, noun) for account in (firm.account, SECOND) for noun in Kind}

    assert len(set(uris)) == 2 * len(Kind)
    assert len(names) == 2 * len(Kind)
    assert len({firm.secrets.values[name] for name in names}) == 2 * len(Kind)


def test_records_of_both_are_carried_and_stay_apart(firm):
    one, first = sold(firm, firm.account, organization="Aster Works", amount="100.00")
    other, second = sold(firm, SECOND, organization="Bright Ltd", amount="200.00")
    firm.run()
    firm.poll()

    names = {row["accountid"]: row["name"] for row in firm.dataverse.all("account")}
    homes = {
        row["fbx_key"]: names[row["_fbx_accountid_value"]]
        for row in firm.dataverse.all("fbx_client")
    }
    assert homes == {
        f"{firm.account}-{one['id']}": "Aster Works",
        f"{SECOND}-{other['id']}": "Bright Ltd",
    }
    totals = {row["fbx_sourcekey"]: row["fbx_total"] for row in firm.invoices()}
    assert {key: Decimal(value) for key, value in totals.items()} == {
        f"{firm.account}-invoice-{first['id']}": Decimal(100),
        f"{SECOND}-invoice-{second['id']}": Decimal(200),
    }
    assert {entry.record.business for entry in firm.journal.latest.values()} == {
        firm.account,
        SECOND,
    }


def test_the_same_customer_of_both_has_one_account_that_shows_what_both_are_owed(firm):
    sold(firm, firm.account, organization="Aster Works", amount="100.00")
    firm.run()
    sold(firm, SECOND, organization="Aster Works", amount="200.00")
    firm.run()

    assert not firm.holds.holds
    (account,) = firm.dataverse.all("account")
    assert Decimal(account["fbx_outstanding"]) == 300
    assert len(firm.invoices()) == 2


@pytest.mark.parametrize(
    ("path_of", "signed_for", "names", "status"),
    [
        ("first", "first", "first", 200),
        ("first", "second", "first", 401),
        ("second", "first", "first", 401),
        ("second", "first", "second", 401),
        ("first", "second", "second", 401),
    ],
)
def test_a_webhook_counts_only_at_the_address_it_was_signed_for(
    firm, path_of, signed_for, names, status
):
    ids = {"first": firm.account, "second": SECOND}
    before = len(firm.queue.sent)

    answered = delivered(firm, path_of=ids[path_of], signed_for=ids[signed_for], names=ids[names])

    assert answered == status
    assert len(firm.queue.sent) - before == (1 if status == 200 else 0)


def test_a_well_signed_webhook_that_names_another_business_is_left(firm):
    before = len(firm.queue.sent)

    answered = delivered(firm, path_of=firm.account, signed_for=firm.account, names=SECOND)

    assert answered == 200
    assert len(firm.queue.sent) == before


def test_a_dead_login_stops_only_its_own_business(two_logins):
    firm = two_logins
    lost, _ = sold(firm, firm.account, organization="Aster Works", amount="100.00")
    kept, _ = sold(firm, SECOND, organization="Bright Ltd", amount="200.00")
    firm.clock.advance(120)
    firm.freshbooks.oauth.expire_access_tokens()
    firm.freshbooks.grant()  # the first person consented elsewhere: that refresh token is dead
    firm.freshbooks.deliveries.run_pending()
    while firm.step():
        pass
    problems = firm.connector.upkeep.run()

    names = {row["name"] for row in firm.dataverse.all("account")}
    assert "Bright Ltd" in names
    assert "Aster Works" not in names
    assert len([problem for problem in problems if "Reconnect needed" in problem]) == 1

    firm.connect()
    firm.connector.upkeep.run()
    firm.drain()

    assert {lost["organization"], kept["organization"]} <= {
        row["name"] for row in firm.dataverse.all("account")
    }


def listed(firm, capsys, *options):
    code = main(["connections", *options], build=lambda: firm.connector)
    return code, capsys.readouterr().out


def test_the_terminal_lists_every_login_with_its_businesses_and_until_when(two_logins, capsys):
    code, said = listed(two_logins, capsys)

    assert code == 0
    assert said.count("  connected, its access token until 2026-11-03 03:00 UTC\n") == 2
    assert f"  {SECOND}  Second\n" in said
    assert f"  {two_logins.account}  Harbour Light Studio\n" in said


def test_the_terminal_says_which_login_needs_somebody_and_what_to_do(two_logins, capsys):
    firm = two_logins
    connection = firm.businesses.get(firm.account).connection
    firm.clock.advance(12 * 3600)
    firm.freshbooks.grant()  # the first person consented elsewhere: that refresh token is dead

    code, said = listed(firm, capsys, "--json")
    _, printed = listed(firm, capsys)

    of = {each["connection"]: each for each in json.loads(said)}
    lost = of.pop(connection)
    (kept,) = of.values()
    assert code == 1
    assert (lost["state"], kept["state"]) == ("reconnect needed", "connected")
    named = {"id": firm.account, "name": "Harbour Light Studio", "history": None}
    assert lost["businesses"] == [named]
    assert "invalid_grant" in lost["problem"]
    assert "python -m shared connect" in lost["advice"]
    assert (kept["problem"], kept["advice"]) == ("", "")
    assert {each["state"] for each in kept["webhooks"]} == {"live"}
    assert f"  {lost['problem']}\n  {lost['advice']}\n" in printed


def test_the_terminal_says_that_nobody_is_connected(capsys):
    code, said = listed(Firm(connected=False), capsys)

    assert code == 1
    assert "python -m shared connect" in said


def test_a_worker_that_knew_the_old_login_goes_on_with_the_new_one_at_once(two_logins):
    firm = two_logins
    worker = firm.start()
    ended = worker.tokens(firm.account)(None)
    firm.clock.advance(120)
    firm.connect()  # by another instance

    token = worker.tokens(firm.account)(ended)

    assert firm.freshbooks.oauth.holder(token) is not None


def test_messages_of_a_business_that_was_removed_are_skipped_and_found_again_when_it_is_back(firm):
    client, _ = sold(firm, SECOND, organization="Bright Ltd", amount="200.00")
    firm.freshbooks.deliveries.run_pending()
    account = firm.businesses.get(SECOND)
    firm.businesses.delete(SECOND)
    firm.connector = firm.start()
    firm.drain()
    skipped = {
        entry.outcome for entry in firm.journal.latest.values() if entry.record.business == SECOND
    }
    firm.businesses.upsert(account)
    firm.connector = firm.start()
    firm.poll()

    assert skipped == {"skipped"}
    assert client["organization"] in {row["name"] for row in firm.dataverse.all("account")}


def test_an_account_that_is_not_synced_is_explained(firm):
    with pytest.raises(NotSyncedError, match="python -m shared connect"):
        firm.start().tokens("nobody")(None)


def test_a_removed_business_hears_and_polls_no_more(firm):
    path = urlsplit(hook(firm, SECOND).uri).path
    firm.connector.webhooks.remove(SECOND)
    firm.businesses.delete(SECOND)
    sold(firm, SECOND, organization="Bright Ltd", amount="200.00")
    account, noun, key = path.split("/")[-3:]
    answer = firm.start().receive.handle(
        business=account,
        noun=noun,
        key=key,
        body=urlencode({"name": "invoice.update", "object_id": "7"}).encode(),
        signature="x",
        content_type="application/x-www-form-urlencoded",
    )
    report = firm.poll()

    assert answer.status == 401
    assert list(report.asked) == [firm.account]
    assert firm.freshbooks.deliveries.run_pending() == 0


def test_the_terminal_calls_nobody_when_a_login_cannot_be_asked_right_now(two_logins, capsys):
    two_logins.secrets.broken = RetryLaterError("Key Vault is throttled.")
    two_logins.connector = two_logins.start()

    code, said = listed(two_logins, capsys)

    assert code == 2
    assert said.count("cannot be said now") == 2
    assert "python -m shared connect" not in said
