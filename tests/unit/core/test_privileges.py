"""The privileges the connector needs: the least depth, what a role lacks, what it may have more."""

from uuid import uuid4

import pytest

from shared.core.policies import Target
from shared.core.privileges import (
    Depth,
    Privilege,
    Right,
    TableNeed,
    list_grants,
    list_missing,
    list_needs,
    reaches,
)

OWNED = frozenset(Depth)


def a_privilege(name="prvReadAccount", depths=OWNED):
    return Privilege(uuid4(), name, depths)


def need(table, depth, *rights, own=True):
    return TableNeed(table, dict.fromkeys(rights, depth), "", own=own)


def by_table(*, deletes=False):
    return {each.table: each for each in list_needs(deletes=deletes)}


def test_the_activity_needs_no_more_than_the_users_own_rows():
    activity = by_table(deletes=True)["fbx_financialactivity"]

    assert set(activity.depths.values()) == {Depth.BASIC}
    assert Right.DELETE in activity.rights


@pytest.mark.parametrize("table", ["account", "invoice", "opportunity"])
def test_what_belongs_to_salespeople_is_reached_everywhere_but_made_as_ones_own(table):
    for right, depth in by_table()[table].depths.items():
        assert depth is (Depth.BASIC if right is Right.CREATE else Depth.GLOBAL)


def test_what_waits_is_listed_and_taken_off_whoever_has_the_row_by_now():
    depths = by_table(deletes=False)["fbx_waiting"].depths

    assert depths == {
        Right.CREATE: Depth.BASIC,
        Right.READ: Depth.GLOBAL,
        Right.WRITE: Depth.GLOBAL,
        Right.DELETE: Depth.GLOBAL,
        Right.APPEND: Depth.GLOBAL,
    }


def test_only_deleting_records_needs_delete_on_invoices_and_entries():
    def deletable(*, deletes):
        found = by_table(deletes=deletes)
        return {name for name, each in found.items() if Right.DELETE in each.rights}

    always = {"invoicedetail", "fbx_waiting"}
    assert deletable(deletes=False) == always
    assert deletable(deletes=True) == always | {"invoice", "fbx_financialactivity"}


@pytest.mark.parametrize("owners", [False, True])
def test_without_the_sales_app_none_of_its_tables_is_touched_and_entries_lead_to_entries(owners):
    needs = list_needs(deletes=True, owners=owners, target=Target.ACTIVITY)

    found = {each.table: each.depths for each in needs}
    assert not {"invoice", "invoicedetail", "opportunity", "pricelevel"} & set(found)
    entries = found["fbx_financialactivity"]
    assert entries[Right.APPEND_TO] is entries[Right.APPEND]
    assert Right.APPEND_TO not in by_table()["fbx_financialactivity"].depths


def test_every_depth_has_its_reason():
    assert all(each.why for each in list_needs(deletes=True))


@pytest.mark.parametrize(
    ("held", "wanted", "enough"),
    [
        (None, Depth.BASIC, False),
        ("", Depth.BASIC, False),
        ("RecordFilter", Depth.BASIC, False),
        ("Basic", Depth.BASIC, True),
        ("Basic", Depth.LOCAL, False),
        ("Deep", Depth.LOCAL, True),
        ("Deep", Depth.GLOBAL, False),
        ("Global", Depth.BASIC, True),
    ],
)
def test_a_depth_reaches_what_is_not_deeper(held, wanted, enough):
    assert reaches(held, wanted) is enough


def test_a_right_that_a_table_does_not_know_is_not_granted():
    known = a_privilege()
    needs = (need("invoicedetail", Depth.GLOBAL, Right.READ, Right.WRITE, own=False),)

    grants = list_grants(needs, {"invoicedetail": {"Read": known}})

    assert [(each.right, each.privilege) for each in grants] == [(Right.READ, known)]
    assert list_grants(needs, {"invoicedetail": None}) == []


def test_rows_of_the_organization_are_reached_as_a_whole_or_not_at_all():
    currency = a_privilege("prvCreateCurrency", frozenset({Depth.GLOBAL}))

    (grant,) = list_grants((need("x", Depth.BASIC, Right.CREATE),), {"x": {"Create": currency}})

    assert grant.depth is Depth.GLOBAL


def test_a_privilege_that_two_tables_share_is_granted_once_as_deep_as_the_deeper_need():
    shared = a_privilege("prvReadActivity")
    defined = {table: {"Read": shared} for table in ("a", "b", "c")}
    needs = (
        need("a", Depth.BASIC, Right.READ),
        need("b", Depth.GLOBAL, Right.READ),
        need("c", Depth.LOCAL, Right.READ),
    )

    (grant,) = list_grants(needs, defined)

    assert grant.depth is Depth.GLOBAL


def test_a_role_lacks_what_it_has_not_or_not_deep_enough():
    read, write, more = a_privilege("r"), a_privilege("w"), a_privilege("m")
    defined = {"x": {"Read": read, "Write": write}}
    grants = list_grants((need("x", Depth.GLOBAL, Right.READ, Right.WRITE),), defined)

    missing = list_missing(grants, {read.id: "Local", more.id: "Global"})

    assert [each.privilege.name for each in missing] == ["r", "w"]
    assert list_missing(grants, {read.id: "Global", write.id: "Global"}) == []
