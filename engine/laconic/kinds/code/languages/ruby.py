"""Ruby."""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="ruby",
    extensions=(".rb", ".rake", ".gemspec", ".ru"),
    tags=("rb",),
    query="""
        [(method) (singleton_method)] @function
        [(class) (module) (singleton_class)] @class
        ((call !receiver method: (identifier) @_name) @import (#any-of? @_name "require" "require_relative"))
    """,
    edges="""
        (call method: (identifier) @call)
        (body_statement (identifier) @call)
        (superclass (constant) @base)
    """,
    lists=frozenset({"program", "body_statement", "block_body", "then", "else", "do"}),
    followers=frozenset({"heredoc_body"}),
    line_comment="#",
    bodies=frozenset({"body_statement"}),
    empty_body={"": "# … {n}", "expression": "nil"},
    unnamed={"singleton_class": "self"},
    receivers=frozenset({"self"}),
    scopes=(("class X_\n", "\nend"), ("def x_\n", "\nend")),
)
