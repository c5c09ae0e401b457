"""What each classifier is worth on labelled files: `listener evaluate`."""
