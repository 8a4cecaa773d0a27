"""The schema with the Sales app and without: what is made, what is looked at, what goes again."""

import pytest

from shared.core.policies import Target
from shared.core.privileges import ROLE
from shared.errors import ConfigurationError
from tests.functional.dataverse_world import AdministeredEnvironment

SALES = ("invoice", "invoicedetail", "opportunity", "pricelevel")


@pytest.fixture
def bare():
    """An environment without the Sales app."""
    return AdministeredEnvironment(sales=False)


def test_rows_of_invoices_need_the_sales_app_which_is_said_once(bare):
    lines = bare.admin().check()

    about = [line for line in lines if any(f"{table}" in line.split() for table in SALES)]
    assert lines[0] == (
        "The tables invoice, invoicedetail, opportunity, pricelevel are missing, in which invoices "
        "are kept (TARGET=record): install the Dynamics 365 Sales app in this environment, or set "
        "TARGET=activity, where timeline entries are all there is."
    )
    assert [line for line in about if line != lines[0]] == []
    with pytest.raises(ConfigurationError, match="TARGET=activity"):
        bare.admin().apply(wait=10)
    assert bare.sandbox.all("solution") == []


def test_entries_alone_need_no_sales_app(bare):
    admin = bare.admin(target=Target.ACTIVITY)

    created = admin.apply(wait=10)

    assert admin.check() == []
    assert "lookup fbx_financialactivity.fbx_invoiceentryid" in created
    assert not [line for line in created if "invoiceid" in line or line.split(".")[0] in SALES]
    assert admin.apply(wait=10) == []


def test_an_environment_without_the_sales_app_is_left_as_it_was_before(bare):
    before = bare.everything()
    bare.admin(target=Target.ACTIVITY).apply(wait=10)

    steps = list(bare.removal().run())

    assert bare.everything() == before
    assert f"removed security role {ROLE}" in steps


def test_a_missing_lookup_between_entries_is_a_difference_for_entries_alone():
    environment = AdministeredEnvironment.with_schema()

    of_entries = environment.admin(target=Target.ACTIVITY).check()

    assert environment.admin().check() == []
    assert of_entries[0] == (
        "Lookup fbx_financialactivity.fbx_invoiceentryid to fbx_financialactivity is missing: "
        "run `python -m shared schema apply`."
    )
    assert "AppendTo on fbx_financialactivity" in of_entries[1]
    # Forms, dashboard and app show no invoices then.
    assert all("is not as this release has it" in line for line in of_entries[2:])


@pytest.mark.parametrize("first", Target)
def test_one_target_after_the_other_has_all_it_needs(first):
    environment = AdministeredEnvironment()
    later = next(target for target in Target if target is not first)
    before = environment.everything()
    environment.admin(target=first).apply(wait=10)

    environment.admin(target=later).apply(wait=10)

    assert environment.admin(target=later).check() == []
    shown = environment.admin(target=first).check()
    assert shown
    assert all("is not as this release has it" in line for line in shown)
    list(environment.removal().run())
    assert environment.everything() == before
