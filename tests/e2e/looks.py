"""What is looked for on a page that is shown: text over text, words that are no words, and what axe finds."""

from pathlib import Path
from typing import Any

import axe_playwright_python

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
"""axe-core, the rules by which pages are checked for those who hear or type (Deque, axe-core)."""
OVERLAPS = """
() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const texts = [...svg.querySelectorAll('text')]
    .filter(one => one.textContent.trim() && getComputedStyle(one).opacity !== '0')
    .map(one => [one.textContent.trim(), one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0);
  const found = [];
  for (let a = 0; a < texts.length; a++) for (let b = a + 1; b < texts.length; b++) {
    const [one, other] = [texts[a][1], texts[b][1]];
    const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const tall = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    if (wide > 1.5 && tall > 3) found.push(`${texts[a][0]} | ${texts[b][0]}`);
  }
  return found;
})
"""
"""Pairs of texts in drawings whose boxes lie over each other."""
CUT_OFF = """
() => [
  ...[...document.querySelectorAll('svg')].flatMap(svg => {
    const paper = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter(one => {
      const box = one.getBoundingClientRect();
      const shown = one.textContent.trim() && getComputedStyle(one).opacity !== '0' && box.width > 0;
      return shown && (box.left < paper.left - 4 || box.right > paper.right + 4);
    }).map(one => one.textContent.trim());
  }),
  ...[...document.querySelectorAll('[data-testid=stMetricLabel] p, [data-testid=stMetricValue] *')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth).map(one => one.innerText),
]
"""
"""Texts that run out of their drawing, and labels and numbers of tiles that have no room."""
SAID = "() => document.body.innerText"
SERIOUS = {"serious", "critical"}


def overlaps(page: Any) -> list[str]:
    """Texts in drawings that lie over each other."""
    return list(page.evaluate(OVERLAPS))


def cut_off(page: Any) -> list[str]:
    """Texts that run out of their drawing or tile."""
    return list(page.evaluate(CUT_OFF))


def serious(page: Any) -> list[str]:
    """What axe finds that keeps somebody out: its rule and where."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
    ]
