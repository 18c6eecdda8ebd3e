"""What a training minimises, and what takes the steps."""

import torch
from torch import Tensor

from tlcore.data.dataset import Dataset
from tlcore.train.learning.model import LearningModel
from tlcore.train.recipe.plan import Phase
from tlcore.train.recipe.spec import TrainSpec


def optimizer_for(spec: TrainSpec, model: LearningModel, phase: Phase) -> torch.optim.Optimizer:
    """The optimizer of a phase, with its rate for each stage."""
    groups = model.parameter_groups(phase)
    fused = model.device.name != "mps"  # one pass over the parameters instead of one an operation
    if spec.optimizer == "adamw":
        return torch.optim.AdamW(groups, weight_decay=spec.weight_decay, fused=fused)
    return torch.optim.SGD(groups, momentum=spec.momentum, weight_decay=spec.weight_decay, fused=fused)


def class_weights(spec: TrainSpec, dataset: Dataset, model: LearningModel) -> Tensor | None:
    """Weights inverse to the classes' frequencies, with mean 1 over the training images; none where all are equal."""
    if not spec.class_weights or len(set(dataset.class_counts("train"))) == 1:
        return None
    counts = torch.tensor(dataset.class_counts("train"), dtype=torch.float32).clamp(min=1)
    return (counts.sum() / (len(counts) * counts)).to(model.device.torch)


def l1_norm(model: LearningModel) -> Tensor:
    """The sum of the absolute values of all trainable weights; biases and scales are left out."""
    return torch.stack([p.abs().sum() for p in model.trainable_parameters() if p.dim() > 1]).sum()
