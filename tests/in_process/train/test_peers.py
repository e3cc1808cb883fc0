import json
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from container.environment import Hosts
from container.errors import PlatformError
from tests.support import crews
from train import peers
from train.peers import LostHostError, Peers

LIMIT = 30.0  # seconds, met by broken code only


@pytest.fixture(autouse=True)
def _part_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here one thread closes both ends of a connection, one after the other."""
    monkeypatch.setattr(peers, "_PARTING", 0.02)


def never() -> bool:
    return False


def met(stack: ExitStack, count: int) -> list[Peers]:
    """All hosts of a job, each of them connected."""
    made = [stack.enter_context(Peers(each, LIMIT)) for each in crews.hosts(count)]
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda each: each.meet(never), made))
    return made


def listen_until_lost(host: Peers) -> LostHostError:
    def listen() -> None:
        while True:
            host.listen(0.05)

    with pytest.raises(LostHostError) as caught:
        listen()
    return caught.value


def test_hosts_find_each_other_in_any_order() -> None:
    first, *others = crews.hosts(3)
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        made = [stack.enter_context(Peers(each, LIMIT)) for each in (*others, first)]
        early = [pool.submit(each.meet, never) for each in made[:2]]
        made[2].meet(never)
        for future in early:
            future.result()
        assert {each.root for each in made} == {first.current}
        assert made[2].address == first.current
        for each in made:
            each.listen(0)


def test_who_leaves_with_all_well_is_not_missed() -> None:
    with ExitStack() as stack:
        first, second = met(stack, 2)
        with second:
            pass
        for _ in range(3):
            first.listen(0.05)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_connection_that_ends_is_a_lost_host(lost: int) -> None:
    with ExitStack() as stack:
        made = met(stack, 2)
        for link in made[lost]._links.values():
            link.socket.close()
        found = listen_until_lost(made[1 - lost])
        assert found.host == made[lost]._hosts.current
        assert str(found).startswith(f"Host {found.host} was lost: ")


def test_silence_is_a_lost_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "SILENCE", 0.2)
    with ExitStack() as stack:
        first, second = met(stack, 2)
        assert "not a word came from it for 0.2 s" in listen_until_lost(first).cause
        monkeypatch.setattr(peers, "SILENCE", LIMIT)
        second.listen(0)


def test_words_keep_a_host_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "SILENCE", 0.5)
    monkeypatch.setattr(peers, "BEAT", 0.05)
    with ExitStack() as stack:
        first, second = met(stack, 2)
        for _ in range(30):
            first.listen(0.02)
            second.listen(0.02)


def test_a_failure_reaches_all_hosts_through_the_first() -> None:
    with ExitStack() as stack:
        first, second, third = met(stack, 3)
        with pytest.raises(ZeroDivisionError), third:
            raise ZeroDivisionError("of some kind")
        found = listen_until_lost(first)
        assert (found.host, found.cause) == (third._hosts.current, "failed: of some kind")
        with pytest.raises(LostHostError), first:
            raise found
        told = listen_until_lost(second)
        assert (told.host, told.cause) == (found.host, found.cause)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"word": "hello", "host": "algo-9"}\n',
        b'{"word": "hello"}\n',
        b"[1]\n",
        b"\xff" * 70_000,
    ],
)
def test_strangers_are_not_let_in(said: bytes, caplog: pytest.LogCaptureFixture) -> None:
    hosts, other = crews.hosts(2)
    called: list[threading.Thread] = []

    def call(host: Peers) -> Callable[[], bool]:
        """A stranger comes first, then the host that is waited for."""

        def stop() -> bool:
            if not called and host.address:
                with socket.create_connection((host.address, peers.PORT)) as stranger:
                    stranger.sendall(said)
                called.append(threading.Thread(target=second.meet, args=[never]))
                called[0].start()
            return False

        return stop

    with Peers(hosts, LIMIT) as first, Peers(other, LIMIT) as second:
        first.meet(call(first))
        called[0].join(LIMIT)
    assert "is none of the missing hosts" in caplog.text


@pytest.mark.parametrize("last", ["alive", "done"])
def test_a_host_may_say_more_at_once_than_its_name(last: str) -> None:
    hosts, other = crews.hosts(2)
    words = ({"word": "hello", "host": other.current}, {"word": last})
    said = b"".join(json.dumps(word).encode() + b"\n" for word in words)
    called: list[socket.socket] = []

    def stop() -> bool:
        """Call once the first host is there."""
        if not called and first.address:
            called.append(socket.create_connection((first.address, peers.PORT)))
            called[0].sendall(said)
        return False

    with Peers(hosts, LIMIT) as first:
        first.meet(stop)
        assert first.have_left == (last == "done")
        called[0].close()


def test_nonsense_from_a_host_is_a_lost_host() -> None:
    with ExitStack() as stack:
        first, second = met(stack, 2)
        [link] = second._links.values()
        link.socket.sendall(b"nonsense\n")
        assert listen_until_lost(first).host == second._hosts.current


@pytest.mark.parametrize("place", [0, 1])
def test_patience_ends_and_names_who_is_missing(place: int) -> None:
    hosts = crews.hosts(2)
    with (
        Peers(hosts[place], patience=0.3) as host,
        pytest.raises(
            PlatformError, match=rf"did not find {hosts[1 - place].current}.* within 0.3"
        ),
    ):
        host.meet(never)


def test_a_name_that_is_unknown_is_tried_again() -> None:
    name = "host.invalid"
    with (
        Peers(Hosts(name, (name, "z")), patience=0.3) as host,
        pytest.raises(PlatformError, match="did not find its own address"),
    ):
        host.meet(never)


def test_a_stop_ends_the_search() -> None:
    with (
        Peers(crews.hosts(2)[1], LIMIT) as host,
        pytest.raises(PlatformError, match="before the job was stopped"),
    ):
        host.meet(lambda: True)


def test_waiting_is_told_of(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "REMINDER", 0.1)
    caplog.set_level("INFO", "blerssi.train")
    hosts = crews.hosts(2)
    with Peers(hosts[0], patience=0.5) as host, pytest.raises(PlatformError):
        host.meet(never)
    assert f"Waiting for {hosts[1].current} since" in caplog.text
