"""The upkeep of definitions: what is added, what stays as somebody made it, what is told."""

import json
from copy import deepcopy

import pytest

from shared.adapters.dataverse.schema_changes import SchemaChanges
from shared.adapters.dataverse.schema_differences import ExistingSchema
from shared.adapters.dataverse.schema_labels import Labels
from shared.adapters.dataverse.schema_upkeep import SchemaUpkeep
from shared.core.blueprint import Blueprint
from shared.core.colours import AMBER, GREEN, GREY, RED
from shared.core.definitions import Column, ColumnType
from shared.core.icons import CLIENT_ICON, ICONS
from shared.core.options import Health
from shared.core.translations import Translations

ENGLISH, GERMAN, FRENCH = 1033, 1031, 1036
TRANSLATIONS = Translations(
    {
        "Overdue": {"de": "Überfällig", "fr": "Échu"},
        "What is overdue.": {"de": "Was überfällig ist.", "fr": "Ce qui est échu."},
        "Financial health": {"de": "Zahlungsstatus"},
        "Good standing": {"de": "In Ordnung"},
        "FreshBooks client": {"de": "FreshBooks-Kunde"},
        "Yes": {"de": "Ja"},
        "No": {"de": "Nein"},
    }
)
AMOUNT = Column("fbx_overdue", ColumnType.MONEY, "Overdue", "What is overdue.")
HEALTH = Column("fbx_financialhealth", ColumnType.CHOICE, "Financial health", "It.", options=Health)
COMPLETE = Column("fbx_complete", ColumnType.YES_NO, "Complete", "All.")
AMOUNT_AT = "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='fbx_overdue')"
HEALTH_AT = AMOUNT_AT.replace("fbx_overdue", "fbx_financialhealth")
COMPLETE_AT = AMOUNT_AT.replace("fbx_overdue", "fbx_complete")
CLIENT_AT = "EntityDefinitions(LogicalName='fbx_client')"


def label(**texts):
    codes = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH}
    local = [
        {"Label": text, "LanguageCode": codes[name], "IsManaged": False}
        for name, text in texts.items()
    ]
    return {"LocalizedLabels": local, "UserLocalizedLabel": local[0] if local else None}


def managed(value):
    return {"Value": value, "CanBeChanged": False, "ManagedPropertyLogicalName": "x"}


def a_column(kind="Money", **more):
    """A column as an earlier release made it, and as an administrator set it afterwards."""
    return {
        "MetadataId": "one",
        "AttributeType": kind,
        "DisplayName": label(en="Overdue"),
        "Description": label(en="What is overdue."),
        "IsManaged": False,
        "IsCustomizable": managed(value=True),
        "IsAuditEnabled": managed(value=True),
        "RequiredLevel": {**managed(value="Recommended"), "CanBeChanged": True},
        "MaxValue": 5,
        **more,
    }


def a_choice(**more):
    options = [
        {"Value": int(each), "Label": label(en=text), "Color": None, "IsManaged": False}
        for each, text in zip(
            Health, ("No activity", "Good standing", "Payment due", "Overdue"), strict=True
        )
    ]
    texts = {"DisplayName": label(en="Financial health"), "Description": label(en="It.")}
    return a_column("Picklist", OptionSet={"Name": "x", "Options": options}, **{**texts, **more})


class Answer:
    def __init__(self, status=204, code=""):
        self.status_code, self.ok, self.headers = status, status < 300, {}
        self.content = json.dumps({"error": {"code": code, "message": "no"}}).encode()


