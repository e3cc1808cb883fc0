from botocore.eventstream import EventStreamBuffer

from local_test.aws.sagemaker import event_stream


def test_messages_are_what_botocore_reads() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(event_stream.payload_part(b"one\0"))
    buffer.add_data(event_stream.failure("ModelStreamError", {"Message": "ü", "ErrorCode": "X"}))
    first, second = buffer
    assert first.headers[":event-type"] == "PayloadPart"
    assert first.payload == b"one\0"
    assert second.headers[":exception-type"] == "ModelStreamError"
    assert second.payload == b'{"Message": "\\u00fc", "ErrorCode": "X"}'
