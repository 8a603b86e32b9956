"""Go."""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="go",
    extensions=(".go",),
    tags=("golang",),
    query="""
        [(function_declaration) (method_declaration)] @function
        (type_declaration) @class
        (import_spec) @import
    """,
    edges="""
        (call_expression function: (identifier) @call)
        (call_expression function: (selector_expression field: (field_identifier) @call))
        (composite_literal type: (type_identifier) @call)
        (field_declaration !name type: (type_identifier) @base)
    """,
    lists=frozenset(
        "source_file block statement_list import_spec_list field_declaration_list const_declaration var_declaration "
        "var_spec_list interface_type expression_switch_statement type_switch_statement literal_value".split()
    ),
    frame_fields={
        "expression_switch_statement": frozenset({"value", "initializer"}),
        "type_switch_statement": frozenset({"value", "alias", "initializer"}),
    },
    frame_types=frozenset({"package_clause"}),
    declares={
        "const_spec": "constant",
        "var_spec": "constant",
        "type_spec": "type",
        "type_alias": "type",
        "field_declaration": "member",
        "method_elem": "member",
    },
    through=frozenset({"type_declaration", "type_spec", "struct_type"}),
    capitals_public=True,
    scopes=(("func _() {\n", "\n}"),),
)
