"""Connecting to FreshBooks: the consent page, the businesses behind it, the webhook callbacks."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.control import Controlled
from sandbox.freshbooks import FreshBooks
from sandbox.web import InProcess
from shared.adapters.freshbooks.callbacks import CallbacksApi
from shared.adapters.freshbooks.login import FreshBooksLogin, read_businesses
from shared.adapters.freshbooks.token_chain import TokenChain
from shared.adapters.http.transport import Transport
from shared.core.connections import Business
from shared.core.consent import code_challenge, code_verifier
from shared.errors import ConfigurationError, ReconnectNeededError, RetryLaterError
from tests.memory import FakeClock, MemoryLeases, MemorySecrets

API = "https://api.freshbooks.test"
AUTH = "https://auth.freshbooks.test"
VERIFIER = code_verifier("a secret", "a-connection")
HOOK = "https://app.example/api/hooks/invoice"


class World:
    """A FreshBooks, an inbox for its webhooks, and the adapters that connect to it."""

    def __init__(self):
        self.clock = FakeClock(datetime(2026, 3, 10, 15, 0, tzinfo=UTC))
        self.inbox = []
        self.freshbooks = FreshBooks(clock=self.clock, send=self.receive, background=False)
        self.books, self.account = self.freshbooks.books, self.freshbooks.account
        self.control = Controlled(self.freshbooks)
        self.browser = requests.Session()
        self.browser.mount(AUTH, InProcess(self.freshbooks))
        session = requests.Session()
        session.mount(API, InProcess(self.control))
        transport = Transport(
            service="FreshBooks",
            base_url=API,
            timeout=(5, 30),
            session=session,
            sleep=self.clock.advance,
        )
        app = self.freshbooks.app
        self.secrets = MemorySecrets()
        self.tokens = TokenChain(
            "a-connection",
            transport,
            secrets=self.secrets,
            leases=MemoryLeases(self.clock),
            client_id=app.client_id,
            client_secret=app.client_secret,
            redirect_uri=app.redirect_uris[0],
            clock=self.clock,
            sleep=self.clock.advance,
        )
        self.login = FreshBooksLogin(
            transport,
            lambda _connection: self.tokens,
            auth_url=AUTH,
            client_id=app.client_id,
            redirect_uri=app.redirect_uris[0],
        )
        self.callbacks = CallbacksApi(transport, lambda _account: self.tokens)

    def receive(self, _url, body, _headers):
        self.inbox.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
        return 200

    def consent(self):
        """Say yes on the consent page and return what the redirect carries."""
        page = self.login.authorize_url(state="one-time", challenge=code_challenge(VERIFIER))
        answer = self.browser.post(page, data={"decision": "allow"}, allow_redirects=False)
        return parse_qs(urlsplit(answer.headers["Location"]).query)

    def exchange(self, code, *, verifier=VERIFIER):
        self.login.exchange(code, verifier=verifier, connection="a-connection")

    def businesses(self):
        return list(self.login.get_person("a-connection").businesses)

    def connect(self):
        self.exchange(self.consent()["code"][0])

    def verifier(self):
        self.freshbooks.deliveries.run_pending()
        return self.inbox[-1]["verifier"]


@pytest.fixture
def world():
    return World()


@pytest.fixture
def connected(world):
    world.connect()
    return world


# consent


def test_the_consent_page_is_asked_for_six_scopes_that_only_read(world):
    address = urlsplit(world.login.authorize_url(state="a b&c", challenge=code_challenge(VERIFIER)))
    query = parse_qs(address.query)

    assert address.path == "/oauth/authorize/"
    assert query["scope"][0].split() == [
        "user:profile:read",
        "user:invoices:read",
        "user:payments:read",
        "user:clients:read",
        "user:expenses:read",
        "user:credit_notes:read",
    ]
    assert query["state"] == ["a b&c"]
    assert query["response_type"] == ["code"]
    assert "+" not in address.query


def test_a_consent_opens_the_api(world):
    answer = world.consent()
    world.exchange(answer["code"][0])

    assert answer["state"] == ["one-time"]
    assert [business.id for business in world.businesses()] == [world.account]


def test_a_code_works_once(world):
    code = world.consent()["code"][0]
    world.exchange(code)

    with pytest.raises(ReconnectNeededError, match="did not take the consent's code"):
        world.exchange(code)


def test_a_code_that_is_too_old_is_refused_and_nothing_is_kept(world):
    code = world.consent()["code"][0]
    world.clock.advance(301)

    with pytest.raises(ReconnectNeededError, match="for five minutes"):
        world.exchange(code)
    assert world.secrets.values == {}


def test_a_code_without_the_proof_that_we_asked_for_it_is_refused(world):
    with pytest.raises(ReconnectNeededError, match="did not take the consent's code"):
        world.exchange(world.consent()["code"][0], verifier="guess" * 10)


# businesses


def test_an_account_id_that_stands_in_the_roles_only_is_found(connected):
    connected.books.create_business("Second", account="hid3n1", hides_account_id=True)

    assert connected.businesses()[1] == Business("hid3n1", "Second", "owner")


def test_an_account_where_the_person_is_only_a_client_is_marked(connected):
    connected.books.create_business("Supplier", account="supp1y", role="client", userid=7)

    assert connected.businesses() == [
        Business(connected.account, "Harbour Light Studio", "owner"),
        Business("supp1y", "supp1y", "client"),
    ]


def test_two_businesses_without_an_id_are_not_guessed():
    memberships = [
        {"role": "owner", "business": {"account_id": None, "name": name}} for name in ("A", "B")
    ]
    person = {"business_memberships": memberships, "roles": [{"accountid": "x1", "role": "admin"}]}

    assert read_businesses(person) == [
        Business(None, "A", "owner"),
        Business(None, "B", "owner"),
        Business("x1", "x1", "owner"),
    ]


def test_a_client_role_on_a_business_account_outranks_the_membership():
    membership = {"role": "owner", "business": {"account_id": "x1", "name": "A"}}
    person = {
        "business_memberships": [membership],
        "roles": [{"accountid": "x1", "role": "client"}],
    }

    assert read_businesses(person) == [Business("x1", "A", "client")]


def test_a_person_without_businesses_has_none():
    assert read_businesses({}) == []


# callbacks


def test_a_callback_is_registered_verified_and_listed(connected):
    made = connected.callbacks.create_callback(connected.account, event="invoice", uri=HOOK)
    before = list(connected.callbacks.list_callbacks(connected.account))

    accepted = connected.callbacks.verify_callback(
        connected.account, made.id, verifier=connected.verifier()
    )

    assert accepted
    assert (made.event, made.uri, made.verified) == ("invoice", HOOK, False)
    assert before == [made]
    assert [one.verified for one in connected.callbacks.list_callbacks(connected.account)] == [True]


def test_no_callbacks_are_an_empty_list(connected):
    assert list(connected.callbacks.list_callbacks(connected.account)) == []


def test_more_callbacks_than_a_page_are_all_listed(connected):
    made = [
        connected.callbacks.create_callback(connected.account, event="invoice", uri=f"{HOOK}/{n}")
        for n in range(105)
    ]

    assert len(list(connected.callbacks.list_callbacks(connected.account))) == len(made)


def test_a_wrong_verifier_is_not_accepted(connected):
    made = connected.callbacks.create_callback(connected.account, event="invoice", uri=HOOK)

    assert not connected.callbacks.verify_callback(connected.account, made.id, verifier="guess")


def test_a_callback_nobody_made_is_not_verified(connected):
    assert not connected.callbacks.verify_callback(connected.account, 1, verifier="guess")


def test_the_verifier_is_sent_again_on_request(connected):
    made = connected.callbacks.create_callback(connected.account, event="invoice", uri=HOOK)
    first = connected.verifier()

    connected.callbacks.resend_verifier(connected.account, made.id)

    assert connected.freshbooks.deliveries.run_pending() == 1
    assert connected.inbox[-1]["verifier"] == first
    assert connected.inbox[-1]["object_id"] == str(made.id)


def test_a_deleted_callback_is_gone_and_may_be_deleted_again(connected):
    made = connected.callbacks.create_callback(connected.account, event="invoice", uri=HOOK)

    connected.callbacks.delete_callback(connected.account, made.id)
    connected.callbacks.delete_callback(connected.account, made.id)
    connected.callbacks.resend_verifier(connected.account, made.id)

    assert list(connected.callbacks.list_callbacks(connected.account)) == []


def test_an_address_freshbooks_does_not_take_is_a_wrong_setting(connected):
    with pytest.raises(ConfigurationError, match="PUBLIC_URL"):
        connected.callbacks.create_callback(connected.account, event="invoice", uri="nowhere")


def test_callbacks_of_an_unknown_account_are_a_wrong_setting(connected):
    with pytest.raises(ConfigurationError, match="Account not found"):
        connected.callbacks.delete_callback("nobody", 1)
    with pytest.raises(ConfigurationError, match="Account not found"):
        list(connected.callbacks.list_callbacks("nobody"))


def test_a_registration_whose_answer_was_lost_is_not_sent_twice(connected):
    connected.control.fail(kind="drop-after", method="POST", path="/callbacks")

    with pytest.raises(RetryLaterError, match="no whole answer"):
        connected.callbacks.create_callback(connected.account, event="invoice", uri=HOOK)
    assert len(list(connected.callbacks.list_callbacks(connected.account))) == 1
