"""Who may call, how often, and whom a finished job may be told."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adstudio import InputError
from adstudio.run.rest import webhook
from adstudio.run.rest.answers import problem
from adstudio.run.rest.jobs import KEPT_S, JobRecord, JobTable
from adstudio.run.rest.limits import Limits, Meter
from adstudio.service import Key


def code_of(call: Any, *given: Any) -> str:
    with pytest.raises(InputError) as caught:
        call(*given)
    return caught.value.code


def test_the_token_opens_and_nothing_else_does() -> None:
    limits = Limits(token=Key("s3cret"))
    limits.check_token("Bearer s3cret")
    limits.check_token("bearer  s3cret ")
    for header in ("", "s3cret", "Bearer", "Bearer s3cre", "Basic s3cret", "Bearer 봄"):
        assert code_of(limits.check_token, header) == "rest.no_token"
    Limits().check_token("")


def test_limits_come_from_the_settings_and_the_token_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADSTUDIO_HOME", str(tmp_path))
    assert Limits.read() == Limits()
    text = "rest: {max_mb: 2, per_minute: 6, queue: 3, deadline_s: 5, webhooks: [Shop.example], token: from-file}"
    (tmp_path / "settings.yaml").write_text(text)
    limits = Limits.read()
    assert (limits.max_bytes, limits.queue, limits.webhooks) == (2_000_000, 3, ("shop.example",))
    limits.check_token("Bearer from-file")
    monkeypatch.setenv("ADSTUDIO_REST_TOKEN", "from-environment")
    Limits.read().check_token("Bearer from-environment")
    assert "from-file" not in repr(Limits.read())
    for wrong in ("tokens: x", "per_minute: 0", "queue: -1", "max_mb: .nan", "deadline_s: .inf"):
        (tmp_path / "settings.yaml").write_text(f"rest: {{{wrong}}}")
        assert code_of(Limits.read) == "settings.bad_file"
    (tmp_path / "settings.yaml").write_text("rest: {queue: 0}")
    assert code_of(JobTable().add, JobRecord("1"), Limits.read(), 0) == "rest.queue_full"


def test_a_caller_waits_once_the_bucket_is_empty() -> None:
    now = [0.0]
    meter = Meter(lambda: now[0])
    assert [meter.take("a", 2) for _ in range(3)] == [0, 0, 30]
    assert meter.take("b", 2) == 0
    now[0] = 31
    assert meter.take("a", 2) == 0 and meter.take("a", 2) > 0
    assert [meter.take("rarely", 0.5) for _ in range(2)] == [0, 120], "less than one a minute is one now and then"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://shop.example/", "rest.bad_webhook"),
        ("http://user:pw@shop.example/", "rest.bad_webhook"),
        ("http://shop.example/\r\nX: y", "rest.bad_webhook"),
        ("http://[::1", "rest.bad_webhook"),
        ("http://169.254.169.254/", "rest.webhook_not_allowed"),
        ("http://shop.example.evil.example/", "rest.webhook_not_allowed"),
        ("http://shop.example@evil.example/", "rest.bad_webhook"),
    ],
)
def test_webhooks_go_only_where_the_operator_says(url: str, code: str) -> None:
    assert code_of(Limits(webhooks=("shop.example",)).check_webhook, url) == code


def test_a_name_that_leads_into_the_own_network_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (found[-1], 80))])
    for address in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "::ffff:127.0.0.1"):
        found.append(address)
        assert code_of(Limits().check_address, "shop.example", 80) == "rest.webhook_private"
    found.append("169.254.169.254")  # a cloud's own place stays closed even where private ones are open
    assert code_of(Limits(webhooks_private=True).check_address, "shop.example", 80) == "rest.webhook_private"
    found.append("93.184.216.34")
    assert Limits().check_address("shop.example", 80) == found[-1]


@contextmanager
def receiver(*statuses: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook that answers with these statuses, one after the other."""
    came: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(statuses[min(len(came), len(statuses)) - 1])
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/done", came
    finally:
        server.shutdown()
        server.server_close()


OPEN = Limits(webhooks=("127.0.0.1",), webhooks_private=True)


@pytest.mark.parametrize(
    ("statuses", "taken", "tries"),
    [((200,), True, 1), ((503, 500, 204), True, 3), ((500,), False, 5), ((302,), False, 1), ((404,), False, 1)],
)
def test_a_webhook_is_called_until_it_takes_the_job(statuses: tuple[int, ...], taken: bool, tries: int) -> None:
    pauses: list[float] = []
    with receiver(*statuses) as (url, came):
        assert webhook.deliver(url, {"job": "1"}, OPEN, pauses.append) is taken
    assert came == [{"job": "1"}] * tries and pauses == list(webhook.PAUSES_S[:tries])


def test_a_webhook_that_is_down_or_private_is_given_up() -> None:
    pauses: list[float] = []
    assert not webhook.deliver("http://127.0.0.1:9/", {"job": "1"}, OPEN, pauses.append)
    assert len(pauses) == len(webhook.PAUSES_S)
    with receiver(200) as (url, came):
        assert not webhook.deliver(url, {"job": "1"}, Limits(webhooks=("127.0.0.1",)), pauses.append)
    assert not came


def test_a_webhook_that_is_tried_again_does_not_hold_the_server_up() -> None:
    with receiver(200) as (url, came):
        thread = webhook.tell(url, {"job": "1"}, OPEN)
        thread.join(20)
    assert came == [{"job": "1"}]
    assert thread.daemon, "Python waits for any other thread before it ends"


def test_a_full_queue_takes_nobody_in() -> None:
    table, limits = JobTable(), Limits(queue=2)
    jobs = [JobRecord(str(number)) for number in range(3)]
    table.add(jobs[0], limits, 0)
    assert code_of(table.add, jobs[1], limits, 1) == "rest.queue_full"
    table.add(jobs[1], limits, 0)
    jobs[0].end("done", 200, {})
    table.add(jobs[2], limits, 0)
    assert code_of(table.get, "9") == "rest.no_job"


def test_old_jobs_are_forgotten_and_open_ones_never() -> None:
    now = [0.0]
    table = JobTable(lambda: now[0])
    done, open_one = JobRecord("1"), JobRecord("2")
    table.add(done, Limits(), 0)
    table.add(open_one, Limits(), 0)
    done.end("done", 200, {})
    now[0] = (done.ended or 0) + KEPT_S + 1
    table.add(JobRecord("3"), Limits(), 0)
    assert not table.has("1") and table.has("2")


def test_errors_have_the_statuses_that_http_has_for_them() -> None:
    told = {code: problem(InputError(code, "m", "h"))[0] for code in ("rest.no_token", "rest.queue_full", "request.x")}
    assert told == {"rest.no_token": 401, "rest.queue_full": 429, "request.x": 400}
