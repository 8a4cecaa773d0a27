"""Use cases: gather, decide, apply. Talks to the world only through `shared.sync.ports`."""
