"""What Sales sees of FreshBooks: views, forms, charts, a dashboard and an app, as data.

Never says how Dataverse spells them.
"""
