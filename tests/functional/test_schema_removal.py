"""Taking the connector out of Dataverse: what stops it, what goes, what stays, and kills."""

import pytest

from shared.adapters.dataverse.form_tabs import TabTexts
from shared.adapters.dataverse.forms import FormsAdmin
from shared.cli import main
from shared.core.privileges import ROLE, ROLE_ID
from shared.core.removal import refusal
from shared.core.screens.tabs import NAME, tabs
from shared.errors import ConfigurationError
from tests.functional.dataverse_world import URL, AdministeredEnvironment, Moments
from tests.functional.world import DATAVERSE, Firm
from tests.soak import SOAK


@pytest.fixture
def environment():
    return AdministeredEnvironment()


@pytest.fixture
def applied():
    return AdministeredEnvironment.with_schema()


def test_an_environment_is_left_as_it_was_before(environment):
    before = environment.everything()
    environment.admin().apply(wait=10)

    steps = list(environment.removal().run())

    assert environment.everything() == before
    removed = [step for step in steps if step.startswith("removed")]
    assert steps[0].startswith("emptied main form of fbx_")
    assert removed[1] == "removed site map of the app FreshBooks for Sales"
    assert removed.index("removed dashboard FreshBooks: receivables") < removed.index(
        "removed view FreshBooks: overdue of account"
    )
    assert removed.index("removed view FreshBooks: overdue of account") < removed.index(
        "removed column account.fbx_overdue"
    )
    assert steps[-9:] == [
        "removed table fbx_waiting",
        "removed table fbx_financialactivity",
        "removed table fbx_client",
        "removed icon fbx_/icons/waiting.svg",
        "removed icon fbx_/icons/entry.svg",
        "removed icon fbx_/icons/client.svg",
        f"removed security role {ROLE}",
        "removed solution FreshBooksConnector",
        "removed publisher freshbooksconnector",
    ]


def test_the_tab_is_taken_off_forms_of_the_firm_and_nothing_else(applied):
    work = applied.sandbox.customer_customizations()
    forms = FormsAdmin(
        applied.api(),
        URL,
        tabs=tabs(sales=True),
        render=TabTexts(applied.api(), tabs(sales=True)),
        sleep=applied.clock.advance,
    )
    texts = {form.id: applied.form(form.id) for form in forms.list_forms()}
    mine = [form for form in forms.list_forms() if str(form.id) != work.drafted_form]
    list(forms.add(mine, keep=lambda _form: None, publish_drafts=True))
    assert len(mine) > 2
    assert all(NAME in applied.form(form.id) for form in mine)
    kept = []

    plan = applied.removal().plan()
    list(applied.removal().run(keep=kept.append))

    assert plan.blockers == ()
    assert len([step for step in plan.steps if step.startswith(f"the tab {NAME}")]) == len(mine)
    assert {each.form for each in kept} == {form.id for form in mine}
    assert {form: applied.form(form) for form in texts} == texts


def test_it_can_be_applied_again_afterwards(applied):
    list(applied.removal().run())

    applied.admin().apply(wait=10)

    assert applied.admin().check() == []


def test_where_nothing_is_nothing_is_removed(environment):
    assert environment.removal().plan().steps == ()
    assert list(environment.removal().run()) == []


def test_what_would_be_lost_is_counted_by_table_and_defaults_are_no_data(applied):
    empty = applied.sandbox.add("account", name="Empty")
    applied.sandbox.add("account", name="Filled", fbx_outstanding=3, fbx_balances="x")
    invoice = applied.sandbox.add("invoice", name="Theirs", customerid_account=empty)
    applied.sandbox.add("fbx_financialactivity", subject="Paid")
    assert applied.sandbox.get("invoice", invoice)["fbx_complete"] is False

    losses = {loss.table: (loss.own, loss.rows) for loss in applied.removal().plan().losses}

    assert losses == {
        "account": (False, 1),
        "invoice": (False, 0),
        "opportunity": (False, 0),
        "fbx_client": (True, 0),
        "fbx_financialactivity": (True, 1),
        "fbx_waiting": (True, 0),
    }


def test_looking_changes_nothing(applied):
    before = applied.everything()
    applied.removal().plan()

    assert applied.everything() == before


def test_a_view_that_shows_a_column_is_named_before_anything_goes(applied):
    applied.sandbox.use("view", "Good clients", "account", "fbx_financialhealth")
    applied.sandbox.use("process", "Remind", "fbx_financialactivity")

    plan = applied.removal().plan()

    assert plan.blockers == (
        "column account.fbx_financialhealth is used by the view Good clients",
        "table fbx_financialactivity is used by the process or flow Remind",
    )
    said = refusal(plan, lose_data=True, environment=DATAVERSE)
    assert "the view Good clients" in said


def test_what_turns_out_to_be_used_is_kept_and_the_rest_goes(applied):
    applied.sandbox.use("form", "Account", "account", "fbx_balances")

    steps = []
    with pytest.raises(ConfigurationError, match=r"account\.fbx_balances \(the form Account\)"):
        steps += applied.removal().run()

    found = applied.everything()
    assert "fbx_balances" in found["columns"]["account"]
    assert "fbx_total" not in found["columns"]["invoice"]
    assert found["roles"] == [ROLE]
    assert "FreshBooksConnector" in found["solutions"]


