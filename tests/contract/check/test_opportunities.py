"""What opportunities show of the invoices on them."""

from tests.contract.check.picture import FIRST, NOBODYS, RENEWAL, RETREAT, changed, money, told


def test_sums_count_what_is_on_the_opportunity_in_its_currency(judge, crm, ids):
    rows = [
        changed(row, opportunity=RENEWAL)
        if row.key.endswith((f"-{ids.beas}", f"-{ids.paid}", f"-{ids.deleted}"))
        else row
        for row in crm.invoices
    ]

    found = [each for each in judge(invoices=rows) if each.startswith("opportunity ")]

    # The one in EUR and the canceled one do not count.
    assert found == [
        "opportunity Renewal (o-renewal): invoiced is 300.00 in FreshBooks, nothing in Dataverse",
        "opportunity Renewal (o-renewal): paid is 300.00 in FreshBooks, nothing in Dataverse",
        "opportunity Renewal (o-renewal): outstanding is 0.00 in FreshBooks, nothing in Dataverse",
        "opportunity Renewal (o-renewal): overdue is 0 in FreshBooks, nothing in Dataverse",
        "opportunity Renewal (o-renewal): health is overdue in FreshBooks, nothing in Dataverse",
    ]


def test_sums_with_what_waits_or_stays_as_it_was_are_not_judged(judge, source, crm, ids):
    waits = told(source, held=frozenset({f"{FIRST}-{ids.harbour}"}))
    sums = [changed(crm.opportunities[0], invoiced=money("1")), crm.opportunities[1]]

    assert not any(each.startswith("opp") for each in judge(source=waits, opportunities=sums))
    assert any(each.startswith("opp") for each in judge(opportunities=sums))


def test_overdue_goes_by_freshbooks_word_or_by_the_day(judge, edit, crm, ids):
    by_day = edit("invoices", ids.late, v3_status="partial")
    by_word = edit("invoices", ids.late, due_date="2026-01-15")
    neither = edit("invoices", ids.late, v3_status="partial", due_date="2026-01-15")

    def wrong(source):
        return [each for each in judge(source=source) if each.startswith("opportunity ")]

    assert RETREAT.id == crm.opportunities[0].id
    assert wrong(by_day) == wrong(by_word) == []
    assert wrong(neither) == [
        "opportunity PO-4471 (o-retreat): overdue is 0 in FreshBooks, 235.00 in Dataverse"
    ]


def test_an_opportunity_shows_how_its_account_stands_where_somebody_keeps_that_up(judge, crm):
    retreat, renewal = crm.opportunities
    lapsed = [retreat, changed(renewal, health="good standing")]
    closed = [retreat, changed(renewal, health="good standing", open=False)]
    elsewhere = [retreat, changed(renewal, health="good standing", account=NOBODYS)]

    assert judge(opportunities=[retreat, changed(renewal, health="overdue")]) == []
    (wrong,) = judge(opportunities=lapsed)
    assert wrong.endswith("health is overdue or nothing in FreshBooks, good standing in Dataverse")
    assert judge(opportunities=closed) == judge(opportunities=elsewhere) == []
