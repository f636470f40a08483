/// The page's frame as a Mustache template; every text is escaped, only drawn pictures and the style are not.
enum PageTemplate {
  static let text = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{title}}</title>
    <style>
    {{{style}}}
    </style>
    </head>
    <body>
    <header>
    <h1>{{title}}</h1>
    <p class="sub">{{subtitle}}</p>
    </header>
    <main>
    <p class="finding">{{finding}}</p>
    {{#noticeCount}}<p class="note"><a href="#notices">{{.}}</a></p>{{/noticeCount}}
    {{#sections}}
    <section id="{{id}}">
    <h2>{{title}}</h2>
    {{#blocks}}
    {{#fold}}<details><summary>{{.}}</summary>{{/fold}}
    {{#paragraph}}<p>{{.}}</p>{{/paragraph}}
    {{#table}}
    <div class="wide"><table>
    {{#caption}}<caption><span>{{.}}</span></caption>{{/caption}}
    <thead><tr>{{#header}}<th class="{{kind}}">{{text}}</th>{{/header}}</tr></thead>
    <tbody>
    {{#rows}}
    <tr>{{#cells}}<td class="{{kind}}">{{text}}</td>{{/cells}}</tr>
    {{/rows}}
    </tbody>
    </table></div>
    {{/table}}
    {{#figure}}
    <figure>
    {{{svg}}}
    <figcaption>{{caption}} <span class="files">{{files}}</span></figcaption>
    </figure>
    {{/figure}}
    {{#hasItems}}
    <ul>
    {{#list}}
    <li>{{.}}</li>
    {{/list}}
    {{#links}}
    <li>{{before}} <a href="{{target}}">{{text}}</a></li>
    {{/links}}
    </ul>
    {{/hasItems}}
    {{#code}}<pre>{{.}}</pre>{{/code}}
    {{#fold}}</details>{{/fold}}
    {{/blocks}}
    </section>
    {{/sections}}
    </main>
    <footer>{{footer}}</footer>
    </body>
    </html>

    """

  static let style = """
    :root { --ink: #222; --soft: #5f6368; --ground: #fff; --rule: #d5d8dc; --tint: #f4f6f8; --link: #0b5a94; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e4e6e8; --soft: #a4a9ae; --ground: #16181b; --rule: #3a3e43; --tint: #202327; --link: #7fbdea; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; padding: 2.2rem 1.2rem 3rem; max-width: 62rem; color: var(--ink);
      background: var(--ground); font: 16px/1.5 "Helvetica Neue", Helvetica, Arial, sans-serif; }
    h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .3rem; font-weight: 600; }
    h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; padding-top: .7rem; border-top: 1px solid var(--rule);
      font-weight: 600; }
    p { margin: .6rem 0; max-width: 46rem; }
    a { color: var(--link); }
    .sub, .note, footer { color: var(--soft); }
    .finding { font-size: 1.08rem; max-width: 52rem; margin: 1.2rem 0; }
    .wide { overflow-x: auto; margin: .9rem 0; }
    table { border-collapse: collapse; width: 100%; font-size: .875rem; line-height: 1.4;
      font-variant-numeric: tabular-nums; }
    caption { text-align: left; color: var(--soft); padding-bottom: .35rem; }
    caption span { display: block; max-width: 46rem; }
    th { font-weight: 600; text-align: left; vertical-align: bottom; border-bottom: 1.5px solid var(--ink);
      padding: .3rem .55rem; }
    td { vertical-align: top; border-bottom: 1px solid var(--rule); padding: .3rem .55rem; }
    th:first-child, td:first-child { padding-left: 0; }
    th:last-child, td:last-child { padding-right: 0; }
    .n { text-align: right; white-space: nowrap; }
    .s { white-space: nowrap; }
    thead .n, thead .s { white-space: normal; }
    figure { margin: 1.4rem 0; max-width: 50rem; }
    figure svg { display: block; width: 100%; height: auto; color: var(--ink); font-family: inherit; }
    figcaption { color: var(--soft); font-size: .875rem; line-height: 1.45; margin-top: .4rem; max-width: 46rem; }
    .files { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, monospace; font-size: .8em; }
    ul { padding-left: 1.2rem; max-width: 52rem; }
    li { margin: .25rem 0; }
    pre { background: var(--tint); padding: .7rem .9rem; overflow-x: auto; font-size: .8125rem; line-height: 1.45;
      font-family: ui-monospace, "DejaVu Sans Mono", Menlo, monospace; }
    details { margin: .8rem 0; }
    summary { cursor: pointer; color: var(--link); }
    footer { margin-top: 2.5rem; font-size: .85rem; }
    @media print {
      :root { --ink: #000; --soft: #444; --ground: #fff; --rule: #bbb; --tint: #f4f4f4; --link: #000; }
      body { max-width: none; padding: 0; font-size: 10.5pt; }
      .wide { overflow: visible; }
      h2 { break-after: avoid; }
      figure, tr { break-inside: avoid; }
    }
    """
}
