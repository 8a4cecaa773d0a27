"""The front end between a browser and a function host: what comes through, and what does not."""

import base64
import http.client
import json
import socket
import ssl
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.azurite import free_ports
from sandbox.front import ISSUER, NAME, OBJECT_ID, TENANT_ID, Front, signed_in
from sandbox.services import Addresses, application
from sandbox.web import drop_connection, serve

PRINCIPAL = {
    OBJECT_ID: "6d9f5a0c-3c1e-4b0e-9a67-0f3f2f5f8d11",
    NAME: "robin@tidewater.example",
    "roles": ["operator", "reader"],
}


class Host:
    """A function host that keeps what it is sent and answers what it is told."""

    def __init__(self):
        self.seen = None
        self.body = None
        self.answer = "200 OK", [("Content-Type", "text/plain")], b"hello"

    def __call__(self, environ, start_response):
        self.seen = environ
        self.body = self.read(environ["wsgi.input"])
        status, headers, body = self.answer
        start_response(status, headers)
        return [body]

    def read(self, stream):
        length = int(self.seen.get("CONTENT_LENGTH") or 0)
        try:
            body = stream.read() if "HTTP_TRANSFER_ENCODING" in self.seen else stream.read(length)
        except ValueError:
            # The front has left in the middle of a chunk.
            drop_connection()
        if len(body) < length:
            drop_connection()
        return body

    def headers(self):
        return {name[5:]: value for name, value in self.seen.items() if name.startswith("HTTP_")}


@pytest.fixture
def host():
    return Host()


@pytest.fixture
def behind(host):
    with serve(host) as url:
        yield url


@pytest.fixture
def open_front(certificates):
    """Serves a front end over TLS for as long as its context lasts."""
    tls = {"certificate": str(certificates.chain), "key": str(certificates.key)}
    return lambda app: serve(app, **tls)


@pytest.fixture
def front(behind, open_front):
    with open_front(Front(behind)) as url:
        yield url


@pytest.fixture
def browser(certificates):
    with requests.Session() as session:
        session.verify = str(certificates.ca)
        session.trust_env = False
        yield session


@pytest.fixture
def connect(front, certificates):
    """Opens a bare connection, for what a well-behaved client would not send."""
    parts = urlsplit(front)
    context = ssl.create_default_context(cafile=str(certificates.ca))
    opened = []

    def bare():
        plain = socket.create_connection((parts.hostname, parts.port), timeout=10)
        opened.append(context.wrap_socket(plain, server_hostname=parts.hostname))
        return opened[-1]

    yield bare
    for each in opened:
        each.close()


def answer_of(connection):
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    with answer:
        return answer.status, answer.read()


