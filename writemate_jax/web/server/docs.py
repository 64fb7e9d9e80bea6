"""The API's documentation as a plain page: no script, nothing from another host."""

from __future__ import annotations

import html
import json
from typing import Any


def page(schema: dict[str, Any]) -> str:
    """HTML of an OpenAPI schema."""

    def text(value: Any) -> str:
        return html.escape(str(value))

    parts = [f"<h1>{text(schema['info']['title'])} {text(schema['info']['version'])}</h1>",
             f"<p>{text(schema['info'].get('description', ''))}</p>",
             '<p>As a file for tools: <a href="openapi.json">openapi.json</a></p>']  # fmt: skip
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            parts.append(f"<h2><code>{text(method.upper())} {text(path)}</code></h2>")
            parts.append(f"<p>{text(operation.get('description') or operation.get('summary', ''))}</p>")
            content = operation.get("requestBody", {}).get("content", {})
            for kind, body in content.items():
                parts.append(f"<p>Body: {text(kind)}, {_link(body['schema'])}</p>")
            rows = "".join(
                f"<tr><td>{text(status)}</td><td>{text(answer['description'])}</td>"
                f"<td>{'<br>'.join(text(kind) for kind in answer.get('content', {}))}</td></tr>"
                for status, answer in operation["responses"].items()
            )
            parts.append(f"<table><tr><th>Status<th>Meaning<th>Body</tr>{rows}</table>")
    for name, component in schema.get("components", {}).get("schemas", {}).items():
        source = text(json.dumps(component, indent=1, ensure_ascii=False))
        parts.append(f'<h2 id="{text(name)}">{text(name)}</h2><pre>{source}</pre>')
    style = "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}td,th{text-align:left;" \
            "padding-right:1.5rem;vertical-align:top}pre{overflow:auto}"  # fmt: skip
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{text(schema['info']['title'])}</title><style>{style}</style>{''.join(parts)}</html>"
    )


def _link(schema: dict[str, Any]) -> str:
    name = html.escape(schema.get("$ref", "").rsplit("/", 1)[-1])
    return f'<a href="#{name}">{name}</a>' if name else ""
