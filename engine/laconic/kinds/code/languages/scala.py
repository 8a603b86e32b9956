"""Scala."""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="scala",
    extensions=(".scala", ".sc", ".sbt"),
    query="""
        [(function_definition) (function_declaration)] @function
        [(class_definition) (object_definition) (trait_definition) (enum_definition)] @class
        (import_declaration) @import
    """,
    edges="""
        (call_expression function: (identifier) @call)
        (call_expression function: (field_expression field: (identifier) @call))
        (call_expression function: (generic_function function: (identifier) @call))
        (instance_expression (type_identifier) @call)
        (extends_clause type: (type_identifier) @base)
    """,
    lists=frozenset({"compilation_unit", "template_body", "block", "indented_block"}),
    frame_fields={"template_body": frozenset({"self_type"})},
    frame_types=frozenset({"self_type", "package_clause"}),
    lead_ins={"indented_block": "???"},
    hidden_tail=True,
    comments=frozenset({"comment", "block_comment"}),
    bodies=frozenset({"template_body", "block", "indented_block"}),
    empty_body={"": "{ /* … {n} */ ??? }", "expression": "???", "indented_block": "???"},
    declares={
        "val_definition": "constant",
        "var_definition": "constant",
        "val_declaration": "constant",
        "var_declaration": "constant",
        "type_definition": "type",
        "given_definition": "constant",
        "class_parameter": "member",
        "simple_enum_case": "member",
    },
    through=frozenset("package_clause package_object class_parameters enum_body enum_case_definitions".split()),
    visibility={"private": 0, "protected": 0},
    scopes=(("object X_ {\n", "\n}"), ("def x_ = {\n", "\n}")),
)
