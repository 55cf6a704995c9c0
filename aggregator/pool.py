"""How is a pure function run so that bad input can neither hang, bloat nor crash the program?

In a worker process with a deadline and a memory limit. Workers are forked by a fork server which
holds the parsers already (``preload.py``), so they share its pages and start in milliseconds; the
parent itself runs threads and an event loop and is never forked.

A function given to a pool must be importable by name, and its arguments and result picklable.
"""

import asyncio
import fcntl
import gc
import os
import pickle
import resource
import select
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver, parent_process
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from aggregator.errors import AggregatorError, WorkerEndedError, WorkerError

if TYPE_CHECKING:
    import pebble

T = TypeVar("T")

_CLOSED = "the pool of workers is closed"
#: seconds a worker waits for a lock on the shared pipe: one killed from outside may die holding it
_LOCK_TIMEOUT = 10
#: tasks after which a worker is replaced, so that nothing it leaks adds up
_MAX_TASKS = 1000


class Pool(Protocol):
    """Runs pure functions for the use cases."""

    async def run(self, fn: Callable[..., T], /, *args: Any, deadline: float, **kwargs: Any) -> T:
        """Return ``fn(*args, **kwargs)``; ``deadline`` in seconds counts from when it starts.

        Raises WorkerError with a reason in words (WorkerEndedError when the work was stopped, or ended its
        worker); an AggregatorError that ``fn`` raises passes.
        """

    def close(self) -> None:
        """End what is running. The pool cannot be used afterwards."""


class Inline:
    """A pool that runs everything at once in this process: for tests and for small documents.

    The deadline and the memory limit are not enforced.
    """

    async def run(self, fn: Callable[..., T], /, *args: Any, deadline: float, **kwargs: Any) -> T:  # noqa: ARG002
        """Return ``fn(*args, **kwargs)``; see ``Pool.run``."""
        answer = _call(fn, args, kwargs)
        return cast("T", _result(answer, "memory ran out"))

    def close(self) -> None:
        """Nothing to end."""


