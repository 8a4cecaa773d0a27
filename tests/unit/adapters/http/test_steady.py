"""What a session takes from its machine: proxies, once; nobody's passwords."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from sandbox.web import LOOPBACK
from shared.adapters.azure.sending import transport
from shared.adapters.http.steady import SteadySession


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


@pytest.fixture
def seen():
    """What a small service is asked, as path and authorization."""
    return []


@pytest.fixture
def address(seen):
    """A service, or a proxy: those are asked for whole addresses."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.path, self.headers["Authorization"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer((LOOPBACK, 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}"
        server.shutdown()
        thread.join()


def asked(session, url):
    return session.get(url, timeout=5).status_code


def test_a_proxy_of_the_machine_is_gone_through(environment, address, seen):
    environment.setenv("http_proxy", address)

    assert asked(SteadySession(), "http://nowhere.example/rows") == 204
    assert seen == [("http://nowhere.example/rows", None)]


def test_a_host_that_is_excepted_is_called_itself(environment, address, seen):
    environment.setenv("http_proxy", "http://127.0.0.1:9")
    environment.setenv("no_proxy", "127.0.0.1")

    assert asked(SteadySession(), f"{address}/rows") == 204
    assert seen == [("/rows", None)]


def test_each_host_has_the_proxy_that_is_meant_for_it(environment, address):
    environment.setenv("http_proxy", address)
    environment.setenv("no_proxy", "127.0.0.1")
    session = SteadySession()

    through = session.merge_environment_settings("http://nowhere.example/", {}, None, None, None)
    direct = session.merge_environment_settings(f"{address}/", {}, None, None, None)

    assert through["proxies"]["http"] == address
    assert "http" not in direct["proxies"]


def test_the_environment_is_looked_at_once_for_a_host(environment, address, seen):
    session = SteadySession()
    asked(session, address)
    environment.setenv("http_proxy", "http://127.0.0.1:9")

    assert asked(session, address) == 204
    assert len(seen) == 2


def test_a_proxy_of_the_request_goes_first(environment, address):
    environment.setenv("http_proxy", "http://127.0.0.1:9")
    given = {"http": address}

    merged = SteadySession().merge_environment_settings(
        "http://nowhere.example/", given, None, None, None
    )

    assert merged["proxies"]["http"] == address


def test_nobodys_netrc_is_read(tmp_path, address, seen):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")

    asked(SteadySession(), address)
    asked(requests.Session(), address)

    assert seen[0][1] is None
    assert seen[1][1] is not None  # what any other session would have sent


def test_the_sdks_send_over_such_a_session():
    made = transport(connection_timeout=3, read_timeout=4)

    assert isinstance(made.session, SteadySession)
    assert (made.connection_config.timeout, made.connection_config.read_timeout) == (3, 4)
