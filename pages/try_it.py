"""Try: a photo in, an answer out, and why; also for models that were taken home and come back."""

import streamlit as st

from pages._parts import choosing, trying
from pages._parts.session import owner, services
from tlcore.data.spool import spool_folder
from tlcore.errors import TlcoreError


def page() -> None:
    """Choose a model and give it photos."""
    st.title("Try", anchor=False)
    run = choosing.finished_run()
    if run is not None:
        trying.try_model(run, compact=False)
    with st.expander("Bring back a model that was taken home", icon=":material/upload_file:"):
        _bring_back()


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
        st.error(str(error), icon=":material/error:")
        return
    st.session_state["_model_turn"] = st.session_state.get("_model_turn", 0) + 1
    st.query_params["run"] = run.id
    st.rerun()


page()
