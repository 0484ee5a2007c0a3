"""One job on one server: sent once, followed until it ends, stopped when the user says so."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...errors import ServerError
from ...types import RunEvent
from ..recorder import Recorder
from ..rest.once import ONCE, is_repeat
from .answers import failure, first_problem, refusal, was_interrupted
from .connection import Connection, Refused, Unanswered, Unreachable
from .graph import Graph
from .socket import Socket
from .watch import Watch

QUEUE = "queue"
_TICK_S = 0.25
_LOOK_S = 15.0  # between questions while the socket tells everything
_BLIND_LOOK_S = 1.0  # and while it does not
_SETTLE_S = 5.0  # until a job whose answer was lost should have shown up, as validation takes its time
_POSTS = 3  # times that it is sent to the same server, where that takes a number once
_BY_A_PROXY = (502, 503, 504)  # it says so where the server behind it may well have the job
_HAS_IT = "the server's answer was lost; it has the job"
_ENDED = ("completed", "failed", "cancelled")


class Lost(ServerError):
    """The server no longer knows a job: it was restarted."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may be silent, and how long a whole job may take; None = as long as it wants."""

    silent_s: float = 120.0
    job_s: float | None = None


class Job:
    """A graph on its way through a server's queue.

    Args:
        number: the job's id, a UUID; the same one when it is sent again.
    """

    def __init__(
        self,
        connection: Connection,
        graph: Graph,
        schemas: Mapping[str, Any],
        recorder: Recorder,
        patience: Patience,
        *,
        number: str,
        is_repeated: bool = False,
    ) -> None:
        self.id = number
        self._is_repeated = is_repeated
        self._connection, self._graph, self._schemas = connection, graph, schemas
        self._recorder, self._patience = recorder, patience
        self._client_id = uuid.uuid4().hex
        self._watch = Watch(self.id, graph.steps(), recorder)
        self._queued_at = self._began = self._heard = 0.0
        self._gone_since: float | None = None
        self._losses_seen = 0
        self._is_queued = True

    def run(self) -> Mapping[str, Any]:
        """Send the graph and wait for its end; its outputs by node come back.

        Raises:
            Cancelled: the user wants it to end; the server was told.
            Lost: the server forgot the job, for which nothing is left to wait.
            AdStudioError: what the graph, a node or the line did.
        """
        socket = Socket(self._connection, self._client_id)  # before the job is sent, so that nothing is missed
        try:
            self._recorder.send(RunEvent("start", QUEUE))
            self._queued_at = time.perf_counter()
            self._send()
            return self._follow(socket)
        except Lost:
            raise
        except BaseException:
            self._cancel()
            raise
        finally:
            socket.close()

    def _send(self) -> None:
        body: dict[str, Any] = {"prompt": self._graph.nodes, "prompt_id": self.id, "client_id": self._client_id}
        body["extra_data"] = {ONCE: True}
        for left in reversed(range(_POSTS)):
            try:
                answer = self._connection.post("/prompt", body)
            except (Refused, Unanswered) as error:
                if isinstance(error, Refused) and is_repeat(error.body):
                    if self._shows_up(_SETTLE_S):
                        return self._note(_HAS_IT)
                    raise _taken_out() from error
                if isinstance(error, Refused) and error.status not in _BY_A_PROXY:
                    raise refusal(error, self._graph, self._schemas) from error
                # It may have been taken, even where it shows up late: so it is sent again only to a server that takes
                # a number once, and to no other one.
                if self._shows_up(_SETTLE_S):
                    return self._note(_HAS_IT)
                if not self._takes_once() and self._shows_up(self._patience.silent_s):
                    return self._note(_HAS_IT)
                if not left or not self._takes_once():
                    raise _uncertain(self._connection.url, self.id) from error
                self._note(
                    f"{error.message} The job is sent again, under the same number, which the server takes once."
                )
            else:
                # ComfyUI takes a graph of which only some outputs are valid; ours has one.
                if problem := first_problem(answer or {}, self._graph, self._schemas):
                    raise problem
                return None
        raise AssertionError("unreachable")

    def _note(self, message: str) -> None:
        self._recorder.send(RunEvent("note", QUEUE, message=message))

    def _shows_up(self, wait_s: float) -> bool:
        """Whether the job is there; False once the server has said for so long that it is not.

        Raises:
            ServerError: ``comfyui.unknown``: the server says nothing at all.
        """
        began, denied_since = time.monotonic(), None
        while True:
            self._recorder.check_cancelled()
            with suppress(Unreachable, Unanswered, Refused):
                if self._state() is not None:
                    return True
                denied_since = denied_since or time.monotonic()
            now = time.monotonic()
            if denied_since is not None and now - denied_since >= wait_s:
                return False
            if denied_since is None and now - began >= self._patience.silent_s:
                raise _uncertain(self._connection.url, self.id)
            time.sleep(_TICK_S)

    def _takes_once(self) -> bool:
        try:
            return bool(self._connection.get("/adstudio/health").get("once"))
        except (Unreachable, Unanswered, Refused):
            return False

    def _follow(self, socket: Socket) -> Mapping[str, Any]:
        self._began = self._heard = looked = time.monotonic()
        while True:
            self._recorder.check_cancelled()
            message = socket.receive(_TICK_S)
            now = time.monotonic()
            if message is not None:
                self._heard = now
                self._watch.take(*message)
                self._tell_queue(*message)
            self._check_time(now)
            # After a broken line nothing is certain until the server has been asked.
            is_blind = not socket.is_open or socket.losses > self._losses_seen or self._gone_since is not None
            if self._watch.has_ended or now - looked >= (_BLIND_LOOK_S if is_blind else _LOOK_S):
                looked, losses = now, socket.losses
                if (entry := self._look(now)) is not None:
                    return self._settle(entry)
                if self._heard == now:
                    self._losses_seen = losses

    def _check_time(self, now: float) -> None:
        if self._patience.job_s is not None and now - self._began > self._patience.job_s:
            raise ServerError(
                "comfyui.too_slow",
                f"The job did not end within {self._patience.job_s:g} s and was taken back.",
                "Give it more time, or use a less busy server.",
            )

    def _look(self, now: float) -> Mapping[str, Any] | None:
        """Ask how the job stands; what the history holds of it, once it has ended."""
        try:
            state = self._state()
            entry = self._entry() if state in _ENDED else None
        except (Unreachable, Unanswered, Refused) as error:
            if isinstance(error, Refused) and error.status < 500:
                raise
            if now - self._heard > self._patience.silent_s:
                raise _gone(self._connection.url, self._patience.silent_s) from error
            return None
        self._heard = now
        if state is None:  # between two looks a job may be nowhere for a moment
            self._gone_since = self._gone_since or now
            if now - self._gone_since >= _BLIND_LOOK_S:
                raise Lost("comfyui.job_lost", "The server no longer knows the job.", "It was restarted; run it again.")
            return None
        self._gone_since = None
        if state == "in_progress":
            self._leave_queue()
        return entry

    def _settle(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        self._leave_queue()
        outputs = entry.get("outputs") or {}
        for kind, about in (entry.get("status") or {}).get("messages") or []:
            if kind == "execution_cached" and isinstance(about, dict):
                self._watch.take(kind, about)
        for node, output in outputs.items():
            self._watch.take_output(node, output)
        if failed := failure(entry, self._watch.said):
            node, error = failed
            self._watch.fail(node, error.message)
            self._watch.close(succeeded=False)
            raise error
        if was_interrupted(entry):
            self._watch.close(succeeded=False)
            raise _interrupted()
        self._watch.close(succeeded=True)
        if self._is_repeated:  # where the first one turns up after all, it waits for nothing
            self._connection.post("/queue", {"delete": [self.id]})
        return outputs

    def _state(self) -> str | None:
        """The job's state on the server; None where it knows no such job."""
        try:
            return str(self._connection.get(f"/api/jobs/{self.id}", tries=1).get("status"))
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def _entry(self) -> Mapping[str, Any] | None:
        return self._connection.get(f"/history/{self.id}").get(self.id)

    def _cancel(self) -> None:
        """Have the server drop this job and no other one."""
        self._watch.close(succeeded=False)
        until = time.monotonic() + _SETTLE_S
        with suppress(ServerError):
            self._take_back()
            # ComfyUI forgets what it is told between the moment a job leaves the queue and the one its run begins.
            while self._state() == "in_progress" and time.monotonic() < until:
                time.sleep(_TICK_S)
                self._take_back()

    def _take_back(self) -> None:
        try:
            self._connection.post(f"/api/jobs/{self.id}/cancel", {})
        except Refused:  # before ComfyUI 0.26
            self._connection.post("/queue", {"delete": [self.id]})
            self._connection.post("/interrupt", {"prompt_id": self.id})

    def _tell_queue(self, kind: str, about: Mapping[str, Any]) -> None:
        if self._watch.has_begun:
            self._leave_queue()
        elif kind == "status":
            left = ((about.get("status") or {}).get("exec_info") or {}).get("queue_remaining")
            if isinstance(left, int) and left > 1:
                self._recorder.send(RunEvent("progress", QUEUE, message=f"{left} jobs"))

    def _leave_queue(self) -> None:
        if self._is_queued:
            self._is_queued = False
            waited = time.perf_counter() - self._queued_at
            self._recorder.send(RunEvent("finish", QUEUE, value=1.0, seconds=waited))


def _gone(url: str, silent_s: float) -> ServerError:
    return ServerError(
        "comfyui.gone",
        f"{url} has not answered for {silent_s:g} s while it had the job.",
        "Start it again; what it had finished lies in its output folder.",
    )


def _uncertain(url: str, number: str) -> ServerError:
    return ServerError(
        "comfyui.unknown",
        f"{url} was sent the job {number}, and whether it took it is unknown.",
        "Look into its history for that number before you run it again: it may be drawn already.",
    )


def _taken_out() -> ServerError:
    return ServerError(
        "comfyui.interrupted",
        "The server was sent this job and has it no more.",
        "Somebody took it out of the queue; run it again.",
    )


def _interrupted() -> ServerError:
    return ServerError("comfyui.interrupted", "Somebody stopped the job on the server.", "Run it again.")
