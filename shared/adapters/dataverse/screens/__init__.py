"""What Sales sees, as Dataverse spells it and keeps it: XML texts in rows of its own tables.

Never decides what is shown; that stands in `core.screens`.
"""
