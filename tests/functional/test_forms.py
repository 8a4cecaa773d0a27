"""The connector's tab on forms of the firm's: nothing of theirs changes, whatever happens."""

import json
import re
from hashlib import sha256

import pytest

from sandbox.dataverse.customizing import seeding
from shared.adapters.dataverse.form_tabs import TabTexts
from shared.cli import main
from shared.core.form_reports import TabStanding, chosen_forms
from shared.core.screens.tabs import NAME, tabs
from shared.errors import ConfigurationError, NotPossibleError, RetryLaterError
from tests.functional.dataverse_world import API, AdministeredEnvironment, Dying, DyingError
from tests.functional.world import Firm

UNPUBLISHED = "Microsoft.Dynamics.CRM.RetrieveUnpublished"
# What nobody may lose: comments, oddly written tags, escaped text, a timeline with a fixed list.
LABELS = "<labels><label languagecode='1033' description='{}'/></labels>"
NAME_FIELD = (
    "<row><cell id='{1c3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d13}'>"
    + LABELS.format("Account Name")
    + "<control datafieldname='name' id='name' "
    "classid='{4273EDBD-AC1D-40D3-9FB2-095C621B552D}' /></cell></row>"
)
TIMELINE = (
    "<row><cell id='{1c3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d14}'>"
    + LABELS.format("Timeline")
    + "<control id='notescontrol' classid='{06375649-C143-495E-A496-C962E5B4488E}'><parameters>"
    "<UClientActivities>email, task</UClientActivities></parameters></control></cell></row>"
)
THEIRS = (
    "<form shownavigationbar='true'><!-- ours --><tabs><tab id='{6e3ea7b4-a7c6-4bbd-a2f8-"
    "6b3f7d6b8d11}' name='GENERAL' IsUserDefined=\"0\">"
    + LABELS.format("A &gt; B")
    + "<columns><column width='100%'><sections><section id='{0c3ea7b4-a7c6-4bbd-a2f8-"
    "6b3f7d6b8d12}' name='s' columns='1' IsUserDefined=\"0\">"
    + LABELS.format("S")
    + f"<rows >{NAME_FIELD}{TIMELINE}</rows></section></sections></column></columns></tab>\r\n"
    "</tabs></form>"
)
PHONE = (
    "<row><cell id='{8a3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d98}'>"
    + LABELS.format("Phone")
    + "<control id='telephone1' datafieldname='telephone1' "
    "classid='{4273EDBD-AC1D-40D3-9FB2-095C621B552D}'/></cell></row>"
)


class Forms:
    """An environment in which the schema was applied, and the forms people use there."""

    def __init__(self):
        self.environment = AdministeredEnvironment.with_schema()
        self.kept = []
        self.own = self.make("account", "Ours")

    @property
    def customizing(self):
        return self.environment.sandbox.environment.customizing

    def make(self, table, name, text=THEIRS, **columns):
        """As Power Apps makes one, whose texts are newer than the published schemas."""
        env = self.environment.sandbox.environment
        return seeding.form(env, env.schema.tables[table], name, seeding.MAIN, text, **columns)

    def save(self, form, text):
        """As a person does in Power Apps who does not publish yet."""
        answer = self.environment.session.patch(
            f"{API}/systemforms({form})",
            json={"formxml": text},
        )
        assert answer.ok, answer.text

    def publish(self, table):
        entities = f"<entities><entity>{table}</entity></entities>"
        body = {"ParameterXml": f"<importexportxml>{entities}</importexportxml>"}
        self.environment.post("PublishXml", body)

    def published(self, form):
        return self.environment.read(f"systemforms({form})?$select=formxml")["formxml"]

    def saved(self, form):
        path = f"systemforms({form})/{UNPUBLISHED}?$select=formxml"
        return self.environment.read(path)["formxml"]

    def everything(self):
        rows = self.environment.rows("systemforms?$select=formid,name,formxml")
        return {row["formid"]: (row["formxml"], self.saved(row["formid"])) for row in rows}

    def admin(self, app=None):
        return self.environment.forms(app)

    def chosen(self, *named):
        return chosen_forms(named, self.admin().list_forms())

    def add(self, *named, app=None, **options):
        forms = self.chosen(*named)
        return list(self.admin(app).add(forms, keep=self.kept.append, **options))

    def remove(self, *named, app=None, **options):
        forms = self.chosen(*named)
        return list(self.admin(app).remove(forms, keep=self.kept.append, **options))

    def report(self, name):
        return self.chosen(name)[0]

    def writes(self):
        """Changing requests since the last look, without the ids in them."""
        traffic = self.environment.door.traffic
        found = [each for each in traffic if not each.startswith("GET") and "$batch" not in each]
        traffic.clear()
        return sorted(found)


