"""TypeScript and TSX: two grammars of one wheel, one table."""

from dataclasses import replace

from laconic.kinds.code.language import Language
from laconic.kinds.code.languages.javascript import CALLS, LISTS, NAMED_VALUES, NAMES

LANGUAGE = Language(
    name="typescript",
    factory="language_typescript",
    extensions=(".ts", ".mts", ".cts"),
    tags=("ts", "mts"),
    query=NAMED_VALUES
    + """
        [(function_declaration) (generator_function_declaration) (method_definition) (function_signature)
         (abstract_method_signature)] @function
        (public_field_definition value: [(arrow_function) (function_expression)]) @function
        [(class_declaration) (abstract_class_declaration) (class) (interface_declaration) (enum_declaration)
         (internal_module) (module)] @class
        (export_statement declaration: [(abstract_class_declaration) (interface_declaration) (enum_declaration)
            (internal_module) (module) (function_signature)]) @wrapper
        (expression_statement (internal_module)) @wrapper
        (decorator) @attribute
        [(import_statement) (import_alias)] @import
    """,
    edges=CALLS
    + """
        (class_heritage (extends_clause value: (identifier) @base))
        (class_heritage (implements_clause (type_identifier) @base))
        (extends_type_clause (type_identifier) @base)
    """,
    lists=LISTS | {"interface_body", "object_type", "enum_body"},
    optional=frozenset({"else_clause"}),
    attached=frozenset({"decorator"}),
    comments=frozenset({"comment", "html_comment"}),
    empty_body={"": "{ /* … {n} */ }", "expression": "{ /* … {n} */ }"},
    names=NAMES,
    declares={
        "lexical_declaration": "constant",
        "variable_declaration": "constant",
        "type_alias_declaration": "type",
        "public_field_definition": "member",
        "property_signature": "member",
        "method_signature": "member",
        "enum_assignment": "member",
        "property_identifier": "member",  # a case of an enum
    },
    through=frozenset({"export_statement", "ambient_declaration"}),
    visibility={"export": 2, "private": 0, "protected": 0},
    visible=0,
    scopes=(("class _ {\n", "\n}"), ("_() {\n", "\n}")),
)

TSX = replace(LANGUAGE, name="tsx", factory="language_tsx", extensions=(".tsx",), tags=())
