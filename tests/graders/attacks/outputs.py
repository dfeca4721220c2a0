"""Attempts on whoever looks: scripts in outputs, prose, errors and names, for formgrader, feedback pages and terminals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.graders.attacks.attack import WRONG, Attack, edited

__all__ = ["ATTACKS"]

PWN = "window.pwned=1"

HTML = WRONG + f"""
from IPython.display import HTML, Javascript, SVG, IFrame, Markdown, Latex, display
display(HTML('<script>{PWN}</script><img src=x onerror={PWN}>'), Javascript('{PWN}'), IFrame('javascript:parent.{PWN}', 9, 9))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="{PWN}"><script>{PWN}</script></svg>'))
display(Markdown('<img src=x onerror={PWN}>'), Latex(r'$\\href{{javascript:{PWN}}}{{x}}$'))
HTML('<svg onload={PWN}>')
"""
MIME = WRONG + f"""
from IPython.display import display
evil = '<img src=x onerror={PWN}>'
for kind in ('text/html', 'application/javascript', 'image/svg+xml', 'text/markdown', 'application/vnd.jupyter.widget-view+json',
             'application/vnd.mathjax', 'image/png', 'image/jpeg', 'application/json', 'text/html; charset=utf-8', 'TEXT/HTML'):
    display({{'text/plain': evil, kind: '"' + evil}}, raw=True, metadata={{kind: {{'width': '1" onerror="{PWN}', 'isolated': True}}}})
"""
TEXT = WRONG + f"""
import sys
evil = '</pre></script></style>--><script>{PWN}</script><img src=x onerror={PWN}>'
print(evil); print(evil, file=sys.stderr); print('\\x1b]8;;javascript:{PWN}\\x07x\\x1b]8;;\\x07\\x1b[2J\\x1b[31m' + evil + '\\x1b[0m')
"""
ERROR = WRONG + f"""
Evil = type('<img src=x onerror={PWN}>\\x1b[2J', (Exception,), {{}})
raise Evil('<script>{PWN}</script>\\x1b]0;pwned\\x07')
"""
RAISED = f"""
def double(x):
    raise type('<img src=x onerror={PWN}>', (Exception,), {{}})('<script>{PWN}</script>')  # </pre><script>{PWN}</script>
def double_text(x):
    return '<script>{PWN}</script>'
