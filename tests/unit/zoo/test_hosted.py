"""Weights that others publish: CIFAR's ResNets, and timm's networks on the hub; found, fetched, checked, loaded."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor

from tlcore.cli.main import main
from tlcore.download import DamagedDownloadError
from tlcore.errors import BadWeightsError, OfflineError, WeightsMissingError
from tlcore.settings import Settings, get_settings
from tlcore.train import trained
from tlcore.zoo import registry, weights
from tlcore.zoo.rows.cifar import published_tensors
from tlcore.zoo.staged import new_network
from tlcore.zoo.timm import hub

TIMM = "test_resnet"
ROW = registry.get(TIMM)
FILE = "test_resnet.r160_in1k.safetensors"


class _Quiet(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        with suppress(ConnectionError):
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache holds anything."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return dict(new_network(ROW).state_dict())


@pytest.fixture
def served(tmp_path: Path, state: dict[str, Tensor]) -> Iterator[tuple[Settings, Path]]:
    """A hub on this machine that has the weights, and the pointer to them in its repository."""
    folder = tmp_path / "served" / "timm" / "test_resnet.r160_in1k"
    file, pointer = (folder / kind / "main" / "model.safetensors" for kind in ("resolve", "raw"))
    for path in (file, pointer):
        path.parent.mkdir(parents=True)
    file.write_bytes(save(state))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    pointer.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {file.stat().st_size}\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "served")))
    Thread(target=server.serve_forever, daemon=True).start()
    yield Settings(weights_url=f"http://127.0.0.1:{server.server_port}"), file
    server.shutdown()
    server.server_close()


def test_timms_weights_are_fetched_from_the_hub_and_kept(
    served: tuple[Settings, Path], state: dict[str, Tensor]
) -> None:
    settings, _ = served
    assert weights.locate(TIMM, settings) is None
    file = weights.fetch(TIMM, settings=settings)
    assert file.path == weights.torch_cache() / FILE
    assert all(torch.equal(tensor, state[name]) for name, tensor in weights.load(file).items())
    assert weights.ready(settings)[TIMM] == "cache"
    assert len(weights.class_names(file)) == 1000


def test_what_the_hub_does_not_state_is_not_kept(served: tuple[Settings, Path]) -> None:
    settings, file = served
    file.write_bytes(file.read_bytes() + b"1")
    with pytest.raises(DamagedDownloadError, match="arrived damaged"):
        weights.fetch(TIMM, settings=settings)
    pointer = file.parents[2] / "raw" / "main" / "model.safetensors"
    pointer.write_text("<html>")
    with pytest.raises(DamagedDownloadError, match="does not say what"):
        weights.fetch(TIMM, settings=settings)
    assert weights.locate(TIMM, settings) is None


def test_without_a_connection_it_is_said_which_file_goes_where_and_whose_it_is() -> None:
    settings = Settings(weights_url="http://127.0.0.1:9")
    with pytest.raises(OfflineError) as caught:
        weights.fetch(TIMM, settings=settings)
    said = str(caught.value)
    assert f"put {FILE} into the folder that TLCORE_WEIGHTS names, or into {weights.torch_cache()}" in said
    assert "They are those of huggingface.co/timm/test_resnet.r160_in1k, licence apache-2.0." in said


def test_the_licence_is_said_before_a_download(
    served: tuple[Settings, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TLCORE_WEIGHTS_URL", served[0].weights_url)
    get_settings.cache_clear()
    assert main(["fetch-weights", TIMM]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first == f"{TIMM}: from huggingface.co/timm/test_resnet.r160_in1k, licence apache-2.0"
    assert last.startswith(f"{TIMM}: ready (cache, ")


@pytest.mark.parametrize("named", [FILE, f"{TIMM}.safetensors"])
def test_a_folder_may_hold_them_under_either_name(named: str, tmp_path: Path, state: dict[str, Tensor]) -> None:
    save_file(state, tmp_path / named)
    file = weights.require(TIMM, Settings(weights=tmp_path))
    assert (file.source, file.path.name) == ("folder", named)


def test_what_timm_itself_downloaded_is_found(state: dict[str, Tensor]) -> None:
    path = hub.cache() / "models--timm--test_resnet.r160_in1k" / "snapshots" / "abc" / "model.safetensors"
    path.parent.mkdir(parents=True)
    save_file(state, path)
    assert weights.require(TIMM).path == path


def test_weights_of_other_shapes_are_refused_by_name(tmp_path: Path, state: dict[str, Tensor]) -> None:
    save_file({**state, "conv1.0.weight": torch.zeros(1, 3, 3, 3)}, tmp_path / FILE)
    with pytest.raises(BadWeightsError, match=r"does not fit test_resnet: conv1\.0\.weight is \(1, 3, 3, 3\), not"):
        weights.load(weights.require(TIMM, Settings(weights=tmp_path)))


def test_a_network_without_published_weights_says_so() -> None:
    bare = next(name for name in registry.trainable_timm_names() if registry.get(name).hosted is None)
    with pytest.raises(WeightsMissingError, match="None are published that fit"):
        weights.fetch(bare)


# CIFAR's ResNets


def published(name: str) -> dict[str, dict[str, Tensor]]:
    """A checkpoint as Idelbayev's code saves it, of a network with random weights."""
    ours = new_network(registry.get(name)).state_dict()
    theirs = {"stem.0": "conv1", "stem.1": "bn1", "head.2": "linear"}
    renamed = {}
    for key, tensor in ours.items():
        module, _, leaf = key.rpartition(".")
        renamed[f"module.{theirs.get(module, module)}.{leaf}"] = tensor
    return {"state_dict": renamed, "best_prec1": torch.tensor(91.7)}  # type: ignore[dict-item]


def test_published_tensors_get_our_names() -> None:
    ours = new_network(registry.get("cifar_resnet20")).state_dict()
    assert published_tensors(published("cifar_resnet20")).keys() == ours.keys()


def test_idelbayevs_file_is_loaded_where_it_lies_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint, row = published("cifar_resnet20"), registry.get("cifar_resnet20")
    torch.save(checkpoint, tmp_path / "new")
    file = f"resnet20-{hashlib.sha256((tmp_path / 'new').read_bytes()).hexdigest()[:8]}.th"
    (tmp_path / "new").rename(tmp_path / file)
    assert row.hosted
    monkeypatch.setitem(registry._NETWORKS, row.name, replace(row, hosted=replace(row.hosted, file=file)))
    monkeypatch.setenv("TLCORE_WEIGHTS", str(tmp_path))
    get_settings.cache_clear()
    loaded = weights.load(weights.require(row.name))
    assert torch.equal(loaded["head.2.weight"], checkpoint["state_dict"]["module.linear.weight"])
    assert trained.pretrained(row.name).card.classes == weights.CIFAR10


def test_a_file_of_that_name_that_is_another_is_never_unpickled(tmp_path: Path) -> None:
    (tmp_path / "resnet20-12fca82f.th").write_bytes(b"cos\nsystem\n(S'touch read'\ntR.")
    with pytest.raises(BadWeightsError, match="SHA-256 should begin with 12fca82f"):
        weights.load(weights.require("cifar_resnet20", Settings(weights=tmp_path)))


def test_the_app_says_that_and_where_cifar_weights_are_published() -> None:
    said = weights.where_to_put("cifar_resnet56")
    assert "put resnet56-4bfd9763.th into the folder" in said
    assert "github.com/akamaster/pytorch_resnet_cifar10, licence bsd-2-clause" in said
