"""Bring a second device to the same images and runs, by a one-time code."""

import streamlit as st

from pages._parts.session import has_cookie, owner, services
from tlcore.jobs.belongings.owners import CODE_SECONDS


def another_device() -> None:
    """Draw the two ends of joining: make a code here, or give one that another device shows."""
    with st.expander("Continue on another device", icon=":material/devices:"):
        give, take = st.columns(2, gap="large")
        with give:
            st.write("Your images and runs belong to this browser. A code brings another one to them.")
            if st.button("Make a code", icon=":material/key:", disabled=not has_cookie()):
                code = services().owners.new_code(owner())
                st.code(f"{code[:4]}-{code[4:]}", language=None)
                st.caption(f"It works once, within {CODE_SECONDS // 60} minutes.")
        with take:
            code = st.text_input("A code from your other device", max_chars=12, placeholder="ABCD-EFGH")
            tidy = "".join(letter for letter in code.upper() if letter.isalnum())
            if tidy:
                st.link_button("Use this code", f"/join/{tidy}", icon=":material/login:")
