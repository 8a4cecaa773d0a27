"""The whole consent in a real browser, and what may go wrong on the way."""

import re
import subprocess
import sys

import pytest
import requests

from sandbox.administrator import Administrator
from sandbox.ports import Ports
from sandbox.stack import ROOT, stack
from shared.core.identity import Kind
from tests.e2e.pages import wait_for_heading
from tests.soak import SOAK

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

PATIENCE = 60_000  # milliseconds, for a machine that is busy


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A function app that nobody has connected, and a login with two businesses."""
    folder = tmp_path_factory.mktemp("consent") / "sandbox"
    with stack(folder, Ports.free()) as running:
        running.start_host()
        yield running


@pytest.fixture
def waiting(fresh):
    """`python -m shared connect` while it waits, and the link it printed."""
    processes = []

    def run(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "shared", "connect", *arguments],
            cwd=ROOT,
            env=fresh.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        link = next(line.strip() for line in process.stdout if line.strip().startswith("https://"))
        return process, link

    yield run
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def page(browser_page):
    browser_page.set_default_timeout(PATIENCE)
    return browser_page


def connect(page):
    page.get_by_role("button", name="Connect FreshBooks").click()


def steps(page):
    """What the first list says: of connecting, or of webhooks."""
    return page.locator("ol").first.locator("li").evaluate_all("its => its.map(it => it.className)")


def history(page):
    return page.locator("h2:has-text('What FreshBooks held before') + ol > li")


def callbacks(fresh):
    return fresh.books.get("/_sandbox/callbacks")


def test_programs_that_open_the_link_first_do_not_use_it_up(fresh, waiting, page):
    _, link = waiting()
    trusted = str(fresh.folder / "certificates" / "ca.pem")

    looked = [requests.get(link, verify=trusted, timeout=30).status_code for _ in range(5)]
    headed = [requests.head(link, verify=trusted, timeout=30).status_code for _ in range(3)]
    page.goto(link)
    connect(page)

    assert looked == [200] * 5
    assert headed == [404] * 3
    page.get_by_role("button", name="Allow").wait_for()


def test_a_double_click_and_going_back_lead_to_freshbooks_all_the_same(fresh, waiting, page):
    _, link = waiting()
    page.goto(link)
    page.get_by_role("button", name="Connect FreshBooks").dblclick(no_wait_after=True)
    allow = page.get_by_role("button", name="Allow")
    allow.wait_for()

    page.go_back()
    connect(page)
    allow.wait_for()

    assert "/oauth/authorize/" in page.url


def test_cancelling_is_explained_and_changes_nothing(fresh, waiting, page):
    process, link = waiting()
    page.goto(link)
    connect(page)
    page.get_by_role("button", name="Cancel").click()

    wait_for_heading(page, "FreshBooks is not connected")
    said, _ = process.communicate(timeout=30)
    assert "was not allowed" in page.get_by_role("alert").inner_text()
    assert process.returncode == 2
    assert "was not allowed" in said
    assert callbacks(fresh) == []


def test_a_link_in_another_browser_and_a_wrong_state_are_refused(fresh, waiting, page):
    _, link = waiting()
    page.goto(link)
    connect(page)
    page.get_by_role("button", name="Allow").wait_for()
    page.goto(f"{fresh.front}/api/connect/freshbooks/callback?code=abc&state=wrong")

    wait_for_heading(page, "This answer belongs to no connection")
    page.context.clear_cookies()
    page.goto(link)
    wait_for_heading(page, "This link was used already")
    assert callbacks(fresh) == []


def test_the_consent_goes_from_the_link_to_live_webhooks_and_a_replay_changes_nothing(
    fresh, waiting, page, tmp_path
):
    fresh.books.post(
        "/_sandbox/books/create_business", {"name": "Second & Sons", "account": "s3cond"}
    )
    process, link = waiting()
    for _ in range(2):  # a second click on the link
        page.goto(link)
        page.screenshot(path=tmp_path / "button.png")
        connect(page)
        page.get_by_role("button", name="Allow").wait_for()
    with page.expect_request(re.compile("/callback")) as came_back:
        page.get_by_role("button", name="Allow").click()

    wait_for_heading(page, "Which businesses should be synced?")
    page.get_by_role("checkbox", name="Tidewater Advisory").check()
    page.screenshot(path=tmp_path / "businesses.png")
    page.get_by_role("button", name="Sync these").click()
    wait_for_heading(page, "FreshBooks is connected")
    done = steps(page)
    page.screenshot(path=tmp_path / "connected.png")
    page.goto(came_back.value.url)  # FreshBooks' answer once more
    wait_for_heading(page, "FreshBooks is connected")
    page.goto(f"{fresh.front}/api/connect/freshbooks/state")
    wait_for_heading(page, "FreshBooks is connected")
    kept_live = steps(page)
    page.screenshot(path=tmp_path / "state.png")
    told = history(page).all_inner_texts()
    said, _ = process.communicate(timeout=60)

    assert kept_live == ["done"] * len(Kind)
    assert done == ["done"] * (4 + len(Kind))
    assert len(told) == 1
    assert "history" in told[0].lower()
    assert process.returncode == 0, said
    assert "Connected to Tidewater Advisory" in said
    assert len(callbacks(fresh)) == len(Kind)
    assert all(callback["verified"] for callback in callbacks(fresh))
    assert Administrator(fresh.environment).run("webhooks").count(" live ") == len(Kind)


@pytest.mark.skipif(not SOAK, reason="takes half a minute")
def test_hundreds_of_businesses_are_connected_by_one_click_though_no_terminal_waits(
    fresh, waiting, page, tmp_path
):
    for number in range(200):
        fresh.books.post(
            "/_sandbox/books/create_business",
            {"name": f"Business {number:03d}", "account": f"b{number:03d}"},
        )
    process, link = waiting()
    process.kill()
    page.goto(link)
    connect(page)
    page.get_by_role("button", name="Allow").click()

    wait_for_heading(page, "Which businesses should be synced?")
    page.get_by_role("link", name="tick all").click()
    ticked = page.locator("input:checked").count()
    page.screenshot(path=tmp_path / "many.png")
    page.get_by_role("button", name=f"Sync all {ticked}").click()
    wait_for_heading(page, "Connecting FreshBooks")
    page.get_by_role("button", name="Go on now").click()
    wait_for_heading(page, "Connecting FreshBooks")
    page.screenshot(path=tmp_path / "many-steps.png")
    page.goto(f"{fresh.front}/api/connect/freshbooks/state")
    wait_for_heading(page, "not every webhook is live")
    page.screenshot(path=tmp_path / "many-state.png", full_page=True)

    assert ticked > 200
    assert f"{ticked} businesses of one login" in page.inner_text("main")
