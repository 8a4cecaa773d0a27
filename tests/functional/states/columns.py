"""Each column of balances, on clients' rows and on accounts, as the page tells it.

Never takes a figure from the connector: what is expected comes from the books.
"""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tests.functional.states.figures import AGES, BALANCES, RATES, Owing, owing, rich
from tests.functional.states.page import Said
from tests.functional.states.town import Row, Town, amount, town_of, words

DECIMALS = {"JPY": 0, "KWD": 3}
_CENT = Decimal("0.01")


def check(said: Said) -> None:
    """Compare what the page says of a column with what Dynamics then shows."""
    COLUMNS[said.table, said.cells[0], said.cells[1]](town_of())


def _spelled(value: Decimal, code: str) -> str:
    return f"{value:,.{DECIMALS.get(code, 2)}f}"


def _text(found: Owing) -> str:
    return "; ".join(
        f"{code}: {_spelled(sums[0], code)} open ({_spelled(sums[1], code)} overdue),"
        f" {_spelled(sums[2], code)} credit"
        for code, sums in sorted(found.balances.items())
        if any(sums)
    )


def _day(row: Row, column: str) -> date | None:
    return date.fromisoformat(row[column][:10]) if row[column] else None


def _amounts(row: Row, names: Iterable[str]) -> list[Decimal | None]:
    return [amount(row, f"fbx_{name}") for name in names]


def _client_balances(town: Town) -> None:
    for client in rich(town):
        row, found = town.client_row(client), owing(town, client)
        assert _amounts(row, BALANCES) == found.balances["USD"], row


def _client_ages(town: Town) -> None:
    for client in rich(town):
        row, found = town.client_row(client), owing(town, client)
        assert _amounts(row, AGES) == found.ages["USD"], row


def _client_next_due(town: Town) -> None:
    for client in rich(town):
        row, found = town.client_row(client), owing(town, client)
        assert _day(row, "fbx_nextdueon") == found.next_due, row


def _client_last_invoice(town: Town) -> None:
    for client in rich(town):
        row, found = town.client_row(client), owing(town, client)
        assert _day(row, "fbx_lastinvoiceon") == found.last_invoice, row


def _client_last_payment(town: Town) -> None:
    for client in rich(town):
        row, found = town.client_row(client), owing(town, client)
        assert _day(row, "fbx_lastpaymenton") == found.last_payment, row


def _client_text(town: Town) -> None:
    for client in rich(town):
        assert town.client_row(client)["fbx_balances"] == _text(owing(town, client))
    shown = town.client_row(rich(town)[0])["fbx_balances"]
    assert "JPY: 1,200 open" in shown
    assert "KWD: 1,200.500 open" in shown


def _client_health(town: Town) -> None:
    assert words(town.client_row(rich(town)[0]), "fbx_financialhealth") == ("Overdue",)


def _shared(town: Town) -> tuple[Row, Owing]:
    """Return an account of several clients, and what these owe together."""
    one, two, _, three = rich(town)
    assert town.account(two)["accountid"] == town.account(one)["accountid"]
    return town.account(one), owing(town, one, two, three)


def _foreign(town: Town) -> Row:
    """Return an account that owes in another currency only."""
    return town.account(rich(town)[2])


def _account_sums(town: Town) -> None:
    account, found = _shared(town)
    assert _amounts(account, BALANCES) == found.balances["USD"], account
    assert _amounts(account, AGES) == found.ages["USD"], account
    assert set(_amounts(_foreign(town), (*BALANCES, *AGES))) == {None}


def _converted(found: Owing) -> tuple[Decimal, list[str]]:
    """Return what is outstanding in all currencies that Dynamics has, and how it is told."""
    whole, parts = found.balances["USD"][0], []
    for code, sums in sorted(found.balances.items()):
        if code == "USD" or not sums[0]:
            continue
        if code not in RATES:
            parts.append(f"{code} {_spelled(sums[0], code)} not converted: Dynamics has no {code}")
            continue
        rate = 1 / RATES[code]
        worth = (sums[0] * rate).quantize(_CENT, rounding=ROUND_HALF_UP)
        whole += worth
        told = f"{rate:.4f}" if rate >= Decimal("0.1") else f"{rate:.8f}"
        parts.append(f"{code} {_spelled(sums[0], code)} at {told} = {worth:,.2f} USD")
    return whole, parts


