"""Attribution maps from Captum, and how they are laid over a photograph."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from captum.attr import IntegratedGradients
from numpy.typing import NDArray
from PIL import Image
from plotly.colors import sequential
from torch import Tensor, nn

from tlcore.data.pixels.decode import center_crop, resized
from tlcore.data.pixels.encode import png
from tlcore.errors import BadInputError
from tlcore.palette import BLUE, ORANGE, rgb
from tlcore.train.trained import TrainedModel

Method = Literal["grad-cam", "integrated-gradients"]
METHODS: dict[Method, str] = {"grad-cam": "Grad-CAM", "integrated-gradients": "Integrated gradients"}
HOW_TO_READ: dict[Method, str] = {
    "grad-cam": (
        "From dark violet, not at all, to pale yellow, most: how much the last feature maps speak for this class there "
        "(Selvaraju et al. 2017). The picture is as coarse as those maps, so it shows regions, not outlines."
    ),
    "integrated-gradients": (
        "Blue pixels speak for this class, orange ones against it, measured along the way from a black image to this "
        "one (Sundararajan et al. 2017). Look for structure, not for single dots."
    ),
}
_OPACITY = 0.55
STEPS = 24


@dataclass(frozen=True)
class Attribution:
    """A map `(crop, crop)` for one class: in [0, 1] for Grad-CAM, in [-1, 1] for integrated gradients.

    `residual` is the share of the change of the class's log-probability from the black image that the map, added up,
    misses; None where that is not defined.
    """

    method: Method
    class_index: int
    values: NDArray[np.float32]
    residual: float | None = None


def attribute(model: TrainedModel, image: Image.Image, class_index: int, method: Method) -> Attribution:
    """Which parts of a canonical image speak for a class, in the model's own input coordinates."""
    inputs = model.inputs([image])
    if method == "grad-cam":
        return Attribution(method, class_index, _grad_cam(model, inputs, class_index))
    with torch.enable_grad():  # the model is shared and frozen: gradients flow to the input alone
        return _integrated(model, inputs, class_index)


def overlay(model: TrainedModel, image: Image.Image, attribution: Attribution) -> bytes:
    """The network's view of the image, grey, with the map laid over it in colours, as PNG bytes."""
    prep = model.card.preprocessing
    photo = np.asarray(center_crop(resized(image, prep), prep.crop), np.float32)
    grey = photo.mean(2, keepdims=True).repeat(3, 2)
    if attribution.method == "grad-cam":
        return png(grey * (1 - _OPACITY) + _ramp(attribution.values) * _OPACITY)
    amount = np.abs(attribution.values)[..., None]
    tint = np.where(
        attribution.values[..., None] >= 0, np.array(rgb(BLUE), np.float32), np.array(rgb(ORANGE), np.float32)
    )
    return png((128 + (grey - 128) * 0.35) * (1 - amount) + tint * amount)


def _ramp(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Colours `(h, w, 3)` of values in [0, 1]: one hue after another, and lighter all the way, also without hues."""
    stops = np.array([rgb(colour) for colour in sequential.Inferno], np.float64)
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(values, places, channel) for channel in stops.T], -1)


def _grad_cam(model: TrainedModel, inputs: Tensor, class_index: int) -> NDArray[np.float32]:
    """The positive part of the class map, over the whole input, its largest value 1."""
    positive = F.relu(class_map(model, inputs, class_index))
    values = F.interpolate(positive[None, None], inputs.shape[-2:], mode="bilinear")[0, 0].numpy()
    return (values / values.max() if values.max() > 0 else values).astype(np.float32)


def class_map(model: TrainedModel, inputs: Tensor, class_index: int) -> Tensor:
    """The last maps of one input, each weighted by the mean gradient of the class's score: `(h, w)`.

    This is Grad-CAM before its ReLU (Selvaraju et al. 2017, equations 1 and 2). Where a global average and one dense
    layer follow the maps, it is CAM (Zhou et al. 2016, equation 2) divided by the number of positions. What counts are
    the maps as the next layer reads them, after activations that a forward applies as functions.
    """
    maps, rest = _last_maps(model, inputs.detach())
    maps.requires_grad_()
    with torch.enable_grad():
        score = model.staged.head(rest(maps.clone()))[0, class_index]  # a clone, for layers may write in place
        (gradient,) = torch.autograd.grad(score, maps)
    return (gradient.mean((2, 3), keepdim=True) * maps.detach())[0].sum(0)


def _integrated(model: TrainedModel, inputs: Tensor, class_index: int) -> Attribution:
    prep = model.card.preprocessing
    black = -torch.tensor(prep.mean).view(1, 3, 1, 1) / torch.tensor(prep.std).view(1, 3, 1, 1)
    baseline = black.expand_as(inputs).contiguous()

    def log_probability(x: Tensor) -> Tensor:
        return F.log_softmax(model.staged(x), 1)

    gradients, delta = IntegratedGradients(log_probability).attribute(
        inputs,
        baselines=baseline,
        target=class_index,
        n_steps=STEPS,
        internal_batch_size=4,
        return_convergence_delta=True,
    )
    with torch.no_grad():
        span = log_probability(torch.cat([inputs, baseline]))[:, class_index]
    values = gradients.detach()[0].sum(0).numpy()
    scale = np.quantile(np.abs(values), 0.995) or 1.0
    residual = abs(float(delta[0])) / max(abs(float(span[0] - span[1])), 1e-6)
    return Attribution("integrated-gradients", class_index, np.clip(values / scale, -1, 1).astype(np.float32), residual)


def _last_maps(model: TrainedModel, x: Tensor) -> tuple[Tensor, nn.Sequential]:
    """The last outcome along the stages that is still a map and not a vector, and what comes between it and the head.

    Stages name every step of a network's forward, those too that it writes as functions and no hook would see.
    """
    steps = [module for stage in model.staged.stages for module in stage]
    last: tuple[Tensor, int] | None = None
    with torch.no_grad():
        for index, module in enumerate(steps):
            x = module(x)
            if x.dim() == 4 and max(x.shape[-2:]) > 1:
                last = x.clone(), index + 1
    if last is None:
        raise BadInputError("Grad-CAM needs maps, and this network has none. Take integrated gradients.")
    return last[0], nn.Sequential(*steps[last[1] :])
