"""The camera of the rendered photographs: lens, exposure, sensor, and the JPEG file it writes."""

import math
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image

from tlcore.data.samples.rendered.scene import SIDE, Field, Rng, between, blurred, chance, grid, plane, to_image


@dataclass(frozen=True, kw_only=True)
class Camera:
    """How one photograph is taken.

    `warmth` and `tint` are errors of the white balance, `defocus` the deviation of the blur and `motion` the length
    of the smear in pixels, `heading` its direction in radians, `grain` the deviation of the sensor's noise.
    """

    exposure: float = 1.0
    warmth: float = 0.0
    tint: float = 0.0
    contrast: float = 0.0
    haze: float = 0.0
    vignette: float = 0.0
    defocus: float = 0.0
    motion: float = 0.0
    heading: float = 0.0
    grain: float = 0.01
    sharpening: float = 0.0
    quality: int = 85


def any_camera(rng: Rng, blur: float = 1.0, grain: float = 1.0) -> Camera:
    """A phone or a compact in somebody's hand; `blur` and `grain` scale what may go wrong."""
    shaken = chance(rng, 0.15)
    return Camera(
        exposure=between(rng, 0.8, 1.4),
        warmth=between(rng, -0.16, 0.18),
        tint=between(rng, -0.05, 0.05),
        contrast=between(rng, -0.3, 0.8),
        haze=between(rng, 0, 0.08),
        vignette=between(rng, 0, 0.4),
        defocus=blur * (between(rng, 0.6, 1.5) if chance(rng, 0.25) else between(rng, 0, 0.6)),
        motion=blur * between(rng, 2, 6) if shaken else 0.0,
        heading=between(rng, 0, math.pi),
        grain=grain * (between(rng, 0.025, 0.05) if chance(rng, 0.3) else between(rng, 0.004, 0.02)),
        sharpening=between(rng, 0.3, 1.2) if chance(rng, 0.5) else 0.0,
        quality=int(rng.integers(38, 93)),
    )


def photograph(scene: Field, camera: Camera, rng: Rng) -> Image.Image:
    """The scene, `(3, SIDE, SIDE)`, as the camera's file shows it."""
    seen = blurred(_toned(scene, camera), camera.defocus)
    if camera.motion:
        seen = smeared(seen, camera.motion, camera.heading)
    seen = seen + _grain(seen, camera.grain, rng)
    if camera.sharpening:
        seen = seen + (seen - blurred(seen, 0.7)) * camera.sharpening
    return _through_jpeg(to_image(seen), camera.quality)


def smeared(scene: Field, length: float, heading: float) -> Field:
    """The scene as it smears when the camera moves by so many pixels."""
    reach, steps = math.ceil(length / 2), max(2, round(length) + 1)
    wide = np.pad(scene, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    smear = np.zeros_like(scene)
    for count in range(steps):
        along = length * (count / (steps - 1) - 0.5)
        top, left = reach + round(along * math.sin(heading)), reach + round(along * math.cos(heading))
        smear += wide[:, top : top + scene.shape[1], left : left + scene.shape[2]]
    return smear * (1 / steps)


def _toned(scene: Field, camera: Camera) -> Field:
    """White balance, exposure and the tone curve: an S whose steepness is the contrast, above a veil of haze."""
    gains = plane([camera.exposure * gain for gain in (1 + camera.warmth, 1 + camera.tint, 1 - camera.warmth)])
    light = 1 - camera.vignette * _distance_squared()
    x = scene * gains * light
    x = np.clip(np.minimum(x, 0.45 + x * 0.4), 0, 1)  # the film's shoulder: highlights last
    x = x + camera.contrast * x * (1 - x) * (2 * x - 1)
    return camera.haze + x * (1 - camera.haze)


@cache
def _distance_squared() -> Field:
    """The squared distance from the centre, 1 in the corners."""
    x, y = grid(SIDE)
    return (x * x + y * y) * 0.5


def _grain(scene: Field, deviation: float, rng: Rng) -> Field:
    """Noise of the sensor: stronger in the shadows, and partly coloured in blotches of some pixels."""
    luma = rng.standard_normal((SIDE, SIDE), dtype=np.float32)
    chroma = rng.standard_normal((3, SIDE // 3, SIDE // 3), dtype=np.float32) * 0.4
    return (luma + chroma.repeat(3, axis=1).repeat(3, axis=2)) * (1.25 - scene[1]) * deviation


def _through_jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=2 if quality < 80 else 0)
    with Image.open(buffer) as decoded:
        return decoded.convert("RGB")
