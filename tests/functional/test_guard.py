"""Whatever is written meanwhile: older data never lands on newer, and nobody's work is lost.

A worker has read both sides and its change set is under way. Before it arrives somebody else
finishes a write. What the worker sends is refused as a whole, and it starts again.
"""

from decimal import Decimal

import pytest

from shared.core.policies import DeletedPolicy
from tests.functional.doors import FirstWrite
from tests.functional.scene import Scene

TIMELINE = "fbx_financialactivity"


def raced(scene, kind, meanwhile):
    """Let one worker handle a record while something else happens right before it writes."""
    door = FirstWrite(scene.firm, before=meanwhile)
    scene.firm.connector.process.handle(scene.message(kind))
    return door


@pytest.mark.parametrize(
    ("kind", "first", "then", "policy"),
    [
        ("client", "create", "edit", "cancel"),
        ("client", "edit", "edit", "cancel"),
        *[
            (kind, first, then, policy)
            for kind in ("invoice", "payment", "expense")
            for first, then, policy in (
                ("create", "edit", "cancel"),
                ("edit", "edit", "cancel"),
                ("edit", "delete", "cancel"),
                ("edit", "delete", "delete"),
            )
        ],
        ("invoice", "delete", "restore", "cancel"),
        ("invoice", "delete", "restore", "delete"),
    ],
)
def test_a_write_that_another_worker_overtook_does_not_land(kind, first, then, policy):
    scene = Scene(deleted_records=policy)
    scene.do(first, kind, "20.00")

    def a_newer_change_is_handled():
        scene.firm.clock.advance(60)
        scene.do(then, kind, "30.00")
        scene.handle()

    door = raced(scene, kind, a_newer_change_is_handled)

    assert door.left == door.found
    assert scene.settled() == []


@pytest.mark.parametrize("kind", ["payment", "expense"])
@pytest.mark.parametrize("policy", ["cancel", "delete"])
def test_an_entry_whose_record_was_restored_meanwhile_is_the_same_entry_again(kind, policy):
    scene = Scene(deleted_records=policy)
    before = scene.row(kind)
    # a person's own column; an entry that is completed is opened for it and closed again
    for columns in (
        {"statecode": 0, "statuscode": 1},
        {"actualdurationminutes": 15},
        {"statecode": 1, "statuscode": 2},
    ):
        scene.firm.dataverse.update(TIMELINE, before["activityid"], **columns)
    scene.delete(kind)

    def it_is_restored():  # nothing of it differs then, so nothing is written
        scene.firm.clock.advance(60)
        scene.restore(kind)
        scene.handle()

    raced(scene, kind, it_is_restored)

    after = scene.row(kind)
    names = ("activityid", "createdon", "actualdurationminutes", "subject", "statecode")
    assert [after[name] for name in names] == [
        15 if name == "actualdurationminutes" else before[name] for name in names
    ]
    assert scene.settled() == []


@pytest.mark.parametrize("kind", ["payment", "expense"])
def test_an_entry_that_was_restored_after_it_was_canceled_is_not_removed(kind):
    scene = Scene(deleted_records="cancel")
    scene.delete(kind)
    scene.handle()
    firm = scene.firm

    def choose(policy):
        firm.settings = firm.settings.model_copy(update={"deleted_records": policy})
        firm.connector = firm.start()

    def it_is_restored():
        firm.clock.advance(60)
        scene.restore(kind)
        scene.handle()

    choose(DeletedPolicy.DELETE)
    door = raced(scene, kind, it_is_restored)
    choose(DeletedPolicy.CANCEL)

    assert door.left == door.found
    assert scene.settled() == []


@pytest.mark.parametrize("missing", ["invoice", "entry"])
def test_an_invoice_restored_meanwhile_is_not_removed_though_one_of_its_rows_was(missing):
    scene = Scene(deleted_records="delete")
    if missing == "invoice":
        scene.firm.dataverse.delete("invoice", scene.row("invoice")["invoiceid"])
    else:
        (entry,) = [
            row["activityid"]
            for row in scene.firm.entries("invoice")
            if row["_fbx_invoiceid_value"] == scene.row("invoice")["invoiceid"]
        ]
        scene.firm.dataverse.delete(TIMELINE, entry)
    scene.delete("invoice")

    def it_is_restored():
        scene.firm.clock.advance(60)
        scene.restore("invoice")
        scene.handle()

    door = raced(scene, "invoice", it_is_restored)

    assert door.left == door.found
    assert scene.settled() == []


