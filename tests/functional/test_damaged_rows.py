"""A row with a damaged column is in nobody's way, in no table and no reader."""

import contextlib
import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.azure.inventory import READERS, TableInventory
from shared.cli import main
from shared.core.connections import Registration, RegistrationState
from shared.core.identity import Awaited, Kind, RecordId
from shared.core.outcomes import OutcomeName, Waits
from shared.core.rates import NOTHING, UNKNOWN
from shared.core.runs import KINDS, Run
from shared.core.waiting import HoldState
from shared.errors import NotPossibleError, UnreadableRowError
from shared.sync.circuits import CircuitBreakers
from shared.sync.doctor.rows import MOST_ROWS, check_rows
from shared.sync.upkeep import REPAIR_WEBHOOKS_EVERY
from tests.functional.world import Firm
from tests.soak import SOAK
from tests.upgrade.driver import NOW, Store, dump, fill

# What every row of a table is, and which of its rows is damaged; `{}` is the business.
ROWS = {
    "accounts": ("account", "{}"),
    "registrations": ("{}", "payment"),
    "consents": ("consent", "{}-choosing"),
    "holds": ("{}", "client-1"),
    "waiting": ("{}", "client-1~client~5"),
    "deadletters": ("letter", "{}-invoice-6"),
    "checkpoints": ("checkpoint", "poll.{}.invoice"),
    "circuits": ("circuit", "service-of-{}"),
    "claims": ("claim", "{}-8.a"),
    "shares": ("Dataverse", "process-of-{}"),
    "runs": ("{}", "run~1"),
    "pages": ("{}", "part~1~000~000001"),
    "due": ("{}", "due~1~invoice~7"),
    "leases": ("lease", "lease-{}"),
    "journal": ("{}.invoice", "=10"),
}
MISSING = "missing"
# More of them, on every column, are in tests/unit/adapters/azure/test_rows.py.
DAMAGES = (MISSING, "damage", 7, datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
_numbers = itertools.count()
_damaged = []


@pytest.fixture(scope="module")
def store(storage):
    return Store(storage, clock=lambda: datetime.now(UTC))


@pytest.fixture(scope="module")
def whole_business(store):
    """A business whose rows are whole again after each test: filling one takes a while."""
    fill(store, "damaged")
    return "damaged"


@pytest.fixture
def business(whole_business):
    """A business for what damages rows, or changes no other ones than those it damaged."""
    assert not _damaged
    yield whole_business
    mend()


@pytest.fixture
def own_business(store):
    """A business of the test's own, for what writes more rows than it damages."""
    name = f"damaged{next(_numbers)}"
    fill(store, name)
    yield name
    mend()


@pytest.fixture(scope="module")
def other(store):
    """Another business, whose rows nothing happens to."""
    fill(store, "whole")
    return "whole"


def table_of(store, kind):
    tables = {"waiting": "holds", "pages": "runs", "due": "runs"}
    return store.tables.table(tables.get(kind, kind))


def damage(store, kind, business, column, value):
    """Damage one column of one row, as a hand might, until it is mended."""
    table = table_of(store, kind)
    keys = [key.format(business) for key in ROWS[kind]]
    before = dict(table.get(*keys))
    after = {name: each for name, each in before.items() if name != column}
    if value is not MISSING:
        after[column] = value
    _damaged.append((table, before))
    put(table, after)


def mend():
    """Put back every row that was damaged, as it was before."""
    while _damaged:
        put(*_damaged.pop())


def rows_of(store, business):
    """Return all rows of a business as they are stored."""
    names = sorted({table_of(store, kind).name for kind in ROWS})
    return [
        (name, dict(entity), entity.metadata["etag"])
        for name in names
        for entity in store.tables.table(name).query("PartitionKey ne @none", none="")
        if any(business in entity[key] for key in ("PartitionKey", "RowKey"))
    ]


def put(table, entity):
    from azure.data.tables import UpdateMode

    table._client_or_connect().upsert_entity(entity, mode=UpdateMode.REPLACE)


def lists_of(store, kind, business):
    """Return what lists rows of a kind, of all businesses alike."""
    return {
        "accounts": [store.businesses.list_all],
        "registrations": [lambda: list(store.registrations.list_all())],
        "holds": [lambda: list(store.holds.list_all())],
        "waiting": [lambda: list(store.holds.list_waits())],
        "deadletters": [lambda: list(store.letters.list_all())],
        "checkpoints": [lambda: list(store.checkpoints.list_all())],
        "circuits": [store.circuits.list_all],
        "claims": [lambda: list(store.claims.list_all())],
        "shares": [store.shares.list_all],
        "runs": [lambda: [each for each in store.runs.list_all() if each.business == business]],
    }.get(kind, [])


def look_ups_of(store, kind, business):
    """Return what reads rows of a kind that are one business's."""
    record = RecordId(business, Kind.INVOICE, 10)
    run = Run(business, "1", KINDS, NOW)
    return {
        "accounts": [lambda: store.businesses.get(business)],
        "registrations": [lambda: store.registrations.get(business, "payment")],
        "consents": [lambda: store.consents.get(f"{business}-choosing")],
        "holds": [lambda: store.holds.get(business, Awaited.client(1))],
        "waiting": [lambda: list(store.holds.list_waiting(business, Awaited.client(1)))],
        "deadletters": [lambda: store.letters.get(f"{business}-invoice-6")],
        "checkpoints": [lambda: store.checkpoints.get(f"poll.{business}.invoice")],
        "circuits": [lambda: store.circuits.get(f"service-of-{business}")],
        "claims": [],
        "shares": [],
        "runs": [
            lambda: store.runs.get(business, "1"),
            lambda: store.runs.get_latest(business),
        ],
        "pages": [lambda: store.runs.list_parts(run)],
        "due": [lambda: store.runs.list_due(run)],
        "leases": [lambda: store.leases.read(f"lease-{business}")],
        "journal": [
            lambda: list(store.journal.list_latest(business, Kind.INVOICE)),
            lambda: list(store.journal.find_by_label(business, Kind.INVOICE, "00010")),
            lambda: store.journal.get_latest(record),
        ],
    }[kind]


@pytest.mark.parametrize("kind", ROWS)
def test_no_damage_to_a_row_keeps_another_one_away(store, business, other, kind):
    whole, tried = rows_of(store, other), 0
    keys = [key.format(business) for key in ROWS[kind]]
    columns = set(table_of(store, kind).get(*keys)) - {"PartitionKey", "RowKey"}

    for turn, column in enumerate(sorted(columns)):
        some = DAMAGES if SOAK else DAMAGES[turn % 4 :: 8]
        for value in some if column != "v" else (*DAMAGES, 2):
            damage(store, kind, business, column, value)
            for read in look_ups_of(store, kind, business):
                with contextlib.suppress(UnreadableRowError):
                    read()
            for read in (*lists_of(store, kind, other), *look_ups_of(store, kind, other)):
                assert read() not in (None, []), (column, value)
            mend()
            tried += 1

    assert "v" in columns
    assert tried > len(DAMAGES)
    assert whole
    assert rows_of(store, other) == whole


def test_everything_of_another_business_is_read_while_every_table_has_a_damaged_row(
    store, business, other
):
    whole = dump(store, other)

    for kind in ROWS:
        damage(store, kind, business, "v", 2)

    assert dump(store, other) == whole


# what a row stands for that cannot be read


def test_a_business_that_cannot_be_read_is_not_listed_and_says_so(store, business):
    damage(store, "accounts", business, "connection", MISSING)

    with pytest.raises(UnreadableRowError, match=f"account/{business} .*connection is missing"):
        store.businesses.get(business)
    assert business not in {each.id for each in store.businesses.list_all()}


@pytest.mark.parametrize(("column", "value"), [("state", MISSING), ("v", 2), ("since", "x")])
def test_a_registration_that_cannot_be_read_is_known_to_be_there(store, business, column, value):
    damage(store, "registrations", business, column, value)

    (listed,) = [
        each
        for each in store.registrations.list_all()
        if (each.business, each.noun) == (business, "payment")
    ]

    assert listed == store.registrations.get(business, "payment")
    assert listed.state == "unreadable"


def test_a_decision_to_ignore_a_client_stands_though_its_row_is_damaged(store, own_business):
    damage(store, "holds", own_business, "reason", MISSING)
    ignored = {"PartitionKey": own_business, "RowKey": "ignored-2", "what": 7}
    put(store.tables.table("holds"), ignored)

    found = dump(store, own_business)["holds"]

    assert [each["state"] for each in found] == ["unreadable", "unreadable", "released", "waiting"]


def test_a_record_that_waits_is_found_by_its_key_though_its_row_is_damaged(store, business):
    damage(store, "waiting", business, "request", "{}")

    (found,) = store.holds.list_waiting(business, Awaited.client(1))

    assert found.record == RecordId(business, Kind.CLIENT, 5)


@pytest.mark.parametrize(("column", "value"), [("state", MISSING), ("v", 2), ("next_probe", "x")])
def test_a_circuit_that_cannot_be_read_is_open_and_the_next_one_tries_it(
    store, business, column, value
):
    damage(store, "circuits", business, column, value)
    now = datetime.now(UTC)
    name = f"service-of-{business}"
    breakers = CircuitBreakers(store.circuits, clock=lambda: now)

    blocked = breakers.blocking([name])
    probes = breakers.probes
    second = breakers.blocking([name])

    assert (blocked, probes) == (None, {name})
    assert second is not None
    assert store.circuits.get(name).permit_until > now


@pytest.mark.parametrize(("column", "value"), [("at_once", MISSING), ("v", 2), ("part", "x")])
def test_a_process_whose_row_cannot_be_read_may_claim_all_that_one_can(
    store, business, column, value
):
    damage(store, "shares", business, column, value)

    (found,) = [each for each in store.shares.list_all() if each.id == f"process-of-{business}"]
    store.shares.delete(found)

    assert found.claim == UNKNOWN


@pytest.mark.parametrize(("standing", "claim"), [("settled", None), ("waiting", NOTHING)])
def test_a_process_of_the_release_before_counts_as_one_that_sends(store, business, standing, claim):
    for column in ("part", "at_once", "live", "bulk"):
        damage(store, "shares", business, column, MISSING)
    damage(store, "shares", business, "standing", standing)

    (found,) = [each for each in store.shares.list_all() if each.id == f"process-of-{business}"]
    store.shares.delete(found)

    assert found.claim == claim


def test_a_dead_letter_is_listed_by_its_key_though_its_row_is_damaged(store, business):
    damage(store, "deadletters", business, "at", "yesterday")

    letter = store.letters.get(f"{business}-invoice-6")

    assert letter in list(store.letters.list_all())
    assert letter.body == "{}"
    assert "at is no point in time" in letter.reason
    assert letter.at > datetime.now(UTC) - timedelta(minutes=5)


def test_a_checkpoint_that_cannot_be_read_is_none(store, business):
    damage(store, "checkpoints", business, "at", "yesterday")

    assert dump(store, business)["checkpoint"] is None


def test_of_an_entry_that_cannot_be_read_nothing_is_known_and_it_is_noted_anew(store, own_business):
    def noted():
        return list(store.journal.list_latest(own_business, Kind.INVOICE))

    whole = len(noted())
    damage(store, "journal", own_business, "at", "yesterday")

    found = store.journal.get_latest(RecordId(own_business, Kind.INVOICE, 10))
    left = len(noted())
    store.journal.replace(replace(found, outcome=OutcomeName.UNCHANGED))

    assert (found.outcome, found.beside, left) == (OutcomeName.UNKNOWN, None, whole - 1)
    assert len(noted()) == whole


# leases


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("until", MISSING),
        ("until", datetime(9999, 1, 1, tzinfo=UTC)),
        ("generation", "many"),
        ("holder", 7),
        ("v", 2),
    ],
)
def test_a_lease_that_cannot_be_read_is_nobodys_until_its_holder_must_be_done(
    store, storage, business, column, value
):
    name, moved = f"lease-{business}", [datetime.now(UTC)]
    leases = Store(storage, clock=lambda: moved[0]).leases
    damage(store, "leases", business, column, value)

    assert leases.acquire(name, seconds=45) is None
    moved[0] += timedelta(minutes=9)
    assert leases.acquire(name, seconds=45) is None
    moved[0] += timedelta(minutes=2)
    taken = leases.acquire(name, seconds=45)
    assert taken is not None
    assert taken.generation > 1000
    assert leases.acquire(name, seconds=45) is None
    assert leases.read(name) == taken


