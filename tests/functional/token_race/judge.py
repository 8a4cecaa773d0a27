"""What must hold after a round, whatever happened in it, from what everybody wrote down.

Never looks at what was planned: a machine that is slow pauses processes by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

from tests.functional.token_race.steps import Call

Told = Sequence[Mapping[str, Any]]

BEFORE_IT_IS_SAVED = {Call.POST, Call.CHECK, Call.FENCE, Call.SAVE}
ENDS = {"accepted", "reconnect needed", "later"}


def judge(told: Told, facts: Mapping[str, Any]) -> list[str]:
    """Return what went wrong, as sentences.

    Args:
        told: what the processes reported.
        facts: what FreshBooks and the vault wrote down.
    """
    killed = {each["process"] for each in told if each.get("hit") == "kill"}
    return [
        *facts["broken"],
        *_wrong_posts(told, killed, facts["posts"]),
        *_wrong_ends(told, killed),
        *_wrong_state(told, killed, facts),
    ]


def is_connected(told: Told) -> bool:
    """Whether the round ended connected, as the chain's own state says."""
    return [each["state"] for each in told if "state" in each] == ["connected"]


def _wrong_posts(told: Told, killed: set[str], posts: Told) -> Iterator[str]:
    """A refresh token is sent again only when whoever sent it before cannot save its answer.

    Because it was killed, because the wire lost it, or because it was away for longer than its
    lease, which nobody can tell from killed. And whoever is away between the last look at its
    lease and the POST sends one too many: FreshBooks knows nothing of leases.
    """
    late = {each["process"] for each in told if each.get("late") in BEFORE_IT_IS_SAVED}
    away = {each["process"] for each in told if each.get("late") == Call.POST}
    excused = 0
    for number, same in groupby(sorted(posts, key=_set_of), _set_of):
        sent = list(same)
        if sum("granted" in post["answer"] for post in sent) > 1:
            yield f"the refresh token of set {number} was granted twice"
        for first, second in pairwise(sent):
            lost = "lost" in first["answer"] or first["process"] in killed | late
            if lost or second["process"] in away:
                excused += 1
            else:
                yield (
                    f"process {second['process']} sent the refresh token of set {number} again, "
                    f"though process {first['process']} had its answer: {first['answer']}"
                )
    if len(posts) > 1 + excused:
        yield f"{len(posts)} refreshes were asked for"
    for each in told:
        if "careless" in each:
            yield f"process {each['process']} went on to {each['careless']} after its lease"


def _set_of(post: Mapping[str, Any]) -> int:
    return int(post["set"])


def _wrong_ends(told: Told, killed: set[str]) -> Iterator[str]:
    ended = {each["process"]: each["ended"] for each in told if "ended" in each}
    for each in told:
        if "crashed" in each:
            yield f"process {each['process']} crashed: {each['crashed']}"
    for process in {each["process"] for each in told} - killed:
        if ended.get(process) not in ENDS:
            yield f"process {process} ended with {ended.get(process)}"


def _wrong_state(told: Told, killed: set[str], facts: Mapping[str, Any]) -> Iterator[str]:
    last = [(each["state"], each["ended"]) for each in told if "state" in each]
    lives = facts["in vault"] == facts["living"]
    right = ("connected", "accepted") if lives else ("reconnect needed", "reconnect needed")
    if last != [right]:
        holds = "holds" if lives else "does not hold"
        yield f"the vault {holds} the living refresh token, but the chain ended as {last}"
    answer = f"granted {facts['living']}"
    for post in facts["posts"]:
        if not lives and post["answer"] == answer and post["process"] not in killed:
            yield f"process {post['process']} was given tokens, lived, and did not save them"
    if not lives and not any("warning" in each for each in told):
        yield "nobody was told that a person is needed"
