"""What the schema is called and how it looks: languages, colours, flags and icons at creation."""

import json
from base64 import b64decode
from io import BytesIO

import pytest
from werkzeug.wrappers import Request, Response

from shared.adapters.dataverse.schema import SchemaAdmin
from shared.core import schema
from shared.core.colours import GREEN, RED, colour_of
from shared.core.icons import CLIENT_ICON, ICONS
from shared.core.options import Health, Status
from shared.core.translations import Translations
from shared.errors import ConfigurationError, RetryLaterError
from shared.translations import load_translations
from tests.functional.dataverse_world import API, AdministeredEnvironment

ENGLISH, GERMAN, AUSTRIAN, FRENCH, JAPANESE = 1033, 1031, 3079, 1036, 1041


class Platform:
    """Dataverse with a memory of the definitions it was sent.

    Attributes:
        refuses: status and code by the word that an address or a body holds.
    """

    def __init__(self, app):
        self.app = app
        self.sent = []
        self.refuses = {}

    def __call__(self, environ, start_response):
        request = Request(environ)
        body = request.get_data()
        environ["wsgi.input"] = BytesIO(body)
        if request.method == "POST" and request.is_json:
            self.sent.append((request.path.rpartition("/v9.2/")[2], json.loads(body)))
        answer = self._own(request, body)
        return answer(environ, start_response) if answer else self.app(environ, start_response)

    def _own(self, request, body):
        refuses = {} if request.path.endswith("$batch") else self.refuses
        for word, (status, code) in refuses.items():
            if word in request.path or word.encode() in body:
                return _json({"error": {"code": code, "message": "no"}}, status)
        return None

    def table(self, name):
        """The definition of a table as it was sent."""
        found = (body for path, body in self.sent if path == "EntityDefinitions")
        return next(body for body in found if body["SchemaName"] == name)

    def column(self, table, name):
        """The definition of a column as it was sent."""
        at = f"EntityDefinitions(LogicalName='{table}')/Attributes"
        found = (body for path, body in self.sent if path == at)
        return next(body for body in found if body["SchemaName"] == name)

    def lookup(self, table, name):
        """The definition of a lookup as it was sent."""
        found = (body for path, body in self.sent if path == "RelationshipDefinitions")
        return next(
            body["Lookup"]
            for body in found
            if (body["ReferencingEntity"], body["Lookup"]["SchemaName"]) == (table, name)
        )


def _json(content, status=200):
    return Response(json.dumps(content), status=status, content_type="application/json")


def icons(environment):
    rows = environment.rows("webresourceset?$select=name,webresourcetype,content")
    return [row for row in rows if row["name"].startswith("fbx_/icons/")]


def texts(label):
    return {each["LanguageCode"]: each["Label"] for each in label["LocalizedLabels"]}


def provision(languages=(ENGLISH,), base=ENGLISH, **refuses):
    environment = AdministeredEnvironment()
    every = [base, *(code for code in languages if code != base)]
    environment.sandbox.set({"customizing": {"languages": every}})
    platform = Platform(environment.door)
    platform.refuses = refuses
    return environment, platform, admin_of(environment, platform)


@pytest.fixture(scope="module")
def english():
    """What was sent to an environment in English, for tests that only look at it."""
    environment, platform, admin = provision()
    admin.apply(wait=10)
    return environment, platform


def admin_of(environment, app=None, translations=load_translations):
    return SchemaAdmin(
        environment.api(app),
        translations=translations,
        sleep=environment.clock.advance,
        clock=environment.clock.seconds,
    )


