import { Html, html } from './html.ts';

const STYLE = new Html(`<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1d2329; }
nav form { display: inline; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .25rem 1rem .25rem 0; border-bottom: 1px solid #d8dee4; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
pre { background: #f4f6f8; padding: 1rem; overflow-x: auto; }
.failed, .unknown { color: #b42318; } .succeeded { color: #116329; } .cancelled { color: #8a5a00; }
@media (prefers-color-scheme: dark) {
  body { background: #14181c; color: #dce3ea; } a { color: #7cb7ff; } pre { background: #1d232a; }
  th, td { border-color: #333c45; }
  .failed, .unknown { color: #ff8f85; } .succeeded { color: #6fdd8b; } .cancelled { color: #f0bf6a; }
}
</style>`);

/** How a page is framed. */
export interface Look {
  /** How often the page loads itself anew: without a script, and only while something may change. */
  refreshS?: number;
  /** Without the way to the others. */
  bare?: boolean;
  /** With a button for who has logged in. */
  logout?: boolean;
}

export function page(
  title: string,
  body: Html,
  { refreshS, bare = false, logout = false }: Look = {},
): string {
  const refresh =
    refreshS === undefined ? undefined : html`<meta http-equiv="refresh" content="${refreshS}">`;
  const leave = html`<form method="post" action="/logout"><button>Log out</button></form>`;
  const others = html`<nav><a href="/">Sessions</a> · <a href="/queues">Queues</a> ${logout ? leave : undefined}</nav>`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">${refresh}${STYLE}</head>
<body>${bare ? undefined : others}
${body}
</body></html>
`.text;
}