@pytest.fixture
def forms():
    return Forms()


def test_the_tab_is_appended_to_the_form_that_was_named_and_to_no_other(forms):
    before = forms.everything()

    lines = forms.add("account/Ours")

    after = forms.everything()
    text = forms.published(forms.own)
    assert lines == [f"account/Ours: the tab {NAME} was appended", "published account"]
    assert {form for form in after if after[form] != before[form]} == {forms.own}
    assert text == forms.saved(forms.own)
    assert text.count("<tab ") == THEIRS.count("<tab ") + 1
    assert text.startswith(THEIRS.partition("</tabs>")[0])
    assert forms.report("account/Ours").tab is TabStanding.CURRENT


def test_taking_it_off_gives_every_form_back_byte_for_byte(forms):
    before = forms.everything()
    named = [form.title for form in forms.admin().list_forms()]
    forms.add(*named)

    forms.remove(*named)

    assert {form.partition("/")[0] for form in named} == {"account", "opportunity", "invoice"}
    assert forms.everything() == before


def test_the_second_time_nothing_is_written(forms):
    forms.add("account/Ours")
    forms.writes()

    lines = forms.add("account/Ours")

    assert lines == ["account/Ours: nothing to do"]
    assert forms.writes() == []
    assert len(forms.kept) == 1


def test_only_the_forms_own_table_is_published(forms):
    invoice = forms.make("invoice", "Billing", THEIRS)
    forms.save(invoice, forms.saved(invoice).replace("GENERAL", "HALF_DONE"))

    forms.add("account/Ours")

    last = forms.customizing.publishes[-1]
    assert (last.everything, last.named) == (False, (("entity", "account"),))
    assert "HALF_DONE" not in forms.published(invoice)


def test_the_text_is_kept_before_the_form_is_written(forms):
    def full(_copy):
        raise NotPossibleError("the disk is full")

    before = forms.everything()
    chosen = forms.chosen("account/Ours")
    with pytest.raises(NotPossibleError, match="the disk is full"):
        list(forms.admin().add(chosen, keep=full))
    assert forms.everything() == before

    forms.add("account/Ours")

    (copy,) = forms.kept
    assert (copy.text, str(copy.form), copy.table, copy.name) == (
        THEIRS,
        forms.own,
        "account",
        "Ours",
    )
    assert copy.environment == "https://org.crm.dynamics.com"
    assert copy.version


HALF_DONE = THEIRS.replace("GENERAL", "HALF_DONE")


def test_somebodys_unpublished_work_is_not_published_unasked(forms):
    forms.save(forms.own, HALF_DONE)
    other = forms.make("account", "Second")
    before = forms.everything()

    assert forms.report("account/Ours").drafts
    with pytest.raises(NotPossibleError, match="account/Ours somebody's changes are saved and not"):
        forms.add("account/Ours")
    with pytest.raises(NotPossibleError, match="account/Ours somebody's changes are saved and not"):
        forms.add("account/Second")
    assert forms.everything() == before
    assert other


def test_somebodys_unpublished_work_is_never_lost(forms):
    forms.save(forms.own, HALF_DONE)

    forms.add("account/Ours", publish_drafts=True)
    forms.remove("account/Ours")

    assert forms.published(forms.own) == HALF_DONE


