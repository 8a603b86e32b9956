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
    empty_value="",
    unnamed={"singleton_class": "self"},
    receivers=frozenset({"self"}),
    names="""
        (call method: (identifier) @_attributes arguments: (argument_list (simple_symbol) @member)
            (#any-of? @_attributes "attr_reader" "attr_writer" "attr_accessor"))
        (body_statement (identifier) @section (#any-of? @section "private" "protected" "public"))
        (call method: (identifier) @_private arguments: (argument_list [
            (simple_symbol) @hidden (method name: (_) @hidden) (singleton_method name: (_) @hidden)])
            (#any-of? @_private "private" "protected" "private_constant" "private_class_method"))
    """,
    visibility={"private": 0, "protected": 0},
    declares={"assignment": "constant"},
    scopes=(("class X_\n", "\nend"), ("def x_\n", "\nend")),
)
