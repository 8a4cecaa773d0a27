"""What the connector tells of itself: lines in the log, and spans and metrics where chosen.

Never decides what is told.
"""
