"""After a deployment: the app is asked as a stranger asks, and every wrong answer is explained."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.hooks import postdeploy, probes

OURS = json.dumps({"error": "this is not an address of a webhook"})
RIGHT = {
    probes.HEALTH: (200, '{"status": "ok"}'),
    probes.PAGE: (401, ""),
    probes.WEBHOOK: (401, OURS),
}


@pytest.fixture
def app():
    """Return a running app's address, and what it answers by path: always, or one after another."""
    answers = dict(RIGHT)

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = answers[self.path]
            status, body = told.pop(0) if isinstance(told, list) else told
            self.send_response(status)
            if status in {301, 302}:
                self.send_header("Location", "https://login.microsoftonline.com/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = answer  # noqa: N815  # the names that http.server calls

        def log_message(self, *words):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()
    thread.join()
    server.server_close()


def deployed(project, app, **values):
    return project.run("postdeploy", PUBLIC_URL=app[0], PROBE_SECONDS="0.2", **values)


def test_an_app_that_answers_as_it_should_passes(project, app):
    code, said = deployed(project, app, ENTRA_CLIENT_ID="entra")

    assert code == 0, said
    assert [line.partition(":")[0] for line in said.splitlines()] == ["ok", "ok", "ok"]


def test_without_easy_auth_the_pages_are_not_probed(project, app):
    app[1][probes.PAGE] = (403, "")

    code, said = deployed(project, app)

    assert code == 0
    assert "azd env set EASY_AUTH true" in said


@pytest.mark.parametrize(
    ("path", "answer", "meaning"),
    [
        (probes.HEALTH, (404, ""), "without functions"),
        (probes.HEALTH, (401, ""), "missing in excludedPaths"),
        (probes.HEALTH, (302, ""), "missing in excludedPaths"),
        (probes.HEALTH, (500, ""), "answers 500"),
        (probes.PAGE, (200, "<html>"), "Easy Auth is not on yet"),
        (probes.PAGE, (403, "<html>"), "Easy Auth is not on yet"),
        (probes.PAGE, (302, ""), "Return401 is expected"),
        (probes.WEBHOOK, (401, ""), "FreshBooks cannot deliver"),
        (probes.WEBHOOK, (403, ""), "FreshBooks cannot deliver"),
        (probes.WEBHOOK, (302, ""), "redirect"),
        (probes.WEBHOOK, (404, ""), "the connector's own 401 is expected"),
        (probes.WEBHOOK, (200, ""), "the connector's own 401 is expected"),
        (probes.WEBHOOK, (503, ""), "the connector's own 401 is expected"),
    ],
)
def test_a_wrong_answer_fails_and_says_what_it_means(
    app, monkeypatch, capsys, path, answer, meaning
):
    app[1][path] = answer
    told = {"PUBLIC_URL": app[0], "PROBE_SECONDS": "0", "ENTRA_CLIENT_ID": "entra"}
    for name, value in (told | {"NO_PROXY": "*"}).items():
        monkeypatch.setenv(name, value)

    code = postdeploy.main()

    assert code == 1
    assert meaning in capsys.readouterr().out


def test_settings_that_are_still_missing_are_no_failed_deployment(project, app):
    app[1][probes.HEALTH] = (503, '{"status": "not ok"}')
    app[1][probes.WEBHOOK] = (503, '{"error": "not ready, try again"}')

    code, said = deployed(project, app)

    assert code == 0
    assert said.count("python -m shared doctor") == 2


def test_an_app_that_is_not_there_is_told(project):
    code, said = project.run("postdeploy", PUBLIC_URL="http://127.0.0.1:9", PROBE_SECONDS="0.2")

    assert (code, "does not answer" in said) == (1, True)


def test_an_app_that_starts_slowly_is_waited_for(project, app):
    answers = app[1][probes.HEALTH] = [(404, ""), RIGHT[probes.HEALTH]]

    code, said = project.run("postdeploy", PUBLIC_URL=app[0], PROBE_SECONDS="2")

    assert code == 0, said
    assert answers == []


def test_without_an_address_nothing_is_asked(project):
    code, said = project.run("postdeploy")

    assert (code, "PUBLIC_URL is not known" in said) == (1, True)
