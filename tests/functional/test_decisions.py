"""What a person decides about a client stands, whatever is handled in between.

Un-linked by the command or by hand in Dynamics, ignored, and taken back.
"""

import pytest

from shared.core.events import Cause, SyncRequest
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.waiting import HoldState
from shared.errors import NotPossibleError
from tests.functional.turns import Turns
from tests.functional.world import Firm
from tests.soak import SOAK

SEEDS = range(200) if SOAK else range(2)
LINES = [{"name": "Work", "unit_cost": "100.00"}]


class Office:
    """A firm with a client that has an account and an invoice."""

    def __init__(self, **settings):
        self.firm = Firm(**settings)
        if settings.get("unmatched_clients") == "hold":
            self.firm.dataverse.add("account", name="Aster Works")
        self.client = self.firm.books.create_client(organization="Aster Works")["id"]
        self.invoice = self.new_invoice()
        self.firm.run()
        self.firm.clock.advance(60)
        assert self.account is not None

    @property
    def account(self):
        return self.firm.account_of({"id": self.client})

    @property
    def review(self):
        return self.firm.connector.review

    def new_invoice(self):
        return self.firm.books.create_invoice(self.client, lines=LINES, sent=True)["id"]

    def message(self, kind=Kind.CLIENT, number=None):
        record = RecordId(self.firm.account, kind, number or self.client)
        request = SyncRequest.of(record, cause=Cause.WEBHOOK, seen=self.firm.clock())
        return request.model_dump_json().encode()

    def clear_by_hand(self):
        row = self.account["accountid"]
        self.decide(fbx_accountid=None)
        return row

    def decide(self, **columns):
        self.firm.decide({"id": self.client}, **columns)

    def held(self):
        return [each.hold.awaited for each in self.review.list_held()]


@pytest.fixture(params=["create", "hold"])
def office(request):
    return Office(unmatched_clients=request.param)


def test_an_unlinked_client_waits_and_is_not_linked_by_its_name_again(office):
    old = office.account["accountid"]

    office.review.unlink(office.firm.account, office.client)
    later = office.new_invoice()
    office.firm.run()
    office.firm.clock.advance(3600)
    office.firm.poll()

    assert office.account is None
    assert office.held() == [Awaited.client(office.client)]
    assert office.firm.outcomes()["invoice", later] == "held"
    (row,) = [row for row in office.firm.dataverse.all("account") if row["accountid"] == old]
    assert row["fbx_outstanding"] is None
    assert row["fbx_balances"] is None
    assert row["name"] == "Aster Works"


def test_an_unlinked_client_takes_all_its_records_to_the_account_it_is_linked_to(office):
    office.review.unlink(office.firm.account, office.client)
    office.new_invoice()
    office.firm.run()
    other = office.firm.dataverse.add("account", name="Dunelm Radio")

    office.review.link(office.firm.account, office.client, other)
    office.firm.drain()

    assert office.account["accountid"] == str(other)
    assert {row["_customerid_value"] for row in office.firm.invoices()} == {str(other)}
    assert not office.firm.holds.holds
    assert office.firm.differences() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_no_message_in_between_undoes_that_a_client_was_unlinked(seed):
    office = Office(unmatched_clients="hold" if seed % 2 else "create")
    firm, review = office.firm, office.firm.start().review
    firm.freshbooks.deliveries.set(drop=1.0)
    later = office.new_invoice()
    bodies = [office.message(), office.message(Kind.INVOICE, later), office.message()]
    workers = [(firm.start().process, body) for body in bodies]
    turns = Turns(firm, seed)
    for fake in (firm.holds, firm.journal):
        fake.before("get" if fake is firm.holds else "get_latest", turns.pause)

    turns.run(
        lambda: review.unlink(firm.account, office.client),
        *(lambda process=process, body=body: process.handle(body) for process, body in workers),
    )
    firm.drain()

    assert office.account is None
    assert office.held() == [Awaited.client(office.client)]


@pytest.mark.parametrize("before", ["nothing", "deferred"])
def test_an_account_that_a_person_took_away_in_dynamics_is_a_decision(office, before):
    office.clear_by_hand()
    if before == "deferred":  # what was noted last does not tell of an account
        office.firm.dataverse_door.fail(kind="status", path="", status=503, times=1)
        office.firm.connector.process.handle(office.message())

    later = office.new_invoice()
    office.firm.run()
    office.firm.clock.advance(3600)
    office.firm.poll()

    assert office.account is None
    assert office.held() == [Awaited.client(office.client)]
    assert office.firm.outcomes()["invoice", later] == "held"
    (hold,) = [each.hold for each in office.review.list_held()]
    assert "a person took its account away" in hold.reason
    assert [candidate.name for candidate in hold.candidates] == ["Aster Works"]


