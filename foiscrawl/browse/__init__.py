"""The archive in a browser: Datasette for tables, SQL and figures to take away, pages of our own for the rest.

Only the command `browse` imports this, for it needs the extra `browse`.
"""
