"""Comparing both sides: what differs, why, who can end it, and whether it all adds up.

Never reads either side.
"""
