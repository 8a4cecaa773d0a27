"""Both sides read page by page, compared, and what differs asked for.

Never writes to Dataverse: what is asked for is carried over as ever.
"""