def test_everything_is_labelled_in_every_language_that_is_there_and_known():
    _, platform, admin = provision((ENGLISH, AUSTRIAN, FRENCH, JAPANESE))

    admin.apply(wait=10)

    table = platform.table("fbx_client")
    money = platform.column("account", "fbx_overdue")
    lookup = platform.lookup("fbx_client", "fbx_accountid")
    assert texts(table["DisplayCollectionName"]) == {
        ENGLISH: "FreshBooks clients",
        AUSTRIAN: "FreshBooks-Kunden",
        FRENCH: "Clients FreshBooks",
    }
    assert texts(table["Attributes"][0]["DisplayName"])[FRENCH] == "Nom"
    assert texts(money["DisplayName"]) == {
        ENGLISH: "Overdue",
        AUSTRIAN: "Überfällig",
        FRENCH: "Échu",
    }
    assert texts(money["Description"])[AUSTRIAN].startswith("Überfälliger Betrag")
    assert texts(lookup["DisplayName"])[AUSTRIAN] == "Firma"
    assert texts(lookup["Description"])[ENGLISH].startswith("The account the client belongs to")
    options = platform.column("invoice", "fbx_status")["OptionSet"]["Options"]
    paid = next(each for each in options if each["Value"] == int(Status.PAID))
    assert texts(paid["Label"]) == {ENGLISH: "Paid", AUSTRIAN: "Bezahlt", FRENCH: "Payé"}
    yes_no = platform.column("invoice", "fbx_complete")["OptionSet"]
    assert texts(yes_no["TrueOption"]["Label"])[FRENCH] == "Oui"
    (key,) = (body for path, body in platform.sent if path.endswith("'fbx_client')/Keys"))
    assert texts(key["DisplayName"])[AUSTRIAN] == "FreshBooks-Kunde"


def test_an_environment_of_another_base_language_speaks_it():
    _, platform, admin = provision((GERMAN, ENGLISH), base=GERMAN)

    admin.apply(wait=10)

    money = platform.column("account", "fbx_overdue")
    assert texts(money["DisplayName"]) == {GERMAN: "Überfällig", ENGLISH: "Overdue"}


def test_a_base_language_without_translations_gets_english():
    _, platform, admin = provision((JAPANESE,), base=JAPANESE)

    admin.apply(wait=10)

    assert texts(platform.column("account", "fbx_overdue")["DisplayName"]) == {JAPANESE: "Overdue"}


@pytest.mark.parametrize("refusal", [(403, "0x80040220"), (404, ""), (501, "0x80048d0a")])
def test_where_the_languages_are_not_told_the_base_language_does(refusal):
    _, platform, admin = provision((ENGLISH, FRENCH), RetrieveProvisionedLanguages=refusal)

    admin.apply(wait=10)

    assert texts(platform.column("account", "fbx_overdue")["DisplayName"]) == {ENGLISH: "Overdue"}


def test_languages_that_cannot_be_asked_for_now_are_asked_for_later():
    environment, _, admin = provision((ENGLISH, FRENCH), RetrieveProvisionedLanguages=(503, ""))

    with pytest.raises(RetryLaterError):
        admin.apply(wait=10)

    assert environment.sandbox.all("solution") == []


def test_options_have_their_colours_and_options_without_one_have_none(english):
    _, platform = english

    options = platform.column("account", "fbx_financialhealth")["OptionSet"]["Options"]
    colours = {each["Value"]: each["Color"] for each in options}
    assert colours[int(Health.GOOD_STANDING)] == GREEN
    assert colours[int(Health.OVERDUE)] == RED
    kinds = platform.column("fbx_financialactivity", "fbx_kind")["OptionSet"]["Options"]
    assert all("Color" not in each for each in kinds)


def flags(definition):
    names = ("IsValidForAdvancedFind", "IsAuditEnabled")
    return tuple(definition[name]["Value"] for name in names)


def test_what_people_decide_is_audited_and_the_connectors_memory_is_not_searched(english):
    _, platform = english

    assert platform.table("fbx_client")["IsAuditEnabled"]["Value"] is True
    assert platform.table("fbx_financialactivity")["IsAuditEnabled"]["Value"] is False
    assert flags(platform.column("fbx_client", "fbx_state")) == (True, True)
    assert flags(platform.lookup("fbx_client", "fbx_accountid")) == (True, True)
    assert flags(platform.column("fbx_client", "fbx_carriedout")) == (False, False)
    assert flags(platform.column("fbx_client", "fbx_overdue")) == (True, False)
    assert flags(platform.column("invoice", "fbx_sourcekey")) == (False, False)
    assert flags(platform.lookup("fbx_financialactivity", "fbx_accountid")) == (True, False)
    flag = platform.column("invoice", "fbx_total")["IsAuditEnabled"]
    assert flag["CanBeChanged"] is True


