"""What follows from a person's answer: which businesses are synced, by which login, until when."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.connections import Business, Registration, RegistrationState
from shared.core.consent import (
    EXCHANGE_PATIENCE,
    GONE_ON_WITH,
    MOST_BUSINESSES,
    OPEN_FOR,
    Consent,
    Progress,
    Stage,
    choose,
    code_challenge,
    code_verifier,
    decide,
    explain_refusal,
    list_synced,
    newest_login,
)
from shared.errors import NotPossibleError

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
ONE = Business("xazq5", "Aster Works", "owner")
OTHER = Business("s3cond", "Second & Sons", "manager")
AS_CLIENT = Business("th1rd", "Supplier", "client")
WITHOUT_BOOKS = Business(None, "Empty", "owner")


def a_consent(*businesses, stage=Stage.SAVED, **fields):
    return Consent("a-login", stage, NOW, identity=7, businesses=businesses, **fields)


@pytest.mark.parametrize(
    ("consent", "stage", "chosen"),
    [
        (a_consent(ONE), Stage.CONNECTED, ("xazq5",)),
        (a_consent(ONE, ONE), Stage.CONNECTED, ("xazq5",)),
        (a_consent(ONE, AS_CLIENT, WITHOUT_BOOKS), Stage.CONNECTED, ("xazq5",)),
        (a_consent(ONE, OTHER), Stage.CHOOSING, ()),
        (a_consent(ONE, OTHER, wanted=("s3cond",)), Stage.CONNECTED, ("s3cond",)),
        (a_consent(ONE, OTHER, wanted=("s3cond",) * 2), Stage.CONNECTED, ("s3cond",)),
        (a_consent(ONE, OTHER, wanted=("s3cond", "el5e")), Stage.FAILED, ()),
        (a_consent(ONE, AS_CLIENT, wanted=("th1rd",)), Stage.FAILED, ()),
        (a_consent(AS_CLIENT), Stage.FAILED, ()),
        (a_consent(WITHOUT_BOOKS), Stage.FAILED, ()),
        (a_consent(), Stage.FAILED, ()),
    ],
)
def test_what_was_named_or_is_the_only_one_is_synced_and_else_somebody_chooses(
    consent, stage, chosen
):
    decided = decide(consent)

    assert (decided.stage, decided.chosen) == (stage, chosen)
    assert bool(decided.problem) is (stage is Stage.FAILED)


def test_a_login_that_opens_nothing_is_told_what_it_lacks():
    said = [
        decide(a_consent(ONE, wanted=("el5e",))).problem,
        decide(a_consent(AS_CLIENT)).problem,
        decide(a_consent()).problem,
    ]

    assert said[0].startswith("This login cannot read el5e; it can read xazq5.")
    assert said[1].startswith("This login cannot read the books of any business: Supplier (client)")
    assert said[2].startswith("This login belongs to no FreshBooks business.")


def test_without_a_choice_of_his_own_somebody_takes_all_that_can_be_read():
    consent = a_consent(ONE, OTHER, AS_CLIENT, WITHOUT_BOOKS, ONE, stage=Stage.CHOOSING)

    assert choose(consent, None).chosen == ("xazq5", "s3cond")


def test_nobody_takes_all_of_nothing():
    with pytest.raises(NotPossibleError, match="nothing was changed"):
        choose(a_consent(AS_CLIENT, stage=Stage.CHOOSING), None)


def crowd(count):
    return [Business(f"b{number}", f"Business {number}" * 20, "owner") for number in range(count)]


@pytest.mark.parametrize(
    ("count", "stage"), [(MOST_BUSINESSES, Stage.CHOOSING), (MOST_BUSINESSES + 1, Stage.FAILED)]
)
def test_more_businesses_than_can_be_shown_have_to_be_named(count, stage):
    decided = decide(a_consent(*crowd(count)))

    assert decided.stage is stage
    assert ("--account" in decided.problem) is (stage is Stage.FAILED)
    assert len(decided.businesses) <= MOST_BUSINESSES


def test_of_a_crowd_only_those_that_were_named_are_kept_with_the_try():
    decided = decide(a_consent(*crowd(5000), AS_CLIENT, wanted=("b4999", "b7")))

    assert decided.stage is Stage.CONNECTED
    assert {each.id for each in decided.businesses} == {"b4999", "b7"}


def test_of_a_crowd_the_names_are_cut_and_of_a_few_they_are_not():
    few, many = crowd(200), crowd(201)

    assert decide(a_consent(*few)).businesses == tuple(few)
    assert {len(each.name) for each in decide(a_consent(*many)).businesses} == {80}


@pytest.mark.parametrize(
    "problem",
    [
        decide(a_consent(*crowd(1000), wanted=("el5e",))).problem,
        decide(a_consent(*(AS_CLIENT for _ in range(1000)))).problem,
    ],
)
def test_a_crowd_is_not_told_one_by_one(problem):
    assert "and 990 more" in problem
    assert len(problem) < 1000


def test_a_try_that_went_on_has_its_problem_no_more():
    tries = [
        a_consent(ONE, problem="It is down."),
        a_consent(ONE, OTHER, problem="It is down."),
    ]

    assert [decide(each).problem for each in tries] == ["", ""]


@pytest.mark.parametrize("stage", list(Stage))
def test_what_nobody_goes_on_with_is_over_and_the_rest_a_day_later(stage):
    consent = a_consent(stage=stage)
    moment = timedelta(microseconds=1)
    ended = stage in {Stage.CONNECTED, Stage.FAILED}

    assert not consent.is_over(NOW)
    assert consent.is_over(NOW + moment) is ended
    assert not consent.is_over(NOW + GONE_ON_WITH) or ended
    assert consent.is_over(NOW + GONE_ON_WITH + moment)


@pytest.mark.parametrize(
    ("stage", "has"),
    [
        (Stage.INVITED, False),
        (Stage.STARTED, False),
        (Stage.EXCHANGING, False),
        (Stage.SAVED, True),
        (Stage.CHOOSING, True),
        (Stage.CONNECTED, True),
        (Stage.FAILED, False),
    ],
)
def test_a_person_has_shown_something_once_the_tokens_are_saved(stage, has):
    assert a_consent(stage=stage).has_tokens is has


def test_a_choice_is_kept_once_and_in_its_order():
    chosen = choose(a_consent(ONE, OTHER, stage=Stage.CHOOSING), ["s3cond", "xazq5", "s3cond"])

    assert (chosen.stage, chosen.chosen) == (Stage.CONNECTED, ("s3cond", "xazq5"))


@pytest.mark.parametrize(
    ("businesses", "stage"),
    [
        ([], Stage.CHOOSING),
        (["xazq5", "el5e"], Stage.CHOOSING),
        (["th1rd"], Stage.CHOOSING),
        (["xazq5"], Stage.SAVED),
    ],
)
def test_a_choice_that_was_not_offered_is_not_possible(businesses, stage):
    consent = a_consent(ONE, OTHER, AS_CLIENT, stage=stage)

    with pytest.raises(NotPossibleError, match="nothing was changed"):
        choose(consent, businesses)


def test_a_business_is_synced_by_its_name_and_the_persons_newest_login():
    (synced,) = list_synced(a_consent(ONE, OTHER, chosen=("s3cond",)), connection="newest")

    assert (synced.id, synced.name) == ("s3cond", "Second & Sons")
    assert (synced.connection, synced.identity) == ("newest", 7)


def test_the_login_that_freshbooks_answered_last_counts_whichever_was_opened_first():
    early, late = (
        Consent(name, Stage.SAVED, NOW + timedelta(hours=3 - n), answered=NOW + timedelta(hours=n))
        for n, name in enumerate(("early", "late"))
    )

    assert newest_login([early, late]) == newest_login([late, early]) == "late"


@pytest.mark.parametrize("stage", list(Stage))
def test_a_step_may_take_its_time_and_not_longer(stage):
    consent = a_consent(stage=stage)
    moment = timedelta(seconds=1)

    assert not consent.has_lapsed(NOW + OPEN_FOR)
    assert consent.has_lapsed(NOW + OPEN_FOR + moment)
    assert not consent.is_cut_short(NOW + EXCHANGE_PATIENCE)
    assert consent.is_cut_short(NOW + EXCHANGE_PATIENCE + moment) is (stage is Stage.EXCHANGING)


@pytest.mark.parametrize(
    ("stage", "webhooks", "done"),
    [
        (Stage.CONNECTED, ["live", "live"], True),
        (Stage.CONNECTED, ["live", "pending"], False),
        (Stage.CONNECTED, [], False),
        (Stage.CHOOSING, ["live"], False),
    ],
)
def test_a_connection_is_done_when_every_webhook_is_live(stage, webhooks, done):
    registrations = tuple(
        Registration("xazq5", "invoice", "https://app.example", RegistrationState(state))
        for state in webhooks
    )

    assert Progress(a_consent(ONE, stage=stage), registrations).done is done


@pytest.mark.parametrize(
    ("seen", "done"),
    [(None, False), (NOW - timedelta(seconds=1), False), (NOW, True), (NOW + OPEN_FOR, True)],
)
def test_a_webhook_counts_as_live_only_if_it_was_seen_so_since_the_login(seen, done):
    live = RegistrationState.LIVE
    registration = Registration("xazq5", "invoice", "https://app.example", live, seen=seen)

    progress = Progress(a_consent(ONE, stage=Stage.CONNECTED, answered=NOW), (registration,))

    assert progress.done is done


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("access_denied", "was not allowed on FreshBooks' page"),
        ("a-new-word", "did not say why"),
        ("", "did not say why"),
    ],
)
def test_a_refusal_is_explained_whatever_its_word(error, said):
    assert said in explain_refusal(error)


def test_a_proof_stays_what_it_was():
    assert code_verifier("secret", "c0ffee") == "fOeYVh9PogYovQPHrpUEXD0jaAaaRNVNXPojlHoaMJA"


def test_the_challenge_is_the_one_of_rfc_7636():
    # RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_code_verifier_is_as_long_as_the_rfc_wants_and_the_same_on_every_instance():
    verifier = code_verifier("secret", "c0ffee")

    assert len(verifier) == 43
    assert verifier == code_verifier("secret", "c0ffee")
    assert verifier != code_verifier("secret", "c0ffef")
