"""`make contract-live`: every open point has a check or a reason, and the runner behaves itself.

The checks run against the sandbox as they would against the real services; what the sandbox chose
where nothing is published has to come out as what the connector relies on.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from werkzeug.wrappers import Request, Response

from sandbox.control import Controlled
from sandbox.dataverse import Dataverse
from sandbox.freshbooks import FreshBooks
from sandbox.web import InProcess
from tools.contract_live import __main__ as command
from tools.contract_live.findings import Check, Verdict, confirmed
from tools.contract_live.open_points import POINTS
from tools.contract_live.points import Point, Service
from tools.contract_live.run import clean, open_table, plan, run, save, table
from tools.contract_live.site import OutOfBoundsError, Site

DOCS = Path(__file__).resolve().parents[2] / "docs" / "contract-live.md"
DATAVERSE = "https://trial.crm.dynamics.com"
FRESHBOOKS = "https://api.freshbooks.com"
APP = "https://connector.azurewebsites.net"
# What the sandbox cannot show: it has no JWT, no tokens of a stranger, no locked prices, no credit
# notes, and its people have no zone in signup_date that tells hours apart.
UNSHOWN = {"D02", "D24", "F07", "F39"}


class Deployed:
    """The app as a stranger meets it: Easy Auth before the pages, http sent to https."""

    def __call__(self, environ, start_response):
        request = Request(environ)
        if request.scheme == "http":
            answer = Response(status=301, headers={"Location": f"{APP}{request.path}"})
        elif request.path == "/api/health":
            answer = Response('{"status": "ok"}', content_type="application/json")
        elif request.path.startswith("/api/webhooks/"):
            answer = Response(status=401)
        elif request.path.endswith("/callback"):
            answer = Response(status=403)
        else:
            answer = Response(status=401)
        return answer(environ, start_response)


class World:
    """Both services and the deployed app, over one session."""

    def __init__(self):
        self.dataverse = Dataverse(
            url=DATAVERSE, limits=None, key_delay=0, token_check=lambda token: token == "a-token"
        )
        self.slept = timedelta()
        self.freshbooks = FreshBooks(clock=self.clock, background=False, send=lambda *_: 200)
        self.door = Controlled(self.dataverse)
        self.books_door = Controlled(self.freshbooks)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount(DATAVERSE, InProcess(self.door))
        self.session.mount(FRESHBOOKS, InProcess(self.books_door))
        self.session.mount(APP, InProcess(Deployed()))
        self.session.mount(APP.replace("https", "http"), InProcess(Deployed()))
        self.dataverse.add("account", name="Aster's Works")
        client = self.freshbooks.books.create_client(organization="Aster")["id"]
        line = {"name": "Consulting", "qty": "1", "unit_cost": "10.00"}
        invoices = [
            self.freshbooks.books.create_invoice(client, [line], sent=True)["id"] for _ in "abc"
        ]
        self.freshbooks.books.delete_invoice(invoices[0])
        self.freshbooks.books.pay_invoice(invoices[1])
        self.freshbooks.books.edit_invoice(invoices[1], lines=[line | {"unit_cost": "4.00"}])
        self.environ = {
            "DATAVERSE_URL": DATAVERSE,
            "DATAVERSE_TOKEN": "a-token",
            "FRESHBOOKS_TOKEN": self.freshbooks.grant()["access_token"],
            "CONNECTOR_URL": APP,
        }

    def sites(self, *, write=False, named=None, **environ):
        named = [self.freshbooks.account] if named is None else named
        found = command.open_sites(
            self.environ | environ, write=write, named=named, session=self.session
        )
        for site in found.values():
            site.sleep = self.sleep
        return found

    def clock(self):
        return datetime.now(UTC) + self.slept

    def sleep(self, seconds):
        """Let seconds pass on FreshBooks' clock alone."""
        self.slept += timedelta(seconds=seconds)

    def content(self):
        rows = {
            table: list(self.dataverse.all(table))
            for table in ("account", "invoice", "invoicedetail", "task", "activitypointer")
        }
        books = self.freshbooks.books
        records = {
            kind: [row.now for row in books.tables[kind].rows(self.freshbooks.account)]
            for kind in ("client", "invoice", "payment")
        }
        callbacks = [each.body for each in self.freshbooks.callbacks.of(self.freshbooks.account)]
        return json.loads(json.dumps([rows, records, callbacks], default=str))


@pytest.fixture
def world():
    return World()


def everything(world, *, write):
    said = []
    found = run(command.CHECKS, world.sites(write=write), POINTS, write=write, say=said.append)
    return found, said


# the table


