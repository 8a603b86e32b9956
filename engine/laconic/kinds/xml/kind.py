"""XML: records and text in elements, written as well-formed XML again."""

from __future__ import annotations

from laconic.kinds.kind import Kind, Repeats, SegmentRule
from laconic.kinds.xml.detect import fallback_of, is_told_xml, looks_like_xml
from laconic.kinds.xml.render import XmlRenderer
from laconic.kinds.xml.segment import XmlSegmenter
from laconic.score.steps import structure_steps

__all__ = ["XML"]

# As members of JSON are, which values of XML are in another notation.
_VALUE = SegmentRule(steep_from=1.0, needs_price=0.5, repeats=Repeats.BY_NAMES, same_words_differ=True)

XML = Kind(
    name="xml",
    example='<towers>\n  <tower id="T1">\n    <name>Eiffel</name>\n    <city><name>Paris</name></city>\n'
    '    <metres>330</metres>\n  </tower>\n  <!-- its floor is glass -->\n  <tower id="T2">\n    <name>CN</name>\n'
    "    <city><name>Toronto</name></city>\n    <metres>553</metres>\n    <note>Its <b>floor</b> is made of glass that "
    "is thick. It sways a little in the wind, they say. Paint keeps it safe &amp; sound.</note>\n  </tower>\n</towers>",
    segmenter=lambda _: XmlSegmenter(),
    renderer=XmlRenderer,
    suffixes=(".atom", ".docbook", ".pom", ".rdf", ".rss", ".svg", ".xml", ".xsd", ".xsl", ".xslt"),
    told=is_told_xml,
    looks_like=looks_like_xml,
    one_line=True,
    rules={"record": _VALUE, "sentence": SegmentRule(repeats=Repeats.BY_WORDS)},
    steps=structure_steps,
    frames=True,
    instead=fallback_of,
)
