"""The machine: who uses the CPUs, when it is quiet, what it is."""
import fcntl
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

QUIET_SHARE = 0.15  # of the CPUs: what others may use in a quiet window
GROUP_NICE = -20
TICK = os.sysconf("SC_CLK_TCK")


def isolate():
    """Puts this process and its children into a session of their own and that before all others.

    The kernel shares the CPUs between sessions first (autogroup), so nice alone would not count.
    Returns how much came of it, for the report."""
    if os.getpgrp() == os.getpid():
        _continue_in_child()
    signal.signal(signal.SIGTERM, lambda got, _: sys.exit(128 + got))  # what was started is stopped
    try:
        os.setsid()
    except PermissionError:
        pass
    try:
        pathlib.Path("/proc/self/autogroup").write_text(str(GROUP_NICE))
        return f"session at nice {GROUP_NICE}"
    except OSError:
        pass
    try:
        os.nice(-10)
        return "nice -10"
    except OSError:
        return "no priority (not root)"


def take_turn():
    """Waits until no other benchmark measures on this machine; hold what it returns."""
    lock = open(pathlib.Path(tempfile.gettempdir()) / "edgelane-bench.lock", "w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("bench: another one measures on this machine: waiting for it", file=sys.stderr)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _continue_in_child():
    child = os.fork()
    if child == 0:
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _: os.kill(child, got))
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


class Turn:
    """How a process is scheduled: on one CPU, and where asked before all normal processes.

    What waits for the disk must run as soon as the disk has answered; a normal process first waits
    until whoever runs there has had a slice of some milliseconds, which would be measured."""

    def __init__(self, cpu, realtime=False):
        self.cpu = cpu
        self.realtime = realtime

    def take(self, task=0):
        os.sched_setaffinity(task, {self.cpu})
        policy = os.SCHED_RR if self.realtime else os.SCHED_OTHER
        try:
            os.sched_setscheduler(task, policy, os.sched_param(1 if self.realtime else 0))
        except PermissionError:
            pass

    def give(self, pid):
        """To all threads of a process that runs."""
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            self.take(int(task.name))


def cpu_seconds(pid):
    """What a process has used, with the threads that have ended."""
    return time.clock_gettime((~pid << 3) | 2)  # the clock that clock_getcpuclockid(3) gives


def disk_bytes(pid):
    """What a process had written to the disk."""
    for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0


def pss_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def children(pid):
    """The processes that a process has started and that run."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == pid:
                    found.append(int(entry.name))
        except OSError:
            pass
    return found


def _session_seconds():
    """CPU of every process of this session that lives, and of the children that ended."""
    session = os.getsid(0)
    total = sum(os.times()[2:4])
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[3]) == session:
                total += (int(fields[11]) + int(fields[12])) / TICK  # of all threads
        except OSError:
            pass
    return total


def _busy_seconds():
    """(busy, stolen by the host), of all CPUs since the start of the machine."""
    with open("/proc/stat", encoding="ascii") as stat:
        numbers = [int(word) for word in stat.readline().split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = numbers[:8]
    return (user + nice + system + irq + softirq) / TICK, steal / TICK


class Foreign:
    """Share of the CPUs that others used between start() and share()."""

    def __init__(self):
        self._own = _session_seconds()
        self._busy, self._steal = _busy_seconds()
        self._began = time.monotonic()

    def share(self):
        own = _session_seconds() - self._own
        busy, steal = _busy_seconds()
        took = (time.monotonic() - self._began) * os.cpu_count()
        return max(0.0, (busy - self._busy + steal - self._steal - own) / took)


class Quiet:
    """Waits for quiet windows, as long as there is patience left."""

    def __init__(self, patience):
        self.patience = patience  # seconds, in all
        self.shares = []  # of others, in each run that counts

    def wait(self):
        while self.patience > 0:
            began = time.monotonic()
            foreign = Foreign()
            time.sleep(0.3)
            if foreign.share() < QUIET_SHARE:
                return
            time.sleep(0.3)
            self.patience -= time.monotonic() - began

    def run(self, measure, tries=3):
        """The result of the quietest of at most `tries` runs; the first quiet one ends it."""
        best = None
        for _ in range(tries):
            self.wait()
            foreign = Foreign()
            result = measure()
            share = foreign.share()
            if best is None or share < best[0]:
                best = (share, result)
            if best[0] < QUIET_SHARE or self.patience <= 0:
                break
        self.shares.append(best[0])
        return best[1]

    def note(self):
        if not self.shares:
            return "no runs"
        ordered = sorted(self.shares)
        middle = ordered[len(ordered) // 2]
        return f"others used {middle:.0%} of the CPUs in the median run, {ordered[-1]:.0%} at most"


def _first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "missing"
    return ((done.stdout + done.stderr).strip().splitlines() or ["?"])[0]


def describe():
    """The machine in one line."""
    cpu = "?"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    system = _first_line(["sh", "-c", ". /etc/os-release && echo $PRETTY_NAME"])
    return (f"{os.cpu_count()} CPUs ({cpu}), {pages / 2**30:.0f} GB, {system}, "
            f"Linux {os.uname().release}, {os.uname().machine}")


def versions():
    nginx = _first_line(["nginx", "-v"]).removeprefix("nginx version: ")
    haproxy = _first_line(["haproxy", "-v"]).split(" ")
    wrk = _first_line(["wrk", "-v"]).split(" ")
    return f"{nginx}, haproxy {haproxy[2] if len(haproxy) > 2 else '?'}, wrk {wrk[1]}"
