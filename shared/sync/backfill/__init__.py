"""A history, carried in bulk: pages of records at once, by the same rules as one record.

Never decides anything about a record that carrying it alone would decide otherwise.
"""