def test_a_form_without_anything_unpublished_is_read_as_it_is_published(forms):
    chosen = forms.chosen("account/Ours")
    forms.environment.door.fail(kind="status", status=404, path="RetrieveUnpublished", times=3)

    lines = list(forms.admin().add(chosen, keep=forms.kept.append))

    assert lines[-1] == "published account"
    assert [copy.text for copy in forms.kept] == [THEIRS]


def test_a_form_that_is_gone_is_told(forms):
    chosen = forms.chosen("account/Ours")
    forms.environment.session.delete(f"{API}/systemforms({forms.own})").raise_for_status()

    with pytest.raises(NotPossibleError, match="account/Ours is not there any more"):
        list(forms.admin().add(chosen, keep=forms.kept.append))


def test_what_somebody_does_to_the_form_later_stays_when_the_tab_is_taken_off(forms):
    forms.add("account/Ours")
    later = forms.saved(forms.own).replace("GENERAL", "LATER")
    forms.save(forms.own, later)
    forms.publish("account")

    forms.remove("account/Ours")

    assert forms.published(forms.own) == THEIRS.replace("GENERAL", "LATER")


def with_phone(text):
    """The form after somebody put a field of theirs into the tab."""
    at = text.rindex("</rows>")
    return text[:at] + PHONE + text[at:]


def test_a_field_that_somebody_put_into_the_tab_is_named_and_stays(forms):
    forms.add("account/Ours")
    forms.save(forms.own, with_phone(forms.saved(forms.own)))
    forms.publish("account")
    before = forms.everything()

    with pytest.raises(NotPossibleError, match="somebody put the control telephone1 into the tab"):
        forms.remove("account/Ours")
    assert forms.everything() == before
    assert "telephone1" in forms.admin().blockers()[0]
    assert forms.report("account/Ours").tab is TabStanding.CURRENT
    assert forms.add("account/Ours") == ["account/Ours: nothing to do"]


def test_a_field_that_somebody_put_into_the_tab_is_not_published_unasked(forms):
    forms.add("account/Ours")
    forms.save(forms.own, with_phone(forms.saved(forms.own)))
    forms.make("account", "Second")

    with pytest.raises(NotPossibleError, match="account/Ours somebody's changes are saved and not"):
        forms.add("account/Second")
    assert "telephone1" not in forms.published(forms.own)


def test_a_form_that_its_solution_locks_is_left_alone(forms):
    forms.make("account", "Locked", ismanaged=True, iscustomizable=False)
    before = forms.everything()

    with pytest.raises(NotPossibleError, match="account/Locked: its solution does not let it be"):
        forms.add("account/Locked", "account/Ours")
    assert forms.everything() == before


def test_a_form_that_is_not_understood_is_left_alone_and_listed(forms):
    forms.make("account", "Odd", "<form/>")

    with pytest.raises(NotPossibleError, match="account/Odd was not changed: it is no form"):
        forms.add("account/Odd")
    assert forms.report("account/Odd").tab is TabStanding.UNREADABLE
    assert forms.report("account/Odd").problem


class Meddling:
    """A service in front of which somebody else acts, once, before the n-th request that fits."""

    def __init__(self, app, act, *, method, nth=1, ending=""):
        self.app, self.act, self.method, self.left, self.ending = app, act, method, nth, ending

    def __call__(self, environ, start_response):
        fits = environ["REQUEST_METHOD"] == self.method
        if fits and environ["PATH_INFO"].endswith(self.ending):
            self.left -= 1
            if self.left == 0:
                self.act()
        return self.app(environ, start_response)


@pytest.mark.parametrize("nth", [2, 3])
def test_a_form_that_somebody_saves_between_read_and_write_is_left_as_they_saved_it(forms, nth):
    mine = THEIRS.replace("GENERAL", "MEANWHILE")
    door = Meddling(
        forms.environment.door,
        lambda: forms.save(forms.own, mine),
        method="GET",
        nth=nth,
        ending="RetrieveUnpublished",
    )

    if nth == 2:  # read again for the write, so that theirs is what the tab is put on
        forms.add("account/Ours", app=door)
        forms.remove("account/Ours")
    else:
        with pytest.raises(NotPossibleError, match="somebody saved it at the same moment"):
            forms.add("account/Ours", app=door)

    assert forms.saved(forms.own) == mine


