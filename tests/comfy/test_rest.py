"""The REST routes on a real ComfyUI: they use its queue, and nothing that a caller sends leads anywhere else."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import queue
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from comfy_server import ComfyServer, running
from PIL import Image
from skimage import data
from warm_python import Popen

from adstudio.run.request import MAX_STEPS

SMALL = {"steps": 1, "width": 256, "height": 256, "provider": "rules"}
WORDS = {"brief": "봄 딸기라떼, 대리석 위", "seed": 7, **SMALL}


def coffee() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(data.coffee()[::2, ::2]).save(buffer, "PNG")
    return buffer.getvalue()


def call(
    server: ComfyServer, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, Any, dict[str, str]]:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(server.url + path, body, told, method=method)
    try:
        with urllib.request.urlopen(request, timeout=400) as answer:  # longer than the server waits for an ad
            return answer.status, json.loads(answer.read()), dict(answer.headers)
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if text[:1] == b"{" else text, dict(error.headers)


def post(server: ComfyServer, path: str, body: object, **headers: str) -> tuple[int, Any, dict[str, str]]:
    return call(server, "POST", path, json.dumps(body).encode(), Content_Type="application/json", **headers)


def form(fields: dict[str, Any], files: list[tuple[str, str, bytes]]) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, file, content in files:
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n\r\n'.encode()
        parts.append(head + content + b"\r\n")
    return b"".join(parts) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def settings(server: ComfyServer, text: str) -> Iterator[None]:
    """The operator's settings for the length of a block."""
    path = server.base / "user" / "__adstudio" / "settings.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    try:
        yield
    finally:
        path.unlink()


def settle(server: ComfyServer, job: str) -> dict[str, Any]:
    until = time.monotonic() + 300
    while (told := call(server, "GET", f"/adstudio/jobs/{job}")[1])["state"] in ("queued", "running"):
        assert time.monotonic() < until
        time.sleep(0.1)
    return told


def test_an_ad_is_the_file_that_was_saved(server: ComfyServer) -> None:
    status, told, _ = post(server, "/adstudio/generate", WORDS)
    assert status == 200 and told["state"] == "done"
    (picture,) = told["pictures"]
    content = base64.b64decode(picture["base64"])
    assert content == (server.base / "output" / picture["subfolder"] / picture["name"]).read_bytes()
    assert content == server.read(picture["url"])
    assert hashlib.sha256(content).hexdigest() == picture["sha256"]
    assert Image.open(io.BytesIO(content)).size == (256, 256) == (picture["width"], picture["height"])
    assert told["report"]["providers"]["prompt"] == "rules" and told["report"]["prompt"]
    assert told["job"] in server.get(f"/history/{told['job']}")  # it went through ComfyUI's own queue


def test_photos_come_as_form_or_base64_or_name(server: ComfyServer) -> None:
    small = {"brief": "나무 탁자 위 커피", "seed": 3, "steps": 1, "strength": 0.3, "provider": "rules"}
    body, kind = form(small, [("reference", "../../c.png", coffee())])
    status, by_form, _ = call(server, "POST", "/adstudio/edit", body, Content_Type=kind)
    assert status == 200
    coded = small | {"reference": base64.b64encode(coffee()).decode()}
    named = small | {"reference": f"input:{server.upload('cup.png', coffee())}"}
    for asked in (coded, named):
        status, told, _ = post(server, "/adstudio/edit", asked)
        assert status == 200 and told["pictures"][0]["name"] == by_form["pictures"][0]["name"]


def test_an_ad_has_its_channels_size_and_format(server: ComfyServer) -> None:
    body = {"brief": "봄 딸기라떼", "aspect": "channel", "channel": "cashwalk", "steps": 1, "provider": "rules"}
    status, told, _ = post(server, "/adstudio/generate", body)
    assert status == 200, told
    (picture,) = told["pictures"]
    assert (picture["width"], picture["height"], picture["mime"]) == (600, 500, "image/jpeg")
    assert len(base64.b64decode(picture["base64"])) <= 150_000
    bare = post(server, "/adstudio/generate", body | {"channel": "google_merchant", "headline": "봄날"})[1]
    assert len(bare["notes"]) == 1 and "문구를 뺐어요" in bare["notes"][0]
    status, told, _ = post(server, "/adstudio/generate", body | {"channel": "coupang"})
    assert status == 400 and told["error"]["code"] == "channel.locked_template"


def test_a_product_is_put_on_a_backdrop(server: ComfyServer) -> None:
    body, kind = form({"brief": "대리석", "context": "커피", "seed": 3, **SMALL}, [("products", "c.png", coffee())])
    status, told, _ = call(server, "POST", "/adstudio/composite", body, Content_Type=kind)
    assert status == 200 and told["pictures"][0]["width"] == 256