def test_it_is_completed_once_the_use_is_gone(environment, applied):
    before = environment.everything()
    form = applied.sandbox.use("form", "Account", "account", "fbx_balances")
    with pytest.raises(ConfigurationError):
        list(applied.removal().run())
    applied.sandbox.delete("systemform", form)

    list(applied.removal().run())

    assert applied.everything() == before


def test_a_managed_solution_is_uninstalled_elsewhere(applied):
    applied.sandbox.manage("FreshBooksConnector")

    said = refusal(applied.removal().plan(), lose_data=True, environment=DATAVERSE)

    assert "uninstalled in Power Apps" in said


def test_what_another_managed_solution_brought_is_never_touched(applied):
    column = applied.sandbox.environment.schema.tables["account"].columns["fbx_balances"]
    column.managed = True

    said = refusal(applied.removal().plan(), lose_data=True, environment=DATAVERSE)

    assert "A managed solution brought column account.fbx_balances" in said


def test_a_newer_schema_is_left_to_the_release_that_made_it(applied):
    (row,) = applied.rows("solutions?$filter=uniquename eq 'FreshBooksConnector'")
    applied.sandbox.update("solution", row["solutionid"], version="9.0.0.0")

    assert "newer than this release" in applied.removal().plan().obstacle


def test_a_publisher_with_another_solution_is_kept(applied):
    (publisher,) = applied.rows("publishers?$filter=uniquename eq 'freshbooksconnector'")
    applied.sandbox.add(
        "solution",
        uniquename="Reports",
        friendlyname="Reports",
        publisherid=publisher["publisherid"],
    )

    steps = list(applied.removal().run())

    assert steps[-1] == "kept publisher freshbooksconnector: it has Reports too"
    assert applied.everything()["solutions"] == ["Reports"]


def test_what_a_firm_made_with_our_prefix_stays(applied):
    label = {"LocalizedLabels": [{"Label": "Own", "LanguageCode": 1033}]}
    applied.post(
        "EntityDefinitions(LogicalName='account')/Attributes",
        {
            "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
            "SchemaName": "fbx_own",
            "DisplayName": label,
        },
    )

    list(applied.removal().run())

    left = applied.everything()["columns"]["account"]
    assert [name for name in left if name.startswith("fbx_")] == ["fbx_own"]


def test_another_role_of_the_firms_stays(applied):
    unit = applied.sandbox.environment.business_unit
    body = {"name": "Auditor", "businessunitid@odata.bind": f"/businessunits({unit})"}
    applied.post("roles", body)

    list(applied.removal().run())

    assert applied.everything()["roles"] == ["Auditor"]


def test_a_process_killed_between_any_two_steps_is_completed_by_the_next(environment, applied):
    before = environment.everything()
    every = 1 if SOAK else 23  # the soak kills between all of them
    moments = Moments(applied, at=lambda step: step % every == 0)
    list(applied.removal(app=moments).run())
    assert applied.everything() == before
    assert moments.count > 20

    for step, left in moments.each():
        left.removal().plan()
        list(left.removal().run())

        assert left.everything() == before, step


@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
def test_a_deletion_whose_answer_was_lost_is_asked_again(environment, applied, kind):
    before = environment.everything()
    applied.door.fail(kind=kind, method="DELETE", path="", times=3)

    list(applied.removal().run())

    assert applied.everything() == before


def test_the_role_is_removed_by_its_id_whatever_it_is_called(applied):
    applied.sandbox.update("role", str(ROLE_ID), name="Books")

    list(applied.removal().run())

    assert applied.everything()["roles"] == []


# the terminal


@pytest.fixture
def firm():
    firm = Firm()
    client = firm.books.create_client(organization="Aster Works", currency_code="USD")["id"]
    line = {"name": "Consulting", "qty": "1", "unit_cost": "10.00"}
    firm.books.create_invoice(client, [line], sent=True)
    firm.run()
    return firm


def run(firm, *arguments):
    return main(["schema", "remove", *arguments], build=lambda: firm.connector)


def test_the_terminal_refuses_while_figures_would_be_lost(firm, capsys):
    before = firm.dataverse.all("fbx_financialactivity")

    assert run(firm) == 2

    said = capsys.readouterr()
    assert "table fbx_financialactivity" in said.out
    assert "Not possible: Nothing was removed" in said.err
    assert "invoice: 1 rows" in said.err
    assert firm.dataverse.all("fbx_financialactivity") == before


def test_the_terminal_refuses_another_environment(firm, capsys):
    assert run(firm, "--lose-data", "--environment", "other.crm.dynamics.com") == 2

    assert "not other.crm.dynamics.com: nothing was removed" in capsys.readouterr().err
    assert firm.connector.customizing.schema.check() == []


def test_the_terminal_removes_what_it_was_told_to_lose(firm, capsys):
    assert run(firm, "--lose-data", "--environment", DATAVERSE) == 0

    assert "removed publisher freshbooksconnector" in capsys.readouterr().out
    assert run(firm) == 0
    assert "Nothing of the connector" in capsys.readouterr().out
    assert [row["name"] for row in firm.dataverse.all("account")] == ["Aster Works"]
