"""`tlcore filter` and `tlcore kernels`: raw responses equal scipy's, and bad input is a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage as ndi
from PIL import Image

from tests.unit.cli.test_main import one_sentence, run
from tlcore.filters.bank import bank


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path), float).transpose(2, 0, 1) / 255


def test_kernels_lists_the_bank(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "kernels", "--json")
    rows = {row["name"]: row for row in json.loads(one_sentence(out))}
    assert code == 0
    assert set(rows) == set(bank())
    assert set(rows["sobel_x"]) == {"name", "family", "direction", "order", "scale", "kernel", "source"}
    assert rows["sobel_x"]["kernel"] == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert run(capsys, "kernels")[0] == 0


def test_the_raw_response_is_scipys(capsys: pytest.CaptureFixture[str], photo: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.npy"
    code, out, err = run(
        capsys, "filter", "sobel_x", str(photo), str(target), "--border", "circular", "--stride", "2", "--dilation", "2"
    )
    assert (code, out, err) == (0, "", "")
    wide = np.zeros((5, 5))
    wide[::2, ::2] = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    expected = [ndi.correlate(channel, wide, mode="wrap")[::2, ::2] for channel in pixels(photo)]
    found = np.load(target)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_kernel_of_ones_own_turned_in_grey(capsys: pytest.CaptureFixture[str], photo: Path, tmp_path: Path) -> None:
    kernel, target = tmp_path / "kernel.json", tmp_path / "out.npy"
    kernel.write_text("[[1, 2], [0, -1]]")
    assert run(capsys, "filter", str(kernel), str(photo), str(target), "--convolution", "--grey")[0] == 0
    expected = ndi.convolve(pixels(photo).mean(0), np.array([[1, 2], [0, -1]]), mode="mirror")
    np.testing.assert_allclose(np.load(target)[0], expected, atol=1e-5)


@pytest.mark.parametrize("border", ["zero", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("side", [(1, 1), (3, 2), (7, 7)])
def test_an_image_too_small_to_learn_from_is_filtered(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, side: tuple[int, int], border: str
) -> None:
    small, target = tmp_path / "small.png", tmp_path / "out.npy"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (*side, 3), np.uint8)).save(small)
    assert run(capsys, "filter", "sobel5_x", str(small), str(target), "--border", border) == (0, "", "")
    mask = np.outer([1, 4, 6, 4, 1], [-1, -2, 0, 2, 1])
    mode = {"zero": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}[border]
    expected = [ndi.correlate(channel, mask, mode=mode) for channel in pixels(small)]
    np.testing.assert_allclose(np.load(target), expected, atol=1e-4)


def test_the_magnitude_is_the_length_of_both(capsys: pytest.CaptureFixture[str], photo: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.npy"
    assert run(capsys, "filter", "prewitt", str(photo), str(target), "--magnitude", "--border", "replicate")[0] == 0
    x, y = ([[-1, 0, 1]] * 3, np.array([[-1, 0, 1]] * 3).T)
    expected = [np.hypot(*(ndi.correlate(c, np.array(k), mode="nearest") for k in (x, y))) for c in pixels(photo)]
    np.testing.assert_allclose(np.load(target), expected, atol=1e-5)


@pytest.mark.parametrize("turned", [(), ("--convolution",)])
@pytest.mark.parametrize("operator", ["sobel_x", "sobel_y", "prewitt", "scharr", "sobel5"])
def test_the_magnitude_strides_and_dilates_as_its_kernels_do(
    capsys: pytest.CaptureFixture[str], photo: Path, tmp_path: Path, operator: str, turned: tuple[str, ...]
) -> None:
    settings = ("--stride", "3", "--dilation", "2", "--border", "zero", *turned)
    parts = []
    for axis in ("x", "y"):
        kernel = bank()[f"{operator.removesuffix('_x').removesuffix('_y')}_{axis}"].values
        wide = np.zeros([2 * side - 1 for side in kernel.shape])
        wide[::2, ::2] = kernel
        lay = ndi.convolve if turned else ndi.correlate
        parts.append([lay(channel, wide, mode="constant")[::3, ::3] for channel in pixels(photo)])
    assert run(capsys, "filter", operator, str(photo), str(tmp_path / "o.npy"), "--magnitude", *settings)[0] == 0
    np.testing.assert_allclose(np.load(tmp_path / "o.npy"), np.hypot(*map(np.array, parts)), atol=1e-4)


def test_an_image_is_filtered_as_large_as_it_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = np.zeros((1500, 2000, 3), np.uint8)
    lines[:, ::2] = 255
    Image.fromarray(lines).save(tmp_path / "big.png")
    assert run(capsys, "filter", "identity", str(tmp_path / "big.png"), str(tmp_path / "o.npy")) == (0, "", "")
    np.testing.assert_array_equal(np.load(tmp_path / "o.npy"), lines.transpose(2, 0, 1) / 255)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_kernel_is_read_in_whichever_unicode_it_was_written(
    capsys: pytest.CaptureFixture[str], photo: Path, tmp_path: Path, encoding: str
) -> None:
    """Notepad and PowerShell put a byte order mark before it."""
    (tmp_path / "KERNEL.JSON").write_text("[[0, 1], [1, 0]]", encoding)
    arguments = (str(tmp_path / "KERNEL.JSON"), str(photo), str(tmp_path / "o.npy"))
    assert run(capsys, "filter", *arguments) == (0, "", "")
    expected = [ndi.correlate(channel, np.array([[0, 1], [1, 0]]), mode="mirror") for channel in pixels(photo)]
    np.testing.assert_allclose(np.load(tmp_path / "o.npy"), expected, atol=1e-5)


def test_suffixes_may_be_in_capitals(capsys: pytest.CaptureFixture[str], photo: Path, tmp_path: Path) -> None:
    for name in ("OUT.PNG", "OUT.NPY"):
        assert run(capsys, "filter", "identity", str(photo), str(tmp_path / name)) == (0, "", "")
    assert {path.name for path in tmp_path.iterdir()} == {"photo.png", "OUT.PNG", "OUT.NPY"}
    with Image.open(tmp_path / "OUT.PNG") as picture:
        assert (picture.format, picture.size) == ("PNG", (30, 20))
    np.testing.assert_allclose(np.load(tmp_path / "OUT.NPY"), pixels(photo), atol=1e-6)


def test_an_image_that_looks_wrong_is_filtered_and_that_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hidden = tmp_path / "hidden.png"
    Image.fromarray(np.dstack([np.arange(768).reshape(16, 16, 3) % 256, np.zeros((16, 16))]).astype(np.uint8)).save(
        hidden
    )
    code, out, err = run(capsys, "filter", "identity", str(hidden), str(tmp_path / "o.npy"))
    assert (code, out) == (0, "")
    assert one_sentence(err) == f"warning: {hidden}: transparent all over, so only white is seen."


def test_a_picture_shows_zero_as_grey(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    flat = tmp_path / "flat.png"
    step = np.zeros((8, 8), np.uint8)
    step[:, 4:] = 255
    Image.fromarray(step).save(flat)
    assert run(capsys, "filter", "sobel_x", str(flat), str(tmp_path / "a.png"), "--grey")[0] == 0
    assert run(capsys, "filter", "laplacian4", str(flat), str(tmp_path / "b.png"), "--grey")[0] == 0
    edge, second = (np.asarray(Image.open(tmp_path / name)) for name in ("a.png", "b.png"))
    assert (edge[4, 0], edge[4, 3]) == (0, 255)  # nothing negative: black is zero
    assert (second[4, 0], second[4, 3] > 128, second[4, 4] < 128) == (128, True, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["krisch", "{photo}", "o.npy"], "no kernel 'krisch'; there is identity"),
        (["sobel_x", "nowhere.png", "o.npy"], "There is no image at nowhere.png"),
        (["sobel_x", "{photo}", "o.gif"], "into a .npy or .png file"),
        (["nowhere.json", "{photo}", "o.npy"], "There is no kernel at nowhere.json"),
        (["{broken}", "{photo}", "o.npy"], "should hold a list of rows"),
        (["{deep}", "{photo}", "o.npy"], "deep.json is not JSON"),
        (["sobel_x", "{photo}", "nowhere/o.npy"], "nowhere/o.npy can't be used: No such file or directory."),
        (["laplacian4", "{photo}", "o.npy", "--magnitude"], "--magnitude takes prewitt"),
        (["sobel_x", "{photo}", "o.npy", "--stride", "0"], "stride lies between 1"),
        (["sobel_x", "{photo}", "o.npy", "--magnitude", "--stride", "0"], "stride lies between 1"),
        (["sobel_x", "{photo}", "o.npy", "--magnitude", "--dilation", "-2"], "dilation lies between 1"),
        (["{huge}", "{photo}", "o.npy"], "values lie between -1,000,000 and 1,000,000"),
        (["{endless}", "{photo}", "o.npy"], "something that is not a number"),
        (["{latin}", "{photo}", "o.npy"], "latin.json is not JSON"),
    ],
)
def test_bad_input_is_a_sentence(
    capsys: pytest.CaptureFixture[str], photo: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    files = {name: tmp_path / f"{name}.json" for name in ("broken", "deep", "huge", "endless", "latin")}
    files["broken"].write_text('{"a": 1}')
    files["deep"].write_text("[" * 100_000)
    files["huge"].write_text("[[1e300]]")
    files["endless"].write_text(f"[[{10**400}]]")
    files["latin"].write_bytes(b"[[1, \xe9]]")
    given = [argument.format(photo=photo, **files) for argument in arguments]
    code, out, err = run(capsys, "filter", *given)
    assert (code, out) == (2, "")
    assert sentence in one_sentence(err)
