"""The ASGI app: `streamlit run app.py` serves the pages and the routes, and supervises the workers."""

from pathlib import Path

import streamlit as st

from tlcore.serve.lifespan import lifespan, middleware, routes

app = st.App(
    Path(__file__).parent / "pages" / "_parts" / "shell.py",
    routes=routes(),
    lifespan=lifespan,
    middleware=middleware(),
)