def test_nothing_that_every_sync_writes_is_audited():
    audited = {
        (table, column.name)
        for table, columns in schema.COLUMNS.items()
        for column in columns
        if column.audited
    }
    lookups = {(each.table, each.name) for each in schema.LOOKUPS if each.audited}

    assert audited | lookups == {("fbx_client", "fbx_state"), ("fbx_client", "fbx_accountid")}


def test_whatever_has_unusual_flags_says_why():
    columns = [column for columns in schema.COLUMNS.values() for column in columns]

    assert [each.name for each in columns if bool(each.because) == each.searchable] == ["fbx_state"]


def test_icons_are_made_in_the_solution_before_the_tables_that_name_them(english):
    environment, platform = english

    paths = [path for path, body in platform.sent if "screens" not in body.get("name", "")]
    assert max(at for at, path in enumerate(paths) if path == "webresourceset") < paths.index(
        "EntityDefinitions"
    )
    assert platform.table("fbx_client")["IconVectorName"] == CLIENT_ICON.name
    rows = icons(environment)
    assert {row["name"]: row["webresourcetype"] for row in rows} == {
        icon.name: 11 for icon in ICONS
    }
    assert all(b64decode(row["content"]).startswith(b"<svg ") for row in rows)


@pytest.mark.parametrize("refusal", [(400, "0x80048403"), (400, "0x80048d19")])
def test_a_table_whose_icon_is_refused_is_made_without_it(refusal):
    environment, _, admin = provision(IconVectorName=refusal)

    created = admin.apply(wait=10)

    assert "table fbx_client" in created
    assert admin.check() == []
    assert any("table fbx_client" in note for note in admin.notes())
    assert len(icons(environment)) == len(ICONS)


def test_icons_that_are_refused_leave_the_rest_to_be_made():
    _, platform, admin = provision(**{"fbx_/icons/": (403, "0x80040220")})

    admin.apply(wait=10)

    assert admin.check() == []
    assert "IconVectorName" not in platform.table("fbx_client")
    assert any("icons of tables: left out" in note for note in admin.notes())


def test_a_broken_table_of_translations_stops_apply_before_anything_is_made():
    environment = AdministeredEnvironment()

    def broken():
        raise ConfigurationError("translations.toml: mend it")

    admin = SchemaAdmin(environment.api(), translations=broken)

    with pytest.raises(ConfigurationError, match="mend it"):
        admin.apply(wait=10)

    assert len(environment.sandbox.all("publisher")) == 1  # the platform's


def test_checking_asks_for_little():
    environment, _, admin = provision((ENGLISH, FRENCH))
    admin.apply(wait=10)
    environment.door.traffic.clear()

    admin.check()

    assert sum(environment.door.traffic.values()) <= 12


# what an earlier release made


HEALTH = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='fbx_financialhealth')"
OPTIONS = f"{HEALTH}/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$expand=OptionSet"
OVERDUE = HEALTH.replace("fbx_financialhealth", "fbx_overdue")
CLIENT = "EntityDefinitions(LogicalName='fbx_client')"


@pytest.fixture
def older():
    """An environment in English, without colours and icons, that has got German since."""
    environment = AdministeredEnvironment.with_schema()
    for table in environment.sandbox.environment.schema.tables.values():
        table.definition = {**table.definition, "IconVectorName": None}
        for column in table.columns.values():
            column.colors = {}
    for row in icons(environment):
        environment.sandbox.delete("webresource", row["webresourceid"])
    environment.sandbox.set({"customizing": {"languages": [ENGLISH, GERMAN]}})
    return environment


def put(environment, path, **changes):
    """Change a definition as an administrator does, whole."""
    body = environment.read(path) | changes
    answer = environment.session.put(
        f"{API}/{path}", json=body, headers={"MSCRM.MergeLabels": "true"}
    )
    assert answer.ok, answer.text