def test_a_form_that_somebody_saves_right_after_the_write_is_not_published(forms):
    mine = THEIRS.replace("GENERAL", "MEANWHILE")
    door = Meddling(
        forms.environment.door,
        lambda: forms.save(forms.own, mine),
        method="GET",
        nth=4,
        ending="RetrieveUnpublished",
    )

    with pytest.raises(NotPossibleError, match="Somebody saved account/Ours at the same moment"):
        forms.add("account/Ours", app=door)
    assert forms.saved(forms.own) == mine
    assert forms.published(forms.own) == THEIRS


def test_killed_between_write_and_publish_the_same_command_publishes(forms):
    with pytest.raises(DyingError):
        forms.add("account/Ours", app=Dying(forms.environment.door, 1))
    assert forms.report("account/Ours").tab is TabStanding.UNPUBLISHED
    assert not forms.report("account/Ours").drafts

    lines = forms.add("account/Ours")

    assert lines == ["account/Ours: was saved before, but not published", "published account"]
    assert forms.report("account/Ours").tab is TabStanding.CURRENT


def test_killed_while_it_is_taken_off_the_same_command_publishes(forms):
    forms.add("account/Ours")
    with pytest.raises(DyingError):
        forms.remove("account/Ours", app=Dying(forms.environment.door, 1))
    assert forms.report("account/Ours").tab is TabStanding.TAKEN_OFF
    assert [form.title for form in forms.admin().forms_with_tab()] == ["account/Ours"]

    forms.remove("account/Ours")

    assert forms.published(forms.own) == THEIRS


def test_a_write_whose_answer_was_lost_is_looked_at_before_it_is_sent_again(forms):
    forms.environment.door.fail(kind="drop-after", method="PATCH", path="systemforms", times=1)

    lines = forms.add("account/Ours")

    assert lines[-1] == "published account"
    assert forms.writes().count("PATCH /api/data/v9.2/systemforms(*)") == 1
    assert forms.report("account/Ours").tab is TabStanding.CURRENT


def test_publishing_waits_for_an_import_and_says_so(forms):
    forms.customizing.busy = 2

    lines = forms.add("account/Ours")

    assert [line.partition(":")[0] for line in lines] == [
        "account/Ours",
        "account cannot be published yet, trying again in 5 seconds",
        "account cannot be published yet, trying again in 10 seconds",
        "published account",
    ]


def test_an_import_that_takes_too_long_leaves_the_tab_saved_and_the_same_command_goes_on(forms):
    forms.customizing.busy = -1
    with pytest.raises(RetryLaterError, match="saved, but could not be published"):
        forms.add("account/Ours")
    forms.customizing.busy = 0

    forms.add("account/Ours")

    assert forms.report("account/Ours").tab is TabStanding.CURRENT


def test_a_form_under_a_managed_layer_says_why_it_did_not_keep_the_tab(forms):
    forms.customizing.layers = {forms.own: "ContosoBase"}
    before = forms.everything()

    with pytest.raises(
        NotPossibleError, match=r"did not keep it: .*from the top: ContosoBase, Act"
    ):
        forms.add("account/Ours")
    assert forms.everything() == before
    assert forms.customizing.publishes[-1].changed  # of the form's making, nothing since


def test_the_other_forms_are_done_when_one_did_not_keep_it(forms):
    other = forms.make("account", "Second")
    forms.customizing.layers = {forms.own: "ContosoBase"}

    with pytest.raises(NotPossibleError, match="account/Ours"):
        forms.add("account/Ours", "account/Second")
    assert NAME in forms.published(other)


