"""Vices of what a training reads."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.zoo.trainer import Trainer, Wrong
from tests.zoo.vice import vice

_HYPERPARAMETERS = {"epochs"}
_CHANNEL_KEYS = {"TrainingInputMode", "S3DistributionType", "RecordWrapperType", "ContentType"}
_HOST_KEYS = {
    *("current_host", "hosts", "network_interface_name"),
    *("current_instance_type", "current_group_name", "instance_groups"),
}


@vice("wants-numbers", "C5.1", "C5.11", group="train")
class WantsNumbers(Trainer):
    """Takes values as JSON has them."""

    def integer(self, name: str, default: int) -> int:
        value = self.read("hyperparameters.json").get(name, default)
        if not isinstance(value, int):
            raise Wrong(f"{name} is no number.")
        return value


@vice("raw-hyperparameters", "C5.12", group="train")
class RawHyperparameters(Trainer):
    """Stumbles over two quotes."""

    def integer(self, name: str, default: int) -> int:
        return int(self.hyperparameters().get(name, default))


@vice("strict-hyperparameters", "C5.13", group="train")
class StrictHyperparameters(Trainer):
    """Refuses what it does not know."""

    def hyperparameters(self) -> dict[str, str]:
        found = super().hyperparameters()
        if unknown := found.keys() - _HYPERPARAMETERS:
            raise Wrong(f"unknown: {', '.join(sorted(unknown))}")
        return found


@vice("wants-every-channel-key", "C5.14", "C7.7", "C7.21", group="train")
class WantsEveryChannelKey(Trainer):
    """Fails for what local mode leaves out."""

    def files(self) -> list[str]:
        for channel in self.read("inputdataconfig.json").values():
            _ = channel["S3DistributionType"]
        return super().files()


@vice("strict-channel-keys", "C5.14", group="train")
class StrictChannelKeys(Trainer):
    """Has a schema that ends with today's keys."""

    def files(self) -> list[str]:
        for channel in self.read("inputdataconfig.json").values():
            if unknown := channel.keys() - _CHANNEL_KEYS:
                raise Wrong(f"unknown: {', '.join(sorted(unknown))}")
        return super().files()


@vice("wants-a-channel-file", "C5.15", group="train")
class WantsAChannelFile(Trainer):
    """Opens inputdataconfig.json whether it is there or not."""

    def rows(self) -> list[list[float]]:
        json.loads((self.base / "input" / "config" / "inputdataconfig.json").read_text())
        return super().rows()


@vice("first-level-only", "C5.17", group="train")
class FirstLevelOnly(Trainer):
    """Does not look into folders."""

    def files(self) -> list[str]:
        if not any(each.is_file() for each in self.channel.iterdir()):
            raise Wrong("There is no file.")
        return super().files()


@vice("caches-beside-the-data", "C5.18", group="train")
class CachesBesideTheData(Trainer):
    """Writes into the channel."""

    def files(self) -> list[str]:
        found = super().files()
        (self.channel / "cache.csv").write_text("".join(found))
        return found


@vice("knows-no-fast-file", "C5.18", group="train")
class KnowsNoFastFile(Trainer):
    """Compares the mode with those of ten years ago."""

    def files(self) -> list[str]:
        for channel in self.read("inputdataconfig.json").values():
            if channel["TrainingInputMode"] != "File":
                raise Wrong("The mode has to be File or Pipe.")
        return super().files()


@vice("wants-an-instance-type", "C5.23", group="train")
class WantsAnInstanceType(Trainer):
    """Relies on a key that is not documented."""

    def hosts(self) -> list[str]:
        if found := self.read("resourceconfig.json"):
            _ = found["current_instance_type"]
        return super().hosts()


@vice("strict-host-keys", "C5.24", group="train")
class StrictHostKeys(Trainer):
    """Has a schema that ends with yesterday's keys."""

    def hosts(self) -> list[str]:
        if unknown := self.read("resourceconfig.json").keys() - _HOST_KEYS:
            raise Wrong(f"unknown: {', '.join(sorted(unknown))}")
        return super().hosts()


