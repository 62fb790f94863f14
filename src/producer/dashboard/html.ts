import { printable } from '../../shared/yaml/problem.ts';

/** Text that is HTML already; everything else is somebody's text and is escaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Content = Html | string | number | undefined | Content[];

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Template tag: what stands in `${}` cannot become markup. Attributes have to be quoted. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(
    parts.map((part, index) => part + (index < values.length ? rendered(values[index]) : '')).join(''),
  );
}

function rendered(value: Content): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(rendered).join('');
  // Lines stay lines; other control characters mean nothing in a page.
  const plain = String(value).split('\n').map(printable).join('\n');
  return plain.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
