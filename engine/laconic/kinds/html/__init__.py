"""HTML: the text of its elements, without the tags that say nothing to a reader."""
