"""Rows on a Ray cluster. The driver, this process, alone writes to the folder, so that no row is in it twice.

    this process ─ rows ─► tasks on any CPU: words and cut-outs ─► object store ─► engines: draw, compose, letter
          ▲                                                                           │
          └──────────── files as bytes, through the object store ◄───────────────────┘

An engine is an actor that holds one GPU with the model on it, or speaks for one ComfyUI server. Only so many rows are
on their way that each engine finds the next one ready. A row whose worker died is given to another.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ... import __version__
from ...counts import counted
from ...errors import MissingDependency, ServerError
from ...output.store import NewFile, prepare_folder, write_once
from ...ports import Cancelled
from ..wire import open_source, to_data_url
from . import ray_workers
from .columns import PICTURES
from .lanes import Made, Outcome, failed, in_order
from .local_lane import LocalLane
from .rows import Row
from .server_rows import check_for_server

LOCAL = "local"
TRIES = 3  # engines that may die under a row, after which it is the row that is at fault
_READY_PER_ENGINE = 2
_DRAWN_PER_ENGINE = 2  # one is drawn while the one before is lettered and saved
_WAIT_S = 1.0
_KNOCK_S = 10.0


@dataclass(eq=False)
class _Engine:
    actor: Any
    server: str
    on_gpu: bool
    rows: int = 0
    is_dead: bool = False


@dataclass(eq=False)
class _Job:
    row: Row
    deaths: int = 0
    prepared: Any = None
    room: int = 1  # of an engine, while it is drawn


class RayLane:
    """Draws rows on a cluster.

    Args:
        address: of the cluster; ``auto`` finds the one that this machine belongs to, ``local`` starts one here.
        store: where the files go, on this machine.
        workers: engines; None = one per GPU, or per server, or one.
        servers: ComfyUI servers to draw on; each engine speaks for one.
    """

    def __init__(self, address: str, store: Path, *, workers: int | None = None, servers: Sequence[str] = ()) -> None:
        self._ray = _ray()
        self._address = address
        self._store = store
        self._workers = workers
        self._servers = tuple(servers)
        self._checker = LocalLane(store)
        self._stopped = False
        self._joined = False
        self._engines: list[_Engine] = []

    def check(self, row: Row) -> None:
        """Refuse what could not be drawn by an engine with the models of this machine."""
        if self._servers:
            check_for_server(row)
        else:
            self._checker.check(row)

    def draw(self, rows: Sequence[Row]) -> Generator[Outcome, None, None]:
        """Draw rows, in the order in which they are done."""
        if not rows:
            return
        self._start()
        waiting = deque(_Job(row) for row in in_order(rows))
        preparing: dict[Any, _Job] = {}
        ready: deque[_Job] = deque()
        drawing: dict[Any, tuple[_Engine, _Job]] = {}
        while waiting or preparing or ready or drawing:
            if self._stopped:
                raise Cancelled
            while waiting and len(preparing) + len(ready) < _READY_PER_ENGINE * len(self._engines):
                job = waiting.popleft()
                preparing[self._prepare(job)] = job
            while ready and (engine := self._free_engine(ready[0].room)):
                job = ready.popleft()
                engine.rows += job.room
                drawing[engine.actor.draw.remote(job.prepared)] = engine, job
            done, _ = self._ray.wait([*preparing, *drawing], timeout=_WAIT_S, fetch_local=False)
            for ref in done:
                if ref in preparing:
                    job = preparing.pop(ref)
                    job.prepared = ref
                    ready.append(job)
                    continue
                engine, job = drawing.pop(ref)
                engine.rows -= job.room
                outcome = self._collect(engine, job, ref)
                if outcome is None:
                    waiting.appendleft(job)
                else:
                    yield outcome

    def cancel(self) -> None:
        """Stop at the next look."""
        self._stopped = True

    def close(self) -> None:
        """Let the engines go; a cluster that was started here ends."""
        for engine in self._engines:
            self._ray.kill(engine.actor)
        self._engines.clear()
        if self._joined:
            self._ray.shutdown()
            self._joined = False

    def _start(self) -> None:
        if self._engines:
            return
        self._join()
        gpus = int(self._ray.cluster_resources().get("GPU", 0))
        count = self._workers or len(self._servers) or gpus or 1
        for number in range(count):
            server = self._servers[number % len(self._servers)] if self._servers else ""
            self._engines.append(self._engine(server, on_gpu=bool(gpus) and not server))

    def _join(self) -> None:
        here = self._address == LOCAL
        more: dict[str, Any] = {}
        if here:  # on nodes elsewhere Ad Studio is installed; a cluster of this machine takes this very copy
            root = str(Path(__file__).resolve().parents[3])
            more = {"include_dashboard": False, "runtime_env": {"env_vars": {"PYTHONPATH": root}}}
        try:
            _knock(self._address)
            self._ray.init(address=self._address, log_to_driver=False, logging_level="error", **more)
        except (OSError, ValueError, RuntimeError) as error:
            raise ServerError(
                "batch.no_cluster",
                f"No Ray cluster answers at '{self._address}' ({error}).",
                "Check the address, start a cluster with 'ray start --head', or say --ray local.",
            ) from error
        self._joined = True

    def _engine(self, server: str, *, on_gpu: bool) -> _Engine:
        # No processors are set aside: on a small machine the engines would leave none for the words and cut-outs.
        # Ray brings none back to life either: who held a dead one's rows must be known here.
        options = {"num_cpus": 0, "num_gpus": int(on_gpu), "max_restarts": 0, "max_concurrency": _DRAWN_PER_ENGINE}
        kind = self._ray.remote(scheduling_strategy="SPREAD", **options)(ray_workers.Engine)
        return _Engine(kind.remote(server, __version__), server, on_gpu)

    def _free_engine(self, room: int) -> _Engine | None:
        engine = min(self._engines, key=lambda engine: engine.rows)
        return engine if engine.rows + room <= _DRAWN_PER_ENGINE else None

    def _prepare(self, job: _Job) -> Any:
        row = _self_contained(job.row)
        if self._servers:  # the server reads the photos and writes the words
            return self._ray.put(ray_workers.Parcel(row))
        return self._ray.remote(num_cpus=1, max_retries=TRIES)(ray_workers.prepare).remote(row)

    def _collect(self, engine: _Engine, job: _Job, ref: Any) -> Outcome | None:
        """The outcome of a row; None where what drew it has died, and it is to be drawn elsewhere."""
        errors = self._ray.exceptions
        try:
            drawn: ray_workers.Drawn = self._ray.get(ref)
        except errors.RayTaskError as error:
            return failed(job.row, error.cause if isinstance(error.cause, Exception) else error)
        except errors.RayError as error:  # the engine died, or what was prepared is lost with its node
            if isinstance(error, errors.RayActorError) and not engine.is_dead:
                engine.is_dead = True
                self._engines[self._engines.index(engine)] = self._engine(engine.server, on_gpu=engine.on_gpu)
            job.deaths += 1
            job.room = _DRAWN_PER_ENGINE  # from now on alone, so that no other row pays for it
            return _given_up(job, error) if job.deaths >= TRIES else None
        return Outcome(job.row, error=drawn.error) if drawn.made is None else Outcome(job.row, self._unpack(drawn))

    def _unpack(self, drawn: ray_workers.Drawn) -> Made:
        assert drawn.made is not None
        files = [
            NewFile(self._store / name, data, lambda there, data=data: there.read_bytes() == data)
            for name, data in drawn.files.items()
        ]
        write_once(prepare_folder(self._store), files)
        return replace(drawn.made, files=tuple((end, self._store / name) for end, name in drawn.names))


def _knock(address: str) -> None:
    """See that something listens there at all: Ray itself asks for many minutes.

    Raises: OSError, ValueError.
    """
    if address not in (LOCAL, "auto"):
        parts = urlsplit(address if "//" in address else f"//{address}")
        if not parts.hostname or not parts.port:
            raise ValueError("HOST:PORT was expected")
        socket.create_connection((parts.hostname, parts.port), timeout=_KNOCK_S).close()


def _self_contained(row: Row) -> Row:
    """A row that holds its photos, as no other node need see this machine's folders."""
    request = row.request
    pictures: dict[str, Any] = {name: _held(path) for name in PICTURES if (path := getattr(request, name, None))}
    request = replace(request, products=tuple(map(_held, request.products)), **pictures)
    return replace(row, request=request, leader=None if row.leader is None else _self_contained(row.leader))


def _held(source: str) -> str:
    opened = open_source(source)
    return source if isinstance(opened, bytes) else to_data_url(opened.read_bytes(), "application/octet-stream")


def _given_up(job: _Job, error: Exception) -> Outcome:
    said = ServerError(
        "batch.worker_died",
        f"{counted(job.deaths, 'worker')} died over this row ({type(error).__name__}).",
        "Ray's logs tell of what; most often memory did not suffice.",
    )
    return Outcome(job.row, error=said)


def _ray() -> Any:
    try:
        import ray  # pyright: ignore[reportMissingImports] - an extra
    except ImportError as error:
        raise MissingDependency("ray", "Drawing on a cluster", '"ray>=2.40"') from error
    return ray