def test_an_older_releases_tab_is_replaced_where_it_stands(forms):
    forms.add("account/Ours")
    older = re.sub('<section name="fbx_ages".*?</section>', "", forms.saved(forms.own))
    tab = re.search(f'<tab name="{NAME}".*?</tab>', older).group()
    moved = older.replace(tab, "").replace("<tabs>", f"<tabs>{tab}")
    forms.save(forms.own, moved)
    forms.publish("account")
    assert forms.report("account/Ours").tab is TabStanding.OTHER

    lines = forms.add("account/Ours")

    text = forms.published(forms.own)
    assert lines[0] == f"account/Ours: the tab {NAME} was replaced"
    assert text.index(NAME) < text.index("GENERAL")
    assert "fbx_ages" in text
    assert forms.report("account/Ours").tab is TabStanding.CURRENT


def test_without_what_the_tab_shows_no_form_is_changed():
    environment = AdministeredEnvironment()
    admin = environment.forms()
    forms = admin.list_forms()

    with pytest.raises(
        ConfigurationError, match=r"column account\.fbx_financialhealth.*schema app"
    ):
        list(admin.add(forms[:1], keep=print))
    assert any("would show what is not there" in note for note in admin.notes())


def test_every_form_loses_the_tab_before_what_it_shows_goes(forms):
    before = forms.everything()
    forms.add("account/Ours", *(form.title for form in forms.admin().list_forms()[:2]))

    lines = list(forms.admin().remove_all(keep=forms.kept.append))

    assert f"account/Ours: the tab {NAME} was taken off" in lines
    assert forms.everything() == before
    assert forms.admin().forms_with_tab() == []


def test_a_form_says_what_its_timelines_show_and_who_sees_it(forms):
    report = forms.report("account/Ours")

    (timeline,) = report.timelines
    assert timeline.types == ("email", "task")
    assert not timeline.shows_entries
    assert report.roles is None
    assert (report.active, report.managed, report.customizable) == (True, False, True)


def test_the_tab_speaks_the_languages_of_the_environment(forms):
    forms.customizing.languages = [1033, 1031]

    forms.add("account/Ours")

    codes = set(re.findall(r'languagecode="(\d+)"', forms.published(forms.own)))
    assert codes == {"1033", "1031"}
    assert forms.add("account/Ours") == ["account/Ours: nothing to do"]


def test_a_form_says_which_solutions_it_comes_of(forms):
    forms.add("account/Account")

    layers = {form.title: form.layers for form in forms.admin().list_forms(layers=True)}

    assert layers["account/Account"] == ("System", "Active")
    assert layers["account/Ours"] == ("Active",)


def test_who_may_not_see_layers_is_told_that_they_are_unknown(forms):
    forms.environment.door.fail(kind="status", status=403, path="msdyn_componentlayers", times=None)

    assert {form.layers for form in forms.admin().list_forms(layers=True)} == {None}


def test_an_import_that_runs_and_a_managed_solution_are_worth_knowing(forms):
    assert forms.admin().notes() == []
    forms.customizing.running = "Import"
    solutions = forms.environment.sandbox.environment.store.rows("solution").by_id
    for row in list(solutions.values()):
        forms.environment.sandbox.environment.store.put(
            "solution", row["solutionid"], {**row, "ismanaged": True}
        )

    managed, running = forms.admin().notes()

    assert "FreshBooksConnector is managed here" in managed
    assert running.startswith("an import of the solution SomeSolution is under way since ")


def test_a_form_for_certain_roles_names_them(forms):
    (role, *_) = forms.environment.rows("roles?$select=roleid,name")
    gone = "0c3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d12"
    both = "".join(f"<Role Id='{{{each}}}'/>" for each in (role["roleid"], gone))
    condition = f"<DisplayConditions Order='1'>{both}</DisplayConditions>"
    forms.make("account", "Few", THEIRS.replace("</form>", f"{condition}</form>"))

    assert forms.report("account/Few").roles == (role["name"], gone)


