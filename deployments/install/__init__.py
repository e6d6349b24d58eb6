"""Set-up of a fresh machine: `python3 -m deployments.install [--test]`. The standard library only.

What it needs of the system comes from the system's own packages; what it needs of Python comes from the lock files,
with their hashes, into `.venv`. Nothing is asked; what cannot be had is named with the command that gets it.
"""

from __future__ import annotations
