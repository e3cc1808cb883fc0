"""Who made each record: the names in the device column of one request."""

from typing import Final

DEVICE: Final = "device"  # of the column or key; a field of the model with this name comes first
LONGEST: Final = 128  # characters of a name
EXPECTED: Final = f"a text of 1 to {LONGEST} characters"
EXPECTED_EVERYWHERE: Final = f"{EXPECTED}, as other records have"


class Devices:
    """Collects the devices of records."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def note(self, row: int, name: object) -> bool:
        """Keep the device of a record; false where that is no name."""
        stripped = name.strip() if isinstance(name, str) else ""
        self._names[row] = stripped
        return 0 < len(stripped) <= LONGEST

    def lacking(self, rows: int) -> list[int]:
        """Which of so many records have no device although others have one."""
        if not self._names or len(self._names) == rows:
            return []
        return [row for row in range(rows) if row not in self._names]

    def names(self) -> tuple[str, ...] | None:
        """The device of each record in their order; None where none has one."""
        return tuple(name for _, name in sorted(self._names.items())) or None