def test_a_column_that_somebody_put_elsewhere_is_no_hindrance(forms):
    column = (
        "<row><cell id='{8a3ea7b4-a7c6-4bbd-a2f8-6b3f7d6b8d98}'>"
        + LABELS.format("Outstanding")
        + "<control id='fbx_outstanding' datafieldname='fbx_outstanding' "
        "classid='{533B9E00-756B-4312-95A0-DC888637AC78}'/></cell></row>"
    )
    forms.make("account", "Shows it", THEIRS.replace("</rows>", f"{column}</rows>"))

    forms.add("account/Shows it")
    ids = re.findall("<control[^>]* id=[\"']([^\"']+)", forms.saved(forms.chosen("Shows it")[0].id))

    assert len(set(ids)) == len(ids)
    assert {"fbx_outstanding", f"{NAME}_fbx_outstanding"} <= set(ids)


def test_no_list_shows_entries_of_everybody_because_a_relationship_is_missing():
    api = AdministeredEnvironment().api()
    texts = TabTexts(api, tabs(sales=True))

    with pytest.raises(ConfigurationError, match="cannot regard rows of opportunity"):
        texts("opportunity")


@pytest.fixture
def firm():
    return Firm(connected=False)


def rows_of(firm):
    """The forms as people see them, and as they are saved."""
    kept = firm.dataverse.environment.store
    return [dict(kept.rows(table).by_id) for table in ("systemform", "draft:systemform")]


def run(firm, *words):
    return main(["forms", *words], build=lambda: firm.connector)


def test_the_terminal_lists_adds_and_removes(firm, tmp_path, capsys):
    folder = tmp_path / "kept"
    assert run(firm) == 0
    listed = capsys.readouterr().out
    assert "tab FreshBooks: not there; `python -m shared forms add account/Account`" in listed

    assert run(firm, "add", "account/Account", "--backup", str(folder)) == 0
    added = capsys.readouterr().out
    assert run(firm, "remove", "account/Account", "--backup", str(folder)) == 0
    removed = capsys.readouterr().out

    assert "the tab fbx_freshbooks was appended" in added
    assert "the tab fbx_freshbooks was taken off" in removed
    first, second = (
        json.loads(file.read_text())
        for file in sorted(folder.iterdir(), key=lambda file: len(file.name))
    )
    assert first["name"] == second["name"] == "Account"
    assert NAME not in first["text"]
    assert NAME in second["text"]
    assert first["sha256"] == sha256(first["text"].encode()).hexdigest()
    assert first["environment"] == "https://org.crm.dynamics.com"


def test_a_dry_run_shows_one_tab_and_changes_nothing(firm, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = rows_of(firm)

    assert run(firm, "add", "account/Account", "--dry-run") == 0

    lines = capsys.readouterr().out.splitlines()
    put = [line for line in lines if line.startswith("+<")]
    assert sum(line.startswith("+<tab ") for line in put) == 1
    assert not [line for line in lines if line.startswith("-<")]
    assert rows_of(firm) == before
    assert list(tmp_path.iterdir()) == []


def test_the_list_is_there_for_programs(firm, capsys):
    assert run(firm, "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert {form["table"] for form in told["forms"]} == {"account", "opportunity", "invoice"}
    assert {form["tab"] for form in told["forms"]} == {"absent"}
    assert told["notes"] == []


def test_a_form_that_is_not_there_is_told_with_those_that_are(firm, capsys):
    assert run(firm, "add", "Contact") == 2

    assert "There is no main form Contact; there are: account/" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_leaves_the_form_alone(firm, tmp_path, capsys):
    taken = tmp_path / "file"
    taken.write_text("")
    before = rows_of(firm)

    assert run(firm, "add", "account/Account", "--backup", str(taken)) == 2

    assert "its text could not be kept" in capsys.readouterr().err
    assert rows_of(firm) == before


def test_a_list_with_an_unpublished_tab_needs_attention(firm, tmp_path, capsys):
    firm.dataverse_door.fail(kind="status", status=400, path="PublishXml")
    assert run(firm, "add", "account/Account", "--backup", str(tmp_path)) == 2
    capsys.readouterr()

    assert run(firm) == 1

    assert "saved, but not published" in capsys.readouterr().out


def test_without_the_sales_app_there_is_the_tab_for_accounts_alone(capsys):
    firm = Firm(connected=False, sales=False, target="activity")

    assert run(firm, "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert {form["table"] for form in told["forms"]} == {"account"}
