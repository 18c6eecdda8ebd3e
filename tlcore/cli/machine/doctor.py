"""`tlcore doctor`: what this machine has, and what it lacks."""

import json
import platform
import shutil
import sqlite3
from argparse import Namespace
from typing import Any

from tlcore.settings import get_settings


def run(options: Namespace) -> int:
    """Print device, versions, settings and weights at hand."""
    sections = examine()
    if options.json:
        print(json.dumps(sections, ensure_ascii=False))
        return 0
    for section, rows in sections.items():
        print(section)
        for name, value in rows.items():
            print(f"  {name:24} {value}")
    return 0


def examine() -> dict[str, dict[str, Any]]:
    """Everything that decides how Transfer Lab behaves here."""
    from tlcore.jobs.store.database import without_password
    from tlcore.train import device as devices
    from tlcore.train.trained import environment
    from tlcore.zoo import registry, weights

    settings = get_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    ready = weights.ready(settings)
    return {
        "devices": {device.name: f"{device.title}, {device.precision('auto')}" for device in devices.available()},
        "versions": {**environment(), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version},
        "settings": {
            "home": str(settings.home),
            "database": without_password(settings.database),
            "weights folder": str(settings.weights or "not set (TLCORE_WEIGHTS)"),
            "workers": settings.workers,
            "free disk": f"{shutil.disk_usage(settings.home).free / 1e9:.1f} GB",
        },
        "pretrained weights": {name: ready.get(name, "not here") for name in registry.names()},
    }
