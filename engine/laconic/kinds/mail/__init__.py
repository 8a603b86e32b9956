"""E-mail: messages and threads of them, with their headers, quotations, signatures and parts."""
