"""A history in bulk: complete, once, and by the rules of one record, whatever comes in between."""

import base64
import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from sandbox.control import Fault
from sandbox.dataverse import errors
from shared.core.identity import Kind
from shared.core.outcomes import OutcomeName
from shared.core.runs import Progress, RunState, Work
from shared.core.spans import Span
from shared.errors import NotPossibleError, RetryLaterError
from tests.functional.doors import Killed
from tests.functional.scene import lines
from tests.functional.world import Firm
from tests.soak import SOAK

NAMES = ("Amberline", "Brockhurst", "Cinderford", "Dovetail", "Elmswood", "Foxglove", "Gatehouse")


def a_firm(clients: int = 3, each: int = 4, **settings: Any) -> Firm:
    """Return a firm whose books were kept for a while before it was connected."""
    firm = Firm(connected=False, **settings)
    for name in NAMES[:clients]:
        client = firm.books.create_client(organization=name)
        for index in range(each):
            bill(firm, client["id"], paid=("", "10.00", "175.00")[index % 3])
        firm.books.create_expense("12.00", clientid=client["id"])
        firm.books.create_credit_note(client["id"], lines("5.00"))
    firm.clock.advance(10 * 24 * 3600)
    firm.connect()
    firm.freshbooks.deliveries.run_pending()
    firm.dataverse_door.traffic.clear()
    firm.freshbooks_door.traffic.clear()
    return firm


def bill(firm: Firm, client: int, *, paid: str = "", **more: Any) -> int:
    """Send an invoice of three lines, and pay it in part or whole."""
    items = lines("100.00", "50.00", "25.00")
    invoice: int = firm.books.create_invoice(client, lines=items, sent=True, **more)["id"]
    if paid:
        firm.books.pay_invoice(invoice, paid)
    return invoice


def carried(firm: Firm, **options: Any) -> Progress:
    """Let a backfill run to its end, and return what came of it."""
    firm.clock.advance(1)
    firm.connector.backfills.start(firm.account, **options)
    firm.drain()
    progress = firm.connector.backfills.progress(firm.account)
    assert progress is not None
    assert progress.run.state is RunState.DONE
    return progress


def clients(firm: Firm) -> list[dict[str, Any]]:
    return firm.books.records("client")


def invoices(firm: Firm) -> list[dict[str, Any]]:
    return firm.books.records("invoice")


def test_a_history_arrives_in_bulk_and_no_record_of_it_goes_alone() -> None:
    firm = a_firm()

    progress = carried(firm)

    assert firm.differences() == []
    assert progress.counts.alone == 0
    # a credit note is a payment as well, which is shown as the note
    assert progress.counts.created == 3 + 12 + 6 + 3 + 3
    assert progress.counts.skipped == 3
    assert firm.queue.sent == firm.backfill_queue.sent == []
    assert OutcomeName.HELD not in firm.outcomes().values()


def test_the_same_again_writes_nothing_and_notes_nothing() -> None:
    firm = a_firm()
    carried(firm)
    firm.clock.advance(3600)
    before, noted = firm.everything(), dict(firm.journal.latest)
    firm.dataverse_door.traffic.clear()

    progress = carried(firm)

    assert firm.everything() == before
    same = {record: entry for record, entry in noted.items() if record.kind is not Kind.CLIENT}
    assert same.items() <= firm.journal.latest.items()
    assert progress.counts.unchanged + progress.counts.skipped == progress.counts.listed
    # a read for each client, which may have to be matched, and one for each other page
    # and what is remembered for an hour: a currency, how many decimals prices have, a price list
    assert sum(firm.dataverse_door.traffic.values()) <= 3 + 4 + 3


def test_what_a_poll_would_find_afterwards_is_known() -> None:
    firm = a_firm()
    carried(firm)

    report = firm.connector.poll.run()

    categories = len(firm.books.records("category"))
    assert report.asked == {firm.account: categories}


def test_a_page_costs_two_requests_for_reading_and_one_for_writing_of_some_invoices() -> None:
    firm = a_firm(clients=1, each=20)

    progress = carried(firm, kinds=[Kind.CLIENT, Kind.INVOICE])

    (page,) = [part for part in firm.runs.parts.values() if part.counts.created == 20]
    assert page.counts.freshbooks == 2
    # the currency and price list, then the rows of all, then all of them
    assert page.counts.dataverse <= 2 + 1 + 1
    assert progress.counts.throttled == 0


