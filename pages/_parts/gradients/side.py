"""One of the two networks of the gradient page: its controls, each in the link, and the network that they make."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, get_args

import streamlit as st

from pages._parts import cached
from pages._parts.guards import guarded
from pages._parts.link_state import Linked, choose, linked, linked_many
from pages._parts.segments import segments
from tlcore.gradients.layers.measured import NETS, Named, switches_of
from tlcore.gradients.layers.presets import Side
from tlcore.gradients.layers.switches import WORDS
from tlcore.zoo import registry
from tlcore.zoo.nets.configurable import DEPTHS, SCALES, Activation, Design, Init, Skip

OWN = "own"
ACTIVATIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU", "leaky_relu": "leaky ReLU", "gelu": "GELU"}
_INITS = {"default": "PyTorch's", "xavier": "Xavier", "he": "He", "small": "too small", "large": "too large"}
_SKIPS = {"none": "none", "identity": "identity", "projection": "projection", "dense": "dense"}
_WIDTHS, _STAGES = (4, 8, 16, 32), (1, 3)
_TENTHS = [tenth / 10 for tenth in range(round(SCALES[0] * 10), round(SCALES[1] * 10) + 1)]


def controls(side: str, title: str, first: Side) -> Side:
    """Draw the controls of side `a` or `b`, which begin as `first`; returns what they say."""
    titles = {OWN: "Plain, residual or dense", **{name: registry.get(name).title for name in NETS}}
    choice = partial(
        st.selectbox, "Network", list(titles), format_func=titles.__getitem__, label_visibility="collapsed",
        help="A network that you put together here, or a well-known one.",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(title, width="content")
        name = str(linked(f"{side}-net", OWN, titles, choice))
    network: Design | Named
    if name == OWN:
        assert isinstance(first.network, Design)
        network = _design(side, first.network)
    else:
        network = _named(side, name)
    return Side(network=network, off=_switched_off(side, network))


def load(side: str, wanted: Side) -> None:
    """Set all controls of a side, from within a callback."""
    for key in [key for key in st.query_params if key.startswith(f"{side}-")]:
        st.query_params.pop(key)
    if isinstance(wanted.network, Design):
        choose({f"{side}-net": OWN, **{f"{side}-{name}": value for name, value in vars(wanted.network).items()}})
    else:
        choose({f"{side}-net": wanted.network.name, f"{side}-pretrained": wanted.network.pretrained})
    _set_off(side, wanted.off)


def _design(side: str, first: Design) -> Design:
    def one(name: str, options: Iterable[Any], draw: Callable[..., Any]) -> Any:
        return linked(f"{side}-{name}", getattr(first, name), options, draw)

    many, middle, right = st.columns(3)
    layers = partial(
        many.slider, "Layers", DEPTHS[0], DEPTHS[-1], step=2, help="Those with weights, on the longest way."
    )  # fmt: skip
    activation = partial(
        middle.selectbox, "Activation", list(ACTIVATIONS), format_func=ACTIVATIONS.__getitem__,
        help="The function after each layer, which makes it non-linear.",
    )  # fmt: skip
    start = partial(
        right.selectbox, "Initial weights", list(_INITS), format_func=_INITS.__getitem__,
        help="Too small is a third of He's standard deviation, too large three times it.",
    )  # fmt: skip
    values = {
        "depth": one("depth", DEPTHS, layers),
        "activation": one("activation", get_args(Activation), activation),
        "init": one("init", get_args(Init), start),
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        values |= _shortcuts(one)
        with st.popover("More", icon=":material/tune:"):
            values |= _finer(values["skip"], one)
    return Design(**values)


def _shortcuts(one: Linked) -> dict[str, Any]:
    choice = partial(
        segments, "Shortcuts", list(_SKIPS), format_func=_SKIPS.__getitem__,
        help="Around two convolutions each: the input itself, a 1x1 convolution of it, or all earlier maps (DenseNet).",
    )  # fmt: skip
    norm = partial(st.toggle, "BatchNorm", help="After each convolution, its outcomes are normalised over the batch.")
    values = {"skip": one("skip", get_args(Skip), choice), "batch_norm": one("batch_norm", (True, False), norm)}
    if values["skip"] != "dense":
        meaning = "Normalisation and activation before each convolution, so that sums stay as they are."
        first = partial(st.toggle, "Activate first", help=meaning)
        values["pre_activation"] = one("pre_activation", (True, False), first)
    return values


def _finer(skip: str, one: Linked) -> dict[str, Any]:
    """Width and stages; how much shortcuts and branches count where there are both."""
    width = partial(st.select_slider, "Maps", _WIDTHS, help="Of the first stage; the growth rate where it is dense.")
    values = {"width": one("width", _WIDTHS, width)}
    if skip != "dense":
        meaning = "With three, maps double and sides halve twice."
        stages = partial(segments, "Stages", _STAGES, help=meaning)
        values["stages"] = one("stages", _STAGES, stages)
    if skip in {"identity", "projection"}:
        for name, label in (("alpha", "Shortcut times"), ("beta", "Branch times")):
            times = partial(st.slider, label, *SCALES, step=0.1, help="1 is as published.")
            values[name] = round(one(name, _TENTHS, times), 1)
    return values


def _named(side: str, name: str) -> Named:
    at_hand = name in cached.weights_at_hand()
    meaning = "Learned on ImageNet." if at_hand else "They are not on this machine, so its weights are random."
    choice = partial(st.toggle, "Pretrained weights", disabled=not at_hand, help=meaning)
    possible = (False, True) if at_hand else (False,)
    return Named(name, linked(f"{side}-pretrained", usual=False, options=possible, draw=choice))


def _switched_off(side: str, network: Design | Named) -> tuple[str, ...]:
    """The blocks of which something is switched off; what the network does not have is forgotten."""
    known, key = switches_of(network), f"{side}-off"
    if not known:
        return ()
    switches = partial(
        st.multiselect, "Switched off", known, format_func=switch_words, placeholder="nothing",
        help="Single blocks without their shortcut, without a branch, or replaced by the identity.",
    )  # fmt: skip
    shortcuts = tuple(switch for switch in known if switch.endswith(":shortcut"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        off = linked_many(key, (), known, switches)
        if shortcuts:
            st.button(
                "All shortcuts off", on_click=_set_off, args=(side, shortcuts), key=f"{side}-all", type="tertiary",
                icon=":material/link_off:", help="Switch off the shortcut of every block.",
            )  # fmt: skip
    return tuple(off)


@guarded
def _set_off(side: str, switches: tuple[str, ...]) -> None:
    choose({f"{side}-off": list(switches)})


def switch_words(switch: str) -> str:
    """A switch in words: `layer1.0 without its shortcut`."""
    path, _, kind = switch.rpartition(":")
    return f"{path} {WORDS[kind]}"
