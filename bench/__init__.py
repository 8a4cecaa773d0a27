"""The figures in docs/performance.md and the programs they come from.

Never part of the connector, and never run by it.
"""
