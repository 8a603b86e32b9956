"""What commands print: sessions in a shell, and the outputs of common tools."""
