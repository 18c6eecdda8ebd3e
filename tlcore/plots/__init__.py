"""Plain Plotly figures of tlcore's rows, for pages and notebooks alike."""
