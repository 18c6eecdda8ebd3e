"""The commands and their arguments; each command's work is imported only when it is called."""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from tlcore import __version__
from tlcore.cli.said import BAD_INPUT, complain
from tlcore.errors import TlcoreError

INTERRUPTED = 130
_LEVELS = range(1, 33)
_ROOMS = {
    command: room
    for room, commands in {
        "networks": ("nets", "layers", "facts", "compare", "size"),
        "training": ("data", "train", "pretrain", "predict", "fetch-weights"),
        "filters": ("kernels", "filter"),
        "gradients": ("gradients", "degradation", "lesion", "recurrent"),
        "machine": ("doctor", "worker", "port-free"),
    }.items()
    for command in commands
}
"""The room in which each command lives."""


class OneSentenceParser(argparse.ArgumentParser):
    """A parser whose complaints are one sentence, without the usage in front."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to get help."""
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    command = import_module(f"tlcore.cli.{_ROOMS[options.command]}.{options.command.replace('-', '_')}")
    try:
        return int(command.run(options))
    except TlcoreError as error:
        return _refused(options, str(error))
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        return _refused(options, f"{error.filename} can't be used: {error.strerror}.")


def _refused(options: argparse.Namespace, sentence: str) -> int:
    if getattr(options, "json", False):
        print(json.dumps({"error": sentence}, ensure_ascii=False))
    complain(sentence)
    return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = OneSentenceParser(prog="tlcore", description="Transfer Lab without a browser.")
    parser.add_argument("--version", action="version", version=f"tlcore {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=OneSentenceParser)
    _add_doctor(commands.add_parser("doctor", help="show the device, versions, settings and weights at hand"))
    _add_data(commands.add_parser("data", help="check a zip or folder of images, and report on it"))
    _add_train(commands.add_parser("train", help="train on a zip, a folder or a sample set"))
    _add_pretrain(commands.add_parser("pretrain", help="train a backbone from scratch on a large set"))
    _add_predict(commands.add_parser("predict", help="predict images with a model or a pretrained network"))
    _add_fetch(commands.add_parser("fetch-weights", help="download pretrained weights ahead of a class"))
    _add_worker(commands.add_parser("worker", help="take runs from the queue, beside the web server"))
    _add_nets(commands.add_parser("nets", help="list the networks that can be looked at"))
    _add_layers(commands.add_parser("layers", help="measure a network layer by layer"))
    _add_facts(commands.add_parser("facts", help="set what is published about a network beside what is measured"))
    _add_compare(commands.add_parser("compare", help="set networks beside one another"))
    _add_size(commands.add_parser("size", help="calculate the size of an output"))
    _add_kernels(commands.add_parser("kernels", help="list the bank of classical filters"))
    _add_filter(commands.add_parser("filter", help="filter an image"))
    _add_gradients(commands.add_parser("gradients", help="measure how gradients flow through a network"))
    _add_degradation(commands.add_parser("degradation", help="train plain and residual networks of two depths"))
    _add_lesion(commands.add_parser("lesion", help="leave blocks out of a trained network, and measure the rest"))
    _add_recurrent(commands.add_parser("recurrent", help="measure how gradients flow back through time"))
    _add_port_free(commands.add_parser("port-free", help="check that nothing else listens on a port"))
    return parser


def _add_worker(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="", metavar="NAME", help="cpu, cuda:0 or mps (default: the fastest)")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)