def written(environment):
    """How often each kind of writing was asked for; batches read only."""
    return {
        what: times
        for what, times in environment.door.traffic.items()
        if not what.startswith("GET") and "$batch" not in what
    }


def test_what_an_earlier_release_made_gets_languages_colours_and_icons(older):
    missing = admin_of(older).notes()

    done = admin_of(older).apply(wait=10)

    assert any("no texts in German (1031)" in note for note in missing)
    assert "texts in German (1031) of column account.fbx_overdue" in done
    assert "texts in German (1031) and colours of column account.fbx_financialhealth" in done
    assert "texts in German (1031) and icon of table fbx_client" in done
    assert "texts in German (1031) of lookup fbx_client.fbx_accountid" in done
    assert texts(older.read(OVERDUE)["DisplayName"]) == {ENGLISH: "Overdue", GERMAN: "Überfällig"}
    options = older.read(OPTIONS)["OptionSet"]["Options"]
    assert [each["Color"] for each in options] == [colour_of(option) for option in Health]
    assert texts(options[-1]["Label"])[GERMAN] == "Überfällig"
    assert older.read(CLIENT)["IconVectorName"] == CLIENT_ICON.name
    assert admin_of(older).check() == []
    assert admin_of(older).notes() == []


def test_completing_a_second_time_writes_nothing(older):
    admin_of(older).apply(wait=10)
    older.door.traffic.clear()

    assert admin_of(older).apply(wait=10) == []

    assert written(older) == {}


def test_what_people_made_of_it_meanwhile_stays(older):
    name = {"LocalizedLabels": [{"Label": "Too late", "LanguageCode": ENGLISH}]}
    audited = {**older.read(OVERDUE)["IsAuditEnabled"], "Value": True}
    put(older, OVERDUE, DisplayName=name, IsAuditEnabled=audited)
    column = older.sandbox.environment.schema.tables["account"].columns["fbx_financialhealth"]
    column.colors = {int(Health.OVERDUE): "#123456"}

    admin_of(older).apply(wait=10)

    after = older.read(OVERDUE)
    assert texts(after["DisplayName"]) == {ENGLISH: "Too late"}
    assert texts(after["Description"])[GERMAN].startswith("Überfälliger Betrag")
    assert after["IsAuditEnabled"]["Value"] is True
    colours = [each["Color"] for each in older.read(OPTIONS)["OptionSet"]["Options"]]
    assert colours == [*(colour_of(option) for option in list(Health)[:3]), "#123456"]


def test_what_a_managed_solution_brought_is_not_completed(older):
    column = older.sandbox.environment.schema.tables["account"].columns["fbx_overdue"]
    column.managed = True

    admin_of(older).apply(wait=10)

    assert texts(older.read(OVERDUE)["DisplayName"]) == {ENGLISH: "Overdue"}


def test_a_definition_that_is_refused_is_a_note_and_the_rest_is_completed(older):
    older.door.fail(
        kind="status", method="PUT", path="fbx_overdue'", status=400, body="{}", times=None
    )
    admin = admin_of(older)

    admin.apply(wait=10)

    assert any(note.startswith("column account.fbx_overdue") for note in admin.notes())
    assert admin.check() == []
    assert texts(older.read(HEALTH)["DisplayName"])[GERMAN] == "Zahlungsstatus"


def test_english_in_another_base_language_is_put_right_by_the_first_release_that_can():
    environment = AdministeredEnvironment()
    environment.sandbox.set({"customizing": {"languages": [GERMAN]}})
    admin_of(environment, translations=Translations).apply(wait=10)
    before = texts(environment.read(OVERDUE)["DisplayName"])
    (row,) = environment.rows("solutions?$filter=uniquename eq 'FreshBooksConnector'")
    environment.sandbox.update("solution", row["solutionid"], version="1.2.0.0")

    admin_of(environment).apply(wait=10)

    assert before == {GERMAN: "Overdue"}
    assert texts(environment.read(OVERDUE)["DisplayName"]) == {GERMAN: "Überfällig"}
