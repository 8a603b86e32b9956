"""Dart."""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="dart",
    extensions=(".dart",),
    query="""
        [(function_signature) (method_signature) (constructor_signature) (getter_signature)
         (setter_signature)] @function
        (declaration . [(function_signature) (constructor_signature) (getter_signature) (setter_signature)]) @wrapper
        (function_body) @body
        [(class_definition) (mixin_declaration) (extension_declaration) (enum_declaration)] @class
        (annotation) @attribute
        (import_or_export) @import
    """,
    edges="""
        ((identifier) @call . (selector (argument_part)))
        ((selector (unconditional_assignable_selector (identifier) @call)) . (selector (argument_part)))
        (superclass (type_identifier) @base)
    """,
    lists=frozenset({"program", "class_body", "block", "extension_body"}),
    # At the top level the words and the type in front of a variable are siblings of it.
    attached=frozenset(
        "annotation const_builtin external final_builtin function_type inferred_type late nullable_type record_type "
        "type_arguments type_identifier void_type".split()
    ),
    followers=frozenset({"function_body"}),
    comments=frozenset({"comment", "documentation_comment"}),
    bodies=frozenset({"function_body", "class_body", "extension_body", "enum_body"}),
    declares={
        "static_final_declaration_list": "constant",
        "initialized_identifier_list": "constant",
        "initialized_variable_definition": "constant",
        "type_alias": "type",
        "enum_constant": "member",
    },
    through=frozenset({"declaration"}),
    scopes=(("class _ {\n", "\n}"), ("void _() {\n", "\n}")),
)
