"""Python."""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="python",
    extensions=(".py", ".pyi", ".pyw"),
    tags=("py", "python3", "pycon"),
    query="""
        (function_definition) @function
        (class_definition) @class
        (decorated_definition) @wrapper
        [(import_statement) (import_from_statement) (future_import_statement)] @import
    """,
    edges="""
        (call function: (identifier) @call)
        (call function: (attribute attribute: (identifier) @call))
        (decorator (identifier) @call)
        (class_definition superclasses: (argument_list (identifier) @base))
        (class_definition superclasses: (argument_list (attribute attribute: (identifier) @base)))
    """,
    lists=frozenset({"module", "block"}),
    optional=frozenset({"else_clause", "elif_clause"}),
    stand_ins={"block": "..."},
    line_comment="#",
    empty_body={"": "...", "block": "..."},
    empty_value="...",
    docstring=True,
    receivers=frozenset({"self", "cls"}),
    names="""
        (assignment left: (identifier) @_all right: [(list (string (string_content) @export))
            (tuple (string (string_content) @export))] (#eq? @_all "__all__"))
        (augmented_assignment left: (identifier) @_all right: [(list (string (string_content) @export))
            (tuple (string (string_content) @export))] (#eq? @_all "__all__"))
    """,
    exports_are_all=True,
    declares={"assignment": "constant", "type_alias_statement": "type"},
    through=frozenset(
        "expression_statement if_statement else_clause elif_clause try_statement except_clause finally_clause "
        "with_statement".split()
    ),
    scopes=(("class _:\n", ""), ("    def _(self):\n", "")),
)
