import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ClientKind } from '../jobs/client.ts';
import type { JobFactory } from '../jobs/registry.ts';
import type { ServiceKind } from '../jobs/service.ts';
import { UsageError } from '../shared/errors.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import { table } from './table.ts';

type Side = 'service' | 'client';

export interface KindView {
  kind: string;
  summary: string;
  /** `built in`, or the plugin's file. */
  origin: string;
  /** What a recipe may write, by its path: `parameters.max_tokens`. */
  keys: { key: string; type: string; required: boolean; own: boolean }[];
  recipes: string[];
}

/** What a recipe may write for a kind, told from its schema. */
export function kindViews(factory: JobFactory, side: Side, frame: z.ZodObject): KindView[] {
  const names = side === 'service' ? factory.listServices() : factory.listClients();
  return names.map((kind) => {
    const found: ServiceKind | ClientKind | undefined =
      side === 'service' ? factory.serviceKind(kind) : factory.clientKind(kind);
    return {
      kind,
      summary: found?.summary ?? '',
      origin: factory.origin(side, kind),
      keys: found ? keysOf(found.schema, frame) : [],
      recipes: shippedRecipes(side, kind),
    };
  });
}

export function kindView(views: readonly KindView[], side: Side, kind: string): KindView {
  const view = views.find((each) => each.kind === kind);
  if (view) return view;
  const known = views.map((each) => each.kind);
  throw new UsageError(
    `there is no ${side} kind '${kind}'${didYouMean(kind, known) || `; there are: ${known.join(', ')}`}`,
  );
}

export function kindsText(views: readonly KindView[]): string {
  const titles = ['KIND', 'WHAT IT IS', 'ITS OWN KEYS', 'FROM'].map((title) => ({ title }));
  return table(
    titles,
    views.map(({ kind, summary, keys, origin }) => [kind, summary, ownTop(keys).join(' '), origin]),
  );
}

const ownTop = (keys: KindView['keys']): string[] => [
  ...new Set(keys.filter(({ own }) => own).map(({ key }) => key.split('.')[0] ?? '')),
];

export function kindText(view: KindView, side: Side): string {
  const row = ({ key, type, required }: KindView['keys'][number]) => [key, type, required ? 'required' : ''];
  const titles = ['KEY', 'VALUE', ''].map((title) => ({ title }));
  const [own, shared] = [true, false].map((its) => view.keys.filter((each) => each.own === its));
  const needed = view.keys.filter(({ required }) => required);
  return [
    `${view.kind}: ${view.summary}`,
    `from: ${view.origin}`,
    '',
    ...(own?.length ? ['Its own keys:', table(titles, own.map(row)), ''] : []),
    `What every ${side} has:`,
    table(titles, (shared ?? []).map(row)),
    '',
    'The least a recipe needs:',
    `  ${side}:`,
    `    type: ${view.kind}`,
    ...needed.map(({ key, type }) => `    ${key}: <${type}>`),
    ...(view.recipes.length > 0 ? ['', `Whole recipes: ${view.recipes.join(' ')}`] : []),
  ].join('\n');
}

interface JsonSchema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  'x-refused'?: boolean;
}

function keysOf(schema: z.ZodObject, frame: z.ZodObject): KindView['keys'] {
  const top = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return Object.entries(top.properties ?? {}).flatMap(([key, value]) => {
    const own = schema.shape[key] !== frame.shape[key];
    const required = top.required?.includes(key) === true;
    // Known only to be refused with the right words.
    if (value['x-refused'] === true || Object.keys(value).length === 0) return [];
    const inner = own ? Object.entries(value.properties ?? {}) : [];
    // A kind's own map is told key by key; what all kinds share is told elsewhere.
    if (inner.length === 0) return [{ key, type: typeWords(value), required, own }];
    return inner.map(([name, child]) => ({
      key: `${key}.${name}`,
      type: typeWords(child),
      required: required && value.required?.includes(name) === true,
      own,
    }));
  });
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'map',
  null: 'nothing',
};

function typeWords(schema: JsonSchema): string {
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return schema.enum.map(String).join(' | ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeWords))].join(' | ');
  if (schema.type === 'array') return `list of ${schema.items ? typeWords(schema.items) : 'anything'}`;
  return (
    [schema.type ?? []]
      .flat()
      .map((type) => WORDS[type] ?? type)
      .join(' | ') || 'anything'
  );
}

/** Those that come with sbench and name the kind. */
function shippedRecipes(side: Side, kind: string): string[] {
  const folder = fileURLToPath(new URL('../../recipes/', import.meta.url));
  const named = new RegExp(`^${side}s?:[^]*?^ +(?:- +)?type: ${kind}\\s*$`, 'm');
  return readdirSync(folder)
    .filter(
      (file) => file.endsWith('.yaml') && named.test(sideOf(readFileSync(`${folder}${file}`, 'utf8'), side)),
    )
    .map((file) => `recipes/${file}`);
}

/** The top-level part of a recipe that speaks of one side. */
const sideOf = (text: string, side: Side): string =>
  text.split(/^(?=[a-z_]+:)/m).find((part) => part.startsWith(`${side}:`) || part.startsWith(`${side}s:`)) ??
  '';
