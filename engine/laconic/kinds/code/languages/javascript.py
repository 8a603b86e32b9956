"""JavaScript, with JSX."""

from laconic.kinds.code.language import Language

_VALUE = "[(arrow_function) (function_expression) (generator_function)]"

NAMED_VALUES = f"""
        (variable_declarator value: {_VALUE}) @function
        (assignment_expression right: {_VALUE}) @function
        (pair value: {_VALUE}) @function
        (lexical_declaration . (variable_declarator value: {_VALUE}) . ) @wrapper
        (variable_declaration . (variable_declarator value: {_VALUE}) . ) @wrapper
        (expression_statement (assignment_expression right: {_VALUE})) @wrapper
        (export_statement declaration: (lexical_declaration . (variable_declarator value: {_VALUE}) . )) @wrapper
        (export_statement declaration: [(function_declaration) (generator_function_declaration)
            (class_declaration)]) @wrapper
"""
"""A function is often the value of something that has a name: ``const f = () => …``, ``f: function () …``."""

CALLS = """
        (call_expression function: (identifier) @call)
        (call_expression function: (member_expression property: (_) @call))
        (new_expression constructor: (identifier) @call)
"""

LISTS = frozenset({"program", "statement_block", "class_body", "object", "array", "switch_body"})

LANGUAGE = Language(
    name="javascript",
    extensions=(".js", ".mjs", ".cjs", ".jsx"),
    tags=("js", "jsx", "node", "mjs"),
    query=NAMED_VALUES
    + """
        [(function_declaration) (generator_function_declaration) (method_definition)] @function
        (field_definition value: [(arrow_function) (function_expression)]) @function
        [(class_declaration) (class)] @class
        (import_statement) @import
    """,
    edges=CALLS
    + """
        (class_heritage (identifier) @base)
        (class_heritage (member_expression property: (_) @base))
    """,
    lists=LISTS,
    optional=frozenset({"else_clause"}),
    attached=frozenset({"decorator"}),
    comments=frozenset({"comment", "html_comment"}),
    empty_body={"": "{ /* … {n} */ }", "expression": "{ /* … {n} */ }"},
    scopes=(("class _ {\n", "\n}"), ("_() {\n", "\n}")),
)