def _account_converted(town: Town) -> None:
    account, found = _shared(town)
    assert amount(account, "fbx_converted") == _converted(found)[0], account
    assert amount(_foreign(town), "fbx_converted") == Decimal("73.53")
    own = town.client()
    town.bill(own, "100.00")
    town.run()
    assert amount(town.account(own), "fbx_converted") is None
    assert town.account(own)["fbx_conversion"] is None


def _account_conversion(town: Town) -> None:
    account, found = _shared(town)
    assert account["fbx_conversion"] == "; ".join(_converted(found)[1])
    assert _foreign(town)["fbx_conversion"] == "CAD 100.00 at 0.7353 = 73.53 USD"


def _account_text(town: Town) -> None:
    account, found = _shared(town)
    assert account["fbx_balances"] == _text(found)


def _account_health(town: Town) -> None:
    two = rich(town)[1]
    assert words(town.client_row(two), "fbx_financialhealth") == ("Payment due",)
    assert words(_shared(town)[0], "fbx_financialhealth") == ("Overdue",)


def _account_last_days(town: Town) -> None:
    account, found = _shared(town)
    assert _day(account, "fbx_lastinvoiceon") == found.last_invoice, account
    assert _day(account, "fbx_lastpaymenton") == found.last_payment, account


def _account_next_due(town: Town) -> None:
    account, found = _shared(town)
    assert _day(account, "fbx_nextdueon") == found.next_due, account


_OF_CLIENT, _OF_ACCOUNT = "Balances of a client, column", "Accounts, column"
COLUMNS: dict[tuple[str, str, str], Callable[[Town], None]] = {
    (
        _OF_CLIENT,
        "`fbx_outstanding`, `fbx_overdue`, `fbx_credit`",
        "FreshBooks' balance in that currency; 0 where FreshBooks names none",
    ): _client_balances,
    (
        _OF_CLIENT,
        "`fbx_current`",
        "open amounts of its sent invoices that are due today or later, or have no due date",
    ): _client_ages,
    (
        _OF_CLIENT,
        "`fbx_overdue30`, `fbx_overdue60`, `fbx_overdue90`, `fbx_overdueolder`",
        "open amounts due 1 to 30, 31 to 60, 61 to 90, and more than 90 days ago",
    ): _client_ages,
    (
        _OF_CLIENT,
        "`fbx_nextdueon`",
        (
            "the first day from today on on which something open is due, in any currency; "
            "empty without"
        ),
    ): _client_next_due,
    (
        _OF_CLIENT,
        "`fbx_lastinvoiceon`",
        "day of the newest invoice that was sent and not deleted",
    ): _client_last_invoice,
    (
        _OF_CLIENT,
        "`fbx_lastpaymenton`",
        (
            "day of the newest payment received that is not deleted and more than zero; "
            "credits and their use are none"
        ),
    ): _client_last_payment,
    (
        _OF_CLIENT,
        "`fbx_balances`",
        (
            "every currency with anything in it, exactly: `CAD: 50.00 open (10.00 overdue), "
            "0.00 credit; USD: ...`, by code, with the decimals that the currency has "
            "(none for JPY, three for KWD)"
        ),
    ): _client_text,
    (_OF_CLIENT, "`fbx_financialhealth`", "see below"): _client_health,
    (
        _OF_ACCOUNT,
        "`fbx_outstanding`, `fbx_overdue`, `fbx_credit`, the five ages",
        (
            "sum of its clients' amounts in the account's currency; empty where it has none in "
            "that currency but some in another"
        ),
    ): _account_sums,
    (
        _OF_ACCOUNT,
        "`fbx_converted`",
        (
            "everything outstanding, other currencies converted to the account's by Dynamics' "
            "exchange rates; empty where all of it is in the account's currency"
        ),
    ): _account_converted,
    (
        _OF_ACCOUNT,
        "`fbx_conversion`",
        (
            "what was converted, at which rate: `EUR 100.00 at 1.0850 = 108.50 USD` "
            "(a rate below 0.1 with eight decimals); a currency that Dynamics lacks is named as "
            "not converted; empty with the former"
        ),
    ): _account_conversion,
    (_OF_ACCOUNT, "`fbx_balances`", "every currency's sum, as of a client"): _account_text,
    (
        _OF_ACCOUNT,
        "`fbx_financialhealth`",
        "the worst of its clients', in the order of the table above",
    ): _account_health,
    (
        _OF_ACCOUNT,
        "`fbx_lastinvoiceon`, `fbx_lastpaymenton`",
        "the newest of its clients'",
    ): _account_last_days,
    (_OF_ACCOUNT, "`fbx_nextdueon`", "the first of its clients'"): _account_next_due,
}
