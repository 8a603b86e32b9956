"""Tables in columns of blanks, as programs print them."""
