"""What a caller and the process that forks its media children say to each other, over a SOCK_SEQPACKET socket.

A request is the name of a kernel, with the child's standard streams and a pipe as ancillary data. The answer is an
`ANSWER`, with the child's pidfd. How the child ended goes into its pipe, as a `REPORT`.
"""

from __future__ import annotations

import struct

#: Bytes of a kernel's name.
LONGEST_NAME = 256
#: The child's number and 0, or 0 and the errno of a fork that failed.
ANSWER = struct.Struct("=ii")
#: The exit code (negative: the signal), CPU seconds, and bytes of resident memory at most.
REPORT = struct.Struct("=idq")
