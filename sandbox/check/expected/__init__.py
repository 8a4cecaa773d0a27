"""What Dataverse has to show of FreshBooks' records.

Never looks at Dataverse: what people decided there (which account is a client's, at which rate it
converts) comes in as an argument.
"""
