"""An MXNet export's params file, walked through before MXNet sees it.

MXNet trusts the lengths that a params file claims. Here they are checked against the bytes that
are really there, so that a damaged file ends in a sentence. The layout is NDArray::Save of 1.9.
"""

import math
import struct

from model.errors import ArtifactError
from model.export import MOST_DIMENSIONS, Shape

_FILE_MAGIC = 0x112
_ARRAY_MAGICS = (0xF993FAC8, 0xF993FAC9, 0xF993FACA)  # V1, V2 (storage type) and V3 (numpy shapes)
_ITEM_SIZES = {0: 4, 1: 8, 2: 2, 3: 1, 4: 4, 5: 1, 6: 8, 7: 1, 12: 2}  # by mshadow's type flag


def read_params(params: bytes) -> dict[str, Shape]:
    """Walk through a params file without loading it.

    Returns:
        The shape of every array by name, the `arg:` and `aux:` prefixes taken off.

    Raises:
        ArtifactError: The file is cut off, too long, or not a list of dense arrays, each with a
            name of its own that begins with `arg:` or `aux:`; MXNet would leave others out.
    """
    cursor = _Cursor(params)
    if cursor.take("<QQ") != (_FILE_MAGIC, 0):
        raise ArtifactError("The params file does not begin as MXNet's do.")
    shapes = [cursor.array() for _ in range(cursor.count(at_least=4))]
    names = [cursor.text() for _ in range(cursor.count(at_least=8))]
    cursor.end()
    if len(names) != len(shapes):
        raise ArtifactError(f"The params file has {len(shapes)} arrays and {len(names)} names.")
    strange = [name for name in names if not name.startswith(("arg:", "aux:"))]
    if strange:
        raise ArtifactError(
            f"The params file names an array {strange[0]!r:.80}; expected arg:NAME or aux:NAME.",
            hint="Write it with HybridBlock.export or Module.save_checkpoint.",
        )
    arrays = {name[4:]: shape for name, shape in zip(names, shapes, strict=True)}
    if len(arrays) != len(names):
        raise ArtifactError("Two arrays of the params file have the same name.")
    return arrays


class _Cursor:
    """Reads values one behind the other and never past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _skip(self, size: int) -> int:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise ArtifactError(
                f"The params file ends after {len(self._data)} bytes; {self._at} were announced.",
                hint="It was cut off or damaged on its way; copy it again.",
            )
        return start

    def take(self, layout: str) -> tuple[int, ...]:
        return struct.unpack_from(layout, self._data, self._skip(struct.calcsize(layout)))

    def count(self, *, at_least: int) -> int:
        """A number of things that take at least so many bytes each."""
        (number,) = self.take("<Q")
        if number * at_least > len(self._data) - self._at:
            raise ArtifactError(f"The params file announces {number} entries, more than it holds.")
        return int(number)

    def text(self) -> str:
        (length,) = self.take("<Q")
        start = self._skip(length)
        return self._data[start : self._at].decode(errors="replace")

    def array(self) -> Shape:
        (magic,) = self.take("<I")
        if magic not in _ARRAY_MAGICS:
            raise ArtifactError(
                f"An array of the params file begins with {magic:#x}, which MXNet 1.x never wrote.",
                hint="Load and save it again with MXNet 1.9.",
            )
        if magic != _ARRAY_MAGICS[0] and self.take("<i") != (0,):
            raise ArtifactError("The params file holds a sparse array; only dense ones are served.")
        (dimensions,) = self.take("<i")
        if not 1 <= dimensions <= MOST_DIMENSIONS:
            raise ArtifactError(f"An array of the params file has {dimensions} dimensions.")
        shape = self.take(f"<{dimensions}q")
        _device, _device_id, kind = self.take("<3i")
        if min(shape) < 1 or kind not in _ITEM_SIZES:
            raise ArtifactError(f"An array of the params file has shape {shape} and type {kind}.")
        self._skip(math.prod(shape) * _ITEM_SIZES[kind])
        return shape

    def end(self) -> None:
        if self._at != len(self._data):
            raise ArtifactError(
                f"The params file has {len(self._data) - self._at} bytes behind its end."
            )
