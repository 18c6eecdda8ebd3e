"""Figures of dense blocks: how much each layer makes of each earlier one's maps (Huang et al. 2017, figure 5)."""

import plotly.graph_objects as go

from tlcore.gradients.residual.reuse import DenseBlock
from tlcore.palette import NOTHING_LEARNED

_LEARNED = "Viridis"


def triangle(block: DenseBlock, *, is_random: bool) -> go.Figure:
    """Sources as rows, from what enters the block on; targets as columns, the last one what reads the whole block."""
    sources = ["input", *map(str, range(1, block.layers + 1))]
    targets = [*map(str, range(1, block.layers + 1)), block.then]
    largest = max(value for row in block.weights for value in row if value is not None)
    figure = go.Figure()
    figure.add_heatmap(
        x=targets, y=sources, z=[list(row) for row in block.weights], zmin=0, zmax=largest, hoverongaps=False,
        colorscale=NOTHING_LEARNED if is_random else _LEARNED, xgap=1, ygap=1,
        colorbar={"title": {"text": "mean |w|"}, "thickness": 12, "tickformat": ".2g"},
        hovertemplate="target %{x} reads source %{y}<br>with a mean absolute weight of %{z:.4f}<extra></extra>",
    )  # fmt: skip
    if is_random:
        figure.add_annotation(
            text="random weights", x=0.03, y=0.06, xref="paper", yref="paper", showarrow=False, font={"size": 15}
        )
    every = max(1, round(len(sources) / 8))
    figure.update_xaxes(title="target layer", type="category", showgrid=False, tickmode="array", tickangle=0)
    figure.update_xaxes(tickvals=[*targets[: -max(2, every) : every], targets[-1]])
    figure.update_yaxes(
        title="source layer", type="category", autorange="reversed", showgrid=False, tickmode="array",
        tickvals=sources[::every],
    )  # fmt: skip
    figure.update_layout(height=380, margin={"l": 60, "r": 8, "t": 8, "b": 48})
    return figure
