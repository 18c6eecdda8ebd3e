"""Commands about gradients."""