class Organization:
    """Definitions by address; written whole, languages that are not named are kept."""

    def __init__(self, **definitions):
        self.definitions = deepcopy(definitions)
        self.icons = [icon.name for icon in ICONS]
        self.refuses = {}
        self.keeps_out = ()
        self.written = []
        self.before_read = lambda: None

    def read(self, gets):
        self.before_read()
        return [deepcopy(self.definitions[_address(get.path)]) for get in gets]

    def read_rows(self, _get):
        return [{"name": name} for name in self.icons]

    def send(self, request, *, idempotent):
        assert not idempotent
        if refusal := self.refuses.get(request.path):
            return Answer(*refusal)
        if request.method == "POST":
            self.icons.append(request.body["name"])
            return Answer()
        assert request.method == "PUT"
        assert request.headers["MSCRM.MergeLabels"] == "true"
        self.written.append(request)
        for name, value in request.body.items():
            if name not in self.keeps_out:
                self.definitions[request.path][name] = value
        return Answer()

    def what(self, request):
        return request.path


def _address(path):
    return path.partition("?")[0].partition("/Microsoft")[0]


class Admin:
    """The upkeep of an organization of which the columns and the table of clients are looked at."""

    def __init__(self, organization, languages=(ENGLISH, GERMAN, FRENCH), *, renames=False):
        self.organization = organization
        wanted = Blueprint(
            sales=(), columns={"account": (AMOUNT, HEALTH, COMPLETE)}, lookups=(), keys=()
        )
        self.slept = 0
        changes = SchemaChanges(organization, sleep=self.sleep)
        self.upkeep = SchemaUpkeep(organization, changes, wanted)
        self.labels = Labels(languages, TRANSLATIONS, renames=renames)

    def sleep(self, seconds):
        self.slept += seconds

    def found(self):
        there = self.organization.definitions
        columns = {
            ("account", column.name): there.get(AMOUNT_AT.replace("fbx_overdue", column.name))
            for column in (AMOUNT, HEALTH, COMPLETE)
        }
        choices = {
            at: definition["OptionSet"]
            for at, definition in columns.items()
            if definition and "OptionSet" in definition
        }
        tables = {"fbx_client": there.get(CLIENT_AT)}
        return ExistingSchema(tables=deepcopy(tables), columns=columns, choices=deepcopy(choices))

    def apply(self):
        made = self.upkeep.make_icons()
        return made + self.upkeep.apply(self.found(), self.labels)

    def lacks(self):
        return list(self.upkeep.lacks(self.found(), self.labels))


def texts(definition, name="DisplayName"):
    return {each["LanguageCode"]: each["Label"] for each in definition[name]["LocalizedLabels"]}


def test_languages_that_are_missing_are_added_and_all_else_is_written_as_it_was_read():
    organization = Organization(**{AMOUNT_AT: a_column()})

    done = Admin(organization).apply()

    after = organization.definitions[AMOUNT_AT]
    assert done == ["texts in German (1031), French (1036) of column account.fbx_overdue"]
    assert texts(after) == {ENGLISH: "Overdue", GERMAN: "Überfällig", FRENCH: "Échu"}
    assert texts(after, "Description")[GERMAN] == "Was überfällig ist."
    (written,) = organization.written
    labels = {"DisplayName", "Description", "@odata.type"}
    assert written.body["@odata.type"] == "Microsoft.Dynamics.CRM.MoneyAttributeMetadata"
    assert {name: value for name, value in written.body.items() if name not in labels} == {
        name: value for name, value in a_column().items() if name not in labels
    }


def test_a_second_run_writes_nothing():
    organization = Organization(**{AMOUNT_AT: a_column(), HEALTH_AT: a_choice()})
    Admin(organization).apply()
    organization.written.clear()

    assert Admin(organization).apply() == []

    assert organization.written == []
    assert Admin(organization).lacks() == []


def test_a_name_that_somebody_changed_stays_and_so_do_its_languages():
    column = a_column(DisplayName=label(en="Too late"), Description=label(en="Ours."))
    organization = Organization(**{AMOUNT_AT: column})

    assert Admin(organization).apply() == []
    assert Admin(organization).lacks() == []


def test_a_translation_that_somebody_changed_stays():
    organization = Organization(
        **{AMOUNT_AT: a_column(DisplayName=label(en="Overdue", de="Verspätet"))}
    )

    Admin(organization).apply()

    assert texts(organization.definitions[AMOUNT_AT]) == {
        ENGLISH: "Overdue",
        GERMAN: "Verspätet",
        FRENCH: "Échu",
    }


