"""Applies the file named on the command line, as `python -m deployments.deploy` applies `prefect.yaml`."""

from __future__ import annotations

import sys
from pathlib import Path

from deployments.deploy import deploy_all

if __name__ == "__main__":
    deploy_all(Path(sys.argv[1]))
