import threading
import time

import pytest
from werkzeug.wrappers import Request, Response

from bench.load import Shot, fire
from sandbox.web import serve


def shots(count):
    return [Shot(f"/{number}", f"n={number}", {"X-Number": str(number)}) for number in range(count)]


def served(app, threads=4):
    return serve(Request.application(app), threads=threads)


def port_of(address):
    return int(address.rpartition(":")[2])


def test_every_shot_is_sent_once_with_its_own_body_and_headers():
    received = []

    def app(request):
        received.append((request.path, request.get_data(), request.headers["X-Number"]))
        return Response(status=200)

    with served(app) as address:
        answers = fire(port_of(address), shots(20), rate=500)

    assert [answer.status for answer in answers] == [200] * 20
    assert sorted(received) == sorted(
        (f"/{number}", f"n={number}".encode(), str(number)) for number in range(20)
    )


def test_a_server_that_stalls_once_is_charged_for_everyone_who_waited():
    stall = 0.5
    first = threading.Event()

    def app(_request):
        if not first.is_set():
            first.set()
            time.sleep(stall)
        return Response(status=200)

    with served(app, threads=1) as address:
        answers = fire(port_of(address), shots(10), rate=100)

    # Due within a tenth of a second, and answered after the stall: sleep never ends early.
    assert all(answer.latency > stall - 0.1 for answer in answers)


def test_a_shot_without_an_answer_has_no_status_and_does_not_stop_the_others():
    def app(request):
        if request.path == "/0":
            raise ConnectionResetError
        return Response(status=200)

    with served(app) as address:
        answers = fire(port_of(address), shots(5), rate=500)

    assert [answer.status for answer in answers][1:] == [200] * 4
    assert answers[0].status != 200


def test_answers_come_in_the_order_of_the_shots():
    def app(request):
        return Response(status=200 + int(request.headers["X-Number"]))

    with served(app) as address:
        answers = fire(port_of(address), shots(30), rate=1000)

    assert [answer.status for answer in answers] == list(range(200, 230))


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match="rate"):
        fire(1, shots(1), rate=rate)
