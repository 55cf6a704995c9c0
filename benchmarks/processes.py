"""What a command costs with everything it starts: CPU seconds, wall time, peak memory.

CPU time of a process reaches its parent's account only when the parent waits for it. Worker
processes of a fork server are children of the server, and nobody waits for the server itself; so the
command runs under a small launcher that is the "subreaper" of its tree (prctl(2)): every orphan
becomes the launcher's child, is waited for and counted. ``python -m benchmarks.processes`` proves it
on a command whose orphaned grandchild burns a known amount of CPU.

Linux only.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = """
import ctypes, json, os, resource, sys, time
PR_SET_CHILD_SUBREAPER = 36
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
    raise OSError(ctypes.get_errno(), "prctl")
report = int(sys.argv[1])
os.set_inheritable(report, False)
begin = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
code, wall = None, 0.0
while True:
    try:
        pid, status = os.wait()
    except ChildProcessError:
        break
    if pid == child:
        code, wall = os.waitstatus_to_exitcode(status), time.perf_counter() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
os.write(report, json.dumps({"code": code, "wall": wall, "cpu": used.ru_utime + used.ru_stime}).encode())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one run took."""

    #: seconds, of the whole process tree
    cpu: float
    #: seconds until the command itself ended
    wall: float
    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The most memory that the processes of one run held at once."""

    #: bytes, proportional set size: shared pages counted once
    pss: int
    #: processes alive at that moment
    processes: int


def measure(
    command: Sequence[object], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Usage:
    """Run the command to its end, and its children to theirs."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as report:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(writer), *map(str, command)],
                cwd=cwd,
                env=env,
                pass_fds=(writer,),
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        finally:
            os.close(writer)
        used = json.loads(report.read() or "{}")
    if not used:
        raise RuntimeError(f"the launcher of {command[0]} failed: {done.stderr}")
    return Usage(**used, stdout=done.stdout, stderr=done.stderr)


def peak_memory(
    command: Sequence[object],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    every: float = 0.05,
) -> Peak:
    """Run the command and look at its process tree's memory every ``every`` seconds."""
    child = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = Peak(pss=0, processes=0)
    while child.poll() is None:
        time.sleep(every)
        sizes = [size for pid in tree(child.pid) if (size := pss(pid))]
        if sum(sizes) > peak.pss:
            peak = Peak(pss=sum(sizes), processes=len(sizes))
    return peak


def tree(root: int) -> list[int]:
    """The process and its descendants; those orphaned during the run are not among them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:  # gone since
                continue
            # the name stands in parentheses and may hold anything; the parent is the second field after it
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def pss(pid: int) -> int:
    """Bytes a process holds, pages shared with others counted in part; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # gone since, or a zombie
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


_BURN = """
import os, time
seconds = 0.5
if os.fork() == 0:                                  # a child that nobody waits for …
    if os.fork() == 0:                              # … and its own, an orphan at once
        end = time.process_time() + seconds
        while time.process_time() < end: pass
    os._exit(0)
"""


def _prove() -> None:
    began = time.perf_counter()
    usage = measure([sys.executable, "-S", "-c", _BURN])
    over = time.perf_counter() - began
    print(f"An orphaned grandchild burned 0.5 s of CPU; counted: {usage.cpu:.2f} s.")
    print(f"The command ended after {usage.wall:.2f} s, its last process after {over:.2f} s.")
    sys.exit(0 if 0.5 <= usage.cpu < 0.75 else 1)


if __name__ == "__main__":
    _prove()