class ProcessPool:
    """A pool of ``workers`` processes of at most ``memory`` bytes of address space each.

    Nothing starts before the first ``run``. A run that is cancelled ends its work; a run beyond
    its deadline, over the memory limit or crashing ends with a WorkerError and harms no other.
    """

    def __init__(self, workers: int, memory: int = 1_500_000_000, *, idle: float = 60.0) -> None:
        """``idle``: seconds without a run after which the workers end; the next run starts new ones."""
        self._workers = workers
        self._memory = memory
        self._idle = idle
        self._pool: pebble.ProcessPool | None = None
        self._closed = False
        self._changing = threading.Lock()
        self._tasks: dict[Future[bytes], pebble.ProcessPool] = {}
        self._runs = 0
        self._rest: asyncio.TimerHandle | None = None

    async def run(self, fn: Callable[..., T], /, *args: Any, deadline: float, **kwargs: Any) -> T:
        """Return ``fn(*args, **kwargs)``; see ``Pool.run``. Runs beyond the workers wait in line."""
        from pebble import ProcessExpired

        try:
            with self._in_use():
                answer = await self._submit(fn, args, kwargs, deadline)
        except TimeoutError as exc:
            raise WorkerEndedError(f"took longer than {deadline:g} s") from exc
        except ProcessExpired as exc:
            raise WorkerEndedError(_death(exc.exitcode)) from exc
        except WorkerError:
            raise
        except (BrokenProcessPool, RuntimeError) as exc:
            raise WorkerError(f"the worker processes could not be started: {exc}") from exc
        except Exception as exc:  # an argument or a result that cannot be pickled
            raise WorkerError(f"{type(exc).__name__}: {exc}") from exc
        return cast("T", _result(answer, f"needed more than {self._memory / 1e9:g} GB"))

    def close(self) -> None:
        """End all workers at once; what they were doing fails with a WorkerError."""
        self._closed = True
        if self._rest is not None:
            self._rest.cancel()
        self._retire()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Count runs; after the last one, the workers end when nothing comes for a while."""
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        self._runs += 1
        try:
            yield
        finally:
            self._runs -= 1
            if not self._runs and self._pool is not None:
                loop = asyncio.get_running_loop()
                self._rest = loop.call_later(self._idle, lambda: loop.run_in_executor(None, self._retire))

    async def _submit(
        self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: Mapping[str, Any], deadline: float
    ) -> object:
        """Run, and once more on fresh workers when the pool broke: it does when an idle worker is killed."""
        for last_try in (False, True):
            pool = self._pool
            if pool is None:
                pool = await asyncio.to_thread(self._start)
            try:
                return await self._answer(
                    pool, pool.schedule(_call_pickled, (fn, args, kwargs), timeout=deadline)
                )
            except (BrokenProcessPool, RuntimeError) as exc:
                if self._closed:
                    raise WorkerError(_CLOSED) from exc
                if last_try:
                    raise
                await asyncio.to_thread(self._retire, pool)
        raise AssertionError("unreachable")

    async def _answer(self, pool: "pebble.ProcessPool", task: "Future[bytes]") -> object:
        self._tasks[task] = pool
        try:
            answer: bytes = await asyncio.wrap_future(task)
        finally:
            del self._tasks[task]
        return pickle.loads(answer)  # noqa: S301 - written by our own code in the worker

    def _start(self) -> "pebble.ProcessPool":
        """The running pool, started when there is none. Blocks while the fork server loads."""
        import pebble

        with self._changing:
            if self._closed:
                raise WorkerError(_CLOSED)
            if self._pool is None:
                pebble.CONSTS.channel_lock_timeout = _LOCK_TIMEOUT
                forkserver.set_forkserver_preload(["aggregator.preload"])
                with _findable_package():
                    forkserver.ensure_running()
                pool = pebble.ProcessPool(
                    max_workers=self._workers,
                    max_tasks=_MAX_TASKS,
                    initializer=_prepare_worker,
                    initargs=(self._memory,),
                    context=cast("Any", _Context()),
                )
                # Pebble starts its workers when first asked how it is
                if not pool.active:
                    raise BrokenProcessPool("the fork server does not answer")
                self._pool = pool
            return self._pool

    def _retire(self, broken: "pebble.ProcessPool | None" = None) -> None:
        """End the workers; with ``broken`` only while it is that pool which is in use."""
        with self._changing:
            if self._pool is None or broken not in (None, self._pool):
                return
            pool, self._pool = self._pool, None
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
        for task, owner in tuple(self._tasks.items()):
            if owner is pool and not task.done():  # Pebble leaves them pending
                task.set_exception(BrokenProcessPool("the workers were stopped"))


class _Worker(ForkServerProcess):
    """A worker that ends at once when told to: SIGTERM is ignored, and waits for the interpreter."""

    def terminate(self) -> None:
        self.kill()


class _Context(ForkServerContext):
    Process = _Worker


@dataclass(frozen=True, slots=True)
class _Raised:
    """What a function raised, in a form that always survives the pipe."""

    text: str
    #: kept when it is of our own tree
    error: AggregatorError | None = None
    out_of_memory: bool = False


def _call_pickled(fn: Callable[..., object], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bytes:
    """What the worker runs. It pickles the answer itself: one that cannot be would end the worker."""
    answer = _call(fn, args, kwargs)
    try:
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps(_Raised("", out_of_memory=True))
    except Exception as exc:  # noqa: BLE001 - pickling runs code of the value
        return pickle.dumps(_Raised(f"{type(exc).__name__}: {exc}"))


def _call(fn: Callable[..., object], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> object:
    """The result of ``fn``, or ``_Raised`` in its place."""
    try:
        return fn(*args, **kwargs)
    except AggregatorError as exc:
        return _Raised(str(exc), error=exc)
    except MemoryError as exc:
        return _Raised(str(exc), out_of_memory=True)
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - whatever it is, it is the caller's answer
        return _Raised(f"{type(exc).__name__}: {exc}")


def _result(answer: object, out_of_memory: str) -> object:
    if not isinstance(answer, _Raised):
        return answer
    if answer.error is not None:
        raise answer.error
    if answer.out_of_memory:
        raise WorkerEndedError(out_of_memory)
    raise WorkerError(answer.text)


def _death(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"the worker died (signal {-exitcode})"
    return f"the worker died (exit code {exitcode})"


def _prepare_worker(memory: int) -> None:
    """Set a fresh worker's limits and bind its life to the parent's."""
    import pebble

    pebble.CONSTS.channel_lock_timeout = _LOCK_TIMEOUT
    # a stop sent to the whole group must not cut off work that the parent still waits for
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.enable()
    _die_with_parent()


def _die_with_parent() -> None:
    """Let the kernel end this process when the parent's end of its pipe closes.

    SIGIO, whose default is to terminate, needs no interpreter: a worker inside a long regular
    expression dies as well. (PR_SET_PDEATHSIG would follow the fork server, not the parent.)
    """
    parent = parent_process()
    if parent is None:
        return
    pipe = parent.sentinel
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([pipe], [], [], 0)[0]:  # it died in the meantime
        os._exit(1)


@contextmanager
def _findable_package() -> Iterator[None]:
    """Let the fork server import this package from a checkout, whatever the working directory.

    It starts with the interpreter's own path (before Python 3.12.8 not with its parent's).
    """
    root = Path(__file__).resolve().parent.parent
    if root == Path.cwd() or root.name in {"site-packages", "dist-packages"}:
        yield
        return
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), before]))
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
