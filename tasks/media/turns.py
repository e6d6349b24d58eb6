"""How long a process keeps a processor before another gets its turn.

Where more decoders are at work than there are processors, each change of turns costs what the processor's caches held:
four at once on two processors took 5 to 9 % more processor time than one, with long turns 3 % at most
(`benchmarks.turns`). Who waits for anything, as the page and the ledger do, is let in within a turn as before.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

#: Nanoseconds; the longest that Linux grants.
LONG = 100_000_000
#: The number of the call sched_setattr(2), which the C library of Debian 12 does not have; by machine.
_CALL = {"x86_64": 314, "aarch64": 274, "riscv64": 274}
#: `struct sched_attr` of version 0: size, policy, flags, nice, priority, runtime, deadline, period.
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")


def take_long(pid: int, niceness: int) -> None:
    """Have a process, and the threads that it starts from now on, take long turns (Linux 6.12; before it the turns of
    SCHED_BATCH). Where the system does not let it, nothing changes."""
    call = _CALL.get(platform.machine())
    if call is None:
        return
    wanted = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_BATCH, 0, niceness, 0, LONG, 0, 0)
    ctypes.CDLL(None).syscall(call, pid, wanted, 0)
