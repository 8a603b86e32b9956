"""Swift."""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="swift",
    extensions=(".swift",),
    query="""
        [(function_declaration) (init_declaration) (deinit_declaration) (subscript_declaration)
         (protocol_function_declaration)] @function
        [(class_declaration) (protocol_declaration)] @class
        (import_declaration) @import
    """,
    edges="""
        (call_expression . (simple_identifier) @call)
        (call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @call)))
        (inheritance_specifier inherits_from: (user_type (type_identifier) @base))
    """,
    lists=frozenset(
        {"source_file", "class_body", "protocol_body", "statements", "enum_class_body", "switch_statement"}
    ),
    frame_fields={"switch_statement": frozenset({"expr"})},
    stand_ins={"switch_entry/statements": "break"},
    attached=frozenset({"statement_label"}),
    comments=frozenset({"comment", "multiline_comment"}),
    bodies=frozenset({"function_body", "class_body", "enum_class_body", "protocol_body"}),
    unnamed={"init_declaration": "init", "deinit_declaration": "deinit", "subscript_declaration": "subscript"},
    receivers=frozenset({"self", "Self"}),
    declares={
        "property_declaration": "constant",
        "typealias_declaration": "type",
        "associatedtype_declaration": "type",
        "enum_entry": "member",
        "protocol_property_declaration": "member",
    },
    visibility={"open": 2, "public": 2, "internal": 1, "fileprivate": 0, "private": 0},
    visible=1,
    member_visible=1,
    scopes=(("class _X {\n", "\n}"), ("func _x() {\n", "\n}")),
)
