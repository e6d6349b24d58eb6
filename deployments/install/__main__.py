"""The steps of the set-up, in order."""

from __future__ import annotations

import sys

from deployments.errors import StartError
from deployments.install import environment, interpreter, machine


def main() -> int:
    """Set up what is missing; the exit code."""
    for_tests = "--test" in sys.argv[1:]
    try:
        interpreter.require()
        machine.provide(for_tests)
        environment.provide(for_tests)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
