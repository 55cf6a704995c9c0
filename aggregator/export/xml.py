"""Building an XML document that is well-formed whatever the outlets wrote."""

from lxml import etree

from aggregator.export.text import printable

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def add(parent: etree._Element, tag: str, content: str = "", /, **attributes: str | None) -> etree._Element:
    """Append an element; attributes that are None or empty are left out, as is what XML cannot hold."""
    element = etree.SubElement(parent, tag)
    if content:
        element.text = printable(content)
    for name, value in attributes.items():
        if value:
            element.set(name, printable(value))
    return element


def document(root: etree._Element) -> str:
    """The whole document, indented for people, to be written in UTF-8."""
    etree.indent(root, "  ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + etree.tostring(root, encoding="unicode") + "\n"