def test_a_job_is_asked_after_and_taken_back(server: ComfyServer) -> None:
    status, told, headers = post(server, "/adstudio/generate", WORDS | {"seed": 8, "wait_s": 0})
    assert status == 202 and headers["Location"] == f"/adstudio/jobs/{told['job']}"
    done = settle(server, told["job"])
    assert done["state"] == "done" and done["pictures"][0]["base64"]
    slow = WORDS | {"steps": MAX_STEPS, "width": 512, "height": 512, "wait_s": 0}
    long = [post(server, "/adstudio/generate", slow | {"seed": n})[1] for n in (1, 2)]
    for job in reversed(long):
        assert call(server, "DELETE", f"/adstudio/jobs/{job['job']}")[0] == 200
    assert [settle(server, job["job"])["state"] for job in long] == ["cancelled", "cancelled"]
    assert call(server, "GET", "/adstudio/jobs/none")[0] == 404
    assert post(server, "/adstudio/generate", WORDS | {"seed": 9})[0] == 200  # the queue goes on


def test_a_job_is_taken_back_before_its_run_begins(server: ComfyServer) -> None:
    server.post("/adstudio_probe/late_start", {"wait_s": 0.5})  # ComfyUI forgets a cancel that comes meanwhile
    asked = WORDS | {"seed": 11, "steps": MAX_STEPS, "width": 512, "height": 512, "wait_s": 0}
    job = post(server, "/adstudio/generate", asked)[1]["job"]
    until = time.monotonic() + 300
    while call(server, "GET", f"/adstudio/jobs/{job}")[1]["state"] == "queued":
        assert time.monotonic() < until
    assert call(server, "DELETE", f"/adstudio/jobs/{job}")[1]["state"] == "running"
    assert settle(server, job)["state"] == "cancelled"


def test_a_restarted_server_still_tells_of_its_jobs(tmp_path: Path, warm_comfyui: Popen) -> None:
    with running(tmp_path, popen=warm_comfyui) as server:
        _, done, _ = post(server, "/adstudio/generate", WORDS)
        _, cut, _ = post(server, "/adstudio/generate", {**WORDS, "steps": MAX_STEPS, "seed": 8, "wait_s": 0})
        assert server._process is not None
        server._process.kill()
        server._process.wait()
        server.start()
        status, told, _ = call(server, "GET", f"/adstudio/jobs/{done['job']}")
        assert status == 200 and told == done, "its picture's bytes included"
        for method in ("GET", "DELETE"):
            status, told, _ = call(server, method, f"/adstudio/jobs/{cut['job']}")
            assert status == 410 and told["error"]["code"] == "rest.restarted" and told["error"]["hint"]
        assert post(server, "/adstudio/generate", {**WORDS, "seed": 9})[0] == 200


def test_what_the_nodes_refuse_is_said_in_the_callers_words(server: ComfyServer) -> None:
    status, told, _ = post(server, "/adstudio/generate", WORDS | {"steps": MAX_STEPS + 1})
    assert status == 400 and told["error"]["code"] == "request.steps" and str(MAX_STEPS) in told["error"]["message"]
    for field, value in {"checkpoint": "/etc", "vae": "../x.safetensors", "loras": [["/etc/passwd", 1.0]]}.items():
        status, told, _ = post(server, "/adstudio/generate", WORDS | {field: value})
        assert status == 400 and told["error"]["code"] == f"request.{field}", told
    assert call(server, "GET", "/adstudio/size?checkpoint=/etc/passwd&photo=64x64")[0] == 400


def test_a_photo_is_never_read_from_anywhere_else(server: ComfyServer) -> None:
    for source in ("/etc/passwd", "input:../server.log", "http://127.0.0.1:1/x.png", "file:///etc/passwd"):
        status, told, _ = post(server, "/adstudio/edit", {"brief": "커피", "reference": source})
        assert status == 400 and told["error"]["code"].startswith("request."), told


