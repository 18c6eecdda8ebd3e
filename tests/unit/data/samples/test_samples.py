"""The embedded sample sets: complete, the same at every call, and true to what they say they show."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from functools import cache

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tlcore.data.samples import SAMPLE_SETS, get_sample
from tlcore.data.samples.rendered import camera, digits, scene, sign_faces, weaves
from tlcore.errors import UnknownNameError

RENDERED = ("fabrics", "signs")
_SIDES = {"digits": 64, "fabrics": 192, "signs": 192}
_NUMBERS = (48, 1)

_ELSEWHERE = """
import hashlib, json, sys
from importlib import import_module
module, hashes = import_module(f"tlcore.data.samples.rendered.{sys.argv[1]}"), {}
for number in json.loads(sys.argv[2]):
    for label in reversed(module.CLASSES):
        image = module._photograph(label, number)
        hashes[f"{label}-{number:02d}"] = hashlib.sha256(image.tobytes()).hexdigest()
print(json.dumps(hashes))
"""


@cache
def _images(name: str) -> tuple[tuple[str, str, Image.Image], ...]:
    return tuple(get_sample(name).generate())


def _hashes(name: str) -> dict[str, str]:
    return {image_name: hashlib.sha256(image.tobytes()).hexdigest() for _, image_name, image in _images(name)}


@pytest.mark.parametrize("name", SAMPLE_SETS)
def test_every_class_has_as_many_images_as_it_says(name: str) -> None:
    sample = get_sample(name)
    counts = Counter(label for label, _, _ in _images(name))
    assert counts == dict.fromkeys(sample.classes, sample.images_per_class)


@pytest.mark.parametrize("name", SAMPLE_SETS)
def test_images_are_square_rgb_of_one_size(name: str) -> None:
    assert {(image.mode, image.size) for _, _, image in _images(name)} == {("RGB", (_SIDES[name], _SIDES[name]))}


@pytest.mark.parametrize("name", SAMPLE_SETS)
def test_names_say_class_and_number(name: str) -> None:
    sample = get_sample(name)
    expected = [f"{label}-{n:02d}" for label in sample.classes for n in range(1, sample.images_per_class + 1)]
    assert sorted(image_name for _, image_name, _ in _images(name)) == sorted(expected)
    assert all(image_name.startswith(f"{label}-") for label, image_name, _ in _images(name))


@pytest.mark.parametrize("name", SAMPLE_SETS)
def test_no_two_images_are_equal(name: str) -> None:
    hashes = _hashes(name)
    assert len(set(hashes.values())) == len(hashes)


@pytest.mark.parametrize("name", RENDERED)
def test_another_process_renders_the_same_pixels_in_any_order(name: str) -> None:
    command = [sys.executable, "-c", _ELSEWHERE, name, json.dumps(_NUMBERS)]
    elsewhere = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert len(elsewhere) == len(_NUMBERS) * len(get_sample(name).classes)
    assert elsewhere == {image_name: _hashes(name)[image_name] for image_name in elsewhere}


def test_digits_come_out_the_same_again() -> None:
    again = {name: hashlib.sha256(image.tobytes()).hexdigest() for _, name, image in digits.generate()}
    assert again == _hashes("digits")


@pytest.mark.parametrize("name", RENDERED)
def test_photographs_differ_in_light_within_every_class(name: str) -> None:
    for wanted in get_sample(name).classes:
        light = [np.asarray(image).mean() for label, _, image in _images(name) if label == wanted]
        assert max(light) - min(light) > 60
        assert 40 < np.mean(light) < 190


def test_scans_are_those_of_scikit_learn() -> None:
    bunch = load_digits()
    scans = list(digits.scans())
    assert [digit for digit, _ in scans] == bunch.target.tolist()
    assert [ink for _, ink in scans] == bunch.data.astype(int).tolist()


def test_an_unknown_set_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="'cats'; there is digits, fabrics, signs"):
        get_sample("cats")


def test_mirrored_signs_change_class_and_mirrored_weaves_do_not() -> None:
    assert [name for name, sample in SAMPLE_SETS.items() if sample.flip] == ["fabrics"]


def _draft(rows: str) -> list[list[bool]]:
    """A draft as weavers draw it: a cross where the warp lies on top."""
    return [[mark == "x" for mark in row] for row in rows.split()]


def test_drafts_are_those_of_the_textbook() -> None:
    assert weaves.plain().tolist() == _draft("x. .x")
    assert weaves.basket(2).tolist() == _draft("xx.. xx.. ..xx ..xx")
    assert weaves.twill(2, 2).tolist() == _draft("xx.. x..x ..xx .xx.")
    assert weaves.twill(2, 2, direction=-1).tolist() == _draft("xx.. .xx. ..xx x..x")


@pytest.mark.parametrize(("harness", "move"), [(5, 2), (8, 3), (10, 3)])
def test_a_satin_thread_goes_under_once_and_never_beside_its_neighbour(harness: int, move: int) -> None:
    under = ~weaves.satin(harness, move)
    assert under.sum(axis=0).tolist() == under.sum(axis=1).tolist() == [1] * harness
    places = under.argmax(axis=1)
    steps = (np.roll(places, -1) - places) % harness
    assert not set(steps.tolist()) & {1, harness - 1}


@pytest.mark.parametrize("width", [6, 8, 10])
def test_herringbone_is_a_twill_that_turns_round(width: int) -> None:
    draft = weaves.herringbone(width)
    there, back = draft[:, :width], draft[:, width:]
    assert there[:, :4].tolist() == weaves.twill(2, 2).tolist()
    assert np.array_equal(back, ~there[:, ::-1])


def test_houndstooth_is_a_twill_of_four_dark_and_four_light_threads() -> None:
    """The teeth: light ground and dark ground are equal, and half of the cloth is either."""
    warp_on_top = np.tile(weaves.twill(2, 2), (2, 2))
    dark = np.arange(8) < 4
    cloth = np.where(warp_on_top, dark[None, :], dark[:, None])
    assert cloth.sum() == 32
    assert cloth[:4, :4].all()
    assert not cloth[4:, 4:].any()


def test_threads_float_as_far_as_the_draft_says() -> None:
    x, y = (axis.astype(np.float32) + 0.5 for axis in np.meshgrid(np.arange(8), np.arange(8)))
    draft = weaves.twill(3, 1)
    threads = weaves.threads_at(draft, weaves.floats(draft), x, y, 1.0)
    assert threads.warp.mean() == 0.75
    middles = threads.along[threads.warp == 1]  # of the three cells of a float: -2/3, 0 and 2/3 of its half
    assert np.unique(middles.round(4)).tolist() == pytest.approx([-0.6667, 0.0, 0.6667])
    assert not threads.along[threads.warp == 0].any()


def test_perspective_lays_corners_on_corners() -> None:
    quad = scene.tilted_corners((100.0, 90.0), 120.0, yaw=0.6, pitch=-0.3, roll=0.2)
    a, b, c, d, e, f, g, h = scene.perspective(quad, 64, 48)
    seen = [((a * x + b * y + c) / (g * x + h * y + 1), (d * x + e * y + f) / (g * x + h * y + 1)) for x, y in quad]
    assert np.array(seen) == pytest.approx(np.array([(0, 0), (64, 0), (64, 48), (0, 48)]), abs=1e-9)


def test_a_square_straight_before_the_camera_stays_a_square() -> None:
    corners = scene.tilted_corners((50.0, 40.0), 20.0, yaw=0.0, pitch=0.0, roll=0.0)
    assert corners == ((40.0, 30.0), (60.0, 30.0), (60.0, 50.0), (40.0, 50.0))


@pytest.mark.parametrize("deviation", [0.5, 1.0, 1.6])
def test_blur_spreads_a_point_by_its_deviation(deviation: float) -> None:
    point = np.zeros((41, 41), dtype=np.float32)
    point[20, 20] = 1
    spread = scene.blurred(point, deviation)
    offsets = np.arange(41) - 20
    assert spread.sum() == pytest.approx(1, abs=1e-5)
    assert (spread.sum(axis=0) * offsets**2).sum() == pytest.approx(deviation**2, rel=1e-4)


def test_smear_keeps_the_light_and_spreads_it_along_its_heading() -> None:
    point = np.zeros((3, 31, 31), dtype=np.float32)
    point[:, 15, 15] = 1
    smear = camera.smeared(point, 6.0, 0.0)
    assert smear.sum() == pytest.approx(3, abs=1e-5)
    assert np.flatnonzero(smear[0].sum(axis=1)).tolist() == [15]
    assert np.flatnonzero(smear[0].sum(axis=0)).tolist() == list(range(12, 19))


@pytest.mark.parametrize("label", sign_faces.VARIANTS)
def test_every_variant_of_a_face_is_another_picture_with_clear_corners(label: str) -> None:
    faces = [sign_faces.face(label, variant) for variant in range(sign_faces.VARIANTS[label])]
    assert len({face.tobytes() for face in faces}) == len(faces)
    for face in faces:
        assert face.size == (sign_faces.FACE, sign_faces.FACE)
        assert face.getpixel((0, 0)) == (0, 0, 0, 0)


def test_the_roundabout_turns_against_the_clock() -> None:
    """A head reaches farther in the direction it points to, the nearer one looks to the middle of the ring."""
    face, middle = sign_faces.face("roundabout", 0), sign_faces.FACE / 2

    def white(radius: float) -> list[int]:
        """At which degrees, clockwise from the right, the first head is met; the arcs lie farther out."""
        clockwise = range(-20, 60)
        turns = [np.radians(degrees) for degrees in clockwise]
        places = [(middle * (1 + radius * np.cos(turn)), middle * (1 + radius * np.sin(turn))) for turn in turns]
        red = [np.asarray(face)[round(y), round(x), 0] for x, y in places]
        return [degrees for degrees, level in zip(clockwise, red, strict=True) if level > 150]

    near, far = white(0.40), white(0.34)
    assert max(near) == pytest.approx(max(far), abs=5)
    assert min(near) < min(far) - 3


@pytest.mark.parametrize("name", SAMPLE_SETS)
def test_its_examples_are_the_first_image_of_every_class(name: str) -> None:
    first: dict[str, Image.Image] = {}
    for label, _, image in get_sample(name).generate():
        first.setdefault(label, image)
        if len(first) == len(get_sample(name).classes):
            break
    examples = get_sample(name).examples()
    assert [image.tobytes() for image in examples] == [first[label].tobytes() for label in get_sample(name).classes]
