"""What happens to a fake while it is used: something comes before a call, or the call fails.

Never changes what a call gives back.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import ConnectorError


@dataclass(eq=False)
class _Hook:
    method: str
    happens: Callable[..., object]
    once: bool


class Breakable:
    """A fake that a test can break, and before whose calls it can let something happen.

    Every method of the port says `self._called(...)` first: outside of any lock, and a generator's
    when it is first asked, which is when an adapter would ask the service.

    Attributes:
        broken: what every method of the port raises while it is set.
    """

    def __init__(self) -> None:
        self.broken: ConnectorError | None = None
        self._hooks: list[_Hook] = []

    def before(self, method: str, happens: Callable[..., object], *, once: bool = False) -> None:
        """Let something happen before a method's calls, whatever comes of them.

        Args:
            method: the method's name.
            happens: is given the call's arguments, in the caller's own thread; what it raises, the
                call raises.
            once: before the next call only, so not before one that `happens` makes itself.
        """
        assert callable(getattr(self, method, None)), f"there is no method {method}"
        self._hooks.append(_Hook(method, happens, once))

    def refuse(self, method: str, error: ConnectorError) -> None:
        """Let a method's calls fail."""

        def fail(*_given: object) -> None:
            raise error

        self.before(method, fail)

    def heal(self) -> None:
        """Let nothing fail, and nothing happen before a call, any more."""
        self.broken = None
        self._hooks.clear()

    def _called(self, method: Callable[..., object], *given: object) -> None:
        for hook in [each for each in self._hooks if each.method == method.__name__]:
            if hook.once:
                self._hooks.remove(hook)
            hook.happens(*given)
        if self.broken is not None:
            raise self.broken
