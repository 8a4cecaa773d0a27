"""`schema check` and the doctor compare what was chosen about columns with Dataverse's metadata."""

import json
from dataclasses import replace

import pytest

from sandbox.dataverse import define
from shared.checkup import list_checks
from shared.cli import main
from shared.core.ownership import Ownership
from shared.errors import ConfigurationError
from shared.settings import Settings
from shared.sync.doctor import Level, Subject
from shared.sync.doctor.columns import check_columns
from tests.functional.world import Firm

ENTRY = {"record": "invoice", "from": "terms", "to": "invoice.new_x", "type": "text"}


@pytest.fixture(scope="module")
def firm():
    """A firm whose people have columns of their own on invoices."""
    firm = Firm()
    own = {
        "new_x": define.text("new_x"),
        "new_short": define.text("new_short", 20),
        "new_many": define.memo("new_many", 2000),
        "new_number": define.number("new_number"),
        "new_money": define.money("new_money"),
        "new_day": define.day("new_day"),
        "new_moment": define.moment("new_moment"),
        "new_flag": define.flag("new_flag"),
        "new_choice": define.choice("new_choice", {1: "One"}),
        "new_read": define.read_only(define.text("new_read")),
        "new_once": define.text("new_once", update=False),
    }
    schema = firm.dataverse.environment.schema
    for column in own.values():
        schema.add_column(schema.tables["invoice"], column)
    return firm


def choosing(firm, content):
    environment = {
        "FRESHBOOKS_CLIENT_ID": "id",
        "FRESHBOOKS_CLIENT_SECRET": "hush-hush-hush-hush",
        "FRESHBOOKS_REDIRECT_URI": "https://app.example/api/connect/freshbooks/callback",
        "DATAVERSE_URL": "https://org.crm.dynamics.com",
        "KEY_VAULT_URL": "https://vault.example",
        "PUBLIC_URL": "https://app.example",
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "COLUMN_CHOICES": json.dumps(content),
    }
    return replace(firm.connector, settings=Settings.load(environment))


def found(firm, content):
    app = choosing(firm, content)
    return [
        (each.level, f"{each.text} {each.advice}")
        for each in check_columns(app.settings.chosen_columns, app.environment)
    ]


def to(column, kind="text", field="terms", **more):
    return {"map": [{**ENTRY, "to": f"invoice.{column}", "type": kind, "from": field, **more}]}


@pytest.mark.parametrize(
    "content",
    [
        to("new_x"),
        to("new_many", length=2000),
        to("new_number", "decimal", "amount.amount"),
        to("new_money", "money", "amount.amount", decimals=4),
        to("new_day", "date", "fulfillment_date"),
        to("new_flag", "yes-no", "auto_bill"),
        {"ownership": {"invoice": {"duedate": "never"}}},
    ],
)
def test_what_fits_is_counted(firm, content):
    ((level, text),) = found(firm, content)

    assert level is Level.OK
    assert text.startswith("Of the setting COLUMN_CHOICES")


@pytest.mark.parametrize(
    ("content", "level", "said"),
    [
        (to("new_gone"), Level.FAILURE, "the table does not have, so no invoice"),
        (to("new_choice"), Level.FAILURE, "is of type Picklist"),
        (to("new_x", "date"), Level.FAILURE, "is of type String"),
        (to("new_moment", "date"), Level.FAILURE, "holds a time as well"),
        (to("new_read"), Level.FAILURE, "only Dataverse itself fills"),
        (to("new_once", owner="freshbooks"), Level.FAILURE, "owner = first-write"),
        (to("new_once"), Level.WARNING, "are left as they are"),
        (to("invoicenumber", field="invoice_number"), Level.WARNING, "are left as they are"),
        (to("new_short"), Level.WARNING, "length = 20"),
        (to("new_number", "decimal", decimals=5), Level.FAILURE, "decimals = 2"),
        (to("new_money", "money", decimals=5), Level.FAILURE, "decimals = 4"),
    ],
)
def test_what_does_not_fit_says_what_why_and_what_to_do(firm, content, level, said):
    first, *_ = found(firm, content)

    assert first[0] is level
    assert said in first[1]
    assert first[1].startswith("the setting COLUMN_CHOICES maps invoice.")


def test_a_column_that_dataverse_requires_cannot_be_left_out(firm):
    column = firm.dataverse.environment.schema.tables["invoice"].columns["duedate"]
    column.required = "ApplicationRequired"

    told = found(firm, {"ownership": {"invoice": {"duedate": Ownership.NEVER}}})

    column.required = "None"
    assert told[0][0] is Level.FAILURE
    assert "invoice.duedate, which Dataverse requires" in told[0][1]


def test_nothing_chosen_asks_dataverse_nothing(firm):
    firm.dataverse_door.traffic.clear()

    assert found(firm, {})[0][0] is Level.OK
    assert not firm.dataverse_door.traffic


def test_schema_check_tells_it_and_counts_only_what_is_wrong(firm, capsys):
    wrong = choosing(firm, {"map": [*to("new_gone")["map"], *to("new_short")["map"]]})

    codes = [main(["schema", "check"], build=lambda: wrong)]
    told = capsys.readouterr().out
    codes.append(main(["schema", "check"], build=lambda: firm.connector))

    assert codes == [1, 0]
    assert "new_gone" in told
    assert "length = 20" in told
    assert "1 differences" in told


def test_the_doctor_names_the_file_in_force(firm):
    check = next(each for each in list_checks(firm.connector) if each.subject is Subject.COLUMNS)
    (finding,) = check.run()

    assert finding.level is Level.OK
    assert finding.text.startswith("Of columns.toml")


def test_a_wrong_file_stops_before_anything_is_done_and_is_told_with_everything_else(firm):
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({"COLUMN_CHOICES": '{"map": 3, "ownership": 4}', "MAX_ATTEMPTS": "x"})

    said = str(caught.value)
    assert all(each in said for each in ("map is no list", "ownership is no table", "MAX_ATTEMPTS"))
