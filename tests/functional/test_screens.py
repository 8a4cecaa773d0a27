"""What Sales sees: made once, brought up to date, and left alone where somebody changed it."""

import json
from dataclasses import replace

import pytest
from werkzeug.wrappers import Request, Response

from shared.adapters.dataverse.schema_changes import SchemaChanges
from shared.adapters.dataverse.schema_labels import Labels
from shared.adapters.dataverse.screens.facts import read_facts
from shared.adapters.dataverse.screens.provision import ScreensAdmin
from shared.core.icons import ICONS
from shared.core.policies import Target
from shared.core.screens import customers
from shared.core.screens.app import app as the_app
from shared.core.screens.catalogue import catalogue
from shared.errors import ConfigurationError, ConnectorError
from shared.translations import load_translations
from tests.functional.dataverse_world import API, AdministeredEnvironment, Moments
from tests.soak import SOAK

NARROW = 110  # pixels of most cells
OVERDUE = f"savedqueries({customers.OVERDUE.id})"
QUICK = f"systemforms({customers.QUICK.id})"
SHOWN = catalogue(Target.RECORD)
UNPUBLISHED = "Microsoft.Dynamics.CRM.RetrieveUnpublished"
TEXTS = {
    "savedqueries": "savedqueryid,name,description,fetchxml,layoutxml,isdefault,statecode",
    "systemforms": "formid,name,description,formxml,isdefault,formactivationstate",
    "savedqueryvisualizations": "savedqueryvisualizationid,name,datadescription",
    "appmodules": "appmoduleid,name,uniquename",
    "sitemaps": "sitemapid,sitemapname,sitemapxml",
}
OURS = {
    *(str(each.id) for each in (*SHOWN.views, *SHOWN.charts, *SHOWN.forms, SHOWN.dashboard)),
    *(str(each) for each in (SHOWN.app.id, SHOWN.app.site_map)),
}


class Firm(AdministeredEnvironment):
    """An environment in which people have forms and views of their own."""

    def everything_shown(self):
        """Every component as it is, with drafts and as people see it, by table and id."""
        found = {}
        for table, columns in TEXTS.items():
            key = columns.partition(",")[0]
            drafts = f"{table}/{UNPUBLISHED}Multiple()?$select={columns}"
            for seen, path in (("seen", f"{table}?$select={columns}"), ("draft", drafts)):
                for row in self.rows(path):
                    found[seen, table, row[key]] = {name: row[name] for name in columns.split(",")}
        return found

    def not_ours(self):
        """What the firm and Microsoft have, without what came with the connector's tables."""
        return {
            at: row
            for at, row in self.everything_shown().items()
            if at[2] not in OURS and not self._came_with_a_table_of_ours(*at[1:])
        }

    def _came_with_a_table_of_ours(self, table, row_id):
        owner = {"savedqueries": "returnedtypecode", "systemforms": "objecttypecode"}.get(table)
        if owner is None:
            return False
        row = self.read(f"{table}({row_id})/{UNPUBLISHED}?$select={owner}")
        return str(row[owner]).startswith("fbx_")

    def change(self, path, body, *, publish=""):
        answer = self.session.patch(f"{API}/{path}", json=body)
        assert answer.ok, answer.text
        if publish:
            named = f"<entities><entity>{publish}</entity></entities>"
            self.post("PublishXml", {"ParameterXml": f"<importexportxml>{named}</importexportxml>"})

    def widen(self, *, publish="account"):
        """Let somebody make the first column of the view of overdue accounts wider."""
        view = self.read(f"{OVERDUE}?$select=name,fetchxml,layoutxml,returnedtypecode")
        layout = view["layoutxml"].replace('width="220"', 'width="333"')
        assert layout != view["layoutxml"]
        texts = {name: view[name] for name in ("name", "fetchxml", "returnedtypecode")}
        self.change(OVERDUE, {**texts, "layoutxml": layout}, publish=publish)
        return layout

    def writes(self, work):
        """Do something and return what it wrote; a batch of reads is none."""
        before = dict(self.door.traffic)
        work()
        return {
            name: count - before.get(name, 0)
            for name, count in self.door.traffic.items()
            if count != before.get(name, 0)
            and not name.startswith("GET ")
            and not name.endswith("$batch")
        }


@pytest.fixture
def firm():
    return Firm()


@pytest.fixture
def applied():
    return Firm.with_schema()


def test_everything_that_is_described_is_there_and_published(applied):
    seen = {at[1:]: row for at, row in applied.everything_shown().items() if at[0] == "seen"}

    assert {("savedqueries", str(view.id)) for view in SHOWN.views} <= seen.keys()
    assert {("savedqueryvisualizations", str(chart.id)) for chart in SHOWN.charts} <= seen.keys()
    forms = [form for form in (*SHOWN.forms, SHOWN.dashboard) if not form.generated]
    assert {("systemforms", str(form.id)) for form in forms} <= seen.keys()
    assert ("appmodules", str(SHOWN.app.id)) in seen
    assert applied.admin().check() == []
    assert applied.admin().notes() == []