def test_every_open_point_has_exactly_one_check_or_a_reason():
    settled = [
        point for checks in command.CHECKS.values() for check in checks for point in check.points
    ]

    assert len(settled) == len(set(settled))
    assert {point.id for point in POINTS if not point.reason} == set(settled)
    assert len({point.id for point in POINTS}) == len(POINTS)
    assert all(point.question.endswith("?") and point.relies for point in POINTS)


def test_a_check_asks_the_service_its_points_are_about():
    by_id = {point.id: point.service for point in POINTS}

    for service, checks in command.CHECKS.items():
        assert {by_id[point] for check in checks for point in check.points} == {service}


def test_the_docs_show_the_same_table():
    text = DOCS.read_text()

    assert "\n".join(open_table(POINTS, command.CHECKS)) in text


# against the sandbox


def test_reading_changes_nothing_and_finds_what_is_relied_on(world):
    before = world.content()

    found, _ = everything(world, write=False)

    assert world.content() == before
    written = {p for c in command.CHECKS.values() for k in c if k.writes for p in k.points}
    reasoned = {point.id for point in POINTS if point.reason}
    wrong = {k: v for k, v in found.items() if v.verdict is Verdict.DIFFERS}
    assert wrong == {}
    unsaid = {k for k, v in found.items() if v.verdict is Verdict.UNSAID}
    assert unsaid <= written | reasoned | UNSHOWN
    assert all("--write" in found[point].seen for point in written)


def test_writing_finds_what_is_relied_on_and_takes_everything_away_again(world):
    before = world.content()

    found, said = everything(world, write=True)

    assert {k: v for k, v in found.items() if v.verdict is Verdict.DIFFERS} == {}
    reasoned = {point.id for point in POINTS if point.reason}
    keyless = {"D28", "D29", "D30", "D31"}  # no schema was applied here
    assert {k for k, v in found.items() if v.verdict is Verdict.UNSAID} <= (
        reasoned | UNSHOWN | keyless
    )
    assert not [line for line in said if "LEFT BEHIND" in line]
    after = world.content()
    assert after[0] == before[0]
    assert after[2] == before[2]
    left = [row for rows in after[1].values() for row in rows if row["vis_state"] == 0]
    kept = [row for rows in before[1].values() for row in rows if row["vis_state"] == 0]
    assert [row["id"] for row in left] == [row["id"] for row in kept]


def test_the_connectors_own_key_is_asked_where_it_is_there(world):
    label = {"LocalizedLabels": [{"Label": "Key", "LanguageCode": 1033}]}
    headers = {"Authorization": "Bearer a-token"}
    root = f"{DATAVERSE}/api/data/v9.2"
    for path, body in (
        (
            "publishers",
            {
                "uniquename": "fbx",
                "friendlyname": "fbx",
                "customizationprefix": "fbx",
                "customizationoptionvalueprefix": 41765,
            },
        ),
        (
            "EntityDefinitions(LogicalName='account')/Attributes",
            {
                "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
                "SchemaName": "fbx_clientkey",
                "DisplayName": label,
            },
        ),
        (
            "EntityDefinitions(LogicalName='account')/Keys",
            {"SchemaName": "fbx_k", "KeyAttributes": ["fbx_clientkey"], "DisplayName": label},
        ),
    ):
        world.session.post(f"{root}/{path}", json=body, headers=headers).raise_for_status()

    found, _ = everything(world, write=True)

    assert {found[point].verdict for point in ("D28", "D29", "D30", "D31")} == {Verdict.CONFIRMED}
    assert "0x80060892" in found["D29"].seen


# before it begins


def test_the_plan_names_each_check_what_it_does_and_how_many_requests(world):
    lines = plan(command.CHECKS, world.sites(), write=False)

    text = "\n".join(lines)
    assert f"Dataverse at {DATAVERSE}/api/data/v9.2/: at most" in text
    assert f"account {world.freshbooks.account}" in text
    assert "WRITES" not in text
    assert "left out without --write: 10 checks" in text
    assert "reads  sign-in" in text.replace("reads sign-in", "reads  sign-in")


def test_the_plan_of_a_writing_run_says_so_and_names_the_mark(world):
    text = "\n".join(plan(command.CHECKS, world.sites(write=True), write=True))

    assert "WRITES invoices" in text
    assert "contract-live-" in text


def test_the_requests_of_a_run_are_no_more_than_were_announced(world):
    for service, checks in command.CHECKS.items():
        for check in checks:
            site = world.sites(write=True)[service]
            before = site.sent
            check.run(site)
            assert site.sent - before <= check.requests, check.name
            clean(site)


