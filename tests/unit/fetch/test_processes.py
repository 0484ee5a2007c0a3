"""Downloads in processes of their own: the command line, Ctrl-C, a sudden death, two at once, a full disk."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
from hub_server import Hub

from adstudio.engine.download.fetch import is_complete

REPO = "org/z-image-tiny"
PART = 300_000  # bytes that come at once, of more than a million; the rest only once a test says so
Fetching = Callable[..., list[str]]


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def bytes_kept(folder: Path) -> int:
    working = folder.with_name(f".{folder.name}.fetching")
    return sum(path.stat().st_size for path in working.rglob("*") if path.is_file())


def wait_for_bytes(process: subprocess.Popen[str], folder: Path, count: int) -> None:
    while bytes_kept(folder) < count:
        assert process.poll() is None, "it ended before it was told to"
        time.sleep(0.02)


def test_the_command_says_where_the_checkpoint_lies(
    hub: Hub, environment: dict[str, str], fetching: Fetching, tmp_path: Path, needed: dict[str, int]
) -> None:
    said = run(fetching(), environment)
    folder = tmp_path / "adstudio-home" / "models" / "diffusers" / "org" / "z-image-tiny"
    assert (said.returncode, said.stdout) == (0, f"{folder}\n"), said.stderr
    assert is_complete(folder)
    assert "downloading" in said.stderr and f"{len(needed)} files" in said.stderr
    again = run(fetching("--json", "--quiet"), environment)
    envelope = json.loads(again.stdout)
    assert again.returncode == 0 and again.stderr == ""
    assert envelope["ok"] and envelope["path"] == str(folder) and envelope["bytes"] == sum(needed.values())
    assert hub.total_sent == sum(needed.values()), "the second brought nothing"
    assert not (tmp_path / "hf-home").exists(), "no second copy in a cache, no files of another program"


HASTY = """
import sys
from adstudio.engine.download import hub
hub._PAUSES_S = (0.01, 0.01)
from adstudio.run.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_refusal_is_one_line(hub: Hub, environment: dict[str, str], fetching: Fetching, tmp_path: Path) -> None:
    for extra, code in [({"HF_HUB_OFFLINE": "1"}, "hub.offline"), ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "hub.unr")]:
        if "HF_ENDPOINT" in extra:
            extra |= {"HF_HUB_DOWNLOAD_TIMEOUT": "1"}
        command = fetching("--to", tmp_path / "tiny", "--json", "--quiet", "--revision", "main")
        said = run([sys.executable, "-c", HASTY, *command[3:]], environment | extra)
        assert said.returncode == 1
        assert len(said.stderr.splitlines()) == 1 and said.stderr.startswith("error: ")
        assert json.loads(said.stdout)["error"]["code"].startswith(code)