def test_only_what_was_edited_by_hand_is_written_again() -> None:
    firm = a_firm()
    carried(firm)
    row = firm.invoices()[3]
    firm.dataverse.update("invoice", row["invoiceid"], fbx_total=1)
    firm.clock.advance(3600)

    progress = carried(firm)

    assert firm.differences() == []
    assert progress.counts.updated == 1
    assert progress.counts.alone == 0


def test_with_missing_only_what_is_not_there_is_written() -> None:
    firm = a_firm()
    carried(firm)
    gone, edited = firm.invoices()[2], firm.invoices()[5]
    firm.dataverse.delete("invoice", gone["invoiceid"])
    firm.dataverse.update("invoice", edited["invoiceid"], fbx_total=1)
    firm.clock.advance(3600)

    carried(firm, missing=True)

    kept = firm.dataverse.get("invoice", edited["invoiceid"])
    assert firm.dataverse.get("invoice", gone["invoiceid"]) is not None
    assert kept is not None
    assert kept["fbx_total"] == 1


def test_what_was_deleted_before_is_known_and_nobody_is_asked_about_it_again() -> None:
    firm = a_firm()
    client = clients(firm)[0]["id"]
    firm.freshbooks.deliveries.set(drop=1.0)
    gone = bill(firm, client, paid="10.00")
    paid = firm.books.records("payment")[-1]["id"]
    firm.books.delete_payment(paid)
    firm.books.delete_invoice(gone)
    firm.clock.advance(3600)

    progress = carried(firm)

    assert firm.differences() == []
    assert progress.counts.alone == 0
    assert firm.outcomes()["invoice", gone] is OutcomeName.SKIPPED
    assert firm.outcomes()["payment", paid] is OutcomeName.SKIPPED
    assert firm.backfill_queue.sent == []


def test_what_was_deleted_unheard_goes_from_sales_as_well() -> None:
    firm = a_firm()
    carried(firm)
    firm.freshbooks.deliveries.set(drop=1.0)
    invoice, payment = invoices(firm)[1]["id"], firm.books.records("payment")[-1]["id"]
    firm.books.delete_payment(payment)
    firm.books.delete_invoice(invoice)
    firm.clock.advance(3600)

    carried(firm)

    assert firm.outcomes()["invoice", invoice] is OutcomeName.CANCELLED
    assert firm.differences() == []


def test_a_span_of_days_carries_what_is_dated_in_it() -> None:
    firm = a_firm(each=0)
    client = clients(firm)[0]["id"]
    old = bill(firm, client, create_date="2025-03-31")
    new = bill(firm, client, create_date="2025-04-01")

    carried(firm, kinds=[Kind.CLIENT, Kind.INVOICE], span=Span(date(2025, 4, 1), None))

    assert ("invoice", new) in firm.outcomes()
    assert ("invoice", old) not in firm.outcomes()


def test_the_newest_invoices_come_first() -> None:
    firm = a_firm(clients=1, each=0)
    client = clients(firm)[0]["id"]
    days = ["2019-05-01", "2024-01-15", "2025-08-01", "2026-05-01", "2026-08-15", "2026-10-20"]
    for day in random.Random(3).sample(days, len(days)):
        bill(firm, client, create_date=day)

    carried(firm)

    assert [row["fbx_invoicedate"] for row in firm.invoices()] == sorted(days, reverse=True)


def test_one_that_is_refused_keeps_none_of_its_neighbours_out() -> None:
    firm = a_firm()
    number = invoices(firm)[5]["invoice_number"]

    def refuse(table: str, row: dict[str, Any]) -> None:
        if table == "invoice" and row.get("fbx_number") == number:
            raise errors.plug_in("Not this one.")

    firm.dataverse.plug_in(refuse)
    firm.connector.backfills.start(firm.account)
    while firm.step_history():
        pass

    assert len(firm.invoices()) == len(invoices(firm)) - 1
    outcome = firm.outcomes()["invoice", invoices(firm)[5]["id"]]
    assert outcome in {OutcomeName.WAITING, OutcomeName.DEFERRED}
    firm.dataverse.unplug()
    for _ in range(3):
        firm.clock.advance(55 * 60)
        firm.pass_time(5)
    assert firm.differences() == []


