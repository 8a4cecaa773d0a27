"""How a login stands, from what its tokens say."""

from datetime import UTC, datetime

import pytest

from shared.core.connections import ConnectionState, SyncedBusiness
from shared.core.tokens import ChainState
from shared.errors import ConfigurationError, ReconnectNeededError, RetryLaterError
from shared.sync.connections import Connections
from shared.sync.sightings import Sightings
from tests.memory import FakeClock, MemoryBusinesses

CONNECTED = ConnectionState.CONNECTED
RECONNECT = ConnectionState.RECONNECT_NEEDED
NOT_CONNECTED = ConnectionState.NOT_CONNECTED
UNKNOWN = ConnectionState.UNKNOWN
ENDS = datetime(2026, 11, 3, 3, 0, tzinfo=UTC)


class Tokens:
    """`Tokens` by what raises while they are kept warm or read."""

    def __init__(self, **kept):
        self.kept = {name.replace("_", "-"): state for name, state in kept.items()}
        self.trouble = {}
        self.warmed = []

    def keep_warm(self, connection):
        self.warmed.append(connection)
        if connection in self.trouble:
            raise self.trouble[connection]

    def look(self, connection):
        if connection in self.trouble:
            raise self.trouble[connection]

    def get_state(self, connection):
        state = self.kept[connection]
        if isinstance(state, Exception):
            raise state
        return ChainState(state=state, expires_at=ENDS, scope="user:invoices:read")


class NoWebhooks:
    """`Webhooks` of which nothing is kept."""

    def list_registrations(self, *_businesses):
        return []

    def inspect(self, _business):
        return []


def connections(tokens, *businesses):
    table = MemoryBusinesses()
    for business, connection in businesses:
        table.upsert(SyncedBusiness(business, business.title(), connection, 1))
    webhooks = NoWebhooks()
    sightings = Sightings(webhooks, FakeClock())
    return Connections(businesses=table, tokens=tokens, webhooks=webhooks, sightings=sightings)


@pytest.fixture(params=["list_statuses", "look"])
def status_of(request):
    """How a login stands, as a command says it and as a page does."""

    def ask(tokens):
        found = connections(tokens, ("xazq5", "a-login"))
        (status,) = getattr(found, request.param)()
        assert tokens.warmed == (["a-login"] if request.param == "list_statuses" else [])
        return status

    return ask


def test_a_login_whose_tokens_are_good_is_connected_until_they_end(status_of):
    status = status_of(Tokens(a_login=CONNECTED))

    assert (status.state, status.problem, status.advice) == (CONNECTED, "", "")
    assert (status.expires_at, status.scope) == (ENDS, "user:invoices:read")


def test_a_login_that_works_is_connected_though_the_tables_know_nothing_of_it(status_of):
    assert status_of(Tokens(a_login=NOT_CONNECTED)).works


@pytest.mark.parametrize(
    ("kept", "state"),
    [(CONNECTED, RECONNECT), (RECONNECT, RECONNECT), (NOT_CONNECTED, NOT_CONNECTED)],
)
def test_a_login_that_freshbooks_does_not_take_needs_somebody_to_connect(status_of, kept, state):
    tokens = Tokens(a_login=kept)
    tokens.trouble["a-login"] = ReconnectNeededError("It was refused.")

    status = status_of(tokens)

    assert status.state is state
    assert status.problem == "Reconnect needed: It was refused."
    assert status.needs_login
    assert "python -m shared connect" in status.advice


@pytest.mark.parametrize("error", [RetryLaterError("It is down."), ConfigurationError("Denied.")])
def test_of_a_login_that_cannot_be_asked_nothing_more_is_said(status_of, error):
    tokens = Tokens(a_login=CONNECTED)
    tokens.trouble["a-login"] = error

    status = status_of(tokens)

    assert status.state is UNKNOWN
    assert str(error) in status.problem
    assert not status.works
    assert not status.needs_login
    assert "connect" not in status.advice


@pytest.mark.parametrize("error", [RetryLaterError("It is down."), ConfigurationError("Denied.")])
def test_a_login_whose_tokens_are_good_works_though_their_dates_cannot_be_read(status_of, error):
    status = status_of(Tokens(a_login=error))

    assert (status.state, status.problem) == (CONNECTED, "")
    assert (status.expires_at, status.scope) == (None, "")


def test_the_trouble_of_one_login_hides_no_other_one():
    tokens = Tokens(a=CONNECTED, b=CONNECTED)
    tokens.trouble["a"] = RetryLaterError("It is down.")

    found = connections(tokens, ("xazq5", "a"), ("s3cond", "b"), ("th1rd", "a")).keep_warm()

    assert tokens.warmed == ["b", "a"]
    assert {each.id: [b.id for b in each.businesses] for each in found} == {
        "b": ["s3cond"],
        "a": ["th1rd", "xazq5"],
    }
    assert {each.id: each.state for each in found} == {"a": UNKNOWN, "b": CONNECTED}


def test_that_a_login_is_needed_is_said_though_the_rest_cannot_be_read(status_of):
    tokens = Tokens(a_login=RetryLaterError("The tables are down."))
    tokens.trouble["a-login"] = ReconnectNeededError("It was refused.")

    status = status_of(tokens)

    assert (status.state, status.problem) == (RECONNECT, "Reconnect needed: It was refused.")
