"""What this browser's person has here, and the button that deletes all of it."""

import streamlit as st

from pages._parts.session import owner, services
from pages._parts.words import counted, plain


def own_data() -> None:
    """Draw how much there is, and, behind a tick, the button that deletes it."""
    with st.expander("Your data on this machine", icon=":material/shield_person:"):
        mine = services().storage.belongings(owner())
        if not (mine.collections or mine.images or mine.runs):
            st.write("Nothing of yours is kept here.")
            return
        st.write(
            f"{counted(mine.images, 'image')}, {counted(mine.collections, 'image set')} and "
            f"{counted(mine.runs, 'run')}, races and measurements included. They belong to this browser; nobody else "
            "sees them, but for whoever runs this server."
        )
        if mine.in_the_way:
            st.info(plain(mine.in_the_way), icon=":material/block:")
            return
        sure = st.checkbox("Yes, delete my images, runs and models. There is no way back.", key="sure-to-delete")
        if st.button("Delete everything of mine", icon=":material/delete_forever:", disabled=not sure):
            services().storage.delete_owner(owner())
            st.session_state.clear()
            st.rerun()
