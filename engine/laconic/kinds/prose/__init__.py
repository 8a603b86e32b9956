"""Running text: sentences, and the blocks around them."""
