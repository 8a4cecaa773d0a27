"""One customer's trouble is nobody else's: another login, business, kind or record goes on."""

import pytest

from tests.functional.test_businesses import SECOND, sold
from tests.functional.world import Firm

TROUBLES = {
    "throttled": {"status": 429, "retry_after": "3600"},
    "down": {"status": 503},
    "broken": {"status": 500},
}


@pytest.fixture
def two_logins():
    firm = Firm()
    person = firm.books.create_identity()
    firm.books.create_business("Second", account=SECOND, identity=person.id)
    firm.connect(identity=person.id)
    firm.second_person = person.id
    return firm


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_login_in_trouble_costs_little_and_stops_no_other_one(two_logins, trouble):
    firm = two_logins
    firm.freshbooks_door.fail(
        kind="status", path=f"/account/{SECOND}/", times=None, **TROUBLES[trouble]
    )
    for number in range(30):
        sold(firm, SECOND, organization=f"{'Qxz'[number % 3] * 9}{number:05d}", amount="10.00")
    firm.pass_time(2)
    firm.freshbooks_door.traffic.clear()

    _, invoice = sold(firm, firm.account, organization="Aster Works", amount="100.00")
    firm.freshbooks.deliveries.run_pending()
    while firm.step():
        pass

    assert [row["fbx_number"] for row in firm.invoices()] == [invoice["invoice_number"]]
    before = firm.freshbooks_door.traffic.total()
    firm.pass_time(60)
    assert firm.freshbooks_door.traffic.total() - before < 60 * 4 + 12 * 10


def test_what_waits_for_a_dead_login_follows_another_one_that_reads_its_business(two_logins):
    firm = two_logins
    _, invoice = sold(firm, SECOND, organization="Bright Ltd", amount="200.00")
    firm.freshbooks.oauth.expire_access_tokens()
    firm.freshbooks.grant(identity=firm.second_person)  # elsewhere: that refresh token is dead
    firm.run()
    assert {wait.awaited.kind for wait in firm.holds.list_waits()} == {"connection"}

    firm.connect(identity=firm.second_person)
    firm.connector.upkeep.run()
    firm.pass_time(2)

    assert not list(firm.holds.list_waits())
    assert invoice["invoice_number"] in [row["fbx_number"] for row in firm.invoices()]
