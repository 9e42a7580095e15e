"""foiscrawl archives a French news site on a schedule and lets people ask the archive in SQL."""

__version__ = "0.1.0"
