"""Finding, checking and downloading weights: every refusal is one sentence that names what is wrong."""

import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.conftest import Backbone, carry
from tlcore.download import DamagedDownloadError
from tlcore.errors import BadWeightsError, OfflineError, UnknownNameError, WeightsMissingError
from tlcore.settings import Settings, get_settings
from tlcore.wording import Progress
from tlcore.zoo import registry, weights
from tlcore.zoo.staged import HeadShape, with_new_head
from tlcore.zoo.weights import WeightsFile

NAME = "shufflenet_v2_x0_5"
SUFFIX = "shufflenetv2_x0.5-f707e7126e.pth"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The three places in which weights are looked for, all empty."""
    carry(monkeypatch, tmp_path / "project" / "assets" / "backbones")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    found = {
        "embedded": tmp_path / "project" / "assets" / "backbones" / f"{NAME}.safetensors",
        "folder": tmp_path / "handed-out" / f"{NAME}.safetensors",
        "cache": tmp_path / "torch" / "hub" / "checkpoints" / SUFFIX,
    }
    for path in found.values():
        path.parent.mkdir(parents=True)
    return found


@pytest.fixture
def school(tmp_path: Path) -> Settings:
    """Settings of a machine to which a folder of weights was handed out."""
    return Settings(weights=tmp_path / "handed-out")


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    """Tensors as the published file of `NAME` holds them."""
    torch.manual_seed(0)
    return dict(torchvision.models.shufflenet_v2_x0_5(weights=None).state_dict())


def write(state: dict[str, Tensor], path: Path, **metadata: str) -> WeightsFile:
    """A safetensors file of these tensors, as if it had been handed out."""
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path, metadata=metadata)
    return WeightsFile(NAME, "folder", path)


# Where weights are looked for


def test_embedded_weights_come_before_the_folder_and_the_folder_before_torchs_cache(
    places: dict[str, Path], school: Settings
) -> None:
    assert weights.locate(NAME, school) is None
    for source in ("cache", "folder", "embedded"):
        places[source].touch()
        assert weights.locate(NAME, school) == WeightsFile(NAME, source, places[source])  # type: ignore[arg-type]


def test_without_a_folder_only_the_other_two_are_looked_into(places: dict[str, Path]) -> None:
    places["folder"].touch()
    assert weights.locate(NAME, Settings()) is None


def test_the_folder_is_the_one_that_the_environment_names(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    places["folder"].touch()
    monkeypatch.setenv("TLCORE_WEIGHTS", str(places["folder"].parent))
    get_settings.cache_clear()
    assert weights.require(NAME).path == places["folder"]


def test_ready_lists_what_is_at_hand(places: dict[str, Path], school: Settings) -> None:
    places["cache"].touch()
    places["folder"].with_name("resnet18.safetensors").touch()
    assert weights.ready(school) == {NAME: "cache", "resnet18": "folder"}


def test_weights_that_nobody_publishes_are_not_fetched(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variant of ours: its file comes with the project or from a folder, never from torch's cache or the network."""
    monkeypatch.setitem(registry._NETWORKS, NAME, replace(registry.get(NAME), weights_file=""))
    assert weights.locate(NAME) is None
    with pytest.raises(WeightsMissingError, match=r"They come with Transfer Lab: put .*\.safetensors back into"):
        weights.fetch(NAME)
    places["embedded"].touch()
    assert weights.fetch(NAME).source == "embedded"


def test_a_network_of_ours_has_the_weights_that_one_makes() -> None:
    with pytest.raises(WeightsMissingError, match=r"None are published .* --backbone cifar_plain20. makes"):
        weights.fetch("cifar_plain20")


def test_torchs_cache_is_found_by_torchs_own_rule(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert weights.torch_cache() == Path(torch.hub.get_dir()) / "checkpoints"
    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert weights.torch_cache() == Path(torch.hub.get_dir()) / "checkpoints"


def test_missing_weights_are_a_sentence_that_names_file_and_folder(places: dict[str, Path], school: Settings) -> None:
    with pytest.raises(WeightsMissingError) as caught:
        weights.require(NAME, school)
    message = str(caught.value)
    assert message.startswith(f"Pretrained weights for {NAME} are not on this machine.")
    assert f"fetch-weights {NAME}" in message
    assert f"{NAME}.safetensors into the folder that TLCORE_WEIGHTS names" in message
    assert f"{SUFFIX} into {places['cache'].parent}" in message


def test_an_unknown_network_has_no_weights() -> None:
    with pytest.raises(UnknownNameError):
        weights.locate("resnet19")


# What a file must hold


def test_a_files_tensors_are_loaded_as_they_are(state: dict[str, Tensor], tmp_path: Path) -> None:
    loaded = weights.load(write(state, tmp_path / "w.safetensors"))
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], state[name]) for name in state)


