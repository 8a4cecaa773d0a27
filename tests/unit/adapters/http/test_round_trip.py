"""The way to a service and back, measured when a connection is made."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from shared.adapters.http.round_trip import RoundTrip
from shared.adapters.http.session import new_session


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Answering) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening
        listening.shutdown()


def test_nothing_is_subtracted_before_anything_is_measured() -> None:
    assert RoundTrip().least() == 0.0


def test_it_is_the_shortest_of_the_last_connections_for_each_way_there_and_back() -> None:
    moments = iter([0.0, 9.0, 10.0, 10.3, 20.0, 21.0])
    round_trip = RoundTrip(clock=lambda: next(moments))
    for _ in range(3):
        round_trip.measured(lambda: None, trips=3)

    assert round_trip.least() == pytest.approx(0.1)


def test_it_is_measured_with_the_connections_of_a_session(server: HTTPServer) -> None:
    round_trip = RoundTrip()
    with new_session(round_trip) as session:
        session.trust_env = False
        answer = session.get(f"http://127.0.0.1:{server.server_port}/")
        once = round_trip.least()
        session.get(f"http://127.0.0.1:{server.server_port}/")

    assert answer.status_code == 204
    assert 0 < once < 1
    assert round_trip.least() == once