def test_where_bulk_messages_are_not_taken_each_record_has_its_own_change_set() -> None:
    firm = a_firm()
    firm.dataverse.environment.schema.tables["invoice"].bulk = False

    progress = carried(firm)

    assert firm.differences() == []
    assert progress.counts.alone == 0


def test_drafts_and_expenses_of_nobody_are_listed_with_their_reason() -> None:
    firm = a_firm(clients=1, each=1)
    draft = firm.books.create_invoice(clients(firm)[0]["id"], lines=lines("9.00"))["id"]
    own = firm.books.create_expense("7.00")["id"]
    firm.clock.advance(60)

    carried(firm)

    assert firm.differences() == []
    listed = {(each.kind, each.number): each.why for each in firm.connector.waiting_list.gather()}
    assert listed == {("invoice", draft): "skipped", ("expense", own): "skipped"}


def test_records_of_a_client_that_waits_for_a_decision_wait_with_it() -> None:
    firm = a_firm(clients=2, each=3, unmatched_clients="hold")

    carried(firm)

    assert firm.invoices() == []
    assert {wait.request.kind for wait in firm.holds.list_waits()} >= {Kind.INVOICE, Kind.EXPENSE}
    for client in clients(firm):
        firm.connector.review.create(firm.account, client["id"])
    firm.drain()
    assert firm.differences() == []


def test_an_invoice_that_sales_has_already_is_adopted() -> None:
    firm = a_firm(clients=1, each=3)
    carried(firm, kinds=[Kind.CLIENT])
    account = firm.account_of(clients(firm)[0])
    assert account is not None
    theirs = firm.dataverse.add(
        "invoice",
        name="By hand",
        invoicenumber=invoices(firm)[1]["invoice_number"],
        customerid=("account", account["accountid"]),
        transactioncurrencyid=(
            "transactioncurrency",
            account["_transactioncurrencyid_value"],
        ),
        pricelevelid=("pricelevel", firm.dataverse.all("pricelevel")[0]["pricelevelid"]),
    )
    firm.dataverse.add(
        "invoicedetail",
        invoiceid=("invoice", theirs),
        productdescription="Work",
        isproductoverridden=True,
        quantity=1,
        priceperunit=175,
    )
    firm.clock.advance(3600)

    carried(firm)

    assert len(firm.invoices()) == 3
    row = firm.dataverse.get("invoice", theirs)
    assert row is not None
    assert row["fbx_number"] == invoices(firm)[1]["invoice_number"]


def test_the_sums_of_an_opportunity_follow_its_history() -> None:
    firm = a_firm(clients=2, each=3)
    carried(firm, kinds=[Kind.CLIENT])
    account = firm.account_of(clients(firm)[0])
    assert account is not None
    deal = firm.dataverse.add(
        "opportunity", name="Deal", customerid=("account", account["accountid"])
    )
    firm.clock.advance(3600)

    carried(firm)

    row = firm.dataverse.get("opportunity", deal)
    assert row is not None
    assert row["fbx_invoiced"] == 3 * 175
    assert firm.differences() == []


def test_payments_that_waited_for_an_invoice_of_history_are_linked_to_it() -> None:
    firm = a_firm(clients=1, each=1)
    payment = firm.books.pay_invoice(invoices(firm)[0]["id"], "10.00")["id"]
    firm.freshbooks_door.faults.append(
        Fault("status", path="/invoices/invoices/", status=404, times=1)
    )
    firm.freshbooks.deliveries.run_pending()
    firm.drain()
    firm.clock.advance(60)

    carried(firm)

    assert ("payment", payment) in firm.outcomes()
    assert firm.differences() == []
    assert not list(firm.holds.list_waits())


def test_without_the_sales_app_a_history_is_entries_alone() -> None:
    firm = a_firm(sales=False, target="activity")

    progress = carried(firm)

    assert firm.differences() == []
    assert progress.counts.alone == 0


