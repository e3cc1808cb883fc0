"""What a user brings along for the checks to work with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local_test.conformance.registry import NotChecked

TRAIN_SECONDS = 300.0


@dataclass(frozen=True)
class Payload:
    """A request body that /invocations answers with 200.

    Attributes:
        body: Its bytes.
        content_type: Its media type.
        accept: The media type to ask for; None sends no Accept (C1.41).
        streams: Whether its answer comes in parts (C1.50).
        name: For people.
    """

    body: bytes
    content_type: str
    accept: str | None = None
    streams: bool = False
    name: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Those of a request with it."""
        accept = {} if self.accept is None else {"Accept": self.accept}
        return {"Content-Type": self.content_type, **accept}


@dataclass(frozen=True)
class Streaming:
    """A request whose answer comes in parts.

    Attributes:
        payload: Its body.
        model: The folder of the model that answers so; None for the usual one.
    """

    payload: Payload
    model: Path | None = None


@dataclass(frozen=True)
class Materials:
    """What the checks work with; what is missing makes clauses `not checked`, never passed.

    Attributes:
        model: A folder as it is at /opt/ml/model; None where the subject trains its own.
        payloads: For /invocations, the usual one first.
        streaming: For a model of its own that streams; None where a payload says so, or none does.
        channels: Training data by channel (C5.17); empty where training is not checked.
        hyperparameters: For a short training that ends well.
        long: Hyperparameters added for a training that lasts a minute at least.
        wrong: Hyperparameters added for a training that has to fail.
        metrics: Regular expressions of metrics that training prints (C5.50).
        pipe: Whether training reads its channels in Pipe mode, too (C5.19).
        train_seconds: How long the short training may take.
        handlers: Whether it runs programs that users put beside their models (C6.10).
        multi_model: Whether it can serve many models; None believes the image's label (C3.1).
        variables: Added to the environment of every container.
    """

    model: Path | None = None
    payloads: tuple[Payload, ...] = ()
    streaming: Streaming | None = None
    channels: Mapping[str, Path] = field(default_factory=dict)
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    long: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    pipe: bool = False
    train_seconds: float = TRAIN_SECONDS
    handlers: bool = False
    multi_model: bool | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def payload(self) -> Payload:
        """The usual one.

        Raises:
            NotChecked: There is none.
        """
        if not self.payloads:
            raise NotChecked("needs a payload (--payload FILE:TYPE)")
        return self.payloads[0]

    def payload_of(self, content_type: str) -> Payload:
        """The first payload of a media type.

        Raises:
            NotChecked: There is none.
        """
        for each in self.payloads:
            if each.content_type.partition(";")[0].strip().lower() == content_type:
                return each
        raise NotChecked(f"needs a payload of {content_type} (--payload FILE:{content_type})")

    def streamed(self) -> Streaming:
        """What is answered in parts: by a model of its own, or by the usual one.

        Raises:
            NotChecked: Nothing is.
        """
        if self.streaming is not None:
            return self.streaming
        for each in self.payloads:
            if each.streams:
                return Streaming(each)
        raise NotChecked("needs `[streaming]`, or a payload with `streams = true`, in --config")

    def sample(self, model: Path | None) -> Payload | None:
        """What a model can be asked: the usual one (None), or the one that streams."""
        if model is not None and self.streaming is not None:
            return self.streaming.payload
        return next(iter(self.payloads), None)

    def require_training(self) -> None:
        """Raise NotChecked where there is nothing to train on."""
        if not self.channels:
            raise NotChecked("needs training data (--training PATH)")
