"""What stands beside an accuracy where classes are of different sizes."""

import streamlit as st

from pages._parts.words import plain
from tlcore.train.judging.balance import Balance, few_said


def lopsided(balance: Balance) -> None:
    """Balanced accuracy, what always saying the largest class would reach, and the classes too rare to judge."""
    if not balance.uneven:
        return
    low, high = balance.interval
    st.markdown(
        f"**Balanced accuracy {balance.accuracy:.1%}** (95 % interval {low:.1%} to {high:.1%}): the mean over the "
        "classes of the share that is right, so that rare ones count as much as others. Always saying "
        f"**{plain(balance.largest)}** would be right for {balance.always:.1%} of these images, "
        f"and balanced {1 / balance.classes:.1%}.",
        help="The interval puts together the Wilson intervals of the classes (MOVER, Zou & Donner 2008).",
    )
    if few := few_said(balance, lambda name: f"**{plain(name)}**"):
        st.caption(f":material/warning: {few}")