def test_a_service_without_an_account_is_left_out_and_its_points_are_open(world):
    sites = world.sites(FRESHBOOKS_TOKEN="", CONNECTOR_URL="")

    found = run(command.CHECKS, sites, POINTS, write=False, say=lambda _: None)

    assert "FreshBooks: left out" in "\n".join(plan(command.CHECKS, sites, write=False))
    assert found["F13"].verdict is Verdict.UNSAID
    assert found["D54"].verdict is Verdict.CONFIRMED


def test_nothing_is_written_where_it_looks_like_production(world):
    with pytest.raises(PermissionError, match="looks like production"):
        world.sites(write=True, named=[])


def test_what_looks_like_production_is_written_to_once_it_is_named(world):
    url = "https://firm.crm.dynamics.com"
    world.session.mount(url, InProcess(Dataverse(url=url)))
    environ = {"FRESHBOOKS_TOKEN": "", "DATAVERSE_URL": url}

    with pytest.raises(PermissionError, match="--named"):
        world.sites(write=True, named=["other"], **environ)
    assert world.sites(write=True, named=["firm.crm.dynamics.com"], **environ)


def test_nothing_is_asked_of_it_before_somebody_agreed(capsys):
    environ = {"CONNECTOR_URL": "https://127.0.0.1:9"}
    words = ["--report", "/nowhere/report.json"]

    assert command.main(words, environ=environ, ask=lambda _: "n") == 2

    assert "Nothing was asked." in capsys.readouterr().out


def test_without_any_account_it_says_what_to_set(capsys):
    assert command.main(["--yes"], environ={}) == 2

    assert "DATAVERSE_URL" in capsys.readouterr().err


# while it runs


def a_site(**changes):
    return Site(
        **({"name": "x", "base": "https://x.example/", "session": requests.Session()} | changes)
    )


def test_a_check_that_reads_cannot_write():
    with pytest.raises(OutOfBoundsError):
        a_site().call("DELETE", "rows(1)")


def test_what_was_written_is_taken_away_after_a_failure_too(world):
    def failing(site):
        site.later("a row", lambda: gone.append(1))
        raise requests.ConnectionError

    gone = []
    check = Check("x", ("X1",), "", 1, failing, writes=True)
    point = Point("X1", Service.DATAVERSE, "Is it?", "it is")

    found = run(
        {Service.DATAVERSE: [check]},
        {Service.DATAVERSE: a_site(mark="m ")},
        [point],
        write=True,
        say=lambda _: None,
    )

    assert gone == [1]
    assert found["X1"].verdict is Verdict.UNSAID
    assert "ConnectionError" in found["X1"].seen


def test_an_interrupted_run_takes_away_what_it_wrote():
    def interrupted(site):
        site.later("a row", lambda: gone.append(1))
        raise KeyboardInterrupt

    gone = []
    check = Check("x", ("X1",), "", 1, interrupted, writes=True)

    with pytest.raises(KeyboardInterrupt):
        run(
            {Service.DATAVERSE: [check]},
            {Service.DATAVERSE: a_site(mark="m ")},
            [],
            write=True,
            say=lambda _: None,
        )

    assert gone == [1]


def test_what_could_not_be_taken_away_is_named(world):
    site = world.sites(write=True)[Service.DATAVERSE]
    row = "00000000-0000-0000-0000-0000000000bb"
    world.dataverse.add("account", accountid=row, name="x")
    world.door.fail(kind="status", method="DELETE", path="accounts", status=500, times=None)
    site.later(f"accounts({row})", lambda: site.call("DELETE", f"accounts({row})"))

    assert clean(site) == [f"accounts({row}) (500)"]


# the report


def test_a_service_that_behaves_otherwise_is_told_apart(world):
    world.books_door.fail(kind="status", method="POST", path="oauth/token", status=500, times=None)

    found, _ = everything(world, write=False)

    assert found["F01"].verdict is Verdict.DIFFERS
    assert "500" in found["F01"].seen


def test_the_report_has_a_row_for_every_point_and_a_file_of_the_same(world, tmp_path):
    sites = world.sites()
    found = run(command.CHECKS, sites, POINTS, write=False, say=lambda _: None)
    path = tmp_path / "report.json"

    rows = table(POINTS, found)
    save(path, POINTS, found, sites, at=datetime(2026, 1, 1, tzinfo=UTC), write=False)

    written = json.loads(path.read_text())
    assert len(rows) == len(POINTS) + 4
    assert rows[-1].startswith("confirmed: ")
    assert [each["id"] for each in written["points"]] == [point.id for point in POINTS]
    assert written["sites"]["Dataverse"]["requests"] > 20
    assert world.environ["FRESHBOOKS_TOKEN"] not in path.read_text()
    assert "Aster" not in path.read_text()


def test_verdicts_are_made_from_values():
    assert confirmed("x").verdict is Verdict.CONFIRMED
