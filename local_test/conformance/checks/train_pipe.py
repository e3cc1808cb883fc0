"""Channels in Pipe mode, for training that reads them (C5.19, C5.21)."""

from container import contract
from local_test.conformance.lab import Lab
from local_test.conformance.pipes import Pipes, files
from local_test.conformance.registry import NotChecked, check
from local_test.conformance.training import ENDS_WELL, plain, require_well


@check(
    "C5.19",
    group="train",
    title="Channels are read from named pipes, the later ones appearing late",
    expected=ENDS_WELL,
)
def pipes_are_read(lab: Lab) -> None:
    """There is one pipe an epoch, and no folder of the channel's name."""
    _train(lab, "None")


@check(
    "C5.21",
    group="train",
    title="RecordIO frames in a pipe are unwrapped",
    expected=ENDS_WELL,
)
def frames_are_unwrapped(lab: Lab) -> None:
    """Each file is a record; sent twice, so that something follows the padding of the first."""
    _train(lab, contract.RECORDIO, times=2)


def _train(lab: Lab, wrapper: str, times: int = 1) -> None:
    plain(lab)
    if not lab.materials.pipe:
        raise NotChecked("an algorithm may take files only (`pipe = true` in the configuration)")
    channels = {name: times * list(files(path)) for name, path in lab.materials.channels.items()}
    with Pipes(channels, wrapper) as pipes:
        require_well(lab.train(changes=[pipes]))