def test_method_path_and_query_arrive_byte_for_byte(connect, host):
    for target in (
        "/api/connect/freshbooks/callback?code=a%2Bb&state=x+y",
        "/api/a%2Fb/%7Ec/%C3%A9;v=1?q=%20&q=%3D%26",
        "/two//../dots/./?",
        "/%2e%2e/%00?a=b?c",
    ):
        connection = connect()
        connection.sendall(f"PATCH {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

        assert answer_of(connection) == (200, b"hello"), target
        assert host.seen["REQUEST_METHOD"] == "PATCH", target
        assert host.seen["REQUEST_URI"] == target


def test_an_address_that_cannot_be_forwarded_byte_for_byte_is_refused(connect, host):
    connection = connect()
    connection.sendall(b"GET /bell\x07 HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert answer_of(connection) == (400, b"The address is not plain ASCII.\n")
    assert host.seen is None


def test_a_body_arrives_with_its_length_and_its_headers(browser, front, host):
    body = bytes(range(256)) * 1000

    browser.post(front, data=body, headers={"Content-Type": "a/b", "X-Signature": "c2ln"})

    assert host.body == body
    assert host.seen["CONTENT_LENGTH"] == str(len(body))
    assert host.seen["CONTENT_TYPE"] == "a/b"
    assert host.headers()["X_SIGNATURE"] == "c2ln"


def test_a_chunked_body_arrives_in_chunks(browser, front, host):
    browser.post(front, data=iter([b"one ", b"two"]))

    assert host.body == b"one two"
    assert host.headers()["TRANSFER_ENCODING"] == "chunked"
    assert "CONTENT_LENGTH" not in host.seen


def test_a_body_in_broken_chunks_is_refused(connect):
    connection = connect()
    connection.sendall(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n\r\n"
    )

    assert answer_of(connection) == (400, b"The chunks of the body cannot be read.\n")


def test_a_body_shorter_than_announced_is_refused(behind):
    # Without TLS, for only then can one side end what it sends and still listen.
    with serve(Front(behind)) as url:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nfour")
            connection.shutdown(socket.SHUT_WR)
            answered = answer_of(connection)

    assert answered == (400, b"The body is shorter than announced.\n")


def test_nothing_is_added_but_where_the_request_came_from(connect, front, host):
    connection = connect()
    name = urlsplit(front).netloc
    connection.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nCookie: a=b; c=d\r\n\r\n".encode())
    answer_of(connection)

    assert host.headers() == {
        "HOST": name,
        "COOKIE": "a=b; c=d",
        "X_FORWARDED_FOR": "127.0.0.1",
        "X_FORWARDED_PROTO": "https",
        "X_FORWARDED_HOST": name,
    }


def test_a_caller_cannot_say_where_the_request_came_from(browser, front, host):
    given = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "elsewhere.example",
    }

    browser.get(front, headers=given)

    assert host.headers()["X_FORWARDED_FOR"] == "203.0.113.9, 127.0.0.1"
    assert host.headers()["X_FORWARDED_PROTO"] == "https"
    assert host.headers()["X_FORWARDED_HOST"] == urlsplit(front).netloc


def test_headers_of_the_connection_stay_behind(connect, host):
    connection = connect()
    connection.sendall(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, X-Of-This-Hop\r\n"
        b"X-Of-This-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nUpgrade: h2c\r\n"
        b"Proxy-Authorization: Basic x\r\nX-Of-The-Message: 1\r\n\r\n"
    )
    answer_of(connection)

    ours = {"X_FORWARDED_FOR", "X_FORWARDED_PROTO", "X_FORWARDED_HOST"}
    assert host.headers().keys() - ours == {"HOST", "X_OF_THE_MESSAGE"}


def test_a_caller_cannot_say_who_is_signed_in(browser, front, host):
    for name in (
        "X-MS-CLIENT-PRINCIPAL",
        "x-ms-client-principal-id",
        "X-MS-CLIENT-PRINCIPAL-NAME",
        "X-MS-CLIENT-PRINCIPAL-IDP",
        "X-MS-CLIENT-PRINCIPAL-ANYTHING",
        "X_MS_CLIENT_PRINCIPAL",
    ):
        browser.get(front, headers={name: "forged", "X-Of-This-Request": name})

        assert host.headers()["X_OF_THIS_REQUEST"] == name
        assert "forged" not in host.headers().values(), name


def test_who_is_signed_in_is_told_with_every_request(browser, behind, open_front, host):
    forged = {"X-MS-CLIENT-PRINCIPAL-NAME": "forged"}
    with open_front(Front(behind, principal=PRINCIPAL)) as url:
        browser.get(url, headers=forged)

    told = host.headers()
    assert told["X_MS_CLIENT_PRINCIPAL_ID"] == PRINCIPAL[OBJECT_ID]
    assert told["X_MS_CLIENT_PRINCIPAL_NAME"] == PRINCIPAL[NAME]
    assert told["X_MS_CLIENT_PRINCIPAL_IDP"] == "aad"
    principal = json.loads(base64.b64decode(told["X_MS_CLIENT_PRINCIPAL"]))
    assert principal.keys() == {"auth_typ", "claims", "name_typ", "role_typ"}
    assert principal["claims"] == [
        {"typ": OBJECT_ID, "val": PRINCIPAL[OBJECT_ID]},
        {"typ": NAME, "val": PRINCIPAL[NAME]},
        {"typ": "roles", "val": "operator"},
        {"typ": "roles", "val": "reader"},
    ]


def test_somebody_of_a_tenant_is_told_with_the_tenant_and_its_issuer(
    browser, behind, open_front, host
):
    tenant = "7c3f0a52-41d8-4e0b-9a66-2f1be0c7d915"
    person = signed_in(tenant, name=PRINCIPAL[NAME], object_id=PRINCIPAL[OBJECT_ID], roles=["a"])
    with open_front(Front(behind, principal=person)) as url:
        browser.get(url)

    principal = json.loads(base64.b64decode(host.headers()["X_MS_CLIENT_PRINCIPAL"]))
    claims = {each["typ"]: each["val"] for each in principal["claims"]}
    assert principal["auth_typ"] == "aad"
    assert claims[TENANT_ID] == tenant
    assert claims[ISSUER] == f"https://login.microsoftonline.com/{tenant}/v2.0"
    assert claims["roles"] == "a"


def test_a_browsers_post_of_somebody_who_is_signed_in_has_to_say_that_it_is_the_sites_own(
    browser, behind, open_front
):
    with open_front(Front(behind, principal=PRINCIPAL)) as url:
        for headers, status in (
            ({}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": "https://other.example"}, 403),
            ({"Origin": "https://other.example", "Referer": "https://other.example/a"}, 403),
            ({"Origin": url}, 200),
            ({"Referer": f"{url}/api/page"}, 200),
            ({"User-Agent": "python-requests/2"}, 200),
        ):
            answer = browser.post(url, headers={"User-Agent": "Mozilla/5.0"} | headers)
            looked = browser.get(url, headers={"User-Agent": "Mozilla/5.0"})

            assert (answer.status_code, looked.status_code) == (status, 200), headers


def test_status_body_and_every_cookie_come_back(browser, front, host):
    cookies = [("Set-Cookie", "a=1, 2; Path=/"), ("Set-Cookie", "b=3; HttpOnly")]
    host.answer = "418 I'm a teapot", [*cookies, ("X-Request-Id", "r1")], b"short and stout"

    answer = browser.get(front)

    assert (answer.status_code, answer.reason) == (418, "I'm a teapot")
    assert answer.content == b"short and stout"
    assert answer.headers["X-Request-Id"] == "r1"
    assert answer.raw.headers.getlist("Set-Cookie") == [value for _, value in cookies]


def test_a_redirect_is_handed_back_and_not_followed(browser, front, host):
    host.answer = "302 Found", [("Location", "/elsewhere"), ("Content-Length", "0")], b""

    answer = browser.get(front, allow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/elsewhere")
    assert host.seen["REQUEST_URI"] == "/"


def test_an_answer_without_a_body_keeps_its_length(browser, front, host):
    host.answer = "200 OK", [("Content-Length", "5")], b""

    answer = browser.head(front)

    assert (answer.headers["Content-Length"], answer.content) == ("5", b"")


def test_a_host_that_is_down_is_a_502(browser, open_front):
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    with open_front(Front(nobody)) as url:
        answer = browser.get(url)

    assert (answer.status_code, answer.text) == (502, "The function app does not answer.\n")


def test_a_host_that_hangs_up_is_a_502(browser, open_front):
    def hang_up(_environ, _start_response):
        raise ConnectionResetError

    with serve(hang_up) as behind, open_front(Front(behind)) as url:
        answer = browser.get(url)

    assert answer.status_code == 502


def test_freshbooks_sends_the_browser_back_to_the_front():
    where = Addresses(
        front="https://localhost:9443", freshbooks="", dataverse="", identity="", vault=""
    )

    assert application(where).redirect_uris == (
        "https://localhost:9443/api/connect/freshbooks/callback",
    )
