"""The program that compares a running sandbox."""

import contextlib

import pytest
from werkzeug.wrappers import Request

from sandbox.azurite import free_ports
from sandbox.check.__main__ import main
from sandbox.web import json_response, serve
from tests.contract.check.sales import Sales


@Request.application
def identity(_):
    return json_response({"access_token": "a-token"})


@pytest.fixture
def running():
    """A small sandbox over loopback, and the arguments that name it."""
    with contextlib.ExitStack() as stack:
        sales = stack.enter_context(contextlib.closing(Sales()))
        apps = {
            "freshbooks": sales.freshbooks,
            "dataverse": sales.dataverse,
            "identity": identity,
        }
        arguments = []
        for name, app in apps.items():
            arguments += [f"--{name}", stack.enter_context(serve(app))]
        yield sales, arguments


def test_it_prints_what_differs_and_fails(running, capsys):
    sales, arguments = running
    sales.dataverse.update("invoice", sales.ids["invoice"], fbx_total=1)

    code = main(arguments)

    assert code == 1
    assert "total is 405.00 in FreshBooks, 1.0000 in Dataverse" in capsys.readouterr().out


def test_settings_and_clients_that_wait_are_arguments(running, capsys):
    sales, arguments = running
    (client,) = sales.dataverse.all("fbx_client")

    main([*arguments, "--held", client["fbx_key"], "--row-owner", "connector", "--expenses", "off"])

    assert "is linked, though it waits for a decision" in capsys.readouterr().out


def test_that_entries_are_all_there_is_can_be_said(running, capsys):
    sales, arguments = running

    code = main([*arguments, "--target", "activity"])

    assert code == 1
    said = capsys.readouterr().out
    assert f"{sales.key('invoice')} is a row of the table invoice, though entries are all" in said


def test_where_nobody_answers_it_says_so(capsys):
    nobody = [f"http://127.0.0.1:{port}" for port in free_ports(2)]

    code = main(["--freshbooks", nobody[0], "--dataverse", nobody[1]])

    assert code == 2
    assert "Could not compare" in capsys.readouterr().err