@pytest.mark.parametrize("then", ["edit", "delete"])
def test_a_write_over_a_paid_invoice_that_another_worker_overtook_does_not_land(then):
    scene = Scene(paid="175.00")
    scene.edit("invoice", "200.00")

    def a_newer_change_is_handled():
        scene.firm.clock.advance(60)
        scene.do(then, "invoice", "300.00")
        scene.handle()

    door = raced(scene, "invoice", a_newer_change_is_handled)

    assert door.left == door.found
    assert scene.settled() == []


def test_lines_alone_are_not_put_back_over_newer_ones():
    scene = Scene()
    firm = scene.firm
    line = scene.lines()[0]["invoicedetailid"]
    firm.dataverse.update("invoicedetail", line, priceperunit=Decimal(1))

    def a_newer_change_is_handled():
        firm.clock.advance(60)
        scene.edit("invoice", "300.00")
        scene.handle()

    door = raced(scene, "invoice", a_newer_change_is_handled)

    assert door.left == door.found
    assert scene.settled() == []


@pytest.mark.parametrize(
    ("kind", "table", "column"),
    [
        ("client", "account", "telephone1"),
        ("invoice", "invoice", "description"),
        ("payment", TIMELINE, "description"),
        ("expense", TIMELINE, "description"),
    ],
)
def test_what_a_person_wrote_meanwhile_stands(kind, table, column):
    scene = Scene()
    scene.edit(kind, "20.00")

    def a_person_writes():
        row = scene.row(kind)
        key = row.get("activityid") or row[f"{table}id"]
        if table == TIMELINE:  # it is read-only until it is open again
            scene.firm.dataverse.update(table, key, statecode=0, statuscode=1)
        scene.firm.dataverse.update(table, key, **{column: "Ask Ada first"})

    door = raced(scene, kind, a_person_writes)

    assert door.left == door.found
    scene.handle("invoice")
    assert scene.settled() == []
    assert scene.row(kind)[column] == "Ask Ada first"


def test_the_opportunity_a_person_chose_meanwhile_stands():
    scene = Scene()
    firm = scene.firm
    customer = ("account", scene.row("client")["accountid"])
    chosen, _ = [
        firm.dataverse.add("opportunity", name=name, customerid=customer)
        for name in ("Renewal", "Extension")
    ]
    scene.edit("invoice", "20.00")

    def a_person_chooses():
        firm.dataverse.update("invoice", scene.row("invoice")["invoiceid"], opportunityid=chosen)

    raced(scene, "invoice", a_person_chooses)

    assert scene.row("invoice")["_opportunityid_value"] == chosen
    assert scene.row("invoice")["fbx_complete"] is True


@pytest.mark.parametrize("kind", ["invoice", "payment", "expense"])
def test_a_row_a_person_removed_meanwhile_comes_back_whole_and_once(kind):
    scene = Scene()
    scene.edit(kind, "20.00")

    def a_person_removes_it():
        row = scene.row(kind)
        table = "invoice" if kind == "invoice" else TIMELINE
        scene.firm.dataverse.delete(table, row.get("activityid") or row["invoiceid"])

    raced(scene, kind, a_person_removes_it)
    scene.handle("payment")  # its link to the invoice went with the row

    assert scene.settled() == []


def test_lines_that_were_only_priced_anew_do_not_stop_a_write():
    scene = Scene()
    firm = scene.firm
    scene.edit("invoice", "20.00")

    def prices_are_calculated():
        store = firm.dataverse.environment.store
        for line in scene.lines():
            key = line["invoicedetailid"]
            store.put("invoicedetail", key, dict(store.get("invoicedetail", key)))

    door = raced(scene, "invoice", prices_are_calculated)

    assert door.writes == 1
    assert scene.settled() == []
