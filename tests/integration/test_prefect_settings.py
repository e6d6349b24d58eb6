from __future__ import annotations

from pathlib import Path

import pytest
from prefect.settings import Settings as PrefectSettings
from prefect.settings.base import PrefectBaseSettings

from darkroom.settings import Settings
from deployments.postgres.urls import urls_of
from deployments.prefect_env import SERVER, server_environment


def test_the_installed_prefect_knows_every_setting_and_takes_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server_environment(Settings(home=tmp_path), urls_of("postgresql://ann@db/media")).items():
        monkeypatch.setenv(name, value)

    read = PrefectSettings().to_environment_variables(exclude_unset=True)

    assert set(SERVER) <= set(_names(PrefectSettings))
    assert read["PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE"] == "250"
    assert read["PREFECT_SERVER_EVENTS_RETENTION_PERIOD"] == "P1D"
    assert PrefectSettings().client.retry_extra_codes == {500, 504}


def _names(model: type[PrefectBaseSettings]) -> list[str]:
    """The environment variables of a group of Prefect's settings and of the groups in it."""
    prefix = str(model.model_config.get("env_prefix", ""))
    names = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, PrefectBaseSettings):
            names += _names(kind)
        else:
            names.append(f"{prefix}{name}".upper())
    return names
