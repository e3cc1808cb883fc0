import contextlib
import io
import os

from serve.outlet import Outlet


def test_a_pipe_flows_until_it_is_full() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with open(reading, "rb", buffering=0) as drain, open(writing, "w") as stream:  # noqa: PTH123
        outlet = Outlet(stream)
        assert outlet.flows()
        with contextlib.suppress(BlockingIOError):
            while os.write(writing, b"x" * 4096):
                pass
        assert not outlet.flows()
        while not outlet.flows():
            assert drain.read(4096)


def test_a_pipe_that_nobody_will_ever_read_makes_nobody_wait() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as stream:  # noqa: PTH123
        assert Outlet(stream).flows()


def test_what_is_no_file_of_the_system_flows() -> None:
    assert Outlet(io.StringIO()).flows()
