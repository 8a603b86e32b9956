"""Kotlin.

The scanner of tree-sitter-kotlin 1.1.0 has two loops over an annotation (``scanner.c``, lines 317 and 334) that stop at
white space or a line break but not at the end of the input: ``val x = y`` and a line ``@A(`` hang it for ever. Input
that ends in a line break cannot, so :mod:`laconic.kinds.code.parse` ends every input in one.
"""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="kotlin",
    extensions=(".kt", ".kts"),
    tags=("kt", "kts"),
    query="""
        [(function_declaration) (secondary_constructor) (anonymous_initializer)] @function
        [(class_declaration) (object_declaration) (companion_object)] @class
        (import) @import
    """,
    edges="""
        (call_expression . (identifier) @call)
        (call_expression . (navigation_expression (identifier) @call .))
        (delegation_specifier (user_type (identifier) @base))
        (delegation_specifier (constructor_invocation (user_type (identifier) @base)))
    """,
    lists=frozenset({"source_file", "class_body", "block", "enum_class_body", "when_expression"}),
    frame_fields={"when_expression": frozenset({"subject"})},
    fixed_tokens={"enum_class_body": frozenset({";"})},
    frame_types=frozenset({"when_subject", "package_header"}),
    comments=frozenset({"line_comment", "block_comment"}),
    bodies=frozenset({"function_body", "block", "class_body", "enum_class_body"}),
    empty_body={"": "{ /* … {n} */ }", "expression": "TODO()"},
    unnamed={"secondary_constructor": "constructor", "anonymous_initializer": "init", "companion_object": "Companion"},
    declares={
        "property_declaration": "constant",
        "type_alias": "type",
        "enum_entry": "member",
        "class_parameter": "member",
    },
    through=frozenset({"primary_constructor", "class_parameters"}),
    visibility={"private": 0, "internal": 1},
    scopes=(("class _X {\n", "\n}"), ("fun _x() {\n", "\n}")),
)
