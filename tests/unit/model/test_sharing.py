"""What models have in common is in memory once."""

import gc
import weakref
from dataclasses import replace

from model.answers import decoder_of
from model.sharing import shared
from model.signature import Signature
from tests.support import models


def read() -> Signature:
    return Signature.from_dict(models.signature().to_dict())


def test_signatures_that_say_the_same_share_what_they_say_and_their_decoder() -> None:
    one, other = read(), read()
    assert one is not other
    assert one.input is other.input
    assert one.output is other.output
    assert decoder_of(one.output) is decoder_of(other.output)


def test_what_differs_is_not_shared() -> None:
    spec = read().input
    for missing in (-201.0, -0.0, 0.0):
        assert shared(replace(spec, missing=missing)).missing.hex() == missing.hex()
    output = read().output
    assert decoder_of(replace(output, mass=0.5)) is not decoder_of(output)


def test_nothing_stays_when_the_last_of_them_has_gone() -> None:
    spec = shared(replace(read().output, mass=0.123))
    specs, decoders = weakref.ref(spec), weakref.ref(decoder_of(spec))
    del spec
    gc.collect()
    assert specs() is None
    assert decoders() is None
