"""How each shipped model was made, measured and saved."""
