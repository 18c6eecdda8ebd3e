"""What this browser's person has here, and the button that deletes all of it."""

import streamlit as st

from pages._parts.session import owner, services
from pages._parts.words import counted


def own_data() -> None:
    """Draw how much there is, and, behind a tick, the button that deletes it."""
    with st.expander("Your data on this machine", icon=":material/shield_person:"):
        collections, runs = services().library.all(owner()), services().runs.all(owner())
        if not collections and not runs:
            st.write("Nothing of yours is kept here.")
            return
        images = sum(collection.image_count for collection in collections)
        st.write(
            f"{counted(images, 'image')} in {counted(len(collections), 'image set')}, and "
            f"{counted(len(runs), 'run')}. They belong to this browser; nobody else sees them, but for whoever runs "
            "this server."
        )
        if any(run.is_active for run in runs):
            st.info("Stop your runs before you delete everything.", icon=":material/block:")
            return
        sure = st.checkbox("Yes, delete my images, runs and models. There is no way back.", key="sure-to-delete")
        if st.button("Delete everything of mine", icon=":material/delete_forever:", disabled=not sure):
            services().storage.delete_owner(owner())
            st.session_state.clear()
            st.rerun()
