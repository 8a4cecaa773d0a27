"""How tests go from page to page: nothing is read before the page that was asked for is whole."""

from playwright.sync_api import Locator, Page


def follow(page: Page, link: Locator) -> None:
    """Click a link, and wait for the page it leads to.

    A click returns once it was made: the document of the next page may still be empty then.
    """
    with page.expect_event("load"):
        link.click()


def wait_for_heading(page: Page, text: str) -> None:
    """Wait for a page with a heading, to its end."""
    page.get_by_role("heading", name=text).wait_for()
    page.wait_for_load_state()
