"""Home: what one can do here in ten seconds, the state of the machine, and the ways in."""

import streamlit as st

from pages._parts import cached, components, joining, nav, own_data
from pages._parts.guards import one_sentence
from pages._parts.session import services

_PARTS = {
    "See how they work": {
        "explore": "Any network from LeNet-5 to ConvNeXt, down to the sum behind one pixel.",
        "convolution": "Point at a number and read the sum that made it.",
        "filters": "Classical edge filters on your own photo: the same operation.",
        "skip": "Switch a shortcut off and watch the gradient go.",
    },
    "Teach one your images": {
        "datasets": "A zip, a folder, a webcam or a sample set, sorted into classes.",
        "train": "Reuse a pretrained network, choose how much of it learns, and watch it learn, live.",
        "runs": "Lay the curves of many runs over one another, and see what their settings changed.",
    },
    "Ask what it learned": {
        "result": "Accuracy with its uncertainty, every mistake, and the exact split behind the numbers.",
        "try": "Give it a new photo and see which parts of the photo speak for its answer.",
        "learned": "The filters that it learned beside those that people wrote down.",
    },
}


def page() -> None:
    """A line of words, the live miniature, the ways in, the machine."""
    st.title("Transfer Lab", anchor=False)
    st.markdown(
        "See how convolutional networks work, and **teach one your own images** in the browser. "
        "This is the whole idea in miniature, live:"
    )
    components.mini(**cached.digit_ink(), key="mini")
    st.space("small")
    _parts()
    _machine()
    joining.another_device()
    own_data.own_data()


def _parts() -> None:
    """The three halves of the lab, each with its pages."""
    for column, (part, links) in zip(st.columns(len(_PARTS)), _PARTS.items(), strict=True):
        with column.container(border=True, height="stretch"):
            st.subheader(part, anchor=False)
            for name, text in links.items():
                with st.container(gap=None):
                    st.page_link(nav.page(name), label=f"**{nav.page(name).title}**", icon=nav.page(name).icon)
                    st.caption(text)


@st.fragment(run_every=5.0)
@one_sentence()
def _machine() -> None:
    """What works here now."""
    state = services().machine.state()
    st.subheader("This machine", anchor=False)
    device, memory, queue, load = st.columns(4)
    device.metric("Trains on", _short(state.devices[0]) if state.devices else "starting …", border=True)
    memory.metric("Memory", f"{state.memory_used / 1e9:.1f} of {state.memory_total / 1e9:.0f} GB", border=True)
    load.metric("Processor", f"{state.load:.0%} of {state.cores} cores", border=True)
    queue.metric("Runs", f"{state.working} training, {state.waiting} waiting", border=True)


def _short(title: str) -> str:
    return title.replace("(R)", "").replace("(TM)", "").split(" Processor")[0].split(" CPU")[0]


page()