@contextmanager
def during_the_write(firm: Firm, happens: Callable[[], object]) -> Iterator[None]:
    """Let something happen when the first page's rows are being written."""
    app, due = firm.dataverse_door.app, [happens]

    def door(environ: Any, start_response: Any) -> Any:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        if due and b"CreateMultiple" in body:
            due.pop()()
        return app(environ, start_response)

    firm.dataverse_door.app = door
    yield
    firm.dataverse_door.app = app
    assert not due


def test_an_invoice_that_is_deleted_while_its_page_is_written_does_not_stay() -> None:
    firm = a_firm()
    victim = invoices(firm)[4]["id"]
    carried(firm, kinds=[Kind.CLIENT])

    def delete() -> None:
        firm.books.delete_invoice(victim)
        firm.freshbooks.deliveries.run_pending()
        while firm.step():  # the webhook's message finds nothing to do yet
            pass

    with during_the_write(firm, delete):
        carried(firm)

    firm.run()
    assert firm.differences() == []


def test_an_invoice_that_is_edited_while_its_page_is_written_shows_the_edit() -> None:
    firm = a_firm()
    victim = invoices(firm)[4]["id"]
    carried(firm, kinds=[Kind.CLIENT])
    firm.freshbooks.deliveries.set(drop=1.0)

    def edit() -> None:
        firm.clock.advance(1)
        firm.books.edit_invoice(victim, lines=lines("1.00", "2.00"))

    with during_the_write(firm, edit):
        carried(firm)

    assert firm.differences() == []


def test_an_invoice_that_a_webhook_brings_in_between_is_not_doubled() -> None:
    firm = a_firm()
    carried(firm, kinds=[Kind.CLIENT])

    def bring() -> None:
        firm.books.edit_invoice(invoices(firm)[4]["id"], notes="Thanks")
        firm.freshbooks.deliveries.run_pending()
        firm.step()

    with during_the_write(firm, bring):
        carried(firm)

    assert firm.differences() == []
    assert len(firm.invoices()) == len(invoices(firm))


def test_while_it_runs_a_poll_asks_for_what_is_new_alone() -> None:
    firm = a_firm()
    firm.freshbooks.deliveries.set(drop=1.0)
    firm.connector.backfills.start(firm.account)
    firm.clock.advance(3 * 24 * 3600)
    new = bill(firm, clients(firm)[0]["id"])

    firm.connector.poll.run()

    asked = {request.record.number for request in firm.queue.requests()}
    assert new in asked
    assert not asked & {each["id"] for each in invoices(firm) if each["id"] != new}
    firm.drain()
    assert firm.differences() == []


def test_it_begins_by_itself_when_a_business_is_connected() -> None:
    firm = a_firm(backfill="automatic")

    firm.drain()

    progress = firm.connector.backfills.progress(firm.account)
    assert progress is not None
    assert progress.run.state is RunState.DONE
    assert firm.differences() == []


def test_it_begins_by_itself_once_only() -> None:
    firm = a_firm(backfill="automatic")
    firm.drain()
    firm.connect()

    firm.connector.upkeep.run()

    assert len(firm.runs.runs) == 1


def test_a_business_whose_history_a_poll_carried_gets_no_backfill_by_itself() -> None:
    firm = a_firm()
    firm.poll()
    firm.settings = firm.settings.model_copy(update={"backfill": "automatic"})
    firm.connector = firm.start()

    firm.connector.backfills.look()

    assert not firm.runs.runs


def test_two_of_one_business_do_not_run_at_the_same_time() -> None:
    firm = a_firm()
    firm.connector.backfills.start(firm.account)

    with pytest.raises(NotPossibleError, match="cancel"):
        firm.connector.backfills.start(firm.account)


def test_a_paused_one_stands_still_and_goes_on_where_it_was() -> None:
    firm = a_firm()
    firm.connector.backfills.start(firm.account)
    firm.connector.backfills.pause(firm.account)
    firm.drain()
    assert firm.invoices() == []

    firm.connector.backfills.resume(firm.account)
    firm.drain()

    assert firm.differences() == []


def test_after_a_cancelled_one_polls_carry_the_rest() -> None:
    firm = a_firm()
    firm.connector.backfills.start(firm.account)
    firm.connector.backfills.cancel(firm.account)
    firm.drain()
    assert firm.invoices() == []

    for _ in range(3):
        firm.clock.advance(300)
        firm.poll()

    assert firm.differences() == []


