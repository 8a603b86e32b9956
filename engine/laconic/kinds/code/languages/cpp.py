"""C++."""

from laconic.kinds.code.language import Language
from laconic.kinds.code.languages.c import DECLARES, FRAME_FIELDS, LISTS, THROUGH

LANGUAGE = Language(
    name="cpp",
    extensions=(".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx", ".h", ".ipp", ".inl"),
    tags=("c++", "cc", "cxx", "hpp"),
    query="""
        (function_definition) @function
        [(class_specifier body: (_)) (struct_specifier body: (_)) (enum_specifier body: (_))
         (union_specifier body: (_)) (namespace_definition)] @class
        (template_declaration) @wrapper
        [(preproc_include) (using_declaration)] @import
    """,
    edges="""
        (call_expression function: (identifier) @call)
        (call_expression function: (qualified_identifier name: (identifier) @call))
        (call_expression function: (field_expression field: (field_identifier) @call))
        (new_expression type: (type_identifier) @call)
        (base_class_clause (type_identifier) @base)
    """,
    lists=LISTS,
    frame_fields=FRAME_FIELDS,
    optional=frozenset({"else_clause"}),
    sections=frozenset({"access_specifier"}),
    receivers=frozenset({"this"}),
    unnamed={"namespace_definition": "(ns)"},
    declares=DECLARES | {"alias_declaration": "type", "concept_definition": "type"},
    through=THROUGH | {"template_declaration"},
    names="(access_specifier) @section",
    visibility={"static": 0, "private": 0, "protected": 0},
    headers=True,
    scopes=(("class _ {\n", "\n};"), ("void _() {\n", "\n}")),
)
