"""C."""

from laconic.kinds.code.language import Language

LISTS = frozenset(
    "translation_unit compound_statement preproc_if preproc_ifdef preproc_else preproc_elif preproc_elifdef "
    "declaration_list field_declaration_list".split()
)

FRAME_FIELDS = {
    "preproc_if": frozenset({"condition", "name", "alternative"}),
    "preproc_ifdef": frozenset({"name", "alternative"}),
    "preproc_elif": frozenset({"condition", "alternative"}),
    "preproc_elifdef": frozenset({"name", "alternative"}),
}

DECLARES = {
    "declaration": "constant", "type_definition": "type", "preproc_def": "macro", "preproc_function_def": "macro",
    "field_declaration": "member", "enumerator": "member",
}  # fmt: skip

THROUGH = frozenset({"linkage_specification", "enumerator_list", "enum_specifier", "struct_specifier"})

LANGUAGE = Language(
    name="c",
    extensions=(".c",),
    query="""
        (function_definition) @function
        [(struct_specifier body: (_)) (enum_specifier body: (_)) (union_specifier body: (_))] @class
        (type_definition type: [(struct_specifier body: (_)) (enum_specifier body: (_))
            (union_specifier body: (_))]) @wrapper
        (preproc_include) @import
    """,
    edges="(call_expression function: (identifier) @call)",
    lists=LISTS,
    frame_fields=FRAME_FIELDS,
    optional=frozenset({"else_clause"}),
    receivers=frozenset(),
    declares=DECLARES,
    through=THROUGH,
    visibility={"static": 0},
    headers=True,
    scopes=(("void _(void) {\n", "\n}"),),
)
