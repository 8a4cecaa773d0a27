"""What a browser reaches through the front end, as in Azure."""

import pytest
import requests

from sandbox.authority import Authority
from sandbox.front import Front, signed_in
from sandbox.web import serve
from shared.console.visit import Reply

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def test_the_function_app_answers_over_tls_as_in_azure(sandbox):
    address = f"{sandbox.front}/api/health"

    answer = requests.get(address, verify=str(sandbox.folder / "certificates" / "ca.pem"))

    assert sandbox.front.startswith("https://")
    assert answer.ok
    assert answer.content == requests.get(f"{sandbox.functions}/api/health").content


class OnePage:
    """A function app with one page: a form, with the headers of our pages or others."""

    def __init__(self, **headers):
        self.headers = dict(Reply(200).headers) | headers
        self.posted = []

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            self.posted.append(environ.get("HTTP_ORIGIN"))
        start_response("200 OK", [("Content-Type", "text/html"), *self.headers.items()])
        return [b"<form method=post><button>Go</button></form>"]


@pytest.mark.parametrize(
    ("headers", "arrives"), [({}, True), ({"Referrer-Policy": "no-referrer"}, False)]
)
def test_easy_auth_lets_the_forms_of_our_pages_through(browser_page, tmp_path, headers, arrives):
    app = OnePage(**headers)
    certificates = Authority().write(tmp_path)
    person = signed_in("a-tenant", name="robin", object_id="an-id")
    tls = {"certificate": str(certificates.chain), "key": str(certificates.key)}
    with serve(app) as host, serve(Front(host, principal=person), **tls) as url:
        browser_page.goto(url)
        with browser_page.expect_response(lambda answer: answer.request.method == "POST") as sent:
            browser_page.get_by_role("button", name="Go").click()
        status = sent.value.status

    assert status == (200 if arrives else 403)
    assert app.posted == ([url.rstrip("/")] if arrives else [])
