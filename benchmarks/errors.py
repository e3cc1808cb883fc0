"""What goes wrong in a benchmark, in words for who runs it."""


class BenchmarkError(Exception):
    """A measurement that cannot be made; the message says why."""


class MissingError(BenchmarkError):
    """A program that is not installed here; the message says how to get it."""
