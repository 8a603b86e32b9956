"""Results as HTML: what was kept, what was cut where, and why. Loaded when a picture is asked for.

A picture is a fragment without scripts that loads nothing. Whatever text it shows is escaped, and controls stand in it
as symbols. Time and size are linear in the text.
"""
