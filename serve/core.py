"""What serving means, without a transport: a request in, an answer or an error out.

Knows no HTTP library. Whatever carries requests (Flask today) calls `invoke`.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from model.errors import ModelError
from model.predictor import Predictor
from serve import media
from serve.attributes import Attributes
from serve.errors import Kind, ServeError
from serve.media import ContentType
from serve.observed import Observed
from serve.stages import stages

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Headers(Protocol):
    """Headers that are copied only by those who want them."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Name and value of each."""
        ...


class Request(NamedTuple):
    """What a client sent.

    Attributes:
        body: As it came.
        content_type: Missing means JSON (C1.41).
        accept: Missing means the default (C6.14).
        attributes: The custom attributes (C1.40).
        headers: Every header, for handlers (C9.14).
    """

    body: bytes
    content_type: str | None = None
    accept: str | None = None
    attributes: str | None = None
    headers: Headers = _NOTHING


class Answer(NamedTuple):
    """A good answer.

    Attributes:
        body: What goes back.
        media_type: What it is, without parameters (C4.33).
        echo: The custom attributes that go back with it; None where none came (C1.40).
        rows: How many records were answered.
        status: Another than 200 only where a handler says so.
        headers: What a handler adds.
        pieces: The body where it is made while it is sent (C1.50); none is empty.
        seen: What the records and their answers were like, where that is known.
    """

    body: bytes
    media_type: str
    echo: str | None
    rows: int
    status: int = 200
    headers: Mapping[str, str] = _NOTHING
    pieces: Iterator[bytes] | None = None
    seen: Observed | None = None


class Answerer(Protocol):
    """A loaded model, with or without a user's handler around it."""

    def invoke(self, request: Request) -> Answer:
        """Answer one request; safe to call from several threads.

        Raises:
            ServeError: The request cannot be answered.
        """
        ...

    def close(self) -> None:
        """Give back everything that was loaded; nothing may be asked afterwards."""
        ...


class Core:
    """Answers requests with one loaded model; safe to call from several threads.

    Args:
        predictor: The model.
        default_accept: Media type of the answer where the request prefers none.
        batch: Whether a batch transform job is served: then the answer's type follows the
            request's, and no record is answered by nothing (C2.2, C2.12).
        largest: Bytes that an archive may have when unpacked.
        observing: Whether it is looked at what records and answers were like.

    Raises:
        ServeError: The default type cannot be written.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        default_accept: str = media.JSON,
        batch: bool = False,
        largest: int = 25 << 20,
        observing: bool = True,
    ) -> None:
        self._predictor = predictor
        self._default = media.choose(default_accept, media.JSON)
        self._batch = batch
        self._observing = observing
        self._stages = stages(predictor, largest)

    def invoke(self, request: Request) -> Answer:
        """Answer one request; whatever is wrong with its headers is said before anything is read.

        Raises:
            ServeError: The request cannot be answered.
        """
        content = media.parse_content_type(request.content_type)
        options = Attributes.parse(request.attributes)
        media_type = media.choose(request.accept, self._preferred(content))
        try:
            data, asked = self._stages.read(request.body, content)
            wishes = options.wishes.joined(asked)
            wishes.check(media_type)
            body, seen = self._stages.answer(data, wishes, media_type, observing=self._observing)
            return Answer(body, media_type, options.echo, self._stages.count(data), seen=seen)
        except ModelError as error:
            raise ServeError.of(error) from error
        except ServeError as error:
            if error.kind is Kind.EMPTY_BODY and self._batch:
                return Answer(b"", media_type, options.echo, 0)
            raise

    def close(self) -> None:
        """Free the model."""
        self._predictor.close()

    @property
    def signed(self) -> bool:
        """Whether the model has a signature: its records, and so its cost, are known."""
        return self._predictor.signature is not None

    def _preferred(self, content: ContentType) -> str:
        follows = self._batch and content.media_type in media.WRITTEN
        return content.media_type if follows else self._default
