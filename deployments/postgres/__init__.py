"""The PostgreSQL that Darkroom works on: a private cluster under its home, or a server that a URL names."""

from __future__ import annotations

from deployments.postgres.binaries import Binaries, find
from deployments.postgres.cluster import Cluster
from deployments.postgres.external import prepare_server
from deployments.postgres.urls import Urls, urls_of

__all__ = ["Binaries", "Cluster", "Urls", "find", "prepare_server", "urls_of"]