"""
SOURCE = WRONG + f"# </pre></code></script><script>{PWN}</script><img src=x onerror={PWN}> \x1b[2J\x1b]0;pwned\x07\n"

PROSE = {
    "scripts": f"<script>{PWN}</script><img src=x onerror={PWN}><svg onload={PWN}><iframe srcdoc='<script>parent.{PWN}</script>'></iframe>",
    "broken tags": f"<img src=x onerror={PWN}//<svg/onload={PWN}>\n<scr<script>ipt>{PWN}</scr</script>ipt>\n<\x00script>{PWN}</script>"
    f"\n<math><mtext></p><style><img src='</style><img src=x onerror={PWN}>'>\n<noscript><p title='</noscript><img src=x onerror={PWN}>'>",
    "in code": f"`<img src=x onerror={PWN}>`\n\n```html\n</code></pre><img src=x onerror={PWN}>\n```\n\n    <script>{PWN}</script>\n\n"
    f"`&lt;img src=x onerror={PWN}&gt;`\n\n```mermaid\nflowchart LR\n"
    f" a[\"<img src=x onerror={PWN}>\"]\n click a \"javascript:{PWN}\"\n```\n",
    "links": f"[x](javascript:{PWN}) <a href='javascript:{PWN}'>x</a> <a href='JaVa&#115;cript:{PWN}'>x</a> "
    f"<a href='java\tscript:{PWN}'>x</a>\n\n"
    f"<javascript:{PWN}> [x]: javascript:{PWN}\n\n[x][x] ![x](javascript:{PWN}) "
    f"[x](data:text/html,<script>{PWN}</script>) [x](vbscript:x)\n\n"
    f'[x](y "&quot; onmouseover={PWN} x=&quot;") ![" onerror={PWN} "](x "&quot; onerror={PWN}")\n',
    "links behind files": f"[x](/files/javascript:{PWN}) [x](files/javascript:{PWN}) <a href='/files/javascript:{PWN}'>x</a> "
    f'<a href="files/javascript:{PWN}">x</a> <a href="files/files/javascript:{PWN}">x</a> <img src="/files/x" alt="x">',
    "formulas": f"$\\href{{javascript:{PWN}}}{{\\text{{x}}}}$\n\n"
    f"$$\\unicode{{x3c}}\\class{{x}}{{y}}\\style{{background:url(javascript:{PWN})}}{{z}}$$\n\n"
    f"\\begin{{equation}}<img src=x onerror={PWN}>\\end{{equation}}\n\n$<img src=x onerror={PWN}>$ $`<img src=x onerror={PWN}>`$\n",
}


def _cell(kind: str, source: str, **more: Any) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["cells"].insert(1, {"cell_type": kind, "source": source, "metadata": {}, **more})


def _prose(content: dict[str, Any]) -> None:
    for text in PROSE.values():
        _cell("markdown", text)(content)


def _raw(content: dict[str, Any]) -> None:
    evil = f"<script>{PWN}</script><img src=x onerror={PWN}>"
    _cell("raw", evil, metadata={"raw_mimetype": "text/html", "format": "text/html"})(content)
    svg = {"image/svg+xml": f"<svg onload={PWN}>", "text/html": evil}
    _cell("markdown", "![x](attachment:x.svg)", attachments={"x.svg": svg}, id=f"x' onmouseover='{PWN}")(content)


def _answer(content: dict[str, Any]) -> None:
    content["cells"][-1]["source"] = "\n\n".join(PROSE.values())


def _metadata(content: dict[str, Any]) -> None:
    evil = f"</title></script><script>{PWN}</script>"
    content["metadata"] |= {
        "title": evil, "authors": [{"name": evil}], "widgets": {"application/vnd.jupyter.widget-state+json": {"state": evil}},
        "kernelspec": {"name": evil, "display_name": evil, "language": evil}, "language_info": {"name": evil, "pygments_lexer": evil},
        "dcai": {"language": evil},
    }
    for cell in content["cells"]:
        cell["metadata"] |= {"tags": [f"x' onmouseover='{PWN}"], "collapsed": evil, "name": evil}


def _given_outputs(content: dict[str, Any]) -> None:
    evil = f"<script>{PWN}</script>"
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                {"output_type": "display_data", "data": {"text/html": evil, "text/plain": "2.0"}, "metadata": {}},
                {"output_type": "execute_result", "data": {"text/html": evil, "text/plain": "2.0"}, "metadata": {}, "execution_count": 1},
            ]


ATTACKS = [
    Attack("HTML and JavaScript outputs", "Displays scripts, frames, SVG and formulas.", {"double": HTML}),
    Attack("other MIME types", "Displays markup under eleven MIME types, and in their metadata.", {"double": MIME}),
    Attack("markup in printed text", "Prints markup, links and terminal escapes.", {"double": TEXT}),
    Attack("markup in errors", "Raises an error whose name and text are markup and escapes.", {"double": ERROR}),
    Attack("markup in a checked answer", "Its function raises errors that are markup.", {"double": RAISED}),
    Attack("markup in code", "Writes markup and escapes into the solution's text.", {"double": SOURCE}),
    Attack("markup in prose", "Markdown cells with scripts, broken tags, links and formulas.", file=edited(_prose)),
    Attack("markup in a written answer", "The same in the cell that is graded by hand.", file=edited(_answer)),
    Attack("raw cells and attachments", "Raw HTML cells and attached pictures with scripts.", file=edited(_raw)),
    Attack("markup in metadata", "Scripts in title, kernel, language, tags and widget state.", file=edited(_metadata)),
    Attack("outputs handed in", "Hands in cells whose outputs say 2.0 and hold scripts.", file=edited(_given_outputs)),
]
