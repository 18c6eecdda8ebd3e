"""The rival: PyTorch's "Transfer Learning for Computer Vision" tutorial, rewritten from its published recipe.

25 epochs, batches of 4, PIL transforms (RandomResizedCrop 224 and flip; Resize 256, CenterCrop 224), SGD 0.001 with
momentum 0.9, the rate times 0.1 every 7 epochs, `model.train()` and `model.eval()` over the whole model, the best of
all epochs kept. Four loader processes, as published.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
TRANSFORMS = {
    "train": transforms.Compose(
        [
            transforms.RandomResizedCrop(224),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    ),
    "val": transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    ),
}


@dataclass(frozen=True)
class Epoch:
    """What one epoch took and gave."""

    seconds: float
    val_accuracy: float


def epochs(
    folder: Path, model: nn.Module, head: nn.Module, *, frozen: bool, count: int, seed: int, device: str
) -> Iterator[Epoch]:
    """Train as the tutorial does; `head` is the new classifier inside `model`."""
    torch.manual_seed(seed)
    loaders = {
        part: DataLoader(
            datasets.ImageFolder(str(folder / part), TRANSFORMS[part]), batch_size=4, shuffle=True, num_workers=4
        )
        for part in ("train", "val")
    }
    model.to(device)
    if frozen:
        for parameter in model.parameters():
            parameter.requires_grad = False
        for parameter in head.parameters():
            parameter.requires_grad = True
    optimizer = torch.optim.SGD((head if frozen else model).parameters(), lr=0.001, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    best, kept = 0.0, copy.deepcopy(model.state_dict())
    for _ in range(count):
        begun = perf_counter()
        _pass(model.train(), loaders["train"], device, optimizer)
        schedule.step()
        accuracy = _pass(model.eval(), loaders["val"], device, None)
        if accuracy > best:
            best, kept = accuracy, copy.deepcopy(model.state_dict())
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        yield Epoch(perf_counter() - begun, accuracy)
    model.load_state_dict(kept)


def _pass(model: nn.Module, loader: DataLoader, device: str, optimizer: torch.optim.Optimizer | None) -> float:
    loss_of: Callable[..., torch.Tensor] = nn.CrossEntropyLoss()
    correct = seen = 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)  # noqa: PLW2901 - as the tutorial writes it
        with torch.set_grad_enabled(optimizer is not None):
            outputs = model(images)
            loss = loss_of(outputs, labels)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        correct += int((outputs.argmax(1) == labels).sum())
        seen += len(labels)
    return correct / seen
