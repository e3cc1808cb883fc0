"""Jobs as AWS's local harnesses lay them out (C7.5 - C7.23); the harnesses are not needed here."""

from local_test.conformance import changes
from local_test.conformance.lab import Lab
from local_test.conformance.registry import check
from local_test.conformance.training import ENDS_WELL, harmless


@check(
    "C7.5",
    group="sdk-harness",
    title="Training copes with the variables of local mode",
    expected=ENDS_WELL,
)
def local_variables_do_no_harm(lab: Lab) -> None:
    """Keys that open nothing, endpoints that nobody listens on."""
    harmless(lab, changes.local_variables)


@check(
    "C5.43",
    "C7.6",
    "C7.23",
    group="sdk-harness",
    title="Training copes without a folder for checkpoints",
    expected=ENDS_WELL,
)
def checkpoint_folder_is_optional(lab: Lab) -> None:
    """Local mode has none, and a job without CheckpointConfig has none either."""
    harmless(lab, changes.no_checkpoints)


@check(
    "C7.7",
    group="sdk-harness",
    title="Training reads the configuration that local mode writes",
    expected=ENDS_WELL,
)
def local_configuration_is_read(lab: Lab) -> None:
    """Fewer keys than on the platform."""
    harmless(lab, changes.local_files)


@check(
    "C7.20",
    group="sdk-harness",
    title="A start without an argument trains where a job is laid out",
    expected=ENDS_WELL,
)
def no_argument_trains(lab: Lab) -> None:
    """The third version of the SDK leaves the word out."""
    harmless(lab, changes.no_argument)


@check(
    "C7.21",
    group="sdk-harness",
    title="Training reads the configuration that the third SDK writes",
    expected=ENDS_WELL,
)
def third_configuration_is_read(lab: Lab) -> None:
    """Another interface, another instance type."""
    harmless(lab, changes.third_sdk)
