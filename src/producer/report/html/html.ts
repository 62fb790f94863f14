/** Markup that was made here. Everything else is text, and is escaped. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = Html | string | number | undefined | readonly (Html | string | number)[];

/** A tagged template: what stands in the template is markup, what is put into it is text unless it is `Html`. */
export function html(template: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(template.map((text, at) => text + (at < parts.length ? render(parts[at]) : '')).join(''));
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'string' || typeof part === 'number') return escapeText(String(part));
  return part.map(render).join('');
}

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and for attributes in quotes. Control characters and those that turn the direction are shown as such. */
function escapeText(text: string): string {
  return text
    .replace(/[^\P{Cc}\t\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => NAMED[character] ?? '');
}
