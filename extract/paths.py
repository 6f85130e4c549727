"""Where in a page an element stands, as a browser writes it."""

from __future__ import annotations

from collections.abc import Iterable

from extract.dom import Element


def dom_paths(elements: Iterable[Element]) -> list[str]:
    """Return the paths of elements of one page, such as /html/body/div[2]/p[3]; siblings are counted once for all."""
    alike: dict[int, tuple[int, list[int]]] = {}  # by `mem_id`: an element's place among those of its tag beside it
    paths: dict[int, str] = {}
    return [_path(element, alike, paths) for element in elements]


def _path(element: Element, alike: dict[int, tuple[int, list[int]]], paths: dict[int, str]) -> str:
    way: list[Element] = []  # up to what is known
    path = ""
    one: Element | None = element
    while one is not None and one.is_element_node:
        if one.mem_id in paths:
            path = paths[one.mem_id]
            break
        way.append(one)
        above = one.parent
        if one.mem_id not in alike and above is not None:
            _count(above, alike)
        one = above
    for one in reversed(way):
        place, beside = alike[one.mem_id]
        path = f"{path}/{one.tag}[{place}]" if len(beside) > 1 else f"{path}/{one.tag}"
        paths[one.mem_id] = path
    return path


def _count(holder: Element, alike: dict[int, tuple[int, list[int]]]) -> None:
    """Add the elements right below to `alike`."""
    of_tag: dict[int, list[int]] = {}
    child = holder.first_child
    while child is not None:
        if child.is_element_node:
            beside = of_tag.setdefault(child.tag_id, [])
            own = child.mem_id
            beside.append(own)
            alike[own] = len(beside), beside
        child = child.next
