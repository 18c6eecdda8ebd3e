"""A stand-in for torch's compiler, which no command uses, and which takes half as long to load as all the rest.

Torch's optimizers and torchvision load it to be left alone by it: that is answered here. Whatever else is asked of it
loads the real one, and is answered by that.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_COMPILER = "torch._dynamo"
_QUESTIONS = f"{_COMPILER}.utils"


def stand_in() -> None:
    """Put the stand-in where torch looks for its compiler, unless that is loaded already."""
    if _COMPILER in sys.modules:
        return
    package, utils = _Standin(_COMPILER), _Standin(_QUESTIONS)
    vars(package).update(__path__=[], utils=utils, disable=_disable, graph_break=_graph_break)
    vars(utils).update(is_compile_supported=_is_compile_supported)
    sys.modules.update({_COMPILER: package, _QUESTIONS: utils})
    sys.meta_path.insert(0, _Finder())


class _Standin(ModuleType):
    """What answers a few questions itself and hands on all others."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system asks for these
            raise AttributeError(name)
        return getattr(_real(self.__name__), name)


class _Finder(MetaPathFinder):
    """Loads the real compiler before any other part of it is imported."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if not fullname.startswith(f"{_COMPILER}.") or not isinstance(sys.modules.get(_COMPILER), _Standin):
            return None
        _real(_COMPILER)
        if fullname in sys.modules:  # it came with the rest
            return ModuleSpec(fullname, _Loaded(sys.modules[fullname]))
        return importlib.util.find_spec(fullname)


class _Loaded(Loader):
    """Gives a module that is there already."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, _: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


def _real(name: str) -> ModuleType:
    """The real module of that name, in place of the stand-ins."""
    for known in (_COMPILER, _QUESTIONS):
        if isinstance(sys.modules.get(known), _Standin):
            del sys.modules[known]
    return importlib.import_module(name)


def _disable(fn: Callable[..., Any] | None = None, *_: object, **_options: object) -> Any:
    """The function as it is, for nothing here would compile it."""
    return fn if fn is not None else lambda function: function


def _graph_break(*_: object) -> None:
    """End a graph that is being compiled, of which there is none."""


def _is_compile_supported(device_type: Any) -> Any:
    return _real(_QUESTIONS).is_compile_supported(device_type)
