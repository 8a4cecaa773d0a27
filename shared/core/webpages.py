"""Addresses of records' pages in FreshBooks.

FreshBooks documents none of them. An invoice's is what people read in their browser's address bar,
a client's and an expense's are built so by several integrations; a payment is shown on its
invoice's page, and a credit on its client's. What stands behind `#` never reaches a server, so a
wrong one opens FreshBooks' first page.
"""

from shared.core.identity import Kind, RecordId


def page_of(
    base: str, record: RecordId, *, invoice: int | None = None, client: int | None = None
) -> str:
    """Return the address of a record's page.

    Args:
        base: of FreshBooks' web app, such as `https://my.freshbooks.com`.
        record: the record.
        invoice: number of a payment's invoice.
        client: number of its client, where it has no page of its own.
    """
    match record.kind:
        case Kind.INVOICE:
            where = f"invoice/{record.business}-{record.number}"
        case Kind.CLIENT:
            where = f"client/{record.number}"
        case Kind.EXPENSE:
            where = f"expense/{record.number}"
        case Kind.PAYMENT if invoice is not None:
            where = f"invoice/{record.business}-{invoice}"
        case Kind.PAYMENT | Kind.CREDIT | Kind.CATEGORY:
            where = f"client/{client}" if client is not None else ""
    return f"{base.rstrip('/')}/#/{where}"
