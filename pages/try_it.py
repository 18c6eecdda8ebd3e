"""Try: a photo in, an answer out, and why; also for models that were taken home and come back."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._parts import cached
from pages._parts.heading import heading
from pages._parts.results import choosing, trying
from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.words import plain
from tlcore.data.ingest.spool import spool_folder
from tlcore.errors import TlcoreError
from tlcore.jobs.running.runs import Run
from tlcore.zoo import registry


def page() -> None:
    """Choose a model and give it photos."""
    heading("Try", "A photo in, an answer out, and why.")
    chooser, who = st.columns([1.6, 1], vertical_alignment="bottom", gap="medium")
    with chooser:
        run = choosing.finished_run()
    backbone = _pretrained(run)
    if run is None and backbone:
        st.caption(f"Until then, ask {registry.get(backbone).title} what it was pretrained on.")
    if backbone and (run is None or _before(who)):
        trying.try_backbone(backbone, run)
    elif run is not None:
        trying.try_model(run, compact=False)
    with st.expander("Bring back a model that was taken home", icon=":material/upload_file:"):
        _bring_back()


def _pretrained(run: Run | None) -> str | None:
    """The network that a run started from, or else the built-in one, if its weights are here."""
    ready = cached.weights_at_hand()
    if run is not None:
        return run.spec.backbone if run.spec.pretrained and run.spec.backbone in ready else None
    return next(iter(cached.built_in()), None)


def _before(place: DeltaGenerator) -> bool:
    with place:
        who = segments(
            "Ask", ["your model", "the network it started from"], default="your model", key="asked",
            help="The pretrained network knows only the classes that it was pretrained on; training taught it yours.",
        )  # fmt: skip
    return str(who) != "your model"


def _bring_back() -> None:
    st.caption("The zip that “Take it home” gave. Nothing in it is executed, and anything else is refused.")
    given = st.file_uploader("Model zip", type="zip", key=f"model-{st.session_state.get('_model_turn', 0)}")
    if given is None:
        return
    try:
        with spool_folder() as folder:
            path = folder / "model.zip"
            path.write_bytes(given.getbuffer())
            run = services().importer.bring_back(owner(), path)
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state["_model_turn"] = st.session_state.get("_model_turn", 0) + 1
    st.query_params["run"] = run.id
    st.rerun()


page()