def test_a_classifier_may_be_of_any_size(state: dict[str, Tensor], tmp_path: Path) -> None:
    seven = {**state, "fc.weight": torch.zeros(7, 1024), "fc.bias": torch.zeros(7)}
    assert weights.load(write(seven, tmp_path / "w.safetensors"))["fc.bias"].shape == (7,)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda s: s.pop("conv5.0.weight"), "conv5.0.weight is missing"),
        (lambda s: s.update({"extra.weight": torch.zeros(1)}), "extra.weight is unknown"),
        (
            lambda s: s.update({"conv1.0.weight": torch.zeros(24, 3, 5, 5)}),
            "conv1.0.weight is (24, 3, 5, 5), not (24, 3, 3, 3)",
        ),
        (lambda s: s.update({"fc.weight": torch.zeros(7, 512)}), "fc.weight is (7, 512), not (1000, 1024)"),
        (lambda s: s.clear() or s.update({"a": torch.zeros(1)}), "conv1.0.weight is missing"),
    ],
)
def test_tensors_that_do_not_fit_are_named(
    state: dict[str, Tensor], tmp_path: Path, change: Callable[[dict[str, Tensor]], object], complaint: str
) -> None:
    bad = dict(state)
    change(bad)
    with pytest.raises(BadWeightsError) as caught:
        weights.load(write(bad, tmp_path / "w.safetensors"))
    assert complaint in str(caught.value)
    assert f"does not fit {NAME}" in str(caught.value)


def test_only_the_first_three_problems_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadWeightsError, match=r"(;.*){2} and \d+ more\.$") as caught:
        weights.load(write({"a": torch.zeros(1)}, tmp_path / "w.safetensors"))
    assert str(caught.value).count(";") == 2


@pytest.mark.parametrize("content", [b"", b"\x80\x02}q\x00.", b"\xff" * 64, b"PK\x03\x04"])
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(BadWeightsError, match="is not a readable safetensors file"):
        weights.load(WeightsFile(NAME, "embedded", path))


def test_a_truncated_file_is_refused(state: dict[str, Tensor], tmp_path: Path) -> None:
    file = write(state, tmp_path / "w.safetensors")
    file.path.write_bytes(file.path.read_bytes()[:-100])
    with pytest.raises(BadWeightsError, match="is not a readable safetensors file"):
        weights.load(file)


def test_auxiliary_heads_in_googlenets_file_are_let_pass(tmp_path: Path) -> None:
    """torchvision's file holds them; the network here is built without."""
    own = torchvision.models.googlenet(weights=None, aux_logits=False, init_weights=False).state_dict()
    path = tmp_path / "googlenet.safetensors"
    save_file({**own, "aux1.fc1.bias": torch.zeros(1024)}, path)
    assert "aux1.fc1.bias" in weights.load(WeightsFile("googlenet", "folder", path))
    save_file({**own, "aux3.fc1.bias": torch.zeros(1024)}, path)
    with pytest.raises(BadWeightsError, match=r"aux3\.fc1\.bias is unknown"):
        weights.load(WeightsFile("googlenet", "folder", path))


def test_the_id_is_of_the_bytes(state: dict[str, Tensor], tmp_path: Path) -> None:
    first, again = write(state, tmp_path / "1.safetensors"), write(state, tmp_path / "2.safetensors")
    other = write({**state, "fc.bias": torch.ones(1000)}, tmp_path / "3.safetensors")
    assert first.id == again.id != other.id
    assert first.id == hashlib.sha256(first.path.read_bytes()).hexdigest()[:16]


# Published checkpoints, in torch's cache


@dataclass(frozen=True)
class Published:
    """A checkpoint in the form in which torchvision publishes them, its hash in its registered name."""

    name: str
    filename: str
    content: bytes