def test_of_two_who_take_over_a_damaged_lease_one_gets_it(store, storage, business):
    late = Store(storage, clock=lambda: datetime.now(UTC) + timedelta(minutes=11)).leases
    other = Store(storage, clock=lambda: datetime.now(UTC) + timedelta(minutes=11)).leases
    damage(store, "leases", business, "until", MISSING)
    seen = late.read(f"lease-{business}")
    other.acquire(f"lease-{business}", seconds=45)

    assert late.read(f"lease-{business}").version != seen.version
    assert late.acquire(f"lease-{business}", seconds=45) is None


# the log, the doctor and the way out


def test_the_log_names_a_damaged_row_once_and_never_what_it_holds(storage, business, caplog):
    store = Store(storage, clock=lambda: datetime.now(UTC))
    damage(store, "holds", business, "since", "Birch Ltd")
    caplog.clear()

    for _ in range(2):
        dump(store, business)

    told = [each for each in caplog.messages if business in each]
    assert len(told) == 1
    assert "holds" in told[0]
    assert "since is no point in time" in told[0]
    assert "Birch" not in told[0]


def test_the_doctor_names_every_damaged_row_and_says_what_it_means(store, business):
    for kind in ROWS:
        damage(store, kind, business, "v", 2)
    inventory = TableInventory(store.tables)

    findings = [each for each in check_rows(inventory) if each.level != "ok"]

    assert {each.text.partition(":")[0] for each in findings} == set(READERS)
    assert all(each.advice for each in findings)
    assert {each.text.partition(":")[0] for each in findings if each.level == "failure"} == {
        "accounts"
    }
    (accounts,) = [each for each in findings if each.text.startswith("accounts")]
    assert "python -m shared connect" in accounts.advice
    named = {
        f"{row.partition}/{row.key}"
        for survey in inventory.survey(most=MOST_ROWS)
        for row in survey.unreadable
    }
    assert {"/".join(keys).replace("{}", business) for keys in ROWS.values()} <= named