def test_what_is_not_there_cannot_be_paused_resumed_or_cancelled() -> None:
    backfills = a_firm().connector.backfills

    for act in (backfills.pause, backfills.resume, backfills.cancel):
        with pytest.raises(NotPossibleError, match="there is none"):
            act("KEnkdz")


def test_revoked_access_makes_it_wait_and_a_new_login_lets_it_go_on() -> None:
    firm = a_firm()
    firm.connector.backfills.start(firm.account)
    firm.freshbooks.grant()  # the same person consents elsewhere: our refresh token is dead
    firm.clock.advance(12 * 3600)
    for _ in range(20):
        if not firm.step_history():
            firm.clock.advance(60)
    progress = firm.connector.backfills.progress(firm.account)
    assert progress is not None
    assert progress.run.state is RunState.RUNNING
    assert progress.run.reason

    firm.connect()
    firm.pass_time(10)
    firm.drain()

    assert firm.differences() == []


def test_an_outage_costs_a_few_messages_however_long_it_lasts() -> None:
    firm = a_firm(clients=1, each=3)
    firm.connector.backfills.start(firm.account)
    firm.dataverse_door.faults.append(Fault("status", status=503, times=None))
    firm.dataverse_door.traffic.clear()
    for _ in range(6 * 60):
        firm.clock.advance(60)
        while firm.step() or firm.step_history():
            pass
    assert sum(firm.dataverse_door.traffic.values()) < 500

    firm.dataverse_door.faults.clear()
    firm.pass_time(30)
    firm.drain()

    assert firm.differences() == []


def test_a_page_that_kills_the_host_goes_record_by_record() -> None:
    firm = a_firm(clients=1, each=3)
    firm.connector.backfills.start(firm.account)
    body = firm.backfill_queue.take()
    assert body is not None

    firm.connector.backfills.lanes.revive(body)
    firm.drain()

    assert firm.differences() == []
    assert Kind.CLIENT in {request.kind for request in firm.backfill_queue.sent}


@pytest.mark.parametrize("text", ["no base64 at all!", "%%%", ""])
def test_what_the_trigger_leaves_lying_is_taken_and_told(text: str) -> None:
    firm = a_firm(clients=1, each=1)
    firm.backfill_poison_queue.park(text)

    firm.connector.upkeep.run()

    assert firm.backfill_poison_queue.depth() == 0
    assert len(firm.dead_letters.letters) == 1


def test_a_lane_that_the_trigger_leaves_lying_goes_on() -> None:
    firm = a_firm(clients=1, each=3)
    firm.connector.backfills.start(firm.account)
    body = firm.backfill_queue.take()
    assert body is not None
    firm.backfill_poison_queue.park(base64.b64encode(body).decode())

    firm.connector.upkeep.run()
    firm.drain()

    assert firm.backfill_poison_queue.depth() == 0
    assert firm.differences() == []


@pytest.mark.parametrize("given_up_on", [False, True])
def test_a_message_of_a_later_release_waits_for_it(
    given_up_on: bool,
) -> None:  # a parameter of a test
    firm = a_firm(clients=1, each=1)
    lanes = firm.connector.backfills.lanes
    body = b'{"v": 99, "account": "KEnkdz", "run": "20270101T000000", "more": 1}'

    (lanes.revive if given_up_on else lanes.handle)(body)

    assert firm.backfill_queue.messages[0][2] == body
    assert firm.backfill_queue.messages[0][0] > firm.clock()


