"""C#."""

from laconic.kinds.code.language import Language

LANGUAGE = Language(
    name="c_sharp",
    extensions=(".cs", ".csx"),
    tags=("c#", "csharp", "cs"),
    query="""
        [(method_declaration) (constructor_declaration) (destructor_declaration) (operator_declaration)
         (conversion_operator_declaration) (property_declaration) (indexer_declaration)] @function
        [(class_declaration) (struct_declaration) (interface_declaration) (record_declaration)
         (enum_declaration)] @class
        (using_directive) @import
    """,
    edges="""
        (invocation_expression function: (identifier) @call)
        (invocation_expression function: (member_access_expression name: (identifier) @call))
        (object_creation_expression type: (identifier) @call)
        (base_list (identifier) @base)
    """,
    lists=frozenset("compilation_unit declaration_list block preproc_if preproc_else preproc_elif switch_body".split()),
    frame_fields={
        "preproc_if": frozenset({"condition", "alternative"}),
        "preproc_elif": frozenset({"condition", "alternative"}),
    },
    frame_types=frozenset({"file_scoped_namespace_declaration"}),
    bodies=frozenset({"block", "accessor_list", "arrow_expression_clause", "declaration_list"}),
    empty_body={"": "{ /* … {n} */ }", "arrow_expression_clause": "=> throw null", "accessor_list": "{ get; }"},
    unnamed={
        "indexer_declaration": "this",
        "operator_declaration": "operator",
        "conversion_operator_declaration": "operator",
    },
    receivers=frozenset({"this", "base"}),
    declares={
        "field_declaration": "constant",
        "event_field_declaration": "member",
        "event_declaration": "member",
        "enum_member_declaration": "member",
        "delegate_declaration": "type",
    },
    through=frozenset({"namespace_declaration", "enum_member_declaration_list"}),
    visibility={"public": 2, "protected": 2, "internal": 1, "private": 0, "file": 0},
    visible=1,
    member_visible=0,
    scopes=(("class _ {\n", "\n}"), ("void _() {\n", "\n}")),
)
