"""Home: what one can do here in ten seconds, the state of the machine, and the ways in."""

import streamlit as st

from pages._parts import cached, components, nav
from pages._parts.guards import one_sentence
from pages._parts.heading import Figure, figures, heading
from pages._parts.home import joining, own_data
from pages._parts.session import services
from pages._parts.words import counted

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
    """The way in, a small classifier that learns live, the other ways in, the machine."""
    heading("Transfer Lab", "Networks that see, in the browser: how they work, and one that learns your own images.")
    _way_in()
    st.markdown(
        "Below, something much smaller learns to read digits: **softmax regression** on 64 pixels. It shows data, "
        "training and trying; convolution and transfer, which the lab is about, it leaves out."
    )
    components.mini(cached.digit_ink(), key="mini")
    st.space("small")
    _parts()
    _machine()
    joining.another_device()
    own_data.own_data()


def _way_in() -> None:
    """The one thing to do first."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button("Teach a network your images", type="primary", icon=":material/play_arrow:", key="start"):
            st.switch_page(nav.page("train"))
        st.caption("Your own photos, or a sample set that is built in.", width="content")


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
    figures([
        Figure("Trains on", _short(state.devices[0]) if state.devices else "starting …"),
        Figure("Memory in use", f"{state.memory_used / 1e9:.1f} of {state.memory_total / 1e9:.0f} GB"),
        Figure("Runs", f"{state.working} training, {state.waiting} waiting"),
        Figure("Processor", f"{state.load:.0%} of {counted(state.cores, 'core')} busy"),
    ])  # fmt: skip


def _short(title: str) -> str:
    return title.replace("(R)", "").replace("(TM)", "").split(" Processor")[0].split(" CPU")[0]


page()