def _add_port_free(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8501)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="DIR|ZIP", help="one folder per class")
    _add_reading(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_train(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("source", metavar="DIR|ZIP|SAMPLE", help="one folder per class, or a sample set: digits, fabrics, signs")
    add("--backbone", default="efficientnet_lite0", metavar="NAME", help="the network (default: %(default)s)")
    add("--strategy", default="frozen", metavar="S", help="frozen, last-k, full, probe-then-tune or scratch")
    add("--stages", type=int, metavar="K", help="how many stages last-k trains")
    _add_recipe(parser, "the classifier's learning rate")
    add("--views", type=int, metavar="N", help="cached views an image, for frozen stages (1: no augmentation)")
    add("--val", type=Path, metavar="DIR", help="a folder of validation images, one folder per class")
    _add_reading(parser)
    add("--out", type=Path, metavar="FILE.zip", help="where to write the model")
    _add_device(parser)
    add("--json", action="store_true", help="print one JSON object a line")


def _add_pretrain(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("source", type=Path, metavar="DIR|PARQUET", help="one folder per class, or Parquet files (image, label)")
    add("--backbone", default="resnet18", metavar="NAME", help="the network (default: %(default)s)")
    add("--image-size", type=int, metavar="PIXELS", help="the side of what the network sees")
    _add_recipe(parser, "the highest learning rate")
    add("--work", type=Path, required=True, metavar="DIR", help="checkpoints; the same folder goes on where it stopped")
    add("--out", type=Path, required=True, metavar="FILE.safetensors", help="where to write the backbone")
    _add_reading(parser)
    _add_device(parser)
    add("--json", action="store_true", help="print one JSON object a line")


def _add_recipe(parser: argparse.ArgumentParser, rate: str) -> None:
    add = parser.add_argument
    add("--epochs", type=int, metavar="N", help="how often every image is seen")
    add("--batch-size", type=int, metavar="N", help="images a step")
    add("--lr", type=float, metavar="RATE", help=rate)
    add("--seed", type=int, metavar="N", help="the same seed gives the same run with as many threads")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="any other training setting; repeatable")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """What a person says of the folders where it is not what is understood."""
    add = parser.add_argument
    add(
        "--classes-from", type=_classes_from, default="first", metavar="WHICH",
        help="first (folders below what wraps everything), last (folders that images lie in), or a level: 1, 2, ...",
    )  # fmt: skip
    add("--pool-parts", action="store_true", help="put the images of train, test and the like together")
    add("--case-matters", action="store_true", help="keep classes apart that differ only in case, like A and a")
    add("--zip-names", default="", metavar="CODEPAGE", help="what names in a zip are in, if not in Unicode: cp932, ...")


def _classes_from(text: str) -> str | int:
    if text in {"first", "last"}:
        return text
    if text.isdecimal() and int(text) in _LEVELS:
        return int(text)
    levels = f"a level from {_LEVELS[0]} to {_LEVELS[-1]}"
    raise argparse.ArgumentTypeError(f"it can be first, last, or {levels}, and not '{text}'")


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="", metavar="NAME", help="cpu, cuda or mps (default: the fastest)")


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL.zip|NAME", help="a model that was taken home, or a pretrained network")
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def _add_nets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="find all that have it in name, family or year, timm's too"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON array")


_STACK = "a name of `nets`, one of timm's, or a stack of one's own: stack:3x64x64:c16k3-relu-gap-fl-fc10"


def _add_layers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("net", metavar="NET", help=_STACK)
    parser.add_argument(
        "--input", type=int, nargs=2, metavar=("H", "W"), help="rows and columns (default: as published)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--csv", action="store_true", help="print comma-separated rows")


def _add_facts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("net", metavar="NET")
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("nets", nargs="+", metavar="NET", help=_STACK)
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def _add_size(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("net", nargs="?", default="", metavar="NET", help=f"every layer of a network that slides; {_STACK}")
    add("--input", type=int, nargs="+", metavar="N", help="the side, or rows and columns")
    add("--kernel", type=int, nargs="+", metavar="N")
    for name, usual in (("stride", 1), ("padding", 0), ("dilation", 1), ("output-padding", 0)):
        add(f"--{name}", type=int, nargs="+", metavar="N", help=f"default: {usual}")
    add("--pool", action="store_true", help="pooling, whose padding is at most half its kernel")
    add("--transposed", action="store_true", help="a transposed convolution")
    add("--ceil", action="store_true", help="round up, as pooling with ceil_mode does")
    add("--json", action="store_true", help="print one JSON object")


def _add_kernels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def _add_filter(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("kernel", metavar="NAME|KERNEL.json", help="a kernel of the bank, or a file with rows of numbers")
    add("image", type=Path, metavar="IN")
    add("out", type=Path, metavar="OUT.png|OUT.npy", help="a picture, or the raw response in float32")
    add("--border", choices=("zero", "reflect", "replicate", "circular"), default="reflect")
    add("--stride", type=int, default=1, metavar="N")
    add("--dilation", type=int, default=1, metavar="N")
    add("--convolution", action="store_true", help="turn the kernel by half (default: correlation)")
    add("--grey", action="store_true", help="filter the mean of the channels")
    add("--magnitude", action="store_true", help="the gradient's length, of both directions of an operator")


def _add_gradients(parser: argparse.ArgumentParser) -> None:
    add, switch = parser.add_argument, argparse.BooleanOptionalAction
    add("--depth", type=int, default=56, metavar="N", help="layers with weights (default: %(default)s)")
    add("--width", type=int, default=16, metavar="MAPS", help="of the first stage (default: %(default)s)")
    add("--activation", default="relu", metavar="NAME", help="sigmoid, tanh, relu, leaky_relu or gelu")
    add("--init", default="he", metavar="NAME", help="default (PyTorch's), xavier, he, small or large")
    add("--bn", action=switch, default=True, help="batch normalisation")
    add("--skip", action=switch, default=True, help="shortcuts")
    add("--shortcut", default="identity", metavar="KIND", help="identity, projection or dense")
    add("--pre-activation", action="store_true", help="activate before each convolution")
    add("--alpha", type=float, default=1.0, metavar="X", help="what shortcuts are multiplied by")
    add("--beta", type=float, default=1.0, metavar="X", help="what branches are multiplied by")
    add("--stages", type=int, default=3, metavar="N", help="1, or 3 between which maps double and sides halve")
    add("--net", default="", metavar="NAME", help="a network that the trainer takes, instead of all these")
    add("--pretrained", action="store_true", help="its pretrained weights")
    add("--off", action="append", default=[], metavar="BLOCK:PART", help="layer1.0:shortcut for example; repeatable")
    add("--sample", default="digits", metavar="SET", help="the images: digits, fabrics or signs")
    add("--images", type=int, metavar="N", help="images in the batch (default: 32, or 8 with --net)")
    add("--side", type=int, metavar="PIXELS", help="their side (default: 32, or 64 with --net)")
    add("--double", action="store_true", help="double precision, for what single can't hold")
    add("--optimizer", default="sgd", metavar="NAME", help="whose first step is measured: sgd or adam")
    add("--lr", type=float, default=0.1, metavar="RATE", help="its learning rate (default: %(default)s)")
    add("--seed", type=int, default=0, metavar="N", help="of weights and images")
    add("--json", action="store_true", help="print one JSON object")


def _add_degradation(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("source", nargs="?", default="digits", metavar="DIR|ZIP|SAMPLE", help="the images (default: %(default)s)")
    add(
        "--nets", nargs="+", metavar="NAME", help="some of cifar_plain20, cifar_plain56, cifar_resnet20, cifar_resnet56"
    )
    add("--epochs", type=int, default=40, metavar="N", help="how often all images are seen (default: %(default)s)")
    add("--seed", type=int, default=0, metavar="N", help="the same seed gives the same race (default: %(default)s)")
    add("--probe", nargs="+", default=[], metavar="NAME", help="measure lesions of these, and the loss around them")
    add("--out", type=Path, metavar="FILE.json", help="where to write the race and what was measured")
    parser.set_defaults(val=None)
    _add_reading(parser)
    _add_device(parser)
    add("--json", action="store_true", help="print one JSON object a line")


def _add_lesion(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", metavar="MODEL.zip|RUN|NAME", help="a model that was taken home, a run's folder, or a network")
    add("images", type=Path, metavar="DIR|ZIP", help="held-out images, one folder per class")
    add("--drop", nargs="+", metavar="N", help="leave these blocks out together (default: each one alone)")
    add("--swap", nargs=2, metavar=("A", "B"), help="exchange two equally shaped blocks")
    add("--random", type=int, metavar="K", help="leave K random blocks out")
    add("--draws", type=int, default=5, metavar="D", help="how often (default: %(default)s)")
    add("--seed", type=int, default=0, metavar="S", help="the same seed draws the same blocks")
    _add_reading(parser)
    add("--json", action="store_true", help="print one JSON object")


def _add_recurrent(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--cell", default="rnn", metavar="NAME", help="rnn, lstm or gru")
    add("--task", default="adding", metavar="NAME", help="adding or copy")
    add("--lag", type=int, default=100, metavar="N", help="steps back in time (default: %(default)s)")
    add("--units", type=int, default=32, metavar="N", help="of the state (default: %(default)s)")
    add("--radius", type=float, metavar="X", help="recurrent matrices are X times orthogonal (default: PyTorch's)")
    add("--forget-bias", type=float, default=0.0, metavar="X", help="added in an LSTM's forget gate")
    add("--steps", type=int, default=0, metavar="N", help="train so many steps first")
    add("--clip", type=float, default=0.0, metavar="NORM", help="the largest gradient that a step follows (0: any)")
    add("--lr", type=float, default=0.1, metavar="RATE", help="the training's learning rate (default: %(default)s)")
    add("--seed", type=int, default=0, metavar="N", help="of weights and sequences")
    add("--json", action="store_true", help="print one JSON object")


def _add_fetch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="networks, or 'all'")
    parser.add_argument("--to", type=Path, metavar="DIR", help="also write NAME.safetensors here, to hand out")
