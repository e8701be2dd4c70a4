"""Every Plotly figure, in one theme."""
