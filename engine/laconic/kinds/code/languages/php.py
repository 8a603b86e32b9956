"""PHP."""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="php",
    factory="language_php",
    extensions=(".php", ".phtml"),
    tags=("php7", "php8"),
    query="""
        [(function_definition) (method_declaration)] @function
        [(class_declaration) (interface_declaration) (trait_declaration) (enum_declaration)] @class
        (namespace_use_declaration) @import
    """,
    edges="""
        (function_call_expression function: (name) @call)
        (member_call_expression name: (name) @call)
        (scoped_call_expression name: (name) @call)
        (object_creation_expression (name) @call)
        (base_clause (name) @base)
        (class_interface_clause (name) @base)
    """,
    lists=frozenset({"program", "declaration_list", "compound_statement", "enum_declaration_list", "switch_block"}),
    frame_types=frozenset({"php_tag"}),
    optional=frozenset({"else_clause", "else_if_clause"}),
    receivers=frozenset({"$this", "self", "static", "parent"}),
    prologue="<?php\n",
    names="""
        (function_call_expression function: (name) @_define arguments: (arguments . (argument (string) @export))
            (#eq? @_define "define"))
    """,
    declares={"const_declaration": "constant", "property_declaration": "member", "enum_case": "member"},
    through=frozenset({"namespace_definition"}),
    visibility={"private": 0, "protected": 0},
    scopes=(("class _ {\n", "\n}"), ("function _() {\n", "\n}")),
)
