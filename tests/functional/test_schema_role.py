"""The security role: made with the least, completed, never cut, never doubled."""

from dataclasses import replace
from uuid import UUID

import pytest

from shared.core.policies import BypassPolicy
from shared.core.privileges import BYPASS, ROLE, ROLE_ID, list_extra, list_needs
from shared.errors import ConfigurationError
from tests.functional.dataverse_world import AdministeredEnvironment, Moments
from tests.functional.world import Firm
from tests.soak import SOAK

ADD = f"roles({ROLE_ID})/Microsoft.Dynamics.CRM.AddPrivilegesRole"


@pytest.fixture
def environment():
    return AdministeredEnvironment()


@pytest.fixture
def applied():
    return AdministeredEnvironment.with_schema()


def privilege(environment, table, right):
    found = environment.read(f"EntityDefinitions(LogicalName='{table}')?$select=Privileges")
    return next(p for p in found["Privileges"] if p["PrivilegeType"] == right)


def connectors(environment):
    """What the role grants beyond what every role has."""
    defaults = {"PluginAssembly", "PluginType", "SdkMessage"}
    return {
        name: depth
        for name, depth in environment.granted(ROLE_ID).items()
        if not any(noun in name for noun in defaults)
    }


def test_the_role_grants_exactly_what_is_needed_each_at_its_least_depth(applied):
    assert connectors(applied) == {
        "prvCreateAccount": "Basic",
        "prvReadAccount": "Global",
        "prvWriteAccount": "Global",
        "prvAppendAccount": "Global",
        "prvAppendToAccount": "Global",
        "prvCreateInvoice": "Basic",
        "prvReadInvoice": "Global",
        "prvWriteInvoice": "Global",
        "prvAppendInvoice": "Global",
        "prvAppendToInvoice": "Global",
        "prvCreateActivity": "Basic",
        "prvReadActivity": "Basic",
        "prvWriteActivity": "Basic",
        "prvAppendActivity": "Basic",
        "prvCreatefbx_client": "Basic",
        "prvReadfbx_client": "Global",
        "prvWritefbx_client": "Global",
        "prvAppendfbx_client": "Global",
        "prvAppendTofbx_client": "Global",
        "prvCreatefbx_waiting": "Basic",
        "prvReadfbx_waiting": "Global",
        "prvWritefbx_waiting": "Global",
        "prvDeletefbx_waiting": "Global",
        "prvAppendfbx_waiting": "Global",
        "prvReadOpportunity": "Global",
        "prvWriteOpportunity": "Global",
        "prvAppendToOpportunity": "Global",
        "prvReadTransactionCurrency": "Global",
        "prvAppendToTransactionCurrency": "Global",
        "prvReadPriceLevel": "Global",
        "prvAppendToPriceLevel": "Global",
        "prvReadOrganization": "Global",
    }


def test_deleting_records_adds_delete_and_nothing_else(applied):
    before = connectors(applied)
    deleting = applied.admin(needs=list_needs(deletes=True))

    (line,) = deleting.check()
    deleting.apply(wait=10)

    assert "Delete on invoice (prvDeleteInvoice, organization)" in line
    assert connectors(applied) == before | {
        "prvDeleteInvoice": "Global",
        "prvDeleteActivity": "Basic",
    }


def test_leaving_out_custom_logic_adds_its_privilege_and_nothing_else(applied):
    before = connectors(applied)
    bypassing = applied.admin(extra=list_extra(BypassPolicy.ALL))
    noted = bypassing.notes()

    done = bypassing.apply(wait=10)

    assert list_extra(BypassPolicy.FLOWS) == ()
    assert bypassing.check() == []
    assert any(f"lacks {BYPASS.name}: with BACKFILL_BYPASS=all" in line for line in noted)
    assert done == [f"{BYPASS.name} of the security role {ROLE}"]
    assert connectors(applied) == before | {BYPASS.name: "Global"}
    assert not any(BYPASS.name in line for line in bypassing.notes())