class Mortal:
    """A firm whose function app dies before some of its calls to the world."""

    def __init__(self, firm: Firm, strikes: set[int]) -> None:
        self.firm, self.strikes, self.calls, self.kills = firm, strikes, 0, 0
        self.begun = False
        for door in (firm.dataverse_door, firm.freshbooks_door):
            door.app = self._door(door.app)
        for fake in (firm.runs, firm.journal, firm.backfill_queue, firm.queue):
            for method in (
                "put_part",
                "add_due",
                "replace",
                "write_all",
                "write",
                "send",
                "send_lane",
            ):
                if hasattr(fake, method):
                    fake.before(method, self.called)

    def _door(self, app: Any) -> Any:
        def door(environ: Any, start_response: Any) -> Any:
            self.called()
            return app(environ, start_response)

        return door

    def called(self, *_given: object) -> None:
        self.calls += self.begun
        if self.calls in self.strikes:
            self.kills += 1
            raise Killed

    def drain(self, between: Callable[[], object]) -> None:
        """Handle messages until none is left; one whose handling died comes again."""
        firm, self.begun = self.firm, True
        for _ in range(3000):
            between()
            for queue, handle in (
                (firm.queue, firm.connector.process.handle),
                (firm.backfill_queue, firm.connector.backfills.lanes.handle),
            ):
                body = queue.take()
                if body is None:
                    continue
                try:
                    handle(body)
                except Killed:
                    queue._push(body, 30)
                    firm.connector = firm.start()
                except RetryLaterError:
                    queue._push(body, 30)
                break
            else:
                visible = [each.next_visible() for each in (firm.queue, firm.backfill_queue)]
                soonest = min((each for each in visible if each), default=None)
                if soonest is None:
                    return
                firm.clock.now = max(firm.clock.now, soonest)
        raise AssertionError("the queues are not empty")


@pytest.mark.parametrize("seed", range(60 if SOAK else 4))
def test_killed_at_random_with_live_edits_it_is_complete_and_nothing_is_doubled(seed: int) -> None:
    draw = random.Random(seed)
    firm = a_firm(clients=5, each=draw.randint(5, 30), target=draw.choice(["record", "activity"]))
    mortal = Mortal(firm, set(draw.sample(range(1, 250), 10)))
    firm.freshbooks.deliveries.set(drop=0.3)

    def live() -> None:
        firm.clock.advance(draw.random())
        if draw.random() > 0.2:
            return
        invoice = draw.choice(invoices(firm))
        match draw.randrange(5):
            case 0 if not invoice["vis_state"]:
                firm.books.edit_invoice(invoice["id"], lines=lines(f"{draw.randint(1, 99)}.00"))
            case 1 if not invoice["vis_state"]:
                firm.books.delete_invoice(invoice["id"])
            case 2:
                bill(firm, draw.choice(clients(firm))["id"], paid=draw.choice(["", "10.00"]))
            case _:
                pass
        for _ in range(3):
            try:
                firm.freshbooks.deliveries.run_pending()
                break
            except Killed:
                firm.connector = firm.start()

    firm.connector.backfills.start(firm.account)
    mortal.drain(live)
    mortal.strikes.clear()
    for _ in range(3):
        firm.clock.advance(300)
        firm.connector.poll.run()
        mortal.drain(lambda: None)

    assert mortal.kills >= 5
    assert firm.differences() == []
    keys = [row["fbx_sourcekey"] for row in firm.entries()]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("seed", range(30 if SOAK else 3))
def test_killed_at_random_it_leaves_nothing_for_its_proof_to_find(seed: int) -> None:
    draw = random.Random(seed)
    firm = a_firm(clients=3, each=draw.randint(40, 70))
    mortal = Mortal(firm, set(draw.sample(range(1, 120), 10)))

    run = firm.connector.backfills.start(firm.account)
    mortal.drain(lambda: None)

    assert mortal.kills >= 5
    proofs = [index for index, step in enumerate(run.steps) if step.work is Work.PROVE]
    parts = {each.step: each for each in firm.runs.list_parts(run) if each.step in proofs}
    assert {index: part.counts.alone for index, part in parts.items()} == dict.fromkeys(proofs, 0)
    assert firm.differences() == []


def test_lanes_that_ended_for_an_outage_are_sent_again_when_it_is_over() -> None:
    firm = a_firm(clients=2, each=101)  # three pages of invoices
    firm.connector.backfills.start(firm.account)
    while len(firm.runs.parts) < 2:
        firm.step_history()
    firm.dataverse_door.faults.append(Fault("status", status=503, times=None))
    for _ in range(10):
        firm.clock.advance(60)
        while firm.step() or firm.step_history():
            pass
    assert firm.backfill_queue.depth() == 1
    firm.dataverse_door.faults.clear()

    firm.drain()

    assert firm.differences() == []
    numbers = set(range(1, 4))
    assert {page for (_, _, step, page) in firm.runs.parts if step == 1} == numbers
