"""What every process of Darkroom has in its environment, so that all speak to the same Prefect and the same ledger."""

from __future__ import annotations

import os
from ipaddress import ip_address

from darkroom.settings import Settings
from deployments.errors import StartError
from deployments.postgres.urls import Urls

#: In the environment of everything that `darkroom up` starts, and of what that starts: the home it belongs to.
MARK = "DARKROOM_SUPERVISED"

#: A person's own Prefect may be elsewhere; what points there must not reach ours.
FOREIGN = ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH")

#: What a command of ours signs in with is no business of what it starts.
SECRET = ("DARKROOM_TOKEN",)

#: Only Prefect's server reads these. The batches are what makes its cost per task run small: with one message a
#: batch, its own default, a task run costs it four times as much.
SERVER = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P1D",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "500",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "250",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    # Services that look every five seconds if nothing is said, and have nothing to find here but what somebody made in
    # Prefect by hand: that can wait a minute.
    "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1M",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "30",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "60",
    # Runs that are planned ahead all start at once after a long stop: dispatch needs the next few, not a hundred.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "5",
    # What is older than `prefect_days` goes: runs with their logs, and what has lost its run.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs,orphans",
    "PREFECT_SERVER_UI_ENABLED": "true",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}


def prefect_url(settings: Settings) -> str:
    """Where a person on this machine sees Prefect's own pages."""
    return f"http://{reached(settings.prefect_host)}:{settings.prefect_port}"


def reached(host: str) -> str:
    """How an address of a URL says a host, and the way from this machine to what listens on every address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{host}]" if ":" in host else host


def check_prefect(settings: Settings) -> None:
    """Raise StartError where others than this machine could command Prefect without a password."""
    if is_loopback(settings.prefect_host):
        return
    if settings.prefect_auth is None or ":" not in settings.prefect_auth.get_secret_value():
        raise StartError(
            f"Who reaches Prefect on {settings.prefect_host} could run code here: "
            "set DARKROOM_PREFECT_AUTH to user:password, or leave DARKROOM_PREFECT_HOST as it is"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def environment(settings: Settings, urls: Urls) -> dict[str, str]:
    """The environment of the worker, the flows, the page and Prefect's command line."""
    home = str(settings.home.absolute())
    inherited = {name: value for name, value in os.environ.items() if name not in (*FOREIGN, *SECRET)}
    return {
        **inherited,
        MARK: home,
        "DARKROOM_HOME": home,
        "DARKROOM_DATABASE_URL": urls.darkroom,
        "PREFECT_HOME": f"{home}/prefect",
        "PREFECT_API_URL": f"{prefect_url(settings)}/api",
        **_auth(settings, "PREFECT_API_AUTH_STRING"),
        # a server that fails for a moment is asked again, as one that cannot be reached is
        "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500,504",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # server and clients are of one installation: none of them has to ask which version answers
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"])),
        "no_proxy": ",".join(filter(None, [os.environ.get("no_proxy"), "127.0.0.1", "localhost"])),
        "PYTHONUNBUFFERED": "1",
    }


def server_environment(settings: Settings, urls: Urls) -> dict[str, str]:
    """The environment of Prefect's server."""
    ours = prefect_url(settings)
    return {
        **environment(settings, urls),
        **SERVER,
        **urls.environment,
        **_auth(settings, "PREFECT_SERVER_API_AUTH_STRING"),
        "PREFECT_SERVER_API_HOST": settings.prefect_host,
        "PREFECT_SERVER_API_PORT": str(settings.prefect_port),
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(settings.prefect_days * 86400),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": urls.prefect,
        # its default lets every page that a browser on this machine opens command it
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"{ours},{ours.replace('127.0.0.1', 'localhost')}",
    }


def _auth(settings: Settings, name: str) -> dict[str, str]:
    return {name: settings.prefect_auth.get_secret_value()} if settings.prefect_auth else {}
