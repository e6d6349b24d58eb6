"""What the environment says: every `DARKROOM_*` variable, in one place."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from platformdirs import user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings a process starts with. What a person changes while it runs lives in `library_settings`."""

    model_config = SettingsConfigDict(env_prefix="DARKROOM_")

    #: Everything Darkroom keeps of its own: the PostgreSQL cluster, generated files, logs, process ids.
    home: Path = user_data_path("darkroom")
    #: A PostgreSQL server of your own, `postgresql://user:password@host:port/database`; unset: the private cluster.
    database_url: str | None = None
    #: Whether both databases are backed up, to `backups` in the home, before a newer version changes them.
    backup_before_upgrade: bool = True
    #: Where generated files go (thumbnails, clips, sprites, subtitles); unset: `cache` under `home`.
    cache_dir: Path | None = None
    #: Below which folders the page may look for some to watch, separated by colons; unset: where media usually lie.
    browse: str | None = None
    #: Where the page and the API listen.
    host: str = "127.0.0.1"
    port: int = 7600
    #: Names of this machine, separated by commas, under which the page and the API answer besides those it has anyway.
    allowed_hosts: str = ""
    #: Addresses of proxies in front of the page, separated by commas: what they say of the visitor is believed.
    trusted_proxies: str = ""
    #: Whether one has to sign in. Without, only this machine is answered: `darkroom up --no-auth`.
    login: bool = True
    #: Where the Prefect server listens. Who reaches it can run code: beyond this machine it asks for a password.
    prefect_host: str = "127.0.0.1"
    prefect_port: int = 7601
    #: `user:password` that Prefect's server asks for; unset: none.
    prefect_auth: SecretStr | None = None
    #: How many days Prefect's server keeps its runs and their logs.
    prefect_days: Annotated[int, Field(ge=1)] = 7

    #: What this machine's worker is called in Prefect; unset: after the machine.
    worker_name: str | None = None
    #: How many heavy jobs (previews, hashes of whole files, transcodes) this machine does at once; unset: one for each
    #: processor.
    heavy_jobs: Annotated[int, Field(ge=1)] | None = None

    @property
    def cache(self) -> Path:
        """The folder of generated files."""
        return self.cache_dir or self.home / "cache"

    @property
    def run(self) -> Path:
        """The folder of process ids, sockets and locks."""
        return self.home / "run"

    @property
    def token_file(self) -> Path:
        """The token with which the command line signs in on this machine; nobody else may read it."""
        return self.home / "token"

    @property
    def logs(self) -> Path:
        """The folder of the log files of what `darkroom up` starts."""
        return self.home / "logs"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
