"""The whole field of networks at a glance: accuracy and cost, years, and the ImageNet challenge."""

from collections.abc import Iterable

import streamlit as st

from tlcore.plots import networks as plots
from tlcore.zoo import architectures, registry
from tlcore.zoo.facts import published, rated, winners


def field(chosen: Iterable[str]) -> None:
    """Accuracy against cost, with the chosen networks in bold; laid out for a wide window and for a narrow one."""
    rows = rated()
    titles = {row.name: registry.get(row.name).title for row in rows}
    families = {row.name: registry.get(row.name).family for row in rows}
    for width, layout in (("wide", plots.WIDE), ("narrow", plots.NARROW)):
        st.plotly_chart(
            plots.field(rows, titles, families, chosen, layout), key=f"when-{width}-field",
            alt="Networks by accuracy and multiply-adds",
        )  # fmt: skip
    st.caption(
        "torchvision's figures for its first ImageNet weights; a bubble's area is the number of parameters. "
        "Each network is used at its own image size. The networks chosen above stand in bold."
    )
    with st.expander("The same as a table", icon=":material/table:"):
        columns = ("network", "family", "top-1 accuracy (%)", "multiply-adds (G)", "parameters (M)")
        values = [(titles[r.name], families[r.name], r.top1, r.macs / 1e9, r.params / 1e6) for r in rows]
        st.dataframe(
            [dict(zip(columns, row, strict=True)) for row in values], alt="The networks, side by side", hide_index=True
        )


def history() -> None:
    """When networks came, and who won the challenge."""
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        st.subheader("When they came", anchor=False)
        rows = [(published(n).year or 0, architectures.get(n).family, architectures.get(n).title, published(n).idea)
                for n in architectures.names() if n != "resnet18_64"]  # fmt: skip
        st.plotly_chart(plots.timeline(rows), key="timeline", alt="Networks by family and year")
    with right:
        st.subheader("Winners of the ImageNet challenge", anchor=False)
        ranking, source = winners()
        st.plotly_chart(
            plots.challenge(ranking), key="challenge", alt="Top-5 errors of the winners, falling every year"
        )
        st.caption(
            f"Top-5 error on the test images, as submitted: mostly several networks together. Colours are those of "
            f"the families; grey is none of them, or several. {source}."
        )
