"""The pages, in the order of the navigation; a page that is not built is not listed."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

_FOLDER = Path(__file__).resolve().parents[1]
_SECTIONS = {
    "": {  # the main job, a click away
        "home": ("home.py", "Home", ":material/home:", ""),
        "datasets": ("datasets.py", "Data sets", ":material/photo_library:", "datasets"),
        "train": ("train.py", "Train", ":material/model_training:", "train"),
        "result": ("result.py", "Result", ":material/fact_check:", "result"),
        "try": ("try_it.py", "Try", ":material/center_focus_strong:", "try"),
        "runs": ("runs.py", "Runs", ":material/stacked_line_chart:", "runs"),
    },
    "Networks": {
        "explore": ("explore.py", "Explore", ":material/account_tree:", "explore"),
        "compare": ("compare.py", "Compare", ":material/compare:", "compare"),
        "blocks": ("blocks.py", "Building blocks", ":material/widgets:", "blocks"),
        "sizes": ("sizes.py", "Output sizes", ":material/straighten:", "sizes"),
        "build": ("build.py", "Build", ":material/layers:", "build"),
    },
    "Filters": {
        "filters": ("filters.py", "Filters", ":material/blur_on:", "filters"),
        "convolution": ("convolution.py", "Convolution, step by step", ":material/grid_on:", "convolution"),
        "learned": ("learned.py", "Hand-made and learned", ":material/compare_arrows:", "learned-kernels"),
        "why": ("why.py", "Why convolution", ":material/help_center:", "why-convolution"),
    },
    "Gradients": {
        "gradient-flow": ("gradient_flow.py", "Gradient flow", ":material/water:", "gradient-flow"),
        "skip": ("skip.py", "Skip connections", ":material/route:", "skip-connections"),
        "through-time": ("through_time.py", "Through time", ":material/history:", "through-time"),
    },
}


def page(name: str) -> StreamlitPage:
    """The page of that name, to link or switch to."""
    file, title, icon, path = next(rows[name] for rows in _SECTIONS.values() if name in rows)
    return st.Page(_FOLDER / file, title=title, icon=icon, url_path=path or None, default=not path)


def pages() -> dict[str, list[StreamlitPage]]:
    """All pages by section; those without one stand first."""
    return {section: [page(name) for name in rows] for section, rows in _SECTIONS.items()}


def paths() -> list[str]:
    """The path of every page, after the address."""
    return [row[3] for rows in _SECTIONS.values() for row in rows.values()]


def files() -> list[str]:
    """The file of every page, without its ending."""
    return [Path(row[0]).stem for rows in _SECTIONS.values() for row in rows.values()]