def test_applying_again_writes_nothing(applied):
    written = applied.writes(lambda: applied.admin().apply(wait=10))

    assert written == {}


def test_nothing_of_the_firms_own_changes_not_even_a_draft(firm):
    firm.sandbox.customer_customizations()
    before = firm.not_ours()

    firm.admin().apply(wait=60)

    assert len(before) > 20
    assert firm.not_ours() == before | published_drafts(before)


def published_drafts(before):
    """What publishing a table makes visible: drafts that others have of the same table."""
    return {("seen", *at[1:]): row for at, row in before.items() if at[0] == "draft"}


def test_no_view_of_the_firms_tables_becomes_the_default_one(firm):
    made = firm.sandbox.customer_customizations()

    firm.admin().apply(wait=60)

    rows = firm.rows("savedqueries?$select=savedqueryid,isdefault,querytype,returnedtypecode")
    defaults = [
        row["savedqueryid"]
        for row in rows
        if row["isdefault"] and row["querytype"] == 0 and row["returnedtypecode"] == "account"
    ]
    assert defaults == [made.view]


def test_only_tables_and_components_of_the_connector_are_published(firm):
    firm.admin().apply(wait=60)

    publishes = firm.sandbox.environment.customizing.publishes
    tables = {name for each in publishes for tag, name in each.named if tag == "entity"}

    assert publishes
    assert not any(each.everything for each in publishes)
    theirs = {"account", "invoice", "opportunity"}
    assert tables == theirs | {"fbx_client", "fbx_financialactivity", "fbx_waiting"}


def test_what_somebody_changed_is_left_alone_and_named(applied):
    layout = applied.widen()

    written = applied.writes(lambda: applied.admin().apply(wait=10))

    assert written == {}
    assert applied.read(f"{OVERDUE}?$select=layoutxml")["layoutxml"] == layout
    assert applied.admin().check() == []
    (line,) = applied.admin().notes()
    assert line.startswith("View FreshBooks: overdue of account was changed by somebody")
    assert "`python -m shared schema apply --restore` puts the connector's back" in line


def test_a_draft_that_somebody_has_not_published_is_left_alone_too(applied):
    layout = applied.widen(publish="")

    assert applied.writes(lambda: applied.admin().apply(wait=10)) == {}

    draft = applied.read(f"{OVERDUE}/{UNPUBLISHED}?$select=layoutxml")["layoutxml"]
    assert draft == layout
    assert applied.read(f"{OVERDUE}?$select=layoutxml")["layoutxml"] != layout


def test_what_somebody_changed_is_put_back_when_a_person_asks_for_it(applied):
    ours = applied.read(f"{OVERDUE}?$select=layoutxml")["layoutxml"]
    applied.widen()

    done = applied.admin().apply(wait=10, restore=True)

    assert done == ["view FreshBooks: overdue of account"]
    assert applied.read(f"{OVERDUE}?$select=layoutxml")["layoutxml"] == ours
    assert applied.admin().notes() == []


def test_what_somebody_removed_stays_away_until_a_person_wants_it_back(applied):
    quiet = f"savedqueries({customers.QUIET.id})"
    assert applied.session.delete(f"{API}/{quiet}").ok

    assert applied.writes(lambda: applied.admin().apply(wait=10)) == {}
    assert any("was removed by somebody" in line for line in applied.admin().notes())
    assert applied.session.get(f"{API}/{quiet}").status_code == 404

    assert applied.admin().apply(wait=10, restore=True) == [
        "view FreshBooks: no activity for 90 days of account"
    ]
    assert applied.session.get(f"{API}/{quiet}").ok


def a_release_with(applied, *, width):
    """Return the provisioner of a release whose narrow cells have another width, and the facts."""
    views = tuple(
        replace(
            view,
            cells=tuple(
                replace(cell, width=width) if cell.width == NARROW else cell for cell in view.cells
            ),
        )
        for view in SHOWN.views
    )
    api = applied.api()
    shown = replace(SHOWN, views=views)
    changes = SchemaChanges(api, sleep=applied.clock.advance)
    labels = Labels([1033], load_translations())
    facts = read_facts(api, shown.tables, labels=labels.texts)
    return ScreensAdmin(api, changes, shown), facts


