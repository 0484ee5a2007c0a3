"""A Python that has imported what takes seconds to import; each process started here is a fork of it.

Torch, diffusers and transformers cost five seconds of a processor at every start, and are the same each time. What is
tried, the program itself, is read and run anew in a process of its own: with its own arguments, environment, working
directory and output, and it ends, fails and is killed like any other.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

Popen = Callable[..., Any]  # "subprocess.Popen", or what does the same

# Runs in the Python that is kept warm. Nothing is computed before a fork, so no library has threads that it would lose.
WARM = """
import contextlib, gc, importlib, json, os, runpy, socket, sys
line = socket.socket(fileno=int(sys.argv[1]))
for name in sys.argv[2:]:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
gc.collect()
gc.freeze()
line.send(b'"ready"')
arguments = None
while arguments is None:
    said, files, *_ = socket.recv_fds(line, 1 << 20, 3)
    if not said:
        os._exit(0)
    asked, answer = json.loads(said), None
    if "poll" in asked:
        pid, status = os.waitpid(asked["poll"], os.WNOHANG)
        answer = os.waitstatus_to_exitcode(status) if pid else None
    elif not (answer := os.fork()):
        arguments = asked["arguments"]
        line.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
    for file in files:
        os.close(file)
    if arguments is None:
        line.send(json.dumps(answer).encode())
# Made anew: they remember whether what they were made on could seek.
sys.stdin = sys.__stdin__ = open(0, closefd=False)
sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)
sys.stderr = sys.__stderr__ = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)
os.chdir(asked["cwd"])
os.environ.clear()
os.environ.update(asked["env"])
match arguments:
    case ["-c", code, *rest]:
        sys.argv, sys.path[0] = ["-c", *rest], ""
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
    case ["-m", name, *rest]:
        sys.argv, sys.path[0] = [name, *rest], os.getcwd()
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    case [script, *_]:
        sys.argv, sys.path[0] = arguments, os.path.dirname(os.path.abspath(script))
        runpy.run_path(script, run_name="__main__")
"""


class WarmPython:
    """Starts processes of one Python.

    Args:
        python: the interpreter.
        modules: what it imports once; one that it does not have is left out.
        environment: what it imports them under; settings that libraries read at import count from here.
    """

    def __init__(self, python: Path | str, modules: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
        self.python = str(python)
        self._lock = threading.Lock()
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [self.python, "-c", WARM, str(theirs.fileno()), *modules],
                pass_fds=[theirs.fileno()],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self._ready = False

    def popen(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | str | None = None,
        env: Mapping[str, str] | None = None,
        stdin: int | IO[Any] | None = None,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
    ) -> Forked:
        """Start a process as ``subprocess.Popen`` does; the command names a script, or ``-c`` or ``-m``."""
        python, *arguments = map(str, command)
        assert python == self.python, f"{python} is not the Python that is warm, {self.python}"
        ours: list[int] = []  # the ends of pipes that the new process alone keeps
        pipes: list[IO[bytes] | None] = []
        files: list[int] = []
        for number, given in enumerate((stdin, stdout, stderr)):
            pipe = None
            if given == subprocess.PIPE:
                read, write = os.pipe()
                theirs, mine, mode = (read, write, "wb") if number == 0 else (write, read, "rb")
                pipe = os.fdopen(mine, mode, buffering=-1 if number else 0)
                ours.append(theirs)
            elif given == subprocess.DEVNULL or (given is None and number == 0):
                theirs = os.open(os.devnull, os.O_RDWR)
                ours.append(theirs)
            elif given == subprocess.STDOUT:
                theirs = files[1]
            elif given is None:
                theirs = number
            else:
                theirs = given if isinstance(given, int) else given.fileno()
            pipes.append(pipe)
            files.append(theirs)
        asked = {"arguments": arguments, "cwd": str(cwd or Path.cwd()), "env": dict(os.environ if env is None else env)}
        try:
            return Forked(self, self.ask(asked, files), *pipes)
        finally:
            for theirs in ours:
                os.close(theirs)

    def ask(self, asked: dict[str, Any], files: Sequence[int] = ()) -> Any:
        """Send a request to the warm process and take its answer."""
        with self._lock:
            if not self._ready:
                self._ready = self._hear() == "ready"
            socket.send_fds(self._line, [json.dumps(asked).encode()], files)
            return self._hear()

    def _hear(self) -> Any:
        said = self._line.recv(1 << 16)
        assert said, f"the warm {self.python} has ended"
        return json.loads(said)

    def close(self) -> None:
        """End it; what it has started goes on."""
        self._line.close()
        self._process.kill()
        self._process.wait()


class Forked:
    """A process that a ``WarmPython`` has started, with what is needed of ``subprocess.Popen``."""

    def __init__(
        self, warm: WarmPython, pid: int, stdin: IO[bytes] | None, stdout: IO[bytes] | None, stderr: IO[bytes] | None
    ) -> None:
        self._warm = warm
        self.pid = pid
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status, negative for a signal, None while it runs."""
        if self.returncode is None:
            self.returncode = self._warm.ask({"poll": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (status := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired([self._warm.python], timeout or 0)
            time.sleep(0.02)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


@contextmanager
def warm_python(python: Path | str, modules: Sequence[str], **settings: Any) -> Iterator[Popen]:
    """What starts processes of a warm Python for the length of a ``with`` block; elsewhere than on Linux of a cold."""
    if not sys.platform.startswith("linux"):
        yield subprocess.Popen
        return
    warm = WarmPython(python, modules, **settings)
    try:
        yield warm.popen
    finally:
        warm.close()
