"""Source code: fifteen languages, one walker, one table per language.

Everything here costs nothing until it is called; tree-sitter is imported by the first parse. `segment.CodeSegmenter`
gives a flat row of segments (imports, statements, headers of classes, functions, types), of which a member ``requires``
its headers; closing braces belong to none and come back with the header. `laconic.score.code.CodeStep` ranks them, and
`render.CodeRenderer` writes a selection such that it parses where the passage did.

Fragments work everywhere: a chunk from the middle of a class is parsed inside what may have stood around it
(`parse.parse_fragment`), and offsets stay those of the chunk.
"""