def test_a_damaged_row_can_be_deleted_and_a_whole_one_cannot(store, business):
    inventory = TableInventory(store.tables)

    with pytest.raises(NotPossibleError, match="can be read"):
        inventory.delete_unreadable("accounts", "account", business)
    with pytest.raises(NotPossibleError, match="no row"):
        inventory.delete_unreadable("accounts", "account", "nobody")
    with pytest.raises(NotPossibleError, match="There is no table walks"):
        inventory.delete_unreadable("walks", "account", business)
    damage(store, "accounts", business, "connection", MISSING)
    inventory.delete_unreadable("accounts", "account", business)
    assert store.businesses.get(business) is None


def test_a_large_table_is_looked_at_in_part_and_the_doctor_says_so(store, business):
    (journal,) = [
        each for each in TableInventory(store.tables).survey(most=3) if each.table == "journal"
    ]

    assert not journal.whole
    assert sum(journal.versions.values()) == 3


# what it means for the work


def forget_state(firm, noun):
    """Let the adapter say of a registration's row what it says of one without a state."""
    firm.registrations.upsert(Registration(firm.account, noun, "", RegistrationState.UNREADABLE))


def test_a_webhook_whose_registration_cannot_be_read_is_repeated_and_the_others_are_taken():
    firm = Firm()
    client = firm.books.create_client(organization="Aster Works")
    firm.run()
    forget_state(firm, "invoice")
    firm.connector = firm.start()
    firm.freshbooks.deliveries.set(retries=[])
    firm.books.create_invoice(client["id"], lines=[{"name": "Work", "unit_cost": "1"}], sent=True)
    firm.books.create_client(organization="Birchwood Dental")

    firm.freshbooks.deliveries.run_pending()

    statuses = {attempt.name.partition(".")[0]: attempt.status for attempt in attempts(firm)}
    assert statuses == {"invoice": 503, "client": 200}


