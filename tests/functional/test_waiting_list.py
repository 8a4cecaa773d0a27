"""The list of what is not in Sales, over a whole firm: it adds up with FreshBooks."""

import json
from collections import Counter
from decimal import Decimal

from shared.cli import main
from shared.core.listed import Why, totals
from tests.functional.world import Firm


def an_invoice(firm, client, price, **fields):
    line = {"name": "Work", "qty": "1", "unit_cost": price}
    return firm.books.create_invoice(client["id"], lines=[line], **{"sent": True} | fields)


def a_firm_in_which_everything_happens():
    """Return a firm in which invoices of 1, 2, 4, 8... are kept out for each reason there is."""
    firm = Firm(unmatched_clients="hold")
    for name in ("Aster", "Birch"):
        firm.dataverse.add("account", name=name)
    aster = firm.books.create_client(organization="Aster")
    held = firm.books.create_client(organization="Nobody knows")
    ignored = firm.books.create_client(organization="Nobody wants")
    an_invoice(firm, aster, "1000.00")  # in Sales
    an_invoice(firm, held, "1.00")
    firm.run()
    firm.connector.review.ignore(firm.account, ignored["id"])
    an_invoice(firm, ignored, "2.00")
    an_invoice(firm, aster, "4.00", sent=False)
    firm.refuse_discounts()
    an_invoice(firm, aster, "8.00", discount_value="5")
    an_invoice(firm, aster, "16.00", currency_code="SEK")
    firm.run()
    firm.dataverse_door.fail(kind="status", status=503, times=None)
    for price in ("32.00", "64.00", "128.00"):
        an_invoice(firm, aster, price)
        firm.freshbooks.deliveries.run_pending()
        firm.step()
        firm.step()
    return firm


def test_everything_that_is_not_in_sales_is_listed_and_adds_up():
    firm = a_firm_in_which_everything_happens()
    listed = firm.connector.waiting_list.gather()

    whys = Counter((each.why, each.kind) for each in listed)
    invoices = {key: found for key, found in totals(listed).items() if key[0] == "invoice"}
    assert invoices["invoice", "SEK"] == (1, Decimal(16))
    assert invoices["invoice", "USD"][0] == 7
    assert whys[Why.HELD, "client"] == whys[Why.IGNORED, "client"] == 1
    assert whys[Why.HELD, "invoice"] == 2  # of the held client, and in crowns
    assert whys[Why.IGNORED, "invoice"] == whys[Why.SKIPPED, "invoice"] == 1
    # three in the outage, one that is refused
    assert whys[Why.WAITING, "invoice"] + whys[Why.DEFERRED, "invoice"] == 4
    assert all(each.who for each in listed)


def test_when_the_outage_is_over_only_what_needs_somebody_is_left():
    firm = a_firm_in_which_everything_happens()
    firm.dataverse_door.heal()
    firm.pass_time(5)

    listed = firm.connector.waiting_list.gather()

    left = Counter(each.why for each in listed if each.kind == "invoice")
    assert left == {Why.HELD: 2, Why.IGNORED: 1, Why.SKIPPED: 1, Why.WAITING: 1}
    assert len(firm.invoices()) == 4


def test_the_command_prints_it_and_tries_it(capsys):
    firm = a_firm_in_which_everything_happens()
    code = main(["waiting", "--json"], build=lambda: firm.connector)
    told = json.loads(capsys.readouterr().out)
    firm.dataverse_door.heal()
    assert main(["waiting", "retry", "--all"], build=lambda: firm.connector) == 0
    capsys.readouterr()
    firm.clock.advance(60)
    while firm.step():
        pass
    main(["waiting", "--json"], build=lambda: firm.connector)
    after = json.loads(capsys.readouterr().out)

    assert code == 1
    assert {each["waits_for"] for each in told["waiting"]} >= {"service-dataverse", "policy-draft"}
    assert "service-dataverse" not in {each["waits_for"] for each in after["waiting"]}
