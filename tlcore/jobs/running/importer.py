"""Models that were taken home and come back: checked, then kept as a finished run of their owner."""

import secrets
import time
from pathlib import Path

from safetensors.torch import save_file
from sqlalchemy import insert

from tlcore.data.dataset import Dataset
from tlcore.data.names import clean_name
from tlcore.export.importing import read_bundle
from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.running.runs import Run, Runs
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import datasets, runs
from tlcore.settings import Settings, get_settings
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.trained import CARD, LEARNED, ModelCard, TrainedModel
from tlcore.wording import listed
from tlcore.zoo import registry


class Importer:
    """Brings models back."""

    def __init__(self, database: Database, storage: Storage, settings: Settings | None = None) -> None:
        self._db = database
        self._storage = storage
        self._settings = settings or get_settings()

    def bring_back(self, owner: str, path: Path) -> Run:
        """Keep the model of a zip as a finished run without images; raises `BadModelError` with the reason."""
        model = read_bundle(path, self._settings)
        self._storage.require_room(owner, path.stat().st_size)
        run_id = secrets.token_hex(8)
        self._keep_files(run_id, model)
        empty = Dataset(classes=model.card.classes, examples=())
        now = time.time()
        with self._db.writing() as connection:
            held = datasets.c.id == empty.id
            if not connection.execute(datasets.select().where(held, datasets.c.owner == owner)).first():
                row = {"id": empty.id, "owner": owner, "manifest": empty.model_dump_json(), "created_at": now}
                connection.execute(insert(datasets).values(**row))
            connection.execute(
                insert(runs).values(
                    id=run_id,
                    owner=owner,
                    kind="train",
                    name=clean_name(_name(model.card), "A model, brought back"),
                    spec=_spec(model).model_dump(mode="json"),
                    dataset=empty.id,
                    state="done",
                    created_at=now,
                    queued_at=now,
                    finished_at=now,
                )
            )
        return Runs(self._db, self._settings).get(owner, run_id)

    def _keep_files(self, run_id: str, model: TrainedModel) -> None:
        folder = self._settings.runs / run_id
        folder.mkdir(parents=True)
        state = {name: tensor.contiguous() for name, tensor in model.staged.network.state_dict().items()}
        save_file(state, folder / LEARNED, metadata={"run_id": run_id})
        card = model.card.model_copy(update={"run_id": run_id, "base": ""})
        (folder / CARD).write_text(card.model_dump_json(indent=1), "utf-8")


def _name(card: ModelCard) -> str:
    """What tells it from other models that were brought back: its classes."""
    return f"{registry.get(card.backbone).title}, brought back, for {listed(card.classes, 3)}"


def _spec(model: TrainedModel) -> TrainSpec:
    """The settings that the zip names, if they still mean something here."""
    try:
        return TrainSpec.of(model.card.spec)
    except Exception:  # noqa: BLE001 - an older version's settings must not keep its model out
        return TrainSpec(backbone=model.card.backbone)