def test_what_an_earlier_release_left_is_brought_up_to_date(applied):
    later, facts = a_release_with(applied, width=115)
    assert any("is not as this release has it" in line for line in later.check(facts))

    later.apply(facts)

    layout = applied.read(f"{OVERDUE}?$select=layoutxml")["layoutxml"]
    assert 'width="115"' in layout
    assert 'width="110"' not in layout
    assert later.check(facts) == []


def test_an_update_leaves_what_somebody_changed_before_it(applied):
    layout = applied.widen()
    later, facts = a_release_with(applied, width=115)

    done = later.apply(facts)

    assert len(done) > 10
    assert applied.read(f"{OVERDUE}?$select=layoutxml")["layoutxml"] == layout


class Reformatting:
    """A Dataverse that spells the texts it stores in its own way."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        request = Request(environ)
        if request.method in {"POST", "PATCH"} and "/savedqueries" in request.path:
            body = json.loads(request.get_data())
            if "layoutxml" in body:
                body["layoutxml"] = body["layoutxml"].replace('icon="1"', 'icon="1" layout="x"')
                body["layoutxml"] = (
                    body["layoutxml"]
                    .replace(' layout="x"', "")
                    .replace('preview="1"', 'preview="0"')
                )
            environ = Request.from_values(
                request.path,
                base_url=request.host_url,
                method=request.method,
                json=body,
                headers=dict(request.headers) | {"Content-Length": ""},
            ).environ
        return self.app(environ, start_response)


def test_a_service_that_spells_what_it_stores_in_its_own_way_is_no_person(firm):
    app = Reformatting(firm.door)
    firm.admin(app=app).apply(wait=60)

    assert firm.writes(lambda: firm.admin(app=app).apply(wait=10)) == {}
    assert 'preview="0"' in firm.read(f"{OVERDUE}?$select=layoutxml")["layoutxml"]
    assert firm.admin(app=app).notes() == []


def test_a_view_that_somebody_made_of_a_platforms_own_before_stays(firm):
    firm.admin().apply(wait=60)
    generated = next(
        row
        for row in firm.rows(
            "savedqueries?$select=savedqueryid,layoutxml,fetchxml,name,querytype"
            "&$filter=returnedtypecode eq 'fbx_client' and querytype eq 64"
        )
    )
    forget_what_was_written(firm)
    theirs = generated["layoutxml"].replace('width="200"', 'width="212"')
    assert theirs != generated["layoutxml"]
    texts = {name: generated[name] for name in ("name", "fetchxml")}
    firm.change(
        f"savedqueries({generated['savedqueryid']})",
        {**texts, "layoutxml": theirs, "returnedtypecode": "fbx_client"},
        publish="fbx_client",
    )

    firm.admin().apply(wait=10)

    path = f"savedqueries({generated['savedqueryid']})?$select=layoutxml"
    assert firm.read(path)["layoutxml"] == theirs


def forget_what_was_written(firm):
    rows = firm.rows("webresourceset?$select=webresourceid,name")
    ledger = next(row for row in rows if row["name"].endswith("screens.xml"))
    assert firm.session.delete(f"{API}/webresourceset({ledger['webresourceid']})").ok


class Dying:
    """A connection that ends for good with the nth write."""

    def __init__(self, app, after):
        self.app, self.left = app, after

    def __call__(self, environ, start_response):
        request = Request(environ)
        read = request.method == "GET" or request.path.endswith("$batch")
        if not read:
            self.left -= 1
        if self.left < 0:
            return Response("gone", status=403)(environ, start_response)
        return self.app(environ, start_response)


def interrupted(app, at):
    """Yield firms where a run ended before one of its last writes, by the writes that came then.

    Args:
        app: returns the way to a firm's Dataverse.
        at: whether it ends before so many writes.
    """
    whole, firm = Firm(), Firm()
    writes = sum(whole.writes(lambda: whole.admin(app=app(whole.door)).apply(wait=60)).values())
    moments = Moments(firm, app(firm.door), at=lambda number: at(writes - number))
    firm.admin(app=moments).apply(wait=60)
    assert moments.count == writes
    for number, left in moments.each():
        yield writes - number, left


def test_a_run_that_is_interrupted_says_so():
    firm = Firm()

    with pytest.raises(ConnectorError):
        firm.admin(app=Dying(firm.door, 110)).apply(wait=60)

    assert firm.admin().check() != []


def test_wherever_it_is_interrupted_the_next_run_completes_it(applied):
    texts = {at: row for at, row in applied.everything_shown().items() if at[2] in OURS}
    screens = range(1, 51)
    some = screens if SOAK else {1, 2, *screens[10::13]}
    tried = 0
    for missing, firm in interrupted(lambda door: door, some.__contains__):
        firm.admin().apply(wait=60)

        shown = {at: row for at, row in firm.everything_shown().items() if at[2] in OURS}
        assert shown == texts, missing
        assert firm.admin().check() == [], missing
        assert firm.admin().notes() == [], missing
        tried += 1
    assert tried == len(some)


def test_what_an_interrupted_run_wrote_is_no_persons_however_it_is_spelled():
    some = range(2, 7)
    tried = 0
    for missing, firm in interrupted(Reformatting, some.__contains__):
        admin = firm.admin(app=Reformatting(firm.door))

        admin.apply(wait=60)

        assert admin.check() == [], missing
        assert admin.notes() == [], missing
        tried += 1
    assert tried == len(some)


def test_a_write_that_was_taken_and_not_kept_is_told(applied):
    applied.sandbox.set({"customizing": {"layers": {str(customers.OVERDUE.id): "Theirs"}}})
    later, facts = a_release_with(applied, width=115)

    with pytest.raises(ConfigurationError, match="did not keep it"):
        later.apply(facts)

    assert later.check(facts) != []


def test_a_publish_while_another_one_runs_is_waited_out(firm):
    firm.sandbox.set({"customizing": {"busy": 2}})

    firm.admin().apply(wait=60)

    assert firm.sandbox.environment.customizing.refused == 2
    assert firm.admin().check() == []


def test_what_is_seen_only_after_publishing_is_published(firm):
    firm.sandbox.set({"customizing": {"created_is_published": False}})

    firm.admin().apply(wait=60)

    seen = firm.everything_shown()
    assert ("seen", "savedqueries", str(customers.OVERDUE.id)) in seen
    assert ("seen", "systemforms", str(SHOWN.dashboard.id)) in seen
    resources = {row["name"] for row in firm.rows("webresourceset?$select=name")}
    assert {icon.name for icon in ICONS} <= resources
    assert firm.admin().check() == []


def test_what_a_run_left_unpublished_is_told_and_published_by_the_next(firm):
    firm.sandbox.set({"customizing": {"created_is_published": False}})
    firm.sandbox.set({"customizing": {"busy": 1000}})
    with pytest.raises(ConnectorError):
        firm.admin().apply(wait=60)
    firm.sandbox.set({"customizing": {"busy": 0}})
    assert any("is not published" in line for line in firm.admin().check())

    firm.admin().apply(wait=60)

    assert firm.admin().check() == []


def test_names_come_in_the_languages_of_the_environment(firm):
    firm.sandbox.set({"customizing": {"languages": [1033, 1031, 3082]}})

    firm.admin().apply(wait=60)

    assert labels(firm, customers.OVERDUE.id) == {
        1033: "FreshBooks: overdue",
        1031: "FreshBooks: überfällig",
        3082: "FreshBooks: vencido",
    }
    assert firm.writes(lambda: firm.admin().apply(wait=10)) == {}
    form = firm.read(f"{QUICK}?$select=formxml")["formxml"]
    assert 'description="Nach Alter" languagecode="1031"' in form


def test_a_language_that_is_provisioned_later_is_added(applied):
    applied.sandbox.set({"customizing": {"languages": [1033, 1036]}})

    applied.admin().apply(wait=60)

    assert labels(applied, customers.OVERDUE.id)[1036] == "FreshBooks : échu"
    assert applied.writes(lambda: applied.admin().apply(wait=10)) == {}


def labels(firm, row_id):
    moniker = json.dumps({"@odata.id": f"savedqueries({row_id})"})
    answer = firm.read(
        "RetrieveLocLabels(EntityMoniker=@m,AttributeName=@a,IncludeUnpublished=true)"
        f"?@m={moniker}&@a='name'"
    )
    return {label["LanguageCode"]: label["Label"] for label in answer["Label"]["LocalizedLabels"]}


def test_without_the_sales_app_what_is_left_is_shown():
    firm = Firm(sales=False)
    admin = firm.admin(target=Target.ACTIVITY)

    admin.apply(wait=60)

    assert admin.check() == []
    assert firm.writes(lambda: firm.admin(target=Target.ACTIVITY).apply(wait=10)) == {}
    assert ("seen", "savedqueries", str(customers.OVERDUE.id)) in firm.everything_shown()


def test_the_app_has_its_site_map_and_is_valid(applied):
    app = the_app(sales=True)

    answer = applied.read(f"ValidateApp(AppModuleId={app.id})")["AppValidationResponse"]

    held = applied.rows(f"RetrieveAppComponents(AppModuleId={app.id})")
    assert answer["ValidationSuccess"] is True
    assert str(app.site_map) in {row["objectid"] for row in held}


def test_a_managed_environment_is_looked_at_only(applied):
    applied.sandbox.manage("FreshBooksConnector")
    before = applied.everything_shown()

    assert applied.writes(lambda: applied.admin().apply(wait=10, restore=True)) == {}
    assert applied.everything_shown() == before
