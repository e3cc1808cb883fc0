"""What serving means, without a transport: a body and three headers in, bytes or an error out.

Knows no HTTP library. Whatever carries requests (Flask today) calls `Core.invoke`.
"""

from typing import NamedTuple

from model.errors import ModelError
from model.predictor import Predictor
from serve import decode, media
from serve.arrays import ArrayFormat
from serve.attributes import Attributes
from serve.encode import Encoder
from serve.errors import Kind, ServeError
from serve.media import ContentType


class Answer(NamedTuple):
    """A good answer.

    Attributes:
        body: What goes back.
        media_type: What it is, without parameters (C4.33).
        echo: The custom attributes that go back with it; None where none came (C1.40).
        rows: How many records were answered.
    """

    body: bytes
    media_type: str
    echo: str | None
    rows: int


class Core:
    """Answers requests with one loaded model; safe to call from several threads.

    Args:
        predictor: The model.
        default_accept: Media type of the answer where the request prefers none.
        batch: Whether a batch transform job is served: then the answer's type follows the
            request's, and no record is answered by nothing (C2.2, C2.12).
        largest: Bytes that an archive may have when unpacked.

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
    ) -> None:
        self._predictor = predictor
        self._default = media.choose(default_accept, media.JSON)
        self._batch = batch
        self._largest = largest
        signature = predictor.signature
        self._encoder = Encoder(signature.output) if signature else None
        self._arrays = ArrayFormat(predictor.inputs, predictor.shapes, largest)

    def invoke(
        self, body: bytes, content_type: str | None, accept: str | None, attributes: str | None
    ) -> Answer:
        """Answer one request; whatever is wrong with its headers is said before anything is read.

        Args:
            body: As it came.
            content_type: Missing means JSON (C1.41).
            accept: Missing means the default (C6.14).
            attributes: The custom attributes (C1.40).

        Raises:
            ServeError: The request cannot be answered.
        """
        content = media.parse_content_type(content_type)
        options = Attributes.parse(attributes)
        media_type = media.choose(accept, self._preferred(content))
        try:
            return self._answer(body, content, media_type, options)
        except ModelError as error:
            raise ServeError.of(error) from error
        except ServeError as error:
            if error.kind is Kind.EMPTY_BODY and self._batch:
                return Answer(b"", media_type, options.echo, 0)
            raise

    def _preferred(self, content: ContentType) -> str:
        follows = self._batch and content.media_type in media.WRITTEN
        return content.media_type if follows else self._default

    def _answer(
        self, body: bytes, content: ContentType, media_type: str, options: Attributes
    ) -> Answer:
        signature = self._predictor.signature
        if signature is None or self._encoder is None:
            arrays = self._arrays.decode(body, content)
            outputs = self._predictor.outputs(arrays)
            rows = len(next(iter(arrays.values())))
            return Answer(self._arrays.encode(outputs, media_type), media_type, options.echo, rows)
        rows_in = decode.rows(body, content, signature.input, self._largest)
        answers = self._predictor.answers(rows_in, options.top_k)
        written = self._encoder.encode(answers, media_type)
        return Answer(written, media_type, options.echo, len(rows_in))