def test_a_privilege_that_is_not_known_there_is_said_and_keeps_nothing_else_back(environment):
    stranger = replace(BYPASS, id=UUID(int=7), name="prvToCome")
    admin = environment.admin(extra=(stranger,))

    admin.apply(wait=10)

    assert "prvReadAccount" in connectors(environment)
    assert admin.check() == []
    assert any("lacks prvToCome" in line for line in admin.notes())


def test_the_role_is_in_the_solution_and_in_the_root_business_unit(applied):
    role = applied.read(f"roles({ROLE_ID})?$select=_businessunitid_value")
    parts = applied.rows("solutioncomponents?$select=objectid&$filter=componenttype eq 20")

    assert role["_businessunitid_value"] == applied.sandbox.environment.business_unit
    assert [part["objectid"] for part in parts] == [str(ROLE_ID)]


def test_a_role_that_somebody_took_out_of_the_solution_is_put_back(applied):
    store = applied.sandbox.environment.store
    for row_id in [
        each["solutioncomponentid"]
        for each in applied.rows("solutioncomponents?$filter=componenttype eq 20")
    ]:
        store.delete("solutioncomponent", row_id)

    assert applied.admin().apply(wait=10) == [
        f"security role {ROLE} in the solution FreshBooksConnector"
    ]
    assert applied.admin().apply(wait=10) == []


def test_what_a_firm_added_stays_and_what_it_took_away_comes_back(applied):
    read = privilege(applied, "contact", "Read")
    deeper = privilege(applied, "task", "Read")
    applied.post(
        ADD,
        {
            "Privileges": [
                {"PrivilegeId": read["PrivilegeId"], "Depth": "Deep"},
                {"PrivilegeId": deeper["PrivilegeId"], "Depth": "Global"},
            ]
        },
    )
    del applied.sandbox.environment.role_privileges[str(ROLE_ID)]["prvCreateInvoice"]

    (line,) = applied.admin().check()
    applied.admin().apply(wait=10)

    assert "lacks Create on invoice (prvCreateInvoice, user)" in line
    found = applied.granted(ROLE_ID)
    assert (found["prvReadContact"], found["prvReadActivity"]) == ("Deep", "Global")
    assert found["prvCreateInvoice"] == "Basic"


def test_a_privilege_that_reaches_too_few_rows_is_deepened(applied):
    applied.sandbox.environment.role_privileges[str(ROLE_ID)]["prvReadAccount"] = "Local"

    applied.admin().apply(wait=10)

    assert applied.granted(ROLE_ID)["prvReadAccount"] == "Global"


def test_a_role_that_was_renamed_is_known_by_its_id(applied):
    applied.sandbox.update("role", str(ROLE_ID), name="Books")

    assert applied.admin().check() == []
    assert applied.admin().apply(wait=10) == []


@pytest.mark.parametrize("below", [False, True])
def test_a_role_of_the_same_name_that_is_not_ours_is_left_alone_and_named(environment, below):
    unit = environment.sandbox.environment.business_unit
    if below:
        unit = environment.sandbox.add("businessunit", name="North", parentbusinessunitid=unit)
    body = {"name": ROLE, "businessunitid@odata.bind": f"/businessunits({unit})"}
    environment.post("roles", body)

    with pytest.raises(ConfigurationError, match=r"did not make .*rename it"):
        environment.admin().apply(wait=10)

    (role,) = environment.rows("roles?$select=name")
    assert set(environment.granted(role["roleid"])) < {
        *environment.granted(role["roleid"]),
        "prvReadAccount",
    }
    lines = environment.admin().check()
    assert any("rename it" in line for line in lines)
    assert not any("Column" in line for line in lines)


def test_copies_of_the_role_in_units_below_are_ours(environment):
    unit = environment.sandbox.environment.business_unit
    environment.sandbox.add("businessunit", name="North", parentbusinessunitid=unit)

    environment.admin().apply(wait=10)

    assert len(environment.rows("roles?$select=name")) == 2
    assert environment.admin().check() == []
    assert environment.admin().apply(wait=10) == []


