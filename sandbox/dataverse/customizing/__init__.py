"""What people and solutions customize: views, forms, charts, apps, their texts, their publishing.

Never knows the connector; it follows Microsoft's published documentation and schemas.
"""
