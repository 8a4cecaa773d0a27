"""FreshBooks' token chain and eight processes of which one dies, stalls or loses an answer."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.token_race.judge import judge
from tests.functional.token_race.plans import GAPS, KINDS, ROWS, plan
from tests.functional.token_race.rounds import Round
from tests.functional.token_race.steps import Call
from tests.functional.token_race.world import Ledger
from tests.soak import SOAK

ROOT = Path(__file__).resolve().parents[2]
FACTOR = "90"  # faster than the long run's clock; calls are still short against a lease
# Nothing happens, or a process is killed: with the lease, with the try noted, between the POST and
# saving, with the lease renewed, and before it gives the lease back.
SHORT = (0, 5, 6, 7, 9, 10)
PATIENCE = 300  # seconds; on a machine that is not busy it takes a tenth


def run(*arguments):
    """Run the race as `make soak` does, and leave nothing of it behind."""
    command = [sys.executable, "-W", "error", "-m", "tests.functional.token_race", *arguments]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as race:
        try:
            told, _ = race.communicate(timeout=PATIENCE)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(race.pid, signal.SIGKILL)
    return race.returncode, told


def test_eight_processes_keep_the_chain_whatever_happens_to_one_of_them(storage):
    seeds = range(len(KINDS)) if SOAK else SHORT
    code, told = run("--factor", FACTOR, "--storage", storage, "--seeds", *map(str, seeds))

    assert code == 0, told[-20_000:]


def test_as_many_seeds_as_there_are_kinds_kill_between_every_two_steps():
    happens = {plan(seed).happens for seed in range(len(KINDS))}

    assert len([each for each in happens if each.startswith("killed")]) == len(GAPS)


def test_the_seeds_of_a_short_race_kill_wherever_something_is_left_behind():
    assert [plan(seed).happens for seed in SHORT] == [
        "nothing",
        f"killed between {Call.LOOK_AGAIN} and {Call.NOTE}",
        f"killed between {Call.NOTE} and {Call.POST}",
        f"killed between {Call.POST} and {Call.CHECK}",
        f"killed between {Call.FENCE} and {Call.SAVE}",
        f"killed between {Call.SAVE} and {Call.GIVE_BACK}",
    ]


def test_two_hundred_seeds_have_everything_that_can_happen():
    assert {plan(seed).happens for seed in range(200)} == set(ROWS)


# the judge


def a_post(process="1", answer="granted 2", number=1):
    return {"process": process, "set": number, "answer": answer}


def the_facts(*posts, living=2, in_vault=2, broken=()):
    return {
        "posts": list(posts),
        "uses": [],
        "broken": list(broken),
        "living": living,
        "in vault": in_vault,
    }


def the_end(process="1", ended="accepted", **more):
    return {"process": process, "ended": ended, **more}


CONNECTED = the_end("timer", state="connected")
RECONNECT = the_end("timer", "reconnect needed", state="reconnect needed", warning="a person")
REFUSED = a_post("2", "invalid_grant")


def test_a_round_in_which_all_share_one_refresh_is_right():
    assert judge([the_end("1"), the_end("2"), CONNECTED], the_facts(a_post())) == []


@pytest.mark.parametrize(
    "first",
    [
        [{"process": "1", "hit": "kill"}],
        [{"process": "1", "late": Call.SAVE}, the_end("1", "later")],
    ],
    ids=["killed", "away"],
)
def test_a_refresh_token_may_be_tried_once_more_after_its_sender_is_gone(first):
    told = [*first, the_end("2", "reconnect needed")]
    killed = first[0].get("hit") == "kill"
    end, saved = (RECONNECT, 1) if killed else (CONNECTED, 2)

    assert judge([*told, end], the_facts(a_post(), REFUSED, in_vault=saved)) == []


def test_a_chain_that_was_lost_on_the_wire_ends_with_a_call_for_a_person():
    facts = the_facts(a_post(answer="granted 2, answer lost"), REFUSED, in_vault=1)

    assert judge([the_end("1", "later"), the_end("2", "reconnect needed"), RECONNECT], facts) == []


@pytest.mark.parametrize(
    ("told", "facts", "wrong"),
    [
        ([the_end("2"), CONNECTED], the_facts(a_post(), REFUSED), "had its answer"),
        (
            [{"process": "1", "hit": "kill"}, the_end("2"), the_end("3"), CONNECTED],
            the_facts(a_post(), REFUSED, a_post("3", "invalid_grant")),
            "process 3 sent the refresh token of set 1 again",
        ),
        (
            [{"process": "1", "hit": "kill"}, the_end("2"), CONNECTED],
            the_facts(a_post(), a_post("2")),
            "granted twice",
        ),
        (
            [the_end("2"), CONNECTED],
            the_facts(a_post(), a_post("2", "granted 3", 2), living=3, in_vault=3),
            "2 refreshes were asked for",
        ),
        (
            [{"process": "1", "late": Call.GIVE_BACK}, the_end("1"), the_end("2"), CONNECTED],
            the_facts(a_post(), REFUSED),
            "had its answer",
        ),
        ([CONNECTED], the_facts(broken=["set 1 was saved over set 2"]), "saved over"),
        ([the_end("1", None), CONNECTED], the_facts(a_post()), "ended with None"),
        ([the_end("1"), {"process": "2"}, CONNECTED], the_facts(a_post()), "process 2 ended"),
        ([the_end("1", crashed="ValueError"), CONNECTED], the_facts(a_post()), "ValueError"),
        ([the_end("1", careless="saving"), CONNECTED], the_facts(a_post()), "after its lease"),
        ([RECONNECT], the_facts(a_post()), "holds the living refresh token"),
        ([CONNECTED], the_facts(a_post(), in_vault=1), "does not hold"),
        ([RECONNECT], the_facts(a_post(), in_vault=1), "lived, and did not save"),
        (
            [{"process": "1", "hit": "kill"}, RECONNECT | {"ended": "later"}],
            the_facts(a_post(), in_vault=1),
            "the chain ended as",
        ),
        ([the_end("1"), CONNECTED | {"ended": "later"}], the_facts(a_post()), "ended as"),
    ],
)
def test_the_judge_objects(told, facts, wrong):
    assert wrong in "; ".join(judge(told, facts))


def a_round(*told):
    return Round(0, plan(0), connected=True, posts=1, wrong=[], told=list(told), facts={})


def test_a_process_that_outlives_its_lease_unplanned_tells_of_a_stalled_machine():
    held_up = {"process": "3", "late": Call.SAVE}

    assert a_round({"process": "1", "hit": "kill"}, held_up).stalled
    assert not a_round(held_up | {"hit": "pause"}, held_up).stalled
    assert not a_round(the_end("1")).stalled


# the ledger


def a_set(number):
    return {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"}


@pytest.fixture
def ledger():
    ledger = Ledger()
    for number in (1, 2):
        ledger.granted(a_set(number))
    ledger.save(json.dumps(a_set(1)))
    return ledger


def test_the_door_sees_a_token_that_is_used_before_it_is_saved(ledger):
    ledger.use("access-1", "7")
    ledger.use("access-2", "7")

    assert ledger.broken == ["process 7 used set 2, which was never saved"]


def test_the_door_sees_a_vault_that_fell_behind_what_is_used(ledger):
    ledger.save(json.dumps(a_set(2)))
    ledger.save(json.dumps(a_set(1)))
    ledger.use("access-2", "7")

    assert ledger.broken == ["set 2 was used while the vault holds 1"]


def test_the_vault_sees_an_older_set_that_comes_after_a_newer_one_was_used(ledger):
    ledger.save(json.dumps(a_set(2)))
    ledger.use("access-2", "7")
    ledger.save(json.dumps(a_set(1)))

    assert ledger.broken == ["set 1 was saved over set 2, already used"]