def test_hostile_forms_break_nothing_and_write_nothing(server: ComfyServer) -> None:
    server.wait_idle()  # what another test has left in the queue may save pictures
    before = files(server.base / "output") | files(server.base / "input")
    said = len(server.log())  # other tests' errors stand in it as well
    mark = "frontier"
    named = "Content-Disposition: form-data; name="
    parts = [
        "\r\n\r\n1",
        f'{named}"brief"\r\n\r\n\xff\xfe',
        f'{named}"reference"; filename="../../evil.png"\r\n\r\nx',
        f'{named}"x"\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%',
        f'{named}"{"n" * 9000}"\r\n\r\n1',
        f'{named}"request"\r\n\r\n{"[" * 9000}',
        "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nx\r\n--in--",
        f"\r\n--{mark}\r\n".join([f'{named}"steps"\r\n\r\n1'] * 200),
    ]
    bodies = [f"--{mark}\r\n{part}\r\n--{mark}--\r\n".encode("latin-1") for part in parts]
    bodies += [b"", b"no form at all", f"--{mark}\r\n".encode(), bodies[2][:-10]]
    for body in bodies:
        for kind in (f"multipart/form-data; boundary={mark}", "multipart/form-data", "multipart/form-data; boundary="):
            status, told, _ = call(server, "POST", "/adstudio/edit", body, Content_Type=kind)
            assert 400 <= status < 500, (status, body[:80], told)
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        assert call(server, "POST", "/adstudio/generate", b"brief=x", Content_Type=kind)[0] == 415
    assert files(server.base / "output") | files(server.base / "input") == before
    assert not list(server.base.rglob("evil*"))
    assert not server.has_faults(said)


def test_the_operators_limits_hold(server: ComfyServer) -> None:
    assert post(server, "/adstudio/generate", WORDS | {"webhook": "http://127.0.0.1:1/"})[0] == 400
    with settings(server, "rest: {max_mb: 0.01}"):
        assert post(server, "/adstudio/edit", {"brief": "x", "reference": "A" * 20_000})[0] == 413
    with settings(server, "rest: {queue: 0}"):
        status, told, headers = post(server, "/adstudio/generate", WORDS)
        assert status == 429 and told["error"]["code"] == "rest.queue_full" and int(headers["Retry-After"]) > 0
    with settings(server, "rest: {per_minute: 1}"):
        answers = [post(server, "/adstudio/generate", {}) for _ in range(3)]
        assert answers[-1][0] == 429 and int(answers[-1][2]["Retry-After"]) <= 60
    with settings(server, "rest: {per_minute: 1000000}"):  # gives back what these calls took from the next test's
        time.sleep(0.1)
        assert post(server, "/adstudio/generate", {})[0] == 400
    with settings(server, "rest: {token: open-sesame}"):
        assert call(server, "GET", "/adstudio/styles")[0] == 401
        assert call(server, "GET", "/adstudio/styles", Authorization="Bearer open-sesame")[0] == 200


def test_other_sites_may_not_call(server: ComfyServer) -> None:
    assert post(server, "/adstudio/generate", WORDS, Origin="http://evil.example")[0] == 403
    assert post(server, "/adstudio/generate", WORDS, Sec_Fetch_Site="cross-site")[0] == 403


def test_a_webhook_is_told(server: ComfyServer) -> None:
    came: queue.Queue[dict[str, Any]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    receiver = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=receiver.serve_forever, args=(0.05,), daemon=True).start()
    with settings(server, "rest: {per_minute: 1000000, webhooks: [127.0.0.1], webhooks_private: yes}"):
        hook = f"http://127.0.0.1:{receiver.server_address[1]}/done"
        _, told, _ = post(server, "/adstudio/generate", WORDS | {"webhook": hook})
        heard = came.get(timeout=300)
    receiver.shutdown()
    receiver.server_close()
    assert heard["job"] == told["job"] and heard["state"] == "done"


def test_lists_and_health(server: ComfyServer) -> None:
    assert any(each["id"] == "cafe" for each in server.get("/adstudio/industries")["industries"])
    assert any(each["id"] == "watercolor" for each in server.get("/adstudio/styles")["styles"])
    assert server.get("/adstudio/channels")["channels"]
    health = server.get("/adstudio/health")
    assert health["checkpoints"][0] == "demo (embedded)" and health["engines"] == ["zit"]
    engines = {each["id"]: each for each in server.get("/adstudio/engines")["engines"]}
    assert engines["zit"]["ready"] and not engines["sdxl"]["ready"] and engines["sdxl"]["missing"]
    offered = call(server, "GET", "/adstudio/openapi.json")[1]["components"]["schemas"]
    assert {tuple(offered[task]["properties"]["engine"]["enum"]) for task in ("Generate", "Edit")} == {("zit",)}


def test_an_engine_without_its_files_is_refused_with_them(server: ComfyServer) -> None:
    status, told, _ = post(server, "/adstudio/generate", WORDS | {"engine": "sdxl", "steps": 8})
    assert status == 400 and told["error"]["code"] == "request.engine_not_ready"
    assert "models/checkpoints/sd_xl_base_1.0.safetensors" in told["error"]["message"]


def test_a_nodes_error_keeps_its_code(server: ComfyServer) -> None:
    style = {"text_style": {"min_px": 200}}
    status, told, _ = post(server, "/adstudio/generate", WORDS | {"headline": "봄날의 딸기라떼"} | style)
    assert status == 400 and told["error"]["code"].startswith(("layout.", "text.")) and told["error"]["hint"]
