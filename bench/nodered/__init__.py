"""Node-RED doing the same writes, beside which the connector's processor time is measured.

Never part of what is deployed, nor of the tests: Node-RED is installed for this figure alone.
"""
