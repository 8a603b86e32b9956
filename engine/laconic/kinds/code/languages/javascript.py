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

_REQUIRE = "(call_expression function: (identifier) @_require)"
_REQUIRED = f"[{_REQUIRE} (call_expression function: {_REQUIRE}) (member_expression object: {_REQUIRE})]"

NAMES = f"""
        (export_specifier !alias name: (identifier) @export)
        (export_specifier alias: (identifier) @export)
        (export_statement value: (identifier) @export)
        (export_statement (namespace_export (identifier) @export))
        (assignment_expression left: (member_expression object: (identifier) @_exports property: (_) @export)
            (#eq? @_exports "exports"))
        (assignment_expression left: (member_expression object: (member_expression) @_exports property: (_) @export)
            (#eq? @_exports "module.exports"))
        (assignment_expression left: (member_expression) @_exports right: [
            (identifier) @export (assignment_expression left: (member_expression) @export)
            (assignment_expression right: (identifier) @export)
            (class name: (_) @export) (function_expression name: (identifier) @export)
            (new_expression constructor: (identifier) @export) (object (shorthand_property_identifier) @export)
            (object (pair key: (property_identifier) @export)) (object (method_definition name: (_) @export))]
            (#eq? @_exports "module.exports"))
        (program [(lexical_declaration . (variable_declarator value: {_REQUIRED}))
            (variable_declaration . (variable_declarator value: {_REQUIRED}))] @import (#eq? @_require "require"))
"""
"""What a module lists as its exports, in both systems of modules; and imports that are calls."""

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
    names=NAMES,
    declares={"lexical_declaration": "constant", "variable_declaration": "constant", "field_definition": "member"},
    through=frozenset({"export_statement"}),
    visibility={"export": 2},
    visible=0,
    scopes=(("class _ {\n", "\n}"), ("_() {\n", "\n}")),
)
