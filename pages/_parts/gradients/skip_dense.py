"""Dense blocks: their connections, counted, and how much each layer makes of each earlier one's maps."""

from functools import partial

import streamlit as st

from pages._parts import cached
from pages._parts.heading import look_for
from pages._parts.link_state import linked
from pages._parts.session import owner, services
from pages._parts.words import plain
from tlcore.explain import interactive
from tlcore.gradients.residual import reuse
from tlcore.gradients.residual.reuse import DenseBlock, Reuse
from tlcore.jobs.running.runs import Run
from tlcore.plots.gradients import reuse as plots
from tlcore.zoo import registry
from tlcore.zoo.nets.configurable import DEPTHS, Design

_OWN = "own"
_GROWTHS = (4, 8, 12, 16, 24, 32)
_LOOK = (
    "Down a column is what one layer reads. In a trained network many layers give weight to maps that were made long "
    "before them, so those are used again rather than made anew."
)
_RANDOM = (
    "With random weights all sources of a layer count alike: what a column shows then is the initialisation, which is "
    "smaller where more maps come in."
)


def dense() -> None:
    """Choose a densely connected network, and see what its layers read."""
    network = _chosen()
    layers, connections = (sum(getattr(block, name) for block in network.blocks) for name in ("layers", "connections"))
    st.markdown(
        f"**{connections:,} connections** between {layers} layers and what they read, counted on the network: a block "
        f"of *L* layers has *L*(*L* + 1)/2, where a chain of layers has *L*."
    )
    look_for(_RANDOM if network.is_random else _LOOK)
    for start in range(0, len(network.blocks), 2):
        for column, block in zip(st.columns(2, gap="large"), network.blocks[start : start + 2], strict=False):
            with column:
                _triangle(block, is_random=network.is_random)
    _counts(network)
    st.caption(
        "After Huang, Liu, van der Maaten & Weinberger 2016, *Densely Connected Convolutional Networks*, figure 5. The "
        "colour is the mean absolute weight between a source and a target. The row `input` is what enters the "
        "block, and the last column is what reads the whole block. BatchNorm's own factors are not counted in, as in "
        "the paper."
    )


def _chosen() -> Reuse:
    trained = {run.id: run for run in _dense_runs()}
    titles = {
        **{name: registry.get(name).title for name in reuse.NETS},
        _OWN: "A small one, put together here",
        **{run.id: f"Trained here: {run.name}" for run in trained.values()},
    }
    network, *rest = st.columns([1.4, 1, 1], vertical_alignment="bottom")
    choice = partial(
        network.selectbox, "Network", list(titles), format_func=titles.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    name = str(linked("dense-net", reuse.NETS[0], titles, choice))
    if name in trained:
        return interactive.reuse_of_model(cached.model_of(trained[name]))
    if name != _OWN:
        return interactive.reuse_of(name, cached.weights_at_hand().get(name, ""))
    layers = partial(rest[0].slider, "Layers", 10, DEPTHS[-1], step=2, help="Those with weights.")
    growth = partial(rest[1].select_slider, "Growth rate", _GROWTHS, help="The maps that each layer adds.")
    depth, width = linked("dense-depth", 40, DEPTHS, layers), linked("dense-growth", 12, _GROWTHS, growth)
    return interactive.reuse_of_design(Design(depth=int(depth), width=int(width), skip="dense"))


def _dense_runs() -> list[Run]:
    runs = services().runs.all(owner())
    return [run for run in runs if run.state == "done" and registry.get(run.spec.backbone).family == "DenseNet"]


def _counts(network: Reuse) -> None:
    rows = [
        {
            "block": plain(block.name), "layers": block.layers, "growth rate": block.growth,
            "maps in": block.entering, "maps out": block.entering + block.layers * block.growth,
            "connections": block.connections, "as a chain": block.layers,
        }
        for block in network.blocks
    ]  # fmt: skip
    st.dataframe(rows, alt="What the layers read", hide_index=True)


def _triangle(block: DenseBlock, *, is_random: bool) -> None:
    badge = " :gray-badge[random weights: nothing learned]" if is_random else ""
    st.markdown(f"**{plain(block.name)}**{badge}")
    said = f"Mean absolute weights within {block.name}, sources by rows and targets by columns"
    st.plotly_chart(plots.triangle(block, is_random=is_random), key=f"dense-{block.name}", alt=said)