def attempts(firm):
    return list(firm.freshbooks.deliveries.attempts)[-2:]


def test_upkeep_writes_a_registration_anew_that_cannot_be_read():
    firm = Firm()
    forget_state(firm, "invoice")
    listed = firm.connector.webhooks.list_registrations(firm.account)
    inspected = firm.connector.webhooks.inspect(firm.account)

    firm.clock.advance(REPAIR_WEBHOOKS_EVERY.total_seconds())
    firm.connector.upkeep.run()
    firm.freshbooks.deliveries.run_pending()
    firm.connector.upkeep.run()

    states = {kind: "unreadable" if kind is Kind.INVOICE else "live" for kind in Kind}
    assert {each.noun: each.state for each in listed} == states
    assert {each.noun: each.state for each in inspected} == states
    assert {each.state for each in firm.registrations.list_all()} == {"live"}
    assert len(firm.freshbooks.callbacks.of(firm.account)) == len(Kind)


def test_records_of_a_business_whose_row_cannot_be_read_wait_and_follow_when_it_is_mended():
    firm = Firm()
    firm.books.create_client(organization="Aster Works")
    firm.freshbooks.deliveries.run_pending()
    firm.connector = firm.start()
    firm.businesses.refuse("get", UnreadableRowError("The row account/x cannot be read"))

    assert isinstance(firm.connector.process.handle(firm.queue.take()), Waits)
    firm.businesses.heal()
    firm.pass_time(5)

    assert firm.differences() == []


