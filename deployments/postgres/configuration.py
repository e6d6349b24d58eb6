"""What the private cluster is told: its settings, and who may connect."""

from __future__ import annotations

import locale
from pathlib import Path

#: For a small machine that it shares with the work itself. ALTER SYSTEM outranks all of these but the first group.
SETTINGS: dict[str, object] = {
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_connections": 120,
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": 0.9,
    "wal_compression": "on",
    "random_page_cost": 1.1,
    # its set-up costs more than the short statements of a queue
    "jit": "off",
    # queues turn rows over: clean up after a twentieth of a table has changed, not a fifth
    "autovacuum_vacuum_scale_factor": 0.05,
    "autovacuum_analyze_scale_factor": 0.05,
    "autovacuum_naptime": "20s",
    "idle_in_transaction_session_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": -1,
}


def settings_file(socket: Path) -> str:
    """`postgresql.conf`: one socket in a private folder, no network, and the settings above."""
    folder = str(socket).replace('"', '""')
    fixed = {"listen_addresses": "", "unix_socket_directories": f'"{folder}"', "unix_socket_permissions": "0700"}
    lines = [f"{name} = {_quoted(value)}" for name, value in {**fixed, **SETTINGS}.items()]
    return "\n".join(["# Written at every start of darkroom; ALTER SYSTEM is for settings of your own.", *lines, ""])


def access_file() -> str:
    """`pg_hba.conf`: the kernel says who connects, the map below says who may."""
    return "local all all peer map=darkroom\n"


def identity_file(users: set[str], role: str) -> str:
    """`pg_ident.conf`: the users of this machine that are the role."""
    return "".join(f'darkroom "{user}" {role}\n' for user in sorted(users))


def character_type() -> str:
    """The locale that knows upper and lower case of every letter, where this machine has it; else C."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


def _quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