def test_an_account_that_a_person_put_back_is_a_decision_too(office):
    row = office.clear_by_hand()
    office.firm.connector.process.handle(office.message())
    assert office.held()

    office.decide(fbx_accountid=("account", row))
    office.firm.connector.process.handle(office.message())

    assert office.held() == []
    assert office.account["accountid"] == row


def test_an_account_that_a_person_deleted_is_no_decision_about_another_one():
    office = Office(unmatched_clients="create", deleted_records="delete")
    office.firm.books.delete_invoice(office.invoice)
    office.firm.run()
    office.firm.dataverse.delete("account", office.account["accountid"])

    office.firm.connector.process.handle(office.message())

    assert office.account is not None


def test_a_client_that_is_linked_to_nothing_cannot_be_unlinked(office):
    office.clear_by_hand()

    with pytest.raises(NotPossibleError, match="linked to no account"):
        office.review.unlink(office.firm.account, office.client)

    assert not office.firm.holds.holds


def test_a_client_is_unlinked_though_a_person_edits_its_row(office):
    writes = []

    def edit(environ, start_response):
        if environ["REQUEST_METHOD"] == "PATCH" and len(writes) < 2:
            office.decide(fbx_reason=str(len(writes)))
            writes.append(environ["PATH_INFO"])
        return office.firm.dataverse(environ, start_response)

    office.firm.dataverse_door.app = edit
    office.review.unlink(office.firm.account, office.client)

    assert len(writes) == 2
    assert office.account is None


def test_a_client_with_an_account_is_not_ignored_before_it_is_unlinked(office):
    with pytest.raises(NotPossibleError, match="held unlink CLIENT"):
        office.review.ignore(office.firm.account, office.client)
    assert not office.firm.holds.holds

    office.review.unlink(office.firm.account, office.client)
    office.review.ignore(office.firm.account, office.client)
    office.firm.drain()

    assert office.firm.outcomes()["client", office.client] == "skipped"
    assert office.held() == []
    assert [each.hold.name for each in office.review.list_ignored()] == ["Aster Works"]


def test_an_ignored_client_is_listed_and_taken_back_with_its_records():
    firm = Firm(unmatched_clients="hold")
    client = firm.books.create_client(organization="Aster Works")["id"]
    firm.books.create_invoice(client, lines=LINES, sent=True)
    firm.run()
    review = firm.connector.review
    review.ignore(firm.account, client)
    firm.drain()
    (ignored,) = review.list_ignored()
    assert ignored.hold.state is HoldState.IGNORED
    assert len(ignored.records) == 1
    firm.dataverse.add("account", name="Aster Works")

    assert review.unignore(firm.account, client) == 1
    firm.drain()

    assert review.list_ignored() == []
    assert firm.account_of({"id": client}) is not None
    assert firm.differences() == []


def test_only_an_ignored_client_can_be_taken_back(office):
    with pytest.raises(NotPossibleError, match="is not ignored"):
        office.review.unignore(office.firm.account, office.client)
    office.review.unlink(office.firm.account, office.client)

    with pytest.raises(NotPossibleError, match="is not ignored"):
        office.review.unignore(office.firm.account, office.client)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_client_that_is_ignored_while_it_gets_an_account_is_either_left_out_or_told(seed):
    firm = Firm()
    firm.freshbooks.deliveries.set(drop=1.0)
    client = firm.books.create_client(organization="Aster Works")["id"]
    record = RecordId(firm.account, Kind.CLIENT, client)
    body = SyncRequest.of(record, cause=Cause.WEBHOOK, seen=firm.clock()).model_dump_json()
    review, process, told = firm.start().review, firm.start().process, []

    def ignore():
        try:
            review.ignore(firm.account, client)
        except NotPossibleError as error:
            told.append(error)

    turns = Turns(firm, seed)
    for method in ("put", "list_all", "delete"):
        firm.claims.before(method, turns.pause)
    for method in ("get", "upsert", "delete"):
        firm.holds.before(method, turns.pause)
    turns.run(ignore, lambda: process.handle(body.encode()))
    firm.drain()

    linked = firm.account_of({"id": client}) is not None
    ignored = review.list_ignored() != []
    assert linked != ignored or told
    assert not (linked and ignored)
