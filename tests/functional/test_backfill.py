"""A history in bulk: complete, once, and by the rules of one record, whatever comes in between."""

from datetime import date

from shared.core.identity import Kind
from shared.core.outcomes import OutcomeName
from shared.core.runs import RunState
from tests.functional.scene import lines
from tests.functional.world import Firm


NAMES = ("Amberline", "Brockhurst", "Cinderford", "Dovetail", "Elmswood", "Foxglove", "Gatehouse")


def a_firm(clients: int = 3, each: int = 4, **settings: object) -> Firm:
    """Return a firm whose books were kept for a while before it was connected."""
    firm = Firm(connected=False, **settings)
    for number in range(clients):
        client = firm.books.create_client(organization=NAMES[number])
        for index in range(each):
            invoice = firm.books.create_invoice(
                client["id"], lines=lines("100.00", "50.00", "25.00"), sent=True
            )
            if index % 2:
                firm.books.pay_invoice(invoice["id"], "175.00" if index % 4 == 1 else "10.00")
        firm.books.create_expense("12.00", clientid=client["id"])
    firm.clock.advance(3600)
    firm.connect()
    firm.dataverse_door.traffic.clear()
    firm.freshbooks_door.traffic.clear()
    return firm


def test_a_history_arrives_as_the_same_records_one_by_one_would() -> None:
    firm = a_firm()

    firm.connector.backfills.start(firm.account)
    firm.drain()

    progress = firm.connector.backfills.progress(firm.account)
    assert progress is not None
    assert progress.run.state is RunState.DONE
    assert firm.differences() == []
    assert not firm.queue.sent
    outcomes = {firm.outcomes()["invoice", row["id"]] for row in firm.books.records("invoice")}
    assert outcomes == {OutcomeName.CREATED}
