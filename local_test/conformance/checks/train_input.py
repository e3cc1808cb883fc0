"""What training reads: hyperparameters, channels, hosts, variables (C5.11 - C5.36)."""

import hashlib
from collections import Counter
from pathlib import Path

from local_test.conformance import changes
from local_test.conformance.draft import Draft
from local_test.conformance.lab import Lab
from local_test.conformance.registry import Violation, check
from local_test.conformance.training import ENDS_WELL, harmless, needless


@check(
    "C5.11",
    group="train",
    title="Hyperparameters are read from strings",
    expected=ENDS_WELL,
)
def hyperparameters_are_strings(lab: Lab) -> None:
    """No type survives the API."""
    needless(lab, changes.typed_hyperparameters, "hyperparameters that are numbers in JSON")


@check(
    "C5.12",
    group="train",
    title="Hyperparameters may be JSON inside the string",
    expected=ENDS_WELL,
)
def hyperparameters_may_be_json(lab: Lab) -> None:
    """The SDK's framework estimators write texts in quotes of their own."""
    harmless(lab, changes.json_hyperparameters)


@check(
    "C5.13",
    group="train",
    title="Reserved hyperparameters are passed over",
    expected=ENDS_WELL,
)
def reserved_hyperparameters_are_passed_over(lab: Lab) -> None:
    """Nobody wrote them who could leave them out."""
    harmless(lab, changes.reserved_hyperparameters)


@check(
    "C5.14",
    group="train",
    title="Channels may be described with more keys, or by their mode alone",
    expected=ENDS_WELL,
)
def channel_keys_may_vary(lab: Lab) -> None:
    """Real jobs write many, local mode one."""
    harmless(lab, changes.many_channel_keys)
    harmless(lab, changes.few_channel_keys)


@check(
    "C5.15",
    group="train",
    title="inputdataconfig.json may be missing",
    expected=ENDS_WELL,
)
def channel_file_may_be_missing(lab: Lab) -> None:
    """The folders are there all the same."""
    harmless(lab, changes.no_channel_file)


@check(
    "C5.17",
    group="train",
    title="Files may lie in folders of a channel",
    expected=ENDS_WELL,
)
def channels_may_be_deep(lab: Lab) -> None:
    """Keys keep what follows the prefix."""
    harmless(lab, changes.deep_folders)


@check(
    "C5.18",
    group="train",
    title="Channels may be FastFile, and nothing is written into them",
    expected=f"{ENDS_WELL}; every file of the channels as before, and no other",
)
def channels_are_only_read(lab: Lab) -> None:
    """The mount is read-only, and streams."""
    trained = harmless(lab, changes.fast_file)
    for name, source in lab.materials.channels.items():
        before, after = _contents(source), _contents(trained.base / "input" / "data" / name)
        if before != after:
            more, less = (after - before).total(), (before - after).total()
            raise Violation(f"channel {name}: {more} files new or changed, {less} gone or changed")


@check(
    "C5.23",
    group="train",
    title="resourceconfig.json may have the three documented keys alone",
    expected=ENDS_WELL,
)
def documented_host_keys_suffice(lab: Lab) -> None:
    """No other is promised."""
    harmless(lab, changes.documented_host_keys)


@check(
    "C5.24",
    group="train",
    title="resourceconfig.json may have more keys",
    expected=ENDS_WELL,
)
def more_host_keys_do_no_harm(lab: Lab) -> None:
    """They come without notice."""
    harmless(lab, changes.many_host_keys)


@check(
    "C5.25",
    group="train",
    title="Host and interface may have any name",
    expected=ENDS_WELL,
)
def names_come_from_the_file(lab: Lab) -> None:
    """The machine's own say nothing."""
    harmless(lab, changes.other_names)


@check(
    "C5.26",
    group="train",
    title="Other files beside the configuration are left alone",
    expected=ENDS_WELL,
)
def other_files_are_left_alone(lab: Lab) -> None:
    """Features put theirs there."""
    harmless(lab, changes.other_files)


@check(
    "C5.27",
    "C7.30",
    group="train",
    title="resourceconfig.json may be missing, or empty",
    expected=ENDS_WELL,
)
def resource_file_may_be_missing(lab: Lab) -> None:
    """The classic folder has an empty resourceConfig.json, with a capital C."""
    harmless(lab, changes.classic_resources)
    harmless(lab, changes.empty_resources)


@check(
    "C5.30",
    group="train",
    title="No variable is needed but TRAINING_JOB_NAME, and many do no harm",
    expected=ENDS_WELL,
)
def variables_are_not_needed(lab: Lab) -> None:
    """Neither a region nor an ARN is there on every machine."""

    def of_aws(draft: Draft) -> None:
        changes.platform_variables(draft)
        changes.real_variables(draft)
        changes.local_variables(draft)

    needless(lab, of_aws, "TRAINING_JOB_ARN or variables of AWS")
    harmless(lab, changes.platform_variables)


@check(
    "C5.31",
    group="train",
    title="No SM_ variable is needed",
    expected=ENDS_WELL,
)
def toolkit_variables_are_not_needed(lab: Lab) -> None:
    """The platform sets none."""
    needless(lab, changes.toolkit_variables, "SM_ variables, which the platform does not set,")


@check(
    "C5.36",
    group="train",
    title="Variables of real jobs do no harm",
    expected=ENDS_WELL,
)
def real_variables_do_no_harm(lab: Lab) -> None:
    """Credentials that nobody hands out must not be waited for."""
    harmless(lab, changes.real_variables)


def _contents(path: Path) -> Counter[str]:
    """How often each content occurs in a folder, or in a file, however deep."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return Counter(hashlib.sha256(each.read_bytes()).hexdigest() for each in files)