def publish(name: str, state: object, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """Write a checkpoint into `folder` and register it as the network's own."""
    scratch = folder / "scratch.pth"
    torch.save(state, scratch)
    content = scratch.read_bytes()
    filename = f"{name}-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    scratch.rename(folder / filename)
    monkeypatch.setitem(registry._NETWORKS, name, replace(registry.get(name), weights_file=filename))
    return Published(name, filename, content)


@pytest.fixture
def published(state: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """Weights of `NAME` on the server, in `tmp_path/served`."""
    folder = tmp_path / "served"
    folder.mkdir()
    return publish(NAME, state, folder, monkeypatch)


def test_a_checkpoint_in_torchs_cache_is_loaded(
    state: dict[str, Tensor], places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(NAME, state, places["cache"].parent, monkeypatch)
    loaded = weights.load(weights.require(NAME))
    assert all(torch.equal(loaded[name], state[name]) for name in state)


def test_a_damaged_checkpoint_is_never_unpickled(
    state: dict[str, Tensor], places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = publish(NAME, state, places["cache"].parent, monkeypatch)
    path = places["cache"].parent / damaged.filename
    path.write_bytes(damaged.content[:-1] + bytes([damaged.content[-1] ^ 1]))
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("a damaged file was opened"))
    with pytest.raises(BadWeightsError, match=r"is damaged \(its SHA-256 should begin with [0-9a-f]{8}\)"):
        weights.load(weights.require(NAME))


def test_densenets_layers_of_2017_get_their_present_names(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published file says `denselayer1.norm.1.weight` where the network says `denselayer1.norm1.weight`."""
    now = torchvision.models.densenet121(weights=None).state_dict()
    then = {}
    for name, tensor in now.items():
        old = name
        for layer in ("norm", "relu", "conv"):
            for number in "12":
                old = old.replace(f".{layer}{number}.", f".{layer}.{number}.") if "denselayer" in name else old
        then[old] = tensor
    assert "features.denseblock1.denselayer1.norm.1.weight" in then
    publish("densenet121", then, places["cache"].parent, monkeypatch)
    loaded = weights.load(weights.require("densenet121"))
    assert loaded.keys() == now.keys()
    assert all(torch.equal(loaded[name], now[name]) for name in now)


@pytest.mark.parametrize("name", ["mnasnet0_5", "squeezenet1_1"])
def test_a_published_checkpoint_can_be_handed_out(
    name: str, places: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From torch's cache to a safetensors file to a network: the tensors stay the same."""
    state = torchvision.models.get_model(name, weights=None).state_dict()
    publish(name, state, places["cache"].parent, monkeypatch)
    target = weights.save_for_handing_out(weights.require(name), tmp_path / "new" / "folder")
    assert target == tmp_path / "new" / "folder" / f"{name}.safetensors"
    loaded = weights.load(weights.require(name, Settings(weights=target.parent)))
    body = with_new_head(name, HeadShape(1000), loaded).network.state_dict()
    names = [n for n in state if not n.startswith("classifier")]
    assert all(torch.equal(body[n], state[n]) for n in names)


# Downloading


@dataclass(frozen=True)
class Server:
    """A server of the files in `folder`, and the paths that it was asked for."""

    url: str
    folder: Path
    asked: list[str]


class _Quiet(SimpleHTTPRequestHandler):
    def __init__(self, *args: object, asked: list[str], **options: object) -> None:
        self._asked = asked
        super().__init__(*args, **options)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._asked.append(self.path)
        with suppress(ConnectionError):  # of a visitor who leaves
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An HTTP server on this machine, in the place of download.pytorch.org."""
    asked: list[str] = []
    folder = tmp_path / "served"
    folder.mkdir(exist_ok=True)
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder), asked=asked))
    thread = Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield Server(f"http://127.0.0.1:{http.server_port}/", folder, asked)
    http.shutdown()
    http.server_close()
    thread.join()


def files_in(folder: Path) -> list[str]:
    """The names of all files below a folder, hidden ones too."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_download_lands_in_torchs_cache_and_tells_its_progress(
    published: Published, server: Server, places: dict[str, Path]
) -> None:
    told: list[tuple[int, int]] = []
    file = weights.fetch(NAME, lambda done, total: told.append((done, total)), Settings(weights_url=server.url))
    size = len(published.content)
    assert file == WeightsFile(NAME, "cache", places["cache"].parent / published.filename)
    assert file.path.read_bytes() == published.content
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert {total for _, total in told} == {size}
    assert len(told) > 10
    assert files_in(places["cache"].parent) == [published.filename]
    assert weights.load(file).keys() == weights.load(weights.require(NAME)).keys()


def test_what_is_at_hand_is_not_downloaded_again(published: Published, server: Server, places: dict[str, Path]) -> None:
    settings = Settings(weights_url=server.url.rstrip("/"))
    assert weights.fetch(NAME, settings=settings) == weights.fetch(NAME, settings=settings)
    assert server.asked == [f"/{published.filename}"]


@pytest.mark.parametrize("damage", [lambda c: c[:-1], lambda c: b"\0" + c[1:], lambda _c: b""])
def test_a_damaged_download_is_refused_and_leaves_no_file(
    published: Published, server: Server, places: dict[str, Path], damage: Callable[[bytes], bytes]
) -> None:
    (server.folder / published.filename).write_bytes(damage(published.content))
    with pytest.raises(DamagedDownloadError, match=f"The download of {published.filename} arrived damaged; try again"):
        weights.fetch(NAME, settings=Settings(weights_url=server.url))
    assert files_in(places["cache"].parent) == []


def test_a_file_that_the_server_lacks_is_a_sentence(
    published: Published, server: Server, places: dict[str, Path]
) -> None:
    (server.folder / published.filename).unlink()
    with pytest.raises(OfflineError, match=r"could not be downloaded\. Run `python -m tlcore fetch-weights"):
        weights.fetch(NAME, settings=Settings(weights_url=server.url))
    assert files_in(places["cache"].parent) == []


def test_no_connection_is_a_sentence(places: dict[str, Path]) -> None:
    with socket.socket() as unused:  # bound but not listening, so a connection to it is refused
        unused.bind(("127.0.0.1", 0))
        settings = Settings(weights_url=f"http://127.0.0.1:{unused.getsockname()[1]}/")
        with pytest.raises(OfflineError) as caught:
            weights.fetch(NAME, settings=settings)
    message = str(caught.value)
    assert message.startswith(f"Pretrained weights for {NAME} are not on this machine and could not be downloaded.")
    assert SUFFIX in message
    assert files_in(places["cache"].parent) == []


def test_those_who_want_the_same_file_at_once_share_one_download(
    published: Published, server: Server, places: dict[str, Path]
) -> None:
    """A class clicks on the same network: each sees the progress, and finds the whole file at the end of it."""
    settings, seen, watched = Settings(weights_url=server.url), [], Event()
    threads: list[Thread] = []

    def fetch(progress: Progress) -> None:
        seen.append(weights.fetch(NAME, progress, settings).path.read_bytes())

    def begin_others(_done: int, _total: int) -> None:
        if not threads:
            for _ in range(2):
                threads.append(Thread(target=fetch, args=(lambda *_: watched.set(),)))
                threads[-1].start()
            assert watched.wait(20)

    fetch(begin_others)
    for thread in threads:
        thread.join()
    assert seen == [published.content] * 3
    assert server.asked == [f"/{published.filename}"]
    assert files_in(places["cache"].parent) == [published.filename]


def test_a_download_that_is_broken_off_is_taken_up_by_the_next(
    published: Published, server: Server, places: dict[str, Path]
) -> None:
    """The first visitor leaves the page while a second one waits."""
    settings, seen, watched = Settings(weights_url=server.url), [], Event()
    second = Thread(target=lambda: seen.append(weights.fetch(NAME, lambda *_: watched.set(), settings)))

    class Left(BaseException):
        pass

    def leave(_done: int, _total: int) -> None:
        second.start()
        assert watched.wait(20)
        raise Left

    with pytest.raises(Left):
        weights.fetch(NAME, leave, settings)
    second.join()
    assert seen[0].path.read_bytes() == published.content
    assert len(server.asked) == 2
    assert files_in(places["cache"].parent) == [published.filename]


def test_a_connection_that_breaks_off_leaves_no_file(places: dict[str, Path], published: Published) -> None:
    """The server promises a length, sends half of it and hangs up."""

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(published.content)}\r\n\r\n"
            connection.sendall(head.encode() + published.content[: len(published.content) // 2])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=answer, args=(listener,), daemon=True)
        thread.start()
        with pytest.raises((DamagedDownloadError, OfflineError)):
            weights.fetch(NAME, settings=Settings(weights_url=f"http://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join()
    assert files_in(places["cache"].parent) == []


# The classes that weights know


def test_a_files_own_classes_are_read_from_its_metadata(state: dict[str, Tensor], tmp_path: Path) -> None:
    names = ("ants", "bees", "größe")
    file = write(state, tmp_path / "w.safetensors", classes=json.dumps(names))
    assert weights.class_names(file) == names


@pytest.mark.parametrize("source", ["folder", "cache"])
def test_other_weights_know_imagenets_thousand(state: dict[str, Tensor], tmp_path: Path, source: str) -> None:
    path = write(state, tmp_path / "w.safetensors").path
    names = weights.class_names(WeightsFile(NAME, source, path))  # type: ignore[arg-type]
    assert len(names) == 1000
    assert (names[0], names[310], names[999]) == ("tench", "ant", "toilet tissue")


def test_the_throwaway_backbone_is_found_and_names_its_classes(throwaway_backbone: Backbone) -> None:
    file = weights.require(throwaway_backbone.name)
    assert file.path == throwaway_backbone.file
    assert weights.class_names(file) == throwaway_backbone.classes
    assert load_file(file.path)["fc.bias"].shape == (len(throwaway_backbone.classes),)
