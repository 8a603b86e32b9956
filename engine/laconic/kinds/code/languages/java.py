"""Java."""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="java",
    extensions=(".java",),
    query="""
        [(method_declaration) (constructor_declaration) (compact_constructor_declaration)
         (static_initializer)] @function
        [(class_declaration) (interface_declaration) (enum_declaration) (record_declaration)
         (annotation_type_declaration)] @class
        (import_declaration) @import
    """,
    edges="""
        (method_invocation name: (identifier) @call)
        (object_creation_expression type: (type_identifier) @call)
        (superclass (type_identifier) @base)
        (super_interfaces (type_list (type_identifier) @base))
        (extends_interfaces (type_list (type_identifier) @base))
    """,
    lists=frozenset(
        "program class_body interface_body enum_body_declarations block constructor_body annotation_type_body "
        "switch_block enum_body".split()
    ),
    comments=frozenset({"line_comment", "block_comment"}),
    unnamed={"static_initializer": "static"},
    declares={
        "field_declaration": "member",
        "constant_declaration": "member",
        "enum_constant": "member",
        "annotation_type_element_declaration": "member",
    },
    visibility={"public": 2, "protected": 2, "private": 0},
    visible=1,
    member_visible=1,
    scopes=(("class _ {\n", "\n}"), ("void _() {\n", "\n}")),
)