def test_ctrl_c_leaves_what_has_arrived_for_the_next_start(
    hub: Hub, environment: dict[str, str], fetching: Fetching, tmp_path: Path, needed: dict[str, int]
) -> None:
    hub.faults.trickle_after = PART
    process = start(fetching("--to", tmp_path / "tiny"), environment)
    wait_for_bytes(process, tmp_path / "tiny", PART * 3 // 4)  # the rest may be on its way to the disk
    process.send_signal(signal.SIGINT)
    out, said = process.communicate()
    assert process.returncode == 130, said
    assert out == "" and said.splitlines()[-1].startswith("error: Interrupted; what has arrived is kept")
    assert "Traceback" not in said
    hub.settle()
    kept = bytes_kept(tmp_path / "tiny")
    assert kept >= PART * 3 // 4 and not (tmp_path / "tiny").exists()
    hub.reset()
    assert run(fetching("--to", tmp_path / "tiny"), environment).returncode == 0
    assert hub.total_sent == sum(needed.values()) - kept


def test_a_killed_process_holds_nobody_up(
    hub: Hub, environment: dict[str, str], fetching: Fetching, tmp_path: Path, needed: dict[str, int]
) -> None:
    hub.faults.trickle_after = PART
    process = start(fetching("--to", tmp_path / "tiny"), environment)
    wait_for_bytes(process, tmp_path / "tiny", PART // 2)
    process.kill()
    process.communicate()
    hub.settle()
    kept = bytes_kept(tmp_path / "tiny")
    assert kept > 0
    hub.reset()
    assert run(fetching("--to", tmp_path / "tiny"), environment).returncode == 0
    assert is_complete(tmp_path / "tiny")
    assert hub.total_sent == sum(needed.values()) - kept


def test_two_at_once_load_it_once(
    hub: Hub, environment: dict[str, str], fetching: Fetching, tmp_path: Path, needed: dict[str, int]
) -> None:
    hub.faults.trickle_after = PART
    processes = [start(fetching("--to", tmp_path / "tiny"), environment) for _ in range(2)]
    said: list[str] = []

    def listen(stream: IO[str]) -> None:
        for line in stream:
            said.append(line)
            if "waiting for it" in line:
                hub.faults.trickle_after = None  # now that both are there

    listeners = [threading.Thread(target=listen, args=(process.stderr,)) for process in processes]
    for listener in listeners:
        listener.start()
    out = [process.stdout.read() for process in processes if process.stdout is not None]
    for listener in listeners:
        listener.join()
    assert [process.wait() for process in processes] == [0, 0], said
    assert out == [f"{tmp_path / 'tiny'}\n"] * 2
    assert sum("waiting for it" in line for line in said) == 1
    assert is_complete(tmp_path / "tiny")
    assert hub.total_sent == sum(needed.values())


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
from adstudio.run.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_write_that_fails_leaves_nothing_that_counts(
    hub: Hub, environment: dict[str, str], fetching: Fetching, tmp_path: Path, needed: dict[str, int]
) -> None:
    command = fetching("--to", tmp_path / "tiny", "--json", "--quiet")
    said = run([sys.executable, "-c", LIMITED, *command[3:]], environment)
    assert said.returncode == 1, said.stderr
    assert json.loads(said.stdout)["error"]["code"] == "disk.full"
    assert not (tmp_path / "tiny").exists()
    kept = bytes_kept(tmp_path / "tiny")
    hub.settle()
    hub.reset()
    assert run(command, environment).returncode == 0, "the next run is fine"
    assert hub.total_sent == sum(needed.values()) - kept


ROOMY = """
import sys
from adstudio.engine.download import staging
staging._MARGIN_BYTES = -10**9
from adstudio.run.cli import main
sys.exit(main(sys.argv[1:]))
"""


def _can_mount() -> bool:
    try:
        return subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not _can_mount(), reason="may not mount a small disk of its own")
def test_a_disk_that_fills_up_while_it_loads(
    hub: Hub, environment: dict[str, str], fetching: Fetching, tmp_path: Path, needed: dict[str, int]
) -> None:
    """A real file system of one megabyte that looks roomy when it is asked, as when others write meanwhile."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [sys.executable, "-c", ROOMY, *fetching("--to", disk / "tiny", "--json", "--quiet")[3:]]
    listing = 'find "$0" -type f -printf "%P %s\\n"'
    script = f'mount -t tmpfs -o size=1000k none "$0" && "$@"; code=$?; {listing}; exit $code'
    said = run(["unshare", "-Urm", "sh", "-c", script, str(disk), *command], environment)
    assert said.returncode == 1, said.stderr
    answer, *kept = said.stdout.splitlines()
    assert json.loads(answer)["error"]["code"] == "disk.full"
    done = dict(re.findall(r"^\.tiny\.fetching/(.+)\.[0-9a-f]{16}\.done (\d+)$", "\n".join(kept), re.MULTILINE))
    assert {name: needed[name] for name in done} == {name: int(size) for name, size in done.items()}
    assert len(done) == sum(".done " in line for line in kept) < len(needed)
    assert not any(line.startswith("tiny/") for line in kept)


def test_progress_on_a_terminal(
    hub: Hub, environment: dict[str, str], fetching: Fetching, tmp_path: Path, needed: dict[str, int]
) -> None:
    pty = pytest.importorskip("pty")
    import os

    total = sum(needed.values())
    hub.faults.trickle_after = total // 10
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        fetching("--to", tmp_path / "tiny"), env=environment, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    reader = threading.Thread(target=process.wait)
    reader.start()
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        # A tenth more for each that the bar has shown, and the last of it once the time that is left is told.
        allowed, shown = hub.faults.trickle_after, re.findall(rb"downloading \[(#*)\.*\]", seen)
        if allowed is not None and shown and len(shown[-1]) >= 20 * allowed // total:
            more = allowed + total // 10
            hub.faults.trickle_after = more if more < total else None if b" left" in seen else allowed
    reader.join()
    text = seen.decode()
    assert process.returncode == 0, text
    shares = [len(bar) for bar in re.findall(r"downloading \[(#*)\.*\]", text)]
    assert shares == sorted(shares) and shares[-1] == 20 and len(set(shares)) > 4
    assert re.search(r"of 1\.2 MB, [\d.]+ (bytes|[kM]B)/s, \d+:\d\d left", text), text[-500:]
