from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.browser import VARIABLE, NoBrowserError, find

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture
def consent(sandbox):
    """The address of FreshBooks' consent page, as the connector would send a person there."""
    asked = {
        "response_type": "code",
        "client_id": sandbox.settings["FRESHBOOKS_CLIENT_ID"],
        "redirect_uri": sandbox.settings["FRESHBOOKS_REDIRECT_URI"],
        "state": "a state",
    }
    return f"{sandbox.addresses.freshbooks}/oauth/authorize?{urlencode(asked)}"


def test_who_cancels_the_consent_is_sent_back_over_https_with_access_denied(
    sandbox, consent, browser_page
):
    callback = f"{sandbox.front}/api/connect/freshbooks/callback?"
    browser_page.goto(consent)
    title = browser_page.get_by_role("heading").inner_text()

    with browser_page.expect_response(lambda answer: answer.url.startswith(callback)) as answered:
        browser_page.get_by_role("button", name="Cancel").click()

    told = parse_qs(urlsplit(answered.value.url).query)
    assert title == "Allow Dynamics 365 connector?"
    assert told["error"] == ["access_denied"]
    assert told["state"] == ["a state"]
    assert answered.value.status != 502


def test_a_browser_that_was_named_and_cannot_run_is_not_replaced_by_another(tmp_path):
    missing = str(tmp_path / "chromium")

    with pytest.raises(NoBrowserError, match=missing):
        find({VARIABLE: missing})


def test_a_clone_that_was_moved_still_has_letters_to_show(chromium):
    if (fonts := chromium.environment.get("FONTCONFIG_FILE")) is None:
        pytest.skip("not the browser from npm")
    Path(fonts).write_text("<fontconfig><dir>/where/it/was</dir></fontconfig>")

    find()

    assert f"<dir>{Path(fonts).parent}</dir>" in Path(fonts).read_text()
