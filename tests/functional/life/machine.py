"""A firm's life as a state machine: what is done in FreshBooks and what is done in Dynamics.

Never says what is right: the laws do, and the judge of the sandbox.
"""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.functional.life.freshbooks_verbs import FreshBooksVerbs
from tests.functional.life.peoples_verbs import PeoplesVerbs
from tests.functional.life.stage import NAMES, Luck, Stage
from tests.soak import SOAK

amounts = st.sampled_from(["0.01", "12.50", "40.00", "99.99", "1000.00"])
prices = st.lists(st.tuples(st.sampled_from(["1", "2", "0.5"]), amounts), min_size=1, max_size=3)
lucks = st.builds(
    Luck,
    pick=st.integers(0, 5),
    other=st.integers(0, 5),
    yes=st.booleans(),
    amount=amounts,
    code=st.sampled_from(["USD", "CAD"]),
    name=st.sampled_from([*NAMES, "Dunelm Radio"]),
    deal=st.sampled_from(["", "Deal 1", "deal 2", "Deal 9"]),
    prices=prices.map(tuple),
)


def _verbs(*sides: type[Stage]) -> list[str]:
    """Return the names of verbs; hypothesis likes the first one best."""
    own = [name for side in sides for name in vars(side) if not name.startswith("_")]
    return sorted(own, key=len)


VERBS = _verbs(FreshBooksVerbs, PeoplesVerbs)


class Life(FreshBooksVerbs, PeoplesVerbs, RuleBasedStateMachine):
    """One firm whose both sides change, now and then brought together and compared."""

    @initialize(
        seed=st.integers(0, 10_000),
        every=st.sampled_from([4, 9] if SOAK else [9]),
        lost=st.sampled_from([0.0, 0.3, 1.0]),
        deleted_reads=st.sampled_from(["row", "unknown", "deleted"]),
        touch=st.booleans(),
        noisy=st.booleans(),
        follow=st.booleans(),
    )
    def begin(
        self,
        seed: int,
        every: int,
        lost: float,
        deleted_reads: str,
        touch: bool,
        noisy: bool,
        follow: bool,
    ) -> None:
        """Begin, in a world that answers what nobody knows in one of the ways it may."""
        self.open(seed=seed)
        self.every = every
        self.firm.freshbooks.deliveries.set(drop=lost, duplicate=0.1, reorder=True)
        self.firm.freshbooks.switches.set(
            deleted_reads=deleted_reads,
            payments_touch_invoices=touch,
            visibility_fires_update=noisy,
            moves_touch_payments=noisy,
            payments_follow_clients=follow,
            expenses_filter_updated=follow,
        )

    @rule(verb=st.sampled_from(VERBS), luck=lucks)
    def do(self, verb: str, luck: Luck) -> None:
        """Let somebody do something on either side, or the calendar go on."""
        getattr(self, verb)(luck)

    @invariant()
    def laws_hold_whenever_all_is_quiet(self) -> None:
        self.steps += 1
        if self.steps % (self.every + 1) == 0:
            self.compare(thorough=SOAK)

    def teardown(self) -> None:
        if hasattr(self, "firm"):
            self.compare(thorough=True)

    def compare(self, *, thorough: bool) -> None:
        """Let all become quiet, and look; thoroughly, the judge looks too."""
        self.settle()
        found = [*self.breaches(), *(self.differences() if thorough else ())]
        assert not found, "\n".join(found)
