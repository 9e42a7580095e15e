"""A clock that stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Call it for the time. Starts on a fixed day, so that two runs of a test see the same site."""

    def __init__(self, start: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **amount: float) -> None:
        """forward(days=2, minutes=5): the keywords of timedelta."""
        self.time += timedelta(**amount)