def test_an_explanation_that_is_missing_is_added_in_every_language():
    organization = Organization(**{AMOUNT_AT: a_column(Description=label())})

    Admin(organization).apply()

    assert texts(organization.definitions[AMOUNT_AT], "Description") == {
        ENGLISH: "What is overdue.",
        GERMAN: "Was überfällig ist.",
        FRENCH: "Ce qui est échu.",
    }


def test_options_get_the_colours_and_languages_they_lack_and_keep_those_they_have():
    choice = a_choice()
    choice["OptionSet"]["Options"][3] |= {"Color": "#123456"}
    organization = Organization(**{HEALTH_AT: choice})

    done = Admin(organization).apply()

    options = organization.definitions[HEALTH_AT]["OptionSet"]["Options"]
    said = "texts in German (1031), French (1036) and colours of column"
    assert done == [f"{said} account.fbx_financialhealth"]
    assert [each["Color"] for each in options] == [GREY, GREEN, AMBER, "#123456"]
    assert texts(options[1], "Label") == {ENGLISH: "Good standing", GERMAN: "In Ordnung"}
    assert RED not in str(options)


def test_yes_and_no_get_their_languages():
    yes_no = {
        "TrueOption": {"Value": 1, "Label": label(en="Yes")},
        "FalseOption": {"Value": 0, "Label": label(en="No")},
    }
    column = a_column("Boolean", OptionSet=yes_no, DisplayName=label(en="Theirs"))
    organization = Organization(**{COMPLETE_AT: column})

    Admin(organization).apply()

    after = organization.definitions[COMPLETE_AT]["OptionSet"]
    assert texts(after["TrueOption"], "Label") == {ENGLISH: "Yes", GERMAN: "Ja"}
    assert texts(after["FalseOption"], "Label") == {ENGLISH: "No", GERMAN: "Nein"}


@pytest.mark.parametrize("locked", [{"IsManaged": True}, {"IsCustomizable": managed(value=False)}])
def test_what_is_managed_or_may_not_be_customized_is_left_alone(locked):
    organization = Organization(**{AMOUNT_AT: a_column(**locked), HEALTH_AT: a_choice(**locked)})

    assert Admin(organization).apply() == []
    assert Admin(organization).lacks() == []


def test_an_option_that_a_managed_solution_brought_is_left_alone():
    choice = a_choice(DisplayName=label(en="Theirs"), Description=label(en="Theirs."))
    for option in choice["OptionSet"]["Options"]:
        option["IsManaged"] = True
    organization = Organization(**{HEALTH_AT: choice})

    assert Admin(organization).apply() == []


def test_a_table_gets_its_icon_and_its_texts():
    table = {"DisplayName": label(en="FreshBooks client"), "IsManaged": False}
    organization = Organization(**{CLIENT_AT: table})

    done = Admin(organization).apply()

    after = organization.definitions[CLIENT_AT]
    assert after["IconVectorName"] == CLIENT_ICON.name
    assert texts(after) == {ENGLISH: "FreshBooks client", GERMAN: "FreshBooks-Kunde"}
    assert done == ["texts in German (1031), English (1033) and icon of table fbx_client"]


def test_a_table_keeps_the_icon_that_somebody_gave_it():
    organization = Organization(
        **{CLIENT_AT: {"IconVectorName": "firm_/own.svg", "IsManaged": False}}
    )

    Admin(organization).apply()

    assert organization.definitions[CLIENT_AT]["IconVectorName"] == "firm_/own.svg"


def test_icons_that_cannot_be_made_are_told_and_tables_do_without():
    organization = Organization(
        **{CLIENT_AT: {"DisplayName": label(en="Theirs"), "IsManaged": False}}
    )
    organization.icons = []
    organization.refuses["webresourceset"] = (403, "0x80040220")
    admin = Admin(organization)

    admin.apply()

    assert "IconVectorName" not in organization.definitions[CLIENT_AT]
    (note,) = admin.upkeep.notes
    assert note.startswith("icons of tables: left out: webresourceset was answered 403")


