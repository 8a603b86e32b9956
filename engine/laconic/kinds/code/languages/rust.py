"""Rust."""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="rust",
    extensions=(".rs",),
    tags=("rs",),
    query="""
        [(function_item) (function_signature_item) (macro_definition)] @function
        [(impl_item) (struct_item) (enum_item) (trait_item) (mod_item) (union_item)] @class
        [(attribute_item) (inner_attribute_item)] @attribute
        [(use_declaration) (extern_crate_declaration)] @import
    """,
    edges="""
        (call_expression function: (identifier) @call)
        (call_expression function: (scoped_identifier name: (identifier) @call))
        (call_expression function: (field_expression field: (field_identifier) @call))
        (macro_invocation macro: (identifier) @call)
        (impl_item trait: (type_identifier) @base)
    """,
    lists=frozenset("source_file block declaration_list match_block field_declaration_list enum_variant_list".split()),
    frame_types=frozenset({"inner_attribute_item"}),
    optional=frozenset({"else_clause"}),
    attached=frozenset({"attribute_item"}),
    comments=frozenset({"line_comment", "block_comment"}),
    receivers=frozenset({"self", "Self"}),
    names="""
        (use_declaration (visibility_modifier) argument: [
            (scoped_identifier name: (identifier) @export) (use_as_clause alias: (identifier) @export)
            (scoped_use_list list: (use_list [(identifier) @export (scoped_identifier name: (identifier) @export)
                (use_as_clause alias: (identifier) @export)])) (use_wildcard) @export])
    """,
    declares={
        "const_item": "constant",
        "static_item": "constant",
        "type_item": "type",
        "associated_type": "member",
        "field_declaration": "member",
        "enum_variant": "member",
    },
    through=frozenset({"foreign_mod_item"}),
    visibility={"pub": 2, "macro_export": 2, "crate": 1, "super": 1, "proc_macro": 2},
    visible=0,
    member_visible=0,
    scopes=(("impl _X {\n", "\n}"), ("fn _x() {\n", "\n}")),
)