def test_whoever_may_not_make_roles_is_told_what_is_done_and_who_does_the_rest(environment):
    environment.sandbox.set({"privileges": {"prvCreateRole": None}})

    with pytest.raises(ConfigurationError, match="System Administrator runs"):
        environment.admin().apply(wait=10)

    environment.sandbox.set({"privileges": {"prvCreateRole": "Global"}})
    done = environment.admin().apply(wait=10)
    assert done[0] == f"security role {ROLE}"
    assert environment.admin().check() == []


def test_whoever_may_not_look_at_roles_is_told_so_and_the_rest_is_checked(applied):
    applied.sandbox.set({"privileges": {"prvReadRole": None}})

    assert applied.admin().check() == []
    (note,) = applied.admin().notes()
    assert "could not be looked at" in note


def test_a_process_killed_between_any_two_steps_is_completed_by_the_next(environment):
    every = 1 if SOAK else 36  # the role is made and has no privileges yet at 108
    moments = Moments(environment, at=lambda step: step % every == 0)
    environment.admin(app=moments).apply(wait=10)
    assert moments.count > 100

    for step, left in moments.each():
        left.admin().apply(wait=10)

        assert left.admin().check() == [], step
        assert len(left.rows("roles?$select=name")) == 1, step


def test_the_role_made_by_another_process_meanwhile_is_taken_as_it_is(applied):
    unit = applied.sandbox.environment.business_unit
    applied.session.delete(
        f"https://org.crm.dynamics.com/api/data/v9.2/roles({ROLE_ID})"
    ).raise_for_status()

    class Overtaken:
        """Lets somebody else make the role right before we do."""

        def __init__(self):
            self.done = False

        def __call__(self, environ, start_response):
            if environ["PATH_INFO"].endswith("/roles") and environ["REQUEST_METHOD"] == "POST":
                self.done = True
                body = {"roleid": str(ROLE_ID), "name": ROLE}
                bind = {"businessunitid@odata.bind": f"/businessunits({unit})"}
                applied.post("roles", body | bind)
            return applied.sandbox(environ, start_response)

    overtaken = Overtaken()
    applied.admin(app=overtaken).apply(wait=10)

    assert overtaken.done
    assert applied.admin().check() == []
    assert len(applied.rows("roles?$select=name")) == 1


def test_a_managed_solution_is_looked_at_and_never_changed(applied):
    applied.sandbox.manage("FreshBooksConnector")
    del applied.sandbox.environment.role_privileges[str(ROLE_ID)]["prvCreateInvoice"]
    before = applied.granted(ROLE_ID)

    assert applied.admin().apply(wait=10) == []

    (line,) = applied.admin().check()
    assert "import" in line
    assert "schema apply" not in line
    assert applied.granted(ROLE_ID) == before
    assert "is managed" in applied.admin().notes()[0]


def test_the_connector_works_with_this_role_and_nothing_else():
    firm = Firm(deleted_records="delete")
    firm.connector.customizing.schema.apply(wait=10)
    env = firm.dataverse.environment
    granted = env.role_privileges[str(ROLE_ID)]
    rights = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
    nouns = {
        each["Name"].removeprefix(f"prv{each['PrivilegeType']}")
        for table in env.schema.tables.values()
        for each in _defined(firm, table.name)
    }
    names = {f"prv{right}{noun}" for right in rights for noun in nouns}
    firm.dataverse.set({"privileges": {name: granted.get(name) for name in names}})
    client = firm.books.create_client(organization="Aster Works", currency_code="USD")["id"]
    line = {"name": "Consulting", "qty": "1", "unit_cost": "10.00"}
    invoice = firm.books.create_invoice(client, [line], sent=True)["id"]
    firm.books.pay_invoice(invoice, "4.00")
    firm.run()
    firm.books.delete_invoice(invoice)
    firm.run()

    assert not firm.differences()
    assert not list(firm.dead_letters.list_all())


def _defined(firm, table):
    from sandbox.dataverse import privileges

    return privileges.defined(firm.dataverse.environment.schema.tables[table])
