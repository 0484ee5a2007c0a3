"""Several servers: the least busy one works, a dead one is passed over and taken back when it lives again."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from comfy_double import ComfyDouble, running_double
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from adstudio import InputError, ServerError
from adstudio.run.remote.connection import Connection, read_server
from adstudio.run.remote.socket import Socket
from adstudio.run.request import AdRequest
from adstudio.types import RunEvent

WORDS = AdRequest(brief="봄 딸기라떼", seed=7, steps=2)


def test_the_shortest_queue_gets_the_job(double: ComfyDouble, make: Any, tmp_path: Path) -> None:
    with running_double(tmp_path / "other") as other:
        double.other_jobs = 3
        assert make(double, other).run(WORDS).report.server == other.url


def test_a_dead_server_is_passed_over_until_it_lives_again(double: ComfyDouble, make: Any, tmp_path: Path) -> None:
    with running_double(tmp_path / "other") as other:
        double.kill()
        runner = make(double, other)
        assert runner.run(WORDS).report.server == other.url
        double.start()
        other.other_jobs = 5
        assert runner.run(WORDS).report.server == other.url  # not asked again so soon
        runner._pool.servers[0].dead_until = 0  # a while later
        assert runner.run(WORDS).report.server == double.url


def test_a_job_moves_when_its_server_forgets_it(double: ComfyDouble, make: Any, tmp_path: Path) -> None:
    with running_double(tmp_path / "other") as other:
        other.other_jobs = 9
        double.waits.clear()
        done: list[Any] = []
        work = threading.Thread(target=lambda: done.append(make(double, other).run(WORDS)))
        work.start()
        while not double.told and work.is_alive():
            time.sleep(0.01)
        double.kill()
        double.start()
        double.waits.set()
        work.join()
        assert done[0].report.server == other.url and len(double.posts) == len(other.posts) == 1


def test_jobs_side_by_side_are_spread(double: ComfyDouble, make: Any, tmp_path: Path) -> None:
    with running_double(tmp_path / "other") as other:
        double.reads.clear()
        other.reads.clear()  # none is in a queue yet when the next one looks for the shortest
        runner = make(double, other)
        threads = [threading.Thread(target=runner.run, args=(WORDS,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        while len(double.posts) + len(other.posts) < 4 and any(thread.is_alive() for thread in threads):
            time.sleep(0.01)
        double.reads.set()
        other.reads.set()
        for thread in threads:
            thread.join()
        assert len(double.posts) == len(other.posts) == 2


def test_nobody_there_is_said_so(make: Any) -> None:
    with pytest.raises(ServerError) as caught:
        make("http://127.0.0.1:9", "http://127.0.0.1:10").run(WORDS)
    assert caught.value.code == "comfyui.unreachable" and "127.0.0.1:9" in caught.value.message


@pytest.mark.parametrize(
    ("written", "url", "login"),
    [
        ("10.0.0.7", "http://10.0.0.7:8188", None),
        ("localhost:9000/", "http://localhost:9000", None),
        ("https://me:secret@pod.example/comfy", "https://pod.example/comfy", ("me", "secret")),
        ("https://me:s%40cret@pod.example", "https://pod.example", ("me", "s@cret")),
        ("http://[::1]:8188", "http://[::1]:8188", None),
    ],
)
def test_addresses_as_people_write_them(written: str, url: str, login: Any) -> None:
    assert read_server(written) == (url, login)


def test_the_login_of_an_address_opens_the_line_of_progress_too() -> None:
    asked: list[str | None] = []

    def door(line: ServerConnection, request: Request) -> Response | None:
        asked.append(request.headers.get("Authorization"))
        return None if asked[-1] else line.respond(401, "")

    with serve(lambda line: line.wait_closed(), "127.0.0.1", 0, process_request=door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with closing(Connection(f"http://me:s%40cret@127.0.0.1:{server.socket.getsockname()[1]}")) as connection:
            line = Socket(connection, "client")
            assert line.is_open and asked == ["Basic bWU6c0BjcmV0"]
            line.close()
        server.shutdown()


def test_a_server_nearby_is_asked_past_the_proxy_and_a_far_one_through_it(
    double: ComfyDouble, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
        events: list[RunEvent] = []
        make(double).run(WORDS, events.append)
        assert not asked and any(event.message == "1/4" for event in events), "its line of progress, too"
        with closing(Connection("http://comfy.example:8188")) as far:
            assert far.get("/prompt") == {}
        proxy.shutdown()
    assert asked == ["http://comfy.example:8188/prompt"]


@pytest.mark.parametrize("written", ["", "ftp://host", "http://", "http://h:port", "http://h/?key=1", "http://a b:c@"])
def test_what_is_no_address_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(InputError) as caught:
        read_server(written)
    assert caught.value.code == "comfyui.bad_address" and "key=1" not in str(caught.value)


def test_a_token_is_not_sent_over_an_open_line(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADSTUDIO_SERVER_TOKEN", "s3cret-token")
    with pytest.raises(InputError) as caught:
        make("http://example.com:8188")
    assert caught.value.code == "comfyui.insecure_address" and "s3cret" not in str(caught.value)
