"""The network while it learns: which parts are frozen, in which precision it runs."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from tlcore.train.device import Device, Precision
from tlcore.train.learning.folding import fold_fixed_norms
from tlcore.train.recipe.plan import HEAD, Phase, Plan
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import weights as zoo_weights
from tlcore.zoo.staged import HeadShape, StagedNetwork, load_tensors, with_new_head


class LearningModel:
    """A staged network on its device. Frozen stages stay in `eval()` and never change, buffers included."""

    def __init__(
        self, staged: StagedNetwork, plan: Plan, device: Device, precision: Precision, *, scratch: bool
    ) -> None:
        self.staged = staged
        self.plan = plan
        self.device = device
        self.precision = precision
        self._scratch = scratch
        if not scratch:
            fold_fixed_norms(staged.network, staged.row)
        _without_hidden_copies(staged.network)
        staged.network.to(device.torch)
        self._channels_last = device.name == "cpu" or precision == "bfloat16"
        if self._channels_last:
            staged.network.to(memory_format=torch.channels_last)
        self._learned = self._names_from(plan.first)

    @property
    def dtype(self) -> torch.dtype:
        """The type of activations between stages."""
        return torch.bfloat16 if self.precision == "bfloat16" else torch.float32

    def begin(self, phase: Phase) -> None:
        """Lock the stages below the phase's first and unlock the rest."""
        for index, stage in enumerate(self.staged.stages):
            for parameter in stage.parameters():
                parameter.requires_grad_(index >= phase.first)
        self.train_mode(phase)

    def train_mode(self, phase: Phase) -> None:
        """Training mode for what learns, evaluation mode for what is frozen.

        Batch normalisation keeps its statistics when the body is pretrained: with a few dozen images a batch's own
        mean and variance are worse estimates than those of the million images the weights came with.
        """
        self.staged.network.eval()
        for stage in self.staged.stages[phase.first :]:
            stage.train()
        self.staged.head.train()
        if not self._scratch:
            for module in self.staged.network.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001 - torch has no public base
                    module.eval()

    def eval_mode(self) -> None:
        """Evaluation mode for everything."""
        self.staged.network.eval()

    def autocast(self) -> AbstractContextManager[object]:
        """The context in which forwards run."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.torch.type, dtype=torch.bfloat16)

    def to_device(self, batch: Tensor) -> Tensor:
        """Move a batch to the device, in the memory format that convolutions there like best."""
        batch = batch.to(self.device.torch, non_blocking=True)
        if self._channels_last and batch.dim() == 4:
            return batch.contiguous(memory_format=torch.channels_last)
        return batch

    def forward_batch(self, entry: int) -> int:
        """How many rows to run at once without gradients: what a CPU's caches hold, what a GPU likes."""
        if entry == len(self.staged.stages):
            return 4096  # vectors, and one matrix product
        return 16 if self.device.name == "cpu" else 256

    def logits(self, x: Tensor, entry: int, phase: Phase) -> Tensor:
        """Logits `(n, classes)` of a batch that enters at stage `entry`; no gradient below the phase's first stage."""
        with self.autocast():
            with torch.no_grad():
                x = self.staged.features(x, entry, phase.first)
            return self.staged.logits_from(x, max(entry, phase.first)).float()

    def parameter_groups(self, phase: Phase) -> list[dict[str, object]]:
        """One group a trainable stage and one for the head, each with its base rate."""
        groups: list[dict[str, object]] = [
            {"params": list(stage.parameters()), "lr": phase.rates[name], "name": name}
            for name, stage in zip(self.staged.row.stage_names, self.staged.stages, strict=True)
            if name in phase.rates and any(True for _ in stage.parameters())
        ]
        return [
            *groups,
            {"params": list(self.staged.head.parameters()), "lr": phase.rates[HEAD], "name": HEAD},
        ]

    def learned_tensors(self) -> dict[str, Tensor]:
        """Every tensor that some phase of the plan trains, buffers included: the model's own, not copies."""
        state = self.staged.network.state_dict()
        return {name: state[name] for name in self._learned}

    def learned_state(self) -> dict[str, Tensor]:
        """Copies, on the CPU, of every tensor that some phase of the plan trains."""
        return {name: tensor.detach().to("cpu", copy=True) for name, tensor in self.learned_tensors().items()}

    def load_learned_state(self, state: dict[str, Tensor]) -> None:
        """Put a learned state back."""
        load_tensors(self.staged.network, state)

    def full_state(self) -> dict[str, Tensor]:
        """Every tensor of the network, under torchvision's names, contiguous and on the CPU."""
        state = self.staged.network.state_dict()
        return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}

    def frozen_digest(self, phase: Phase) -> str:
        """A hash over the parameters and buffers of the frozen stages."""
        digest = hashlib.sha256()
        for stage in self.staged.stages[: phase.first]:
            for name, tensor in sorted(stage.state_dict().items()):
                digest.update(name.encode())
                digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def trainable_parameters(self) -> Iterator[nn.Parameter]:
        """The parameters that gradients reach."""
        return (p for p in self.staged.network.parameters() if p.requires_grad)

    def is_finite(self) -> bool:
        """Whether every trainable parameter is still a number."""
        return all(bool(parameter.isfinite().all()) for parameter in self.trainable_parameters())

    def _names_from(self, first: int) -> tuple[str, ...]:
        kept = _storages(
            tensor
            for module in (*self.staged.stages[first:], self.staged.head)
            for tensor in (*module.parameters(), *module.buffers())
        )
        named: Iterable[tuple[str, Tensor]] = self.staged.network.state_dict(keep_vars=True).items()
        return tuple(name for name, tensor in named if id(tensor) in kept)


def build(spec: TrainSpec, classes: int, plan: Plan, device: Device) -> tuple[LearningModel, str]:
    """The model a spec asks for, and the id of the weights it starts from (`random-SEED` from scratch)."""
    torch.manual_seed(spec.seed)
    shape = HeadShape(classes, spec.hidden_units, spec.dropout)
    if spec.pretrained:
        file = zoo_weights.require(spec.backbone)
        staged, weights_id = with_new_head(spec.backbone, shape, zoo_weights.load(file)), file.id
    else:
        staged, weights_id = with_new_head(spec.backbone, shape, None), f"random-{spec.seed}"
    precision = device.precision(spec.precision)
    return LearningModel(staged, plan, device, precision, scratch=not spec.pretrained), weights_id


def _without_hidden_copies(network: nn.Module) -> None:
    """Autograd keeps a copy of what these overwrite, so working in place saves nothing and costs the copying."""
    for module in network.modules():
        if isinstance(module, nn.Hardtanh | nn.Hardswish | nn.SiLU):
            module.inplace = False


def _storages(tensors: Iterable[Tensor]) -> set[int]:
    return {id(tensor) for tensor in tensors}
