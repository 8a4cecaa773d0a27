"""What happens to a fake while it is used: it fails, or something comes in between.

Never changes what a call gives back.
"""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
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

    def before(
        self, method: str, happens: Callable[..., object], *, once: bool = False
    ) -> AbstractContextManager[object]:
        """Let something happen before a method's calls; it is given the call's arguments.

        Whatever it raises, the call raises. It ends with the context that is returned; who does
        not enter that, lets it happen for good.

        Args:
            method: the method's name.
            happens: called before each call, from the caller's own thread.
            once: before the next call only, and not before those that it makes itself.
        """
        assert callable(getattr(self, method, None)), f"there is no method {method} to come before"
        hook = _Hook(method, happens, once)
        self._hooks.append(hook)
        end = contextlib.ExitStack()
        end.callback(self._forget, hook)
        return end

    def refuse(self, method: str, error: ConnectorError) -> AbstractContextManager[object]:
        """Let a method's calls fail, until the context that is returned ends."""

        def fail(*_given: object) -> None:
            raise error

        return self.before(method, fail)

    def _called(self, method: str, *given: object) -> None:
        if self.broken is not None:
            raise self.broken
        for hook in [each for each in self._hooks if each.method == method]:
            if hook.once:
                self._forget(hook)
            hook.happens(*given)

    def _forget(self, hook: _Hook) -> None:
        with contextlib.suppress(ValueError):  # it came once, and is forgotten already
            self._hooks.remove(hook)
