"""Where a record is looked at in FreshBooks."""

import pytest

from shared.core.identity import Kind, RecordId
from shared.core.webpages import page_of


@pytest.mark.parametrize(
    ("kind", "given", "page"),
    [
        (Kind.CLIENT, {}, "client/7"),
        (Kind.INVOICE, {}, "invoice/xazq5-7"),
        (Kind.EXPENSE, {}, "expense/7"),
        (Kind.PAYMENT, {"invoice": 1000, "client": 42}, "invoice/xazq5-1000"),
        (Kind.PAYMENT, {"client": 42}, "client/42"),
        (Kind.CREDIT, {"client": 42}, "client/42"),
        (Kind.CREDIT, {}, ""),
    ],
)
def test_what_has_no_page_of_its_own_is_seen_on_its_invoices_or_its_clients(kind, given, page):
    record = RecordId("xazq5", kind, 7)

    assert page_of("https://my.freshbooks.com/", record, **given) == (
        f"https://my.freshbooks.com/#/{page}"
    )
