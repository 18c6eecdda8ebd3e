"""Home: what one can do here, in ten seconds."""

import streamlit as st

st.title("Transfer Lab")
