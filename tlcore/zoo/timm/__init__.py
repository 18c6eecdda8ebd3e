"""Every network of timm: an index of their names and figures, and rows that the trainer takes made of them."""
