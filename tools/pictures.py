"""The pictures in the docs, taken from the sandbox's pages: `python -m tools.pictures`.

Never of a real environment, and never drawn by hand: what they show is what the forms and views in
the sandbox show of the sample firm.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page

from sandbox.administrator import Administrator
from sandbox.browser import find, open_page
from sandbox.demo import SETTINGS
from sandbox.dev import prepare
from sandbox.ports import Ports
from sandbox.settling import Settling
from sandbox.stack import Stack, stack

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
TAB = "[data-tab=fbx_freshbooks]"
CUSTOMER = "Eastwind Robotics"
FORMS = ("account/Account", "opportunity/Opportunity", "invoice/Invoice")


def main() -> int:
    """Take every picture and return the exit code."""
    working = FOLDER.parent.parent / ".sandbox" / "pictures"
    with stack(working, Ports.free(), settings=SETTINGS) as running:
        prepare(running)
        with Settling(running) as settling:
            settling.poll()
            settling.drain()
        with open_page(find()) as page:
            _take(running, page, working)
    return 0


def _take(running: Stack, page: Page, working: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    records = f"{running.addresses.dataverse}/_sandbox"
    rows = running.rows
    customer = next(row for row in rows.rows("account") if row["name"] == CUSTOMER)
    account = f"{records}/accounts/{customer['accountid']}"
    page.goto(account)
    page.screenshot(path=FOLDER / "account-before.png")
    administrator = Administrator(running.environment)
    administrator.run("forms", "add", *FORMS, "--backup", str(working / "forms"))
    deal = next(row for row in rows.rows("opportunity") if row["fbx_overdue"])
    paid = next(row for row in rows.rows("invoice") if row["fbx_paidon"])
    for address, name in (
        (account, "account-tab"),
        (f"{records}/records/opportunity/{deal['opportunityid']}", "opportunity-tab"),
        (f"{records}/records/invoice/{paid['invoiceid']}", "invoice-tab"),
    ):
        page.goto(address)
        page.locator(TAB).screenshot(path=FOLDER / f"{name}.png")
        print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
