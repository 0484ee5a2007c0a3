"""Break what can break around a real ComfyUI and a catalogue, and print a table of what happened.

    python benchmarks/rest_faults.py [--only killed,socket,answer,disk,webhook,batch,ray]

On the embedded model, at 256x256. The full disk is a small tmpfs over the output folder, which takes root to mount;
without it that row says so. ``ray`` needs the package. The exit code is 1 where an ad was lost, came twice or was
half-written.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from comfy_server import ComfyServer, running
from fault_line import Line
from rest_load import Webhook, send

from adstudio.output.save import is_named_after
from adstudio.run.batch.manifest import read_entries
from adstudio.run.remote.runner import ComfyRunner
from adstudio.run.request import AdRequest

SMALL = {"steps": 1, "width": 256, "height": 256, "headline": "", "provider": "rules"}
WORDS = AdRequest(brief="봄 딸기라떼", width=256, height=256, headline="", provider="rules", steps=20)
_SETTINGS = "rest: {per_minute: 100000, webhooks: [127.0.0.1], webhooks_private: yes}"
_ROWS = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was broken, what came of it, and whether that is as it should be."""

    fault: str
    happened: str
    is_whole: bool


def kill(server: ComfyServer) -> None:
    """End a server as a power cut would, and start it again on its port."""
    os.kill(server.pid, signal.SIGKILL)
    assert server._process is not None
    server._process.wait()