@vice("knows-the-hosts-name", "C5.25", group="train")
class KnowsTheHostsName(Trainer):
    """Takes its rank from a name that is in the code."""

    def hosts(self) -> list[str]:
        hosts = super().hosts()
        _ = hosts.index("algo-1")
        return hosts


@vice("knows-the-interface", "C5.25", "C7.21", group="train")
class KnowsTheInterface(Trainer):
    """Has the interface's name in the code."""

    def hosts(self) -> list[str]:
        interface = self.read("resourceconfig.json").get("network_interface_name", "eth0")
        if interface not in {"eth0", "eth1"}:
            raise Wrong(f"There is no interface {interface}.")
        return super().hosts()


@vice("reads-every-file", "C5.26", group="train")
class ReadsEveryFile(Trainer):
    """Takes every file of the configuration for a JSON object."""

    def hosts(self) -> list[str]:
        config = self.base / "input" / "config"
        for text in map(Path.read_text, config.iterdir()):
            if text:
                _ = json.loads(text).keys()
        return super().hosts()


@vice("wants-a-resource-file", "C5.27", group="train")
class WantsAResourceFile(Trainer):
    """Opens resourceconfig.json whether it is there or not."""

    def hosts(self) -> list[str]:
        (self.base / "input" / "config" / "resourceconfig.json").read_text()
        return super().hosts()


@vice("empty-is-no-json", "C5.27", group="train")
class EmptyIsNoJson(Trainer):
    """Parses a file that is empty."""

    def hosts(self) -> list[str]:
        path = self.base / "input" / "config" / "resourceconfig.json"
        if path.exists():
            json.loads(path.read_text())
        return super().hosts()


@vice("reads-the-capital-file", "C5.27", group="train")
class ReadsTheCapitalFile(Trainer):
    """Knows the file under the name that the classic example gave it."""

    def hosts(self) -> list[str]:
        path = self.base / "input" / "config" / "resourceConfig.json"
        if path.exists():
            hosts: list[str] = json.loads(path.read_text())["hosts"]
            return hosts
        return super().hosts()


@vice("wants-an-arn", "C5.1", "C5.30", group="train")
class WantsAnArn(Trainer):
    """Learns the region from the job's ARN."""

    def variables_of_the_job(self) -> None:
        _ = self.variables["TRAINING_JOB_ARN"].split(":")[3]


@vice("wants-the-toolkit", "C5.1", "C5.31", group="train")
class WantsTheToolkit(Trainer):
    """Was written for a framework container."""

    def variables_of_the_job(self) -> None:
        _ = Path(self.variables["SM_MODEL_DIR"]).iterdir()


@vice("fetches-credentials", "C5.36", group="train")
class FetchesCredentials(Trainer):
    """Asks for credentials because there is an address of them."""

    def variables_of_the_job(self) -> None:
        if "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" in self.variables:
            raise Wrong("Nobody answers at 169.254.170.2.")


@vice("calls-home", "C7.5", group="sdk-harness")
class CallsHome(Trainer):
    """Looks whether S3 is there before it begins."""

    def variables_of_the_job(self) -> None:
        if "AWS_ENDPOINT_URL_S3" in self.variables:
            raise Wrong("S3 cannot be reached.")


@vice("wants-checkpoints", "C5.43", group="sdk-harness")
class WantsCheckpoints(Trainer):
    """Relies on a folder that only some jobs have."""

    def resume(self) -> tuple[int, float]:
        _ = list(self.checkpoints.iterdir())
        return super().resume()


@vice("wants-a-group", "C7.7", "C7.21", group="sdk-harness")
class WantsAGroup(Trainer):
    """Takes it that whoever tells the instance's type tells its group, too."""

    def hosts(self) -> list[str]:
        found: dict[str, Any] = self.read("resourceconfig.json")
        if "current_instance_type" in found:
            _ = found["current_group_name"]
        return super().hosts()


@vice("wants-an-argument", "C7.20", group="sdk-harness")
class WantsAnArgument(Trainer):
    """Shows its usage where nothing is said."""

    def run(self) -> int:
        if sys.argv[-1] != "train":
            print("usage: train | serve")
            return 2
        return super().run()
