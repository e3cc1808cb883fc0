"""Where tuning looks for a hyperparameter; each is declared with the hyperparameter itself.

Values are text, as hyperparameters are everywhere before they are parsed.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Numbers between two, both included.

    Attributes:
        low: The smallest.
        high: The largest.
        log: Whether to look evenly over orders of magnitude rather than over the numbers.
    """

    low: float
    high: float
    log: bool = False

    def contains(self, text: str) -> bool:
        """Whether a value lies in it."""
        return self.low <= float(text) <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}{', logarithmic' if self.log else ''}"


@dataclass(frozen=True)
class Choice:
    """Some values, none nearer to one than to another.

    Attributes:
        values: The first need not be the default.
    """

    values: tuple[str, ...]

    def contains(self, text: str) -> bool:
        """Whether a value is one of them."""
        return text in self.values

    def __str__(self) -> str:
        return " or ".join(self.values)


Range = Span | Choice
