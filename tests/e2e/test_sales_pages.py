"""What a salesperson sees of the simulated Dynamics, in a real browser, wide and narrow."""

import pytest

from tests.e2e.pages import follow

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

NAME = "Delta Mechanical Engineering and Construction Services of the North-West Ltd."
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def account(sandbox):
    return sandbox.rows.add("account", name=NAME, revenue=1234.5)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_salesperson_goes_from_the_start_to_a_list_to_a_record(
    sandbox, account, browser_page, width
):
    browser_page.set_viewport_size({"width": width, "height": 800})
    browser_page.goto(f"{sandbox.addresses.dataverse}/_sandbox/app")
    wider = [browser_page.evaluate(WIDER)]

    accounts = browser_page.get_by_role("navigation").get_by_role("link", name="Accounts")
    follow(browser_page, accounts.first)
    wider.append(browser_page.evaluate(WIDER))
    follow(browser_page, browser_page.locator(f"tr[data-id='{account}'] a.record"))
    wider.append(browser_page.evaluate(WIDER))

    assert browser_page.get_by_role("heading", level=1).inner_text() == NAME
    assert browser_page.locator("[data-column='revenue'] dd").first.inner_text() == "$1,234.50"
    assert not any(wider)
    assert browser_page.locator(".problem").count() == 0
