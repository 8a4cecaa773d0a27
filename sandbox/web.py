"""How a simulator (a WSGI app) is reached: over loopback, or in-process under a requests.Session.

Never knows which service it carries.
"""

import contextlib
import errno
import io
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

LOOPBACK = "127.0.0.1"


def json_response(
    body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer `body` as JSON with `status`."""
    return Response(
        json.dumps(body), status=status, headers=headers, content_type="application/json"
    )


def drop_connection() -> None:
    """Close the connection without an answer, over loopback and in-process alike.

    Raises:
        ConnectionResetError: always; the server closes the socket, the in-process adapter turns
            it into `requests.ConnectionError`.
    """
    raise ConnectionResetError(errno.ECONNRESET, "dropped by the sandbox")


@contextlib.contextmanager
def serve(
    app: "WSGIApplication",
    *,
    port: int = 0,
    threads: int = 16,
    certificate: str | None = None,
    key: str | None = None,
) -> Iterator[str]:
    """Serve `app` on 127.0.0.1 while the context lasts and yield its address.

    Args:
        app: the simulator.
        port: 0 picks a free one.
        threads: how many requests are answered at once.
        certificate: path of a PEM chain; with `key` it makes the address https.
        key: path of the certificate's PEM key.

    Yields:
        `http://127.0.0.1:<port>`, or `https://localhost:<port>` with a certificate.
    """
    server = wsgi.Server((LOOPBACK, port), app, numthreads=threads, request_queue_size=256)
    server.shutdown_timeout = 1
    server.expiration_interval = 0.05  # how long a stop waits for the accepting loop
    server.keep_alive_conn_limit = 256  # ten by default: clients of a benchmark would reconnect
    if certificate and key:
        server.ssl_adapter = BuiltinSSLAdapter(certificate, key)
    server.prepare()
    thread = threading.Thread(target=server.serve, name=f"serve-{port}", daemon=True)
    thread.start()
    bound = server.bind_addr[1]
    try:
        yield f"https://localhost:{bound}" if certificate else f"http://{LOOPBACK}:{bound}"
    finally:
        server.stop()
        thread.join(timeout=5)


class InProcess(BaseAdapter):
    """Mounts a WSGI app under a `requests.Session`: the real client code, no socket."""

    def __init__(self, app: "WSGIApplication") -> None:
        super().__init__()
        self._app = app

    def send(  # type: ignore[override]  # the base class leaves the options untyped
        self, request: requests.PreparedRequest, **_options: Any
    ) -> requests.Response:
        """Answer `request` by calling the app.

        Raises:
            requests.ConnectionError: the app dropped the connection.
        """
        body = request.body or b""
        environ = _environ(request, body.encode() if isinstance(body, str) else body)
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _error: object = None, /
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return io.BytesIO().write

        try:
            answer = self._app(environ, start_response)
            try:
                content = b"".join(answer)
            finally:
                if (close := getattr(answer, "close", None)) is not None:
                    close()
        except ConnectionResetError as error:
            raise requests.ConnectionError(error, request=request) from error
        status, headers = started[-1]
        response = requests.Response()
        response.status_code = int(status.split()[0])
        response.reason = status.partition(" ")[2]
        response.headers = CaseInsensitiveDict(headers)
        response.raw = io.BytesIO(content)
        response.url = str(request.url)
        response.request = request
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        return response

    def close(self) -> None:
        """Nothing is kept open."""


def _environ(request: requests.PreparedRequest, body: Any) -> "WSGIEnvironment":
    """Return a request as a WSGI server hands it on; made by hand, for it is made very often."""
    address = urlsplit(str(request.url))
    path, _, query = request.path_url.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": request.path_url,
        "REQUEST_URI": request.path_url,
        "SERVER_NAME": address.hostname,
        "SERVER_PORT": str(address.port or (443 if address.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": address.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": address.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        known = key in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        environ[key if known else f"HTTP_{key}"] = _text(value)
    return environ


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
