"""A network as Python source that runs where torch and torchvision are, without this project."""

import inspect
from importlib import import_module

from tlcore.errors import NotFoundError
from tlcore.zoo import architectures, registry


def as_pytorch(name: str) -> str:
    """The lines that build the named network: a call of torchvision, or the classes that this project wrote."""
    row = architectures.get(name)
    if row.trainable and not row.where:
        return _of_torchvision(name)
    module, _, builder = row.where.partition(":")
    arguments = ", ".join([*map(repr, row.args), *(f"{key}={value!r}" for key, value in row.options.items())])
    if module.partition(".")[0] in {"torchvision", "timm"}:
        return f"from {module} import {builder}\n\nnetwork = {builder}({arguments})\n"
    try:
        source = inspect.getsource(import_module(module))
    except OSError as error:
        raise NotFoundError(f"The source of {name} is not on this machine.") from error
    return f"{source}\n\nnetwork = {builder}({arguments})\n"


def _of_torchvision(name: str) -> str:
    row = registry.get(name)
    options = {"weights": None, **row.options}
    arguments = ", ".join(f"{key}={value!r}" for key, value in options.items())
    lines = ["import torchvision"]
    changes = []
    for path, attributes in row.changes.items():
        if attributes is None:
            changes.append(f'network.set_submodule("{path}", torch.nn.Identity())')
        else:
            changes += [f'network.get_submodule("{path}").{key} = {value!r}' for key, value in attributes.items()]
    if changes:
        lines.insert(0, "import torch")
    lines += ["", f"network = torchvision.models.{row.built_as or name}({arguments})", *changes]
    return "\n".join(lines) + "\n"
