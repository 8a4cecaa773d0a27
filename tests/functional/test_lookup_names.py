"""Lookups whose navigation property is not called as the connector asked for."""

import pytest

from tests.functional.world import Firm


def a_firm(naming):
    """A firm whose Dataverse names navigation properties its own way."""
    firm = Firm(schema=False)
    firm.dataverse.set({"choices": {"navigation_names": naming}})
    firm.connector.customizing.schema.apply(wait=10)
    return firm


@pytest.mark.parametrize("naming", ["requested", "schema", "with_table"])
def test_records_are_carried_over_whatever_the_lookups_are_called(naming):
    firm = a_firm(naming)
    client = firm.books.create_client(organization="Aster Works")
    line = {"name": "Work", "qty": "1", "unit_cost": "135.00"}
    invoice = firm.books.create_invoice(client["id"], lines=[line], sent=True)
    firm.books.pay_invoice(invoice["id"], "35.00")

    firm.run()
    firm.clock.advance(60)
    firm.run()

    assert firm.differences() == []


def test_a_schema_with_other_names_is_sound_and_applying_it_again_changes_nothing():
    firm = a_firm("with_table")

    assert firm.connector.customizing.schema.check() == []
    assert firm.connector.customizing.schema.apply(wait=10) == []
