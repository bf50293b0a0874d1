"""The pages under /problems: each explains a problem to a person who follows the `type` of one."""

import json
from html import escape

from gateway.api.explanation import Explanation
from gateway.api.page_parts import put_together

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>/* page.css */</style>
</head>
<body class="narrow">
{body}
</body>
</html>
"""


def page(explanation: Explanation) -> str:
    """The page of one problem, as HTML."""
    kind = explanation.kind
    example = json.dumps(explanation.example, indent=2)
    body = f"""<p><a href="/problems">All problems</a></p>
<h1>{escape(kind.title)}</h1>
<p class="soft"><code>{kind.code}</code>, status {kind.status}</p>
<h2>What happened</h2>
<p>{_text(explanation.happened)}</p>
<h2>What to do</h2>
<p>{_text(explanation.advice)}</p>
<h2>An example</h2>
<pre tabindex="0">{escape(example)}</pre>
<p class="soft">For every problem: <code>retryable</code> says whether the same request, sent again, can succeed.
<code>new_key_allowed</code> is true only where the adjustment has failed for good; until then, another key could apply
the points twice.</p>"""
    return _whole(title=f"{kind.code}: {escape(kind.title)}", body=body)


def index(explanations: dict[str, Explanation]) -> str:
    """The page of all problems, as HTML."""
    rows = "\n".join(
        f'<tr><td>{each.kind.status}</td><td><a href="/problems/{code}"><code>{code}</code></a><br>'
        f"{escape(each.kind.title)}</td></tr>"
        for code, each in explanations.items()
    )
    body = f"""<h1>Problems</h1>
<p>What can go wrong with a call, by status. A problem names its page in <code>type</code>.</p>
<table>
<thead><tr><th scope="col">Status</th><th scope="col">Problem</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>"""
    return _whole(title="Problems of the points gateway", body=body)


def _whole(title: str, body: str) -> str:
    return put_together(_PAGE.format(title=title, body=body))


def _text(text: str) -> str:
    """The text as HTML; what stands in backquotes is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