def test_a_hold_that_cannot_be_read_is_listed_and_a_decision_ends_it():
    firm = Firm(unmatched_clients="hold")
    client = firm.books.create_client(organization="Aster Works")
    firm.books.create_invoice(client["id"], lines=[{"name": "Work", "unit_cost": "1"}], sent=True)
    firm.run()
    kept = firm.holds.holds[firm.account, Awaited.client(client["id"])]
    firm.holds.holds[firm.account, kept.awaited] = replace(kept, state=HoldState.UNREADABLE)
    firm.clock.advance(60)
    firm.books.create_expense("12.50", clientid=client["id"])
    firm.run()
    (waiting,) = firm.connector.review.list_held()
    assert {request.kind for request in waiting.records} == {Kind.INVOICE, Kind.EXPENSE}

    firm.connector.review.create(firm.account, client["id"])
    firm.drain()

    assert firm.differences() == []
    assert not firm.holds.waiting


# the terminal


def test_the_terminal_names_damaged_rows_and_deletes_them(store, own_business, capsys):
    firm = Firm()
    firm.connector = replace(
        firm.connector, world=replace(firm.connector.world, rows=TableInventory(store.tables))
    )
    damage(store, "deadletters", own_business, "at", MISSING)
    row = ("deadletters", "letter", f"{own_business}-invoice-6")

    def run(*words):
        return main(words, build=lambda: firm.connector), capsys.readouterr()

    code, told = run("rows")
    assert code == 1
    assert f"{' '.join(row)}: at is missing" in told.out
    code, told = run("rows", "--json")
    assert {"table": row[0], "partition": row[1], "key": row[2], "why": "at is missing"} in (
        json.loads(told.out)
    )
    assert run("rows", "delete", *row)[0] == 0
    assert store.letters.get(row[2]) is None
    code, told = run("rows", "delete", *row)
    assert code == 2
    assert "has no row" in told.err
