"""Chains and lists in forms that others read: CSV, GraphML, and the shape of WHO's Go.Data."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from fangxian.linelists.models import Entry, Link

_GODATA = "LNG_REFERENCE_DATA_CATEGORY"
_BOM = "\ufeff"


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Cell for cell as the list came. A mark at the start lets Excel see that it is UTF-8."""
    line = io.StringIO()
    writer = csv.writer(line)
    yield _BOM
    for row in (headings, *rows) if isinstance(rows, Sequence) else _with(headings, rows):
        writer.writerow(row)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _with(first: Sequence[str], rest: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield first
    yield from rest


Attributes = dict[str, str]


def as_graphml(
    nodes: Iterable[tuple[str, Attributes]], edges: Iterable[tuple[str, str, Attributes]]
) -> bytes:
    """A directed graph for Gephi, yEd, igraph, networkx; every attribute is text."""
    nodes, edges = list(nodes), list(edges)
    root = ET.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    keys: dict[tuple[str, str], str] = {}
    for what, all_of in (("node", [a for _n, a in nodes]), ("edge", [a for *_e, a in edges])):
        for name in dict.fromkeys(name for one in all_of for name in one):
            keys[what, name] = f"d{len(keys)}"
            facts = {"attr.name": name, "attr.type": "string", "for": what}
            ET.SubElement(root, "key", {"id": keys[what, name], **facts})
    graph = ET.SubElement(root, "graph", id="chain", edgedefault="directed")
    for label, attributes in nodes:
        node = ET.SubElement(graph, "node", id=label)
        _data(node, "node", attributes, keys)
    for source, target, attributes in edges:
        edge = ET.SubElement(graph, "edge", source=source, target=target)
        _data(edge, "edge", attributes, keys)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _data(
    of: ET.Element,
    what: str,
    attributes: Attributes,
    keys: dict[tuple[str, str], str],
) -> None:
    for name, value in attributes.items():
        if value:
            ET.SubElement(of, "data", key=keys[what, name]).text = value


def as_godata(entries: Iterable[Entry], links: Iterable[Link]) -> bytes:
    """Cases and relationships as Go.Data's own export names them. No name and no address."""
    cases = [_godata_case(one) for one in entries]
    relationships = [_godata_relationship(one) for one in links if one.infector_id]
    document = {"cases": cases, "relationships": relationships}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _godata_case(one: Entry) -> dict[str, Any]:
    sex = {"male": "MALE", "female": "FEMALE"}.get(one.sex)
    return {
        "id": str(one.id),
        "visualId": one.key,
        "gender": f"{_GODATA}_GENDER_{sex}" if sex else None,
        "age": {"years": one.age, "months": 0} if one.age is not None else None,
        "classification": f"{_GODATA}_CASE_CLASSIFICATION_CONFIRMED",
        "dateOfOnset": one.onset_from.isoformat() if one.onset_from else None,
        "isDateOfOnsetApproximate": one.onset_from != one.onset_until,
        "dateOfReporting": one.confirmed_on.isoformat() if one.confirmed_on else None,
        "dateBecomeCase": one.confirmed_on.isoformat() if one.confirmed_on else None,
    }


def _godata_relationship(one: Link) -> dict[str, Any]:
    person = f"{_GODATA}_PERSON_TYPE_CASE"
    return {
        "id": str(one.id),
        "persons": [
            {"id": str(one.infector_id), "type": person, "source": True},
            {"id": str(one.infectee_id), "type": person, "target": True},
        ],
        "contextOfTransmissionId": f"{_GODATA}_CONTEXT_OF_TRANSMISSION_{one.setting.upper()}",
        "comment": one.setting_said,
        "contactDateEstimated": True,
    }
