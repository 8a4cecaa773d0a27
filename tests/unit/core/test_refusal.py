"""The signature of a refusal: the same for the same reason, whichever record met it."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.core.identity import Kind
from shared.core.refusal import signature, words_of
from shared.errors import ConfigurationError, ConflictError, RecordRefusedError

ONE = "8c1f9a6e-1111-4222-8333-abcdefabcdef"
TWO = "00000000-0000-0000-0000-000000000002"
TOO_LONG = (
    "A validation error occurred. The length of the 'name' attribute of the 'account' entity "
    "exceeded the maximum allowed length of '{}'."
)


def refused(
    said: str, *, code: str = "0x80040265", path: str = "POST fbx_invoices", tail: str = "r-1"
) -> RecordRefusedError:
    text = f"Dataverse: {path} was answered 400 ({code}: {said}), request {tail}"
    return RecordRefusedError(text, code=code, request_id=tail, service="Dataverse")


def hash_of(error: Exception, kind: Kind = Kind.INVOICE, *known: str) -> str:
    return signature(error, kind, known=known)[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "An error occurred while executing the plug-in: credit limit of 'Birch Ltd' exceeded",
            "An error occurred while executing the plug-in: credit limit of 'Öz & Söhne' exceeded",
        ),
        (f"account With Id = {ONE} Does Not Exist", f"account With Id = {TWO} Does Not Exist"),
        (f"account With Ids = {{{ONE}}}", f"account With Ids = {{{TWO.upper()}}}"),
        ("Amount 1,234.56 is above 1000", "Amount -12 345,00 is above 5000"),
        ("blocked since 2026-11-02T15:00:00Z", "blocked since 11/2/2026 3:00:00"),
        ("ask jane.doe@example.org", "ask j@b.example.co.uk"),
        ("see https://a.example/x?y=1", "see https://b.example/"),
        ("invoice 00017 is closed", "invoice 4711 is closed"),
        ('no price for "Consulting, 2 hours"', 'no price for "Travel"'),
        ("“Birch Ltd” is on hold", "“Aster” is on hold"),
        ("can't book 'Birch's Ltd' now", "can't book 'Aster' now"),
        (TOO_LONG.format(160), TOO_LONG.format(4000)),
    ],
)
def test_what_belongs_to_one_record_makes_no_difference(one: str, other: str) -> None:
    assert hash_of(refused(one)) == hash_of(refused(other, tail="r-2"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "The length of the 'name' attribute of the 'account' entity exceeded the maximum",
            "The length of the 'fax' attribute of the 'account' entity exceeded the maximum",
        ),
        (
            "The property 'fbx_region' does not exist on type 'Microsoft.Dynamics.CRM.account'",
            "The property 'fbx_area' does not exist on type 'Microsoft.Dynamics.CRM.account'",
        ),
        ("Attribute 'telephone1' cannot be NULL", "Attribute 'telephone2' cannot be NULL"),
        ("'Contoso_Region' is required", "'Contoso_Area' is required"),
        ("column region is required", "column area is required"),
        (
            "Principal lacks privilege 'prvReadAccount'",
            "Principal lacks privilege 'prvReadInvoice'",
        ),
        ("it can't be read, region's gone", "it can't be read, area's gone"),
        ("address1_city is required", "address2_city is required"),
    ],
)
def test_another_column_is_another_problem(one: str, other: str) -> None:
    assert hash_of(refused(one)) != hash_of(refused(other))


def test_whether_a_row_is_made_or_changed_makes_no_difference() -> None:
    made = refused("required", path="POST fbx_invoices")
    changed = refused("required", path=f"PATCH fbx_invoices({ONE})")
    by_key = refused("required", path="PATCH fbx_invoices(fbx_key='xazq5-17',other=5)")

    assert hash_of(changed) == hash_of(by_key)
    assert words_of(str(made)).startswith("Dataverse: fbx_invoices was answered 400")


def test_code_status_kind_and_service_make_a_difference() -> None:
    text = "Dataverse: POST a was answered 400 (no)"
    base = RecordRefusedError(text, code="1", service="Dataverse")
    others = [
        RecordRefusedError(text, code="2", service="Dataverse"),
        RecordRefusedError(text, code="1", service="FreshBooks"),
        RecordRefusedError(text.replace("400", "422"), code="1", service="Dataverse"),
        ConfigurationError(text, service="Dataverse"),
        ConflictError(text),
    ]

    hashes = {hash_of(each) for each in (base, *others)} | {hash_of(base, Kind.CLIENT)}

    assert len(hashes) == len(others) + 2


def test_what_a_person_is_told_holds_nothing_of_the_record() -> None:
    _, words = signature(
        refused(
            f"The invoice 4711 of 'Jane Doe' (jane@example.org, {ONE}) exceeds 1,000.00 EUR; "
            "the 'fbx_limit' attribute says so",
            path=f"PATCH fbx_invoices({ONE})",
        ),
        Kind.INVOICE,
    )

    assert words == (
        "Dataverse: fbx_invoices(…) was answered 400 (0x80040265: The invoice … of … "
        "exceeds … EUR; the 'fbx_limit' attribute says so)"
    ).replace("of … exceeds", "of … (…) exceeds")


def test_names_that_are_not_quoted_are_left_out_when_they_are_known() -> None:
    one = refused("Customer Birch Ltd is blocked")
    other = refused("Customer Öz & Söhne is blocked")

    assert hash_of(one, Kind.CLIENT, "Birch Ltd") == hash_of(other, Kind.CLIENT, "Öz & Söhne", "")


def test_freshbooks_numbers_its_errors_and_the_record_does_not_count() -> None:
    def error(number: int, errno: int) -> RecordRefusedError:
        text = f"FreshBooks: GET invoice {number} of xazq5 was answered 422 (errno {errno}: no)."
        return RecordRefusedError(text, code=str(errno), service="FreshBooks")

    assert hash_of(error(17, 1015)) == hash_of(error(4711, 1015))
    assert hash_of(error(17, 1015)) != hash_of(error(17, 1016))


def test_an_unexpected_error_is_known_by_its_kind_and_place_and_never_by_its_text() -> None:
    def stumble(text: str) -> Exception:
        try:
            return ValueError({}[text])
        except KeyError as error:
            return error

    one, other = stumble("Jane Doe"), stumble("John")

    assert hash_of(one) == hash_of(other)
    assert signature(one, Kind.CLIENT)[1] == "KeyError at test_refusal.py:stumble"
    assert signature(ValueError("x"), Kind.CLIENT)[1] == "ValueError at an unknown place"


@given(st.text(), st.lists(st.text(max_size=5), max_size=3))
def test_any_text_has_words_that_are_short_and_stay_the_same(text: str, known: list[str]) -> None:
    words = words_of(text, known=known)

    assert len(words) <= 300
    assert words_of(text, known=known) == words
    assert len(hash_of(refused(text))) == 12


@given(st.integers(0, 10**12), st.uuids(), st.emails())
def test_no_number_id_or_address_is_left(number: int, row: object, address: str) -> None:
    assume(not set(address) & set("'\""))
    words = words_of(f"The record {number} ({row}) of {address} is {number}.00 too much")

    assert words == "The record … (…) of … is … too much"