def test_a_definition_that_is_refused_is_told_and_the_others_are_completed():
    organization = Organization(**{AMOUNT_AT: a_column(), HEALTH_AT: a_choice()})
    organization.refuses[AMOUNT_AT] = (400, "0x80048403")
    admin = Admin(organization)

    done = admin.apply()

    assert [line.rpartition(" ")[2] for line in done] == ["account.fbx_financialhealth"]
    (note,) = admin.upkeep.notes
    assert note.startswith("column account.fbx_overdue: left as it is: ")
    assert "0x80048403" in note


def test_who_may_not_customize_is_told_once_and_nothing_else_is_tried():
    organization = Organization(**{AMOUNT_AT: a_column(), HEALTH_AT: a_choice()})
    organization.refuses = {AMOUNT_AT: (403, "0x80040220")}
    admin = Admin(organization)

    assert admin.apply() == []

    (note,) = admin.upkeep.notes
    assert note.startswith(
        "column account.fbx_overdue, column account.fbx_financialhealth: left as they are: "
    )
    assert organization.written == []


def test_a_lock_that_stays_leaves_the_rest_for_later():
    organization = Organization(**{AMOUNT_AT: a_column(), HEALTH_AT: a_choice()})
    organization.refuses = {AMOUNT_AT: (400, "0x80071151")}
    admin = Admin(organization)

    assert admin.apply() == []

    assert admin.slept == 5 + 10 + 20 + 40 + 80
    assert "0x80071151" in admin.upkeep.notes[0]


@pytest.mark.parametrize("lost", ["DisplayName", "IsAuditEnabled"])
def test_a_write_that_was_accepted_and_not_kept_is_told(lost):
    organization = Organization(**{AMOUNT_AT: a_column()})
    organization.keeps_out = (lost,)
    if lost == "IsAuditEnabled":

        def reset():
            if organization.written:
                organization.definitions[AMOUNT_AT][lost] = {"Value": False, "CanBeChanged": True}

        organization.before_read = reset
    admin = Admin(organization)

    assert admin.apply() == []

    (note,) = admin.upkeep.notes
    assert f"column account.fbx_overdue: Dataverse accepted the change and did not keep {lost}" in (
        note
    )


def test_what_somebody_changed_meanwhile_is_not_overwritten():
    organization = Organization(**{AMOUNT_AT: a_column()})
    admin = Admin(organization)
    found = admin.found()
    theirs = a_column(DisplayName=label(en="Too late"), Description=label(en="Ours."))
    found = deepcopy(found)
    organization.definitions[AMOUNT_AT] = theirs

    assert admin.upkeep.apply(found, admin.labels) == []

    assert organization.definitions[AMOUNT_AT] == theirs


def test_english_that_an_earlier_release_wrote_into_another_base_language_is_renamed_once():
    organization = Organization(**{AMOUNT_AT: a_column(DisplayName=label(de="Overdue"))})

    assert Admin(organization, (GERMAN,)).apply() == []
    Admin(organization, (GERMAN,), renames=True).apply()

    assert texts(organization.definitions[AMOUNT_AT]) == {GERMAN: "Überfällig"}


def test_what_is_lacking_is_summed_up_by_language():
    organization = Organization(
        **{AMOUNT_AT: a_column(), HEALTH_AT: a_choice(), CLIENT_AT: {"IsManaged": False}}
    )

    lines = Admin(organization, (ENGLISH, FRENCH)).lacks()

    run = "run `python -m shared schema apply`."
    health = "column account.fbx_financialhealth"
    assert lines == [
        f"table fbx_client: no texts in English (1033); {run}",
        f"column account.fbx_overdue, {health}: no texts in French (1036); {run}",
        f"{health}: options without colours; {run}",
        f"table fbx_client: no icon; {run}",
    ]
