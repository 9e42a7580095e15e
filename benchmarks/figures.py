"""What a part of the benchmark has found out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A figure and, where there is one, the limit that it must not pass.

    exact   the limit must be hit, not only kept
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    exact: bool = False

    @property
    def met(self) -> bool | None:
        """None where there is no limit."""
        if self.limit is None:
            return None
        return self.value == self.limit if self.exact else self.value <= self.limit


@dataclass(frozen=True)
class Form:
    """What one form of crawler costs: medians over the rounds.

    cpu       ms an article, start-up taken off
    start     CPU seconds of the same command on a site without articles
    rate      articles a second by the clock, start-up included
    memory    peak resident MB
    """

    name: str
    cpu: float
    start: float
    rate: float
    memory: float