def stray(folder: Path) -> int:
    """Files that are no whole ad: what a run left behind half-written."""
    from PIL import Image

    count = 0
    for path in (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"):
        try:
            with Image.open(path) as picture:
                picture.load()
                count += path.suffix == ".png" and not is_named_after(path.name, _pixels(picture))
        except (OSError, SyntaxError):
            count += 1
    return count


def _pixels(picture: Any) -> Any:
    import numpy as np

    return np.asarray(picture.convert("RGB"))


def done_jobs(server: ComfyServer) -> int:
    """How many jobs the server has run to their end."""
    return len(server.get("/history?max_items=1000"))


def client_under(server: ComfyServer, folder: Path, url: str, seed: int, strike: Callable[[], None]) -> Any:
    """Run a request by the client and strike while the model draws."""
    struck = threading.Event()

    def watch(event: Any) -> None:
        if event.kind == "progress" and event.step == "generate" and not struck.is_set():
            struck.set()
            threading.Thread(target=strike, daemon=True).start()

    with ComfyRunner(url, folder) as runner:
        return runner.run(replace(WORDS, seed=seed), watch)


def server_killed(server: ComfyServer, folder: Path) -> Iterator[Outcome]:
    """A client's job and two REST jobs, the server killed in the middle."""
    done = send(f"{server.url}/adstudio/generate", {**SMALL, "brief": "봄", "seed": 1})[1]

    def strike() -> None:
        kill(server)
        server.start()

    ad = client_under(server, folder, server.url, 2, strike)
    notes = [note for step in ad.report.steps for note in step.notes if "sent again" in note]
    yield Outcome(
        "server killed while it draws for the client, and started again",
        f"the job is sent again under its number ({len(notes)} note in the report); 1 ad, "
        f"{done_jobs(server)} job in the new server's history, {stray(folder)} half-written",
        ad.path.is_file() and bool(notes) and done_jobs(server) == 1 and not stray(folder),
    )
    status, told, _ = send(f"{server.url}/adstudio/jobs/{done['job']}")
    cut = send(f"{server.url}/adstudio/generate", {**SMALL, "brief": "봄", "seed": 3, "steps": 50, "wait_s": 0})[1]
    kill(server)
    server.start()
    lost, said, _ = send(f"{server.url}/adstudio/jobs/{cut['job']}")
    yield Outcome(
        "server killed with one REST job done and one running, and started again",
        f"the done one: {status}, the same bytes; the other: {lost} `{said['error']['code']}`",
        (status, lost) == (200, 410) and told["pictures"] == done["pictures"],
    )


def socket_cut(server: ComfyServer, folder: Path) -> Iterator[Outcome]:
    """Every line to the server cut once while it draws."""
    before = done_jobs(server)
    with Line(server.url) as line:
        ad = client_under(server, folder, line.url, 11, line.cut)
        cuts = line.cuts
    ran = done_jobs(server) - before
    yield Outcome(
        "every line between client and server cut while it draws",
        f"{cuts} lines cut; the job is asked after, 1 ad, {ran} job run",
        ad.path.is_file() and ran == 1 and cuts > 0,
    )


def answer_lost(server: ComfyServer, folder: Path) -> Iterator[Outcome]:
    """The POST arrives, its answer does not; then the other way round."""
    for what, name in (("the answer to the POST lost", "answers"), ("the POST itself cut off", "posts")):
        before = done_jobs(server)
        with Line(server.url, lose=name) as line, ComfyRunner(line.url, folder) as runner:
            ad = runner.run(replace(WORDS, steps=2, seed=20 + len(name)))
            posts, lost = line.posts, line.lost
        ran = done_jobs(server) - before
        happened = f"{posts} POST, {lost} lost; 1 ad, {ran} job run"
        yield Outcome(what, happened, ad.path.is_file() and ran == 1 and lost == 1)


def disk_full(server: ComfyServer, folder: Path) -> Iterator[Outcome]:
    """An output folder without room, then with some."""
    output = server.base / "output"
    with tmpfs(output) as is_mounted:
        if not is_mounted:
            yield Outcome("output disk full", "not tried: mounting a small disk takes root", True)
            return
        filler = output / "filler"
        filler.write_bytes(b"\0" * 490_000)
        body = {**SMALL, "brief": "봄", "seed": 31}
        full, said, _ = send(f"{server.url}/adstudio/generate", body)
        filler.unlink()
        left = stray(output)
        again, told, _ = send(f"{server.url}/adstudio/generate", body)
        yield Outcome(
            "output disk full, then not",
            f"{full} `{said.get('error', {}).get('code')}`, {left} half-written; the same ask afterwards: {again}",
            full == 507 and not left and again == 200 and len(told["pictures"]) == 1,
        )


@contextmanager
def tmpfs(folder: Path) -> Iterator[bool]:
    """Half a megabyte of disk over a folder; False where it cannot be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=500k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def webhook_down(server: ComfyServer, folder: Path) -> Iterator[Outcome]:
    """A receiver that is down when the job ends, and back some seconds later."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/told"
    status, told, _ = send(f"{server.url}/adstudio/generate", {**SMALL, "brief": "봄", "seed": 41, "webhook": url})
    ended = time.monotonic()
    time.sleep(4)
    receiver = Webhook(port)
    receiver.wait(told["job"])
    waited = time.monotonic() - ended
    receiver.close()
    times = receiver.told[told["job"]]
    yield Outcome(
        "webhook target down when the job ends, back after 4 s",
        f"the answer itself came ({status}); told {times} time, {waited:.0f} s after the end; "
        "one that stays down is given up after five tries in six minutes, and the job stays to be asked after",
        (status, times) == (200, 1),
    )


def batch_killed(folder: Path) -> Iterator[Outcome]:
    """``adstudio batch`` killed in the middle, then resumed."""
    table, out = folder / "rows.csv", folder / "out"
    table.write_text("id,brief,headline\n" + "".join(f"r{n},나무 탁자,{n}번\n" for n in range(_ROWS)), "utf-8")
    sets = ("width=256", "height=256", "steps=1", "provider=rules")
    command = [sys.executable, "-m", "adstudio", "batch", str(table), "--out", str(out)]
    command += ["--resume", *(part for pair in sets for part in ("--set", pair))]
    begun = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while begun.poll() is None and (not (out / "manifest.jsonl").exists() or len(_entries(out)) < 2):
        time.sleep(0.02)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    before = len(_entries(out))
    code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    ids = [entry.id for entry in _entries(out)]
    whole = all(hashlib.sha256((out / e.files[0]).read_bytes()).hexdigest() == e.sha256[0] for e in _entries(out))
    yield Outcome(
        f"`adstudio batch` killed (-9) after {before} of {_ROWS} rows, then `--resume`",
        f"exit {code}; {len(ids)} rows, {len(set(ids))} different; every file has its hash: {whole}",
        code == 0 and len(ids) == len(set(ids)) == _ROWS and whole and 0 < before < _ROWS,
    )


def _entries(out: Path) -> list[Any]:
    whole = (out / "manifest.jsonl").read_bytes().rpartition(b"\n")[0]
    return list(read_entries(whole + b"\n" if whole else b""))


def ray_killed(folder: Path) -> Iterator[Outcome]:
    """One of two Ray engines killed in the middle."""
    try:
        import ray  # noqa: F401  # pyright: ignore[reportMissingImports] - an extra
    except ImportError:
        yield Outcome("a Ray engine killed", "not tried: ray is not installed", True)
        return
    from adstudio.run.batch.catalogue import Progress, draw_catalogue
    from adstudio.run.batch.ray_lane import RayLane
    from adstudio.run.batch.rows import Row

    base = AdRequest(brief="나무 탁자", width=256, height=256, steps=1, provider="rules", headline="")
    rows = [Row(n, f"r{n}", replace(base, seed=n), str(n)) for n in range(2 * _ROWS)]
    killed: list[int] = []

    def strike(state: Progress) -> None:
        if state.done == 2 and not killed and (found := engine_processes()):
            killed.append(found[0])
            os.kill(found[0], signal.SIGKILL)

    lane = RayLane("local", folder / "store", workers=2)
    try:
        done = draw_catalogue(rows, lane, folder, on_progress=strike)
    finally:
        lane.close()
    ids = [entry.id for entry in _entries(folder)]
    yield Outcome(
        f"one of two Ray engines killed (-9) after 2 of {len(rows)} rows",
        f"{len(killed)} killed; {len(ids)} rows, {len(set(ids))} different, {len(done.failures)} failed",
        len(killed) == 1 and len(ids) == len(set(ids)) == len(rows) and not done.failures,
    )


def engine_processes() -> list[int]:
    """The processes of Ray's engines that live."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "cmdline").read_bytes().startswith(b"ray::Engine"):
                found.append(int(folder.name))
    return found


ON_SERVER = {
    "killed": server_killed,
    "socket": socket_cut,
    "answer": answer_lost,
    "disk": disk_full,
    "webhook": webhook_down,
}
ALONE = {"batch": batch_killed, "ray": ray_killed}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join((*ON_SERVER, *ALONE)))
    names = parser.parse_args().only.split(",")
    outcomes: list[Outcome] = []

    def note(found: Iterator[Outcome]) -> None:
        for outcome in found:
            outcomes.append(outcome)
            print(f"| {outcome.fault} | {outcome.happened} |{'' if outcome.is_whole else ' **WRONG** |'}", flush=True)

    print("| what was broken | what happened |\n|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        if set(names) & ON_SERVER.keys():
            home = root / "base" / "user" / "__adstudio"
            home.mkdir(parents=True)
            (home / "settings.yaml").write_text(_SETTINGS)
            with running(root / "base") as server:
                for each in (each for each in ON_SERVER if each in names):
                    (root / each).mkdir()
                    note(ON_SERVER[each](server, root / each))
        for each in (each for each in ALONE if each in names):
            (root / each).mkdir()
            note(ALONE[each](root / each))
    sys.exit(0 if all(outcome.is_whole for outcome in outcomes) else 1)


if __name__ == "__main__":
    main()
