"""What one endpoint configuration runs: a fleet for every variant.

An update has two of them for a while, the old blue one and the new green one.
"""

import contextlib
import shutil
import threading
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from container import contract
from container.errors import ContainerError
from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import instances, isolation, model_data, variants
from local_test.aws.sagemaker.fleet import Fleet
from local_test.aws.sagemaker.instances import Place, UnhealthyError
from local_test.aws.sagemaker.variants import Variant


class Colour:
    """The fleets of a deployment, by the names of their variants.

    Attributes:
        fleets: They may be empty, but all are there.
        weights: Of the variants, relative to each other.
        wanted: How many instances each should have.

    Args:
        fleets: New ones, without instances.
        planned: The variants.
        undo: What is to be ended after them, such as their folder and network.
    """

    def __init__(
        self,
        fleets: Mapping[str, Fleet],
        planned: Sequence[Variant],
        undo: contextlib.ExitStack,
    ) -> None:
        self.fleets = dict(fleets)
        self.weights = {each.name: each.weight for each in planned}
        self.wanted = {each.name: each.instances for each in planned}
        self._undo = undo

    def scale(self, *stops: threading.Event) -> None:
        """Give every fleet the instances that are wanted.

        Raises:
            UnhealthyError: Some did not get healthy.
        """
        for name, fleet in self.fleets.items():
            fleet.scale(self.wanted[name], *stops)

    def renew(self, *stops: threading.Event) -> None:
        """Replace what is unhealthy."""
        for name, fleet in self.fleets.items():
            fleet.renew(self.wanted[name], *stops)

    def close(self) -> None:
        """Drain and stop everything."""
        with self._undo:
            for fleet in self.fleets.values():
                fleet.close()


def bring_up(
    cloud: Cloud, endpoint: str, planned: Sequence[Mapping[str, Any]], *stops: threading.Event
) -> Colour:
    """Fetch the models and start all instances; all of them are healthy, or none is left.

    Args:
        cloud: Where.
        endpoint: Its name.
        planned: Variants as an endpoint's document holds them.
        stops: Events at which it is given up.

    Raises:
        ModelDataError: A model cannot be fetched.
        UnhealthyError: An instance did not get healthy.
    """
    found = [variants.read(each) for each in planned]
    folder = cloud.folder / "endpoints" / endpoint / uuid.uuid4().hex[:8]
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            network = isolation.network(cloud, endpoint, found, undo)
        except ContainerError as error:
            raise UnhealthyError(str(error)) from error
        place = Place(endpoint, folder, network)
        fleets = {each.name: _fleet(cloud, each, place) for each in found}
        colour = Colour(fleets, found, undo.pop_all())
    try:
        for each in found:
            model = _model(folder, each)
            model_data.fetch(cloud, each.container, each.role, model, each.hostname)
        colour.scale(*stops)
    except BaseException:
        colour.close()
        raise
    return colour


def _fleet(cloud: Cloud, variant: Variant, place: Place) -> Fleet:
    model = _model(place.folder, variant)
    launch = partial(instances.launch, cloud, variant, model, place)
    most = variant.serverless["MaxConcurrency"] if variant.serverless else None
    return Fleet(variant.name, launch, most)


def _model(folder: Path, variant: Variant) -> Path:
    return folder / variant.name / contract.MODEL
