"""The digest in words, figures and charts. Nothing is imported here: the drawing process starts here, too."""
