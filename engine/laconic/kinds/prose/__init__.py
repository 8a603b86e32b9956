"""Running text: sentences, and the headings, lists, tables and quotes around them."""
