"""What each kind of record needs, and what a login is asked for."""

import pytest

from shared.core.identity import Kind
from shared.core.scopes import OPTIONAL, SCOPES, SPARED, may_read, scope_of


def test_every_kind_has_a_scope_that_is_asked_for_and_only_reads():
    assert {scope_of(kind) for kind in Kind} == set(SCOPES) - {"user:profile:read"}
    assert all(scope.endswith(":read") for scope in SCOPES)


@pytest.mark.parametrize("granted", ["", "user:invoices:read user:credit_notes:write"])
def test_what_is_optional_is_not_asked_for_unless_it_is_known_to_be_allowed(granted):
    assert not may_read(granted, Kind.CREDIT)
    assert may_read(f"{granted} user:credit_notes:read", Kind.CREDIT)


def test_of_what_is_needed_a_refusal_is_to_be_told():
    assert all(may_read("", kind) for kind in set(Kind) - OPTIONAL)


def test_no_scope_is_spared_that_something_else_needs():
    assert not SPARED & {scope_of(kind) for kind in set(Kind) - OPTIONAL}
