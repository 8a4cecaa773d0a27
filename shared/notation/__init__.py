"""How settings are written: what each text has to look like, and what to write where it does not.

Never shows a text it refuses: it may be a secret. Every refusal is a `ValueError` whose words go on
after the setting's name.
"""
