"""Result and Try: which run, which image, and what is answered."""
