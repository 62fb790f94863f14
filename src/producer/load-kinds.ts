import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import * as surface from '../jobs/index.ts';
import { builtInJobs, type JobFactory } from '../jobs/registry.ts';
import { coerceError, UsageError } from '../shared/errors.ts';
import type { PluginSetting, Settings } from '../shared/settings/settings.ts';

const kindName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'is not a name: lower case letters, digits and -');

/** What the plan of a recipe stands on; whether it is right is seen here, not in the middle of a submission. */
function kindOf(frame: z.ZodObject, what: string) {
  return z.custom<never>().superRefine((value, context) => {
    const wrong = (message: string) => context.addIssue({ code: 'custom', message });
    if (typeof value !== 'function') return wrong(`must be a class that extends ${what}`);
    const { summary, schema, owns, prototype } = value as Record<string, unknown>;
    if (typeof (prototype as { plan?: unknown } | undefined)?.plan !== 'function')
      wrong('has no method plan()');
    if (typeof summary !== 'string' || summary === '') wrong('has no static summary, one line of text');
    if (!Array.isArray(owns) || owns.some((name) => typeof name !== 'string'))
      wrong('has no static owns, a list of the environment variables that it sets');
    const { shape } = (schema ?? {}) as { shape?: Record<string, unknown> };
    if (Object.keys(frame.shape).some((key) => shape?.[key] === undefined))
      wrong(`has no static schema that extends ${what.toLowerCase()}Frame`);
  });
}

const pluginSchema = z
  .strictObject({
    apiVersion: z.literal(1, { error: 'must be 1, the version that this sbench knows' }),
    services: z.record(kindName, kindOf(surface.serviceFrame, 'Service')).optional(),
    clients: z.record(kindName, kindOf(surface.clientFrame, 'Client')).optional(),
  })
  .refine(({ services = {}, clients = {} }) => Object.keys({ ...services, ...clients }).length > 0, {
    error: 'has neither services nor clients',
  });

/** The built-in kinds and those of the configuration's `plugins:`. Only whoever plans needs them: the plan is frozen. */
export async function loadKinds({ plugins }: Pick<Settings, 'plugins'>): Promise<JobFactory> {
  const factory = builtInJobs();
  for (const plugin of plugins ?? []) {
    const file = fileOf(plugin);
    const { services = {}, clients = {} } = check(plugin, file, await load(plugin, file));
    register(plugin, file, () => {
      for (const [kind, made] of Object.entries(services)) factory.registerService(kind, made, file);
      for (const [kind, made] of Object.entries(clients)) factory.registerClient(kind, made, file);
    });
  }
  return factory;
}

const failed = ({ name, key }: PluginSetting, message: string) =>
  new UsageError(`${key} (${name}): ${message}`);

async function load(plugin: PluginSetting, file: string): Promise<unknown> {
  try {
    const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    const exported = loaded.default ?? { ...loaded };
    // A function gets what it builds on, so that a plugin need not have sbench installed beside it.
    return typeof exported === 'function' ? await exported(surface) : exported;
  } catch (error) {
    throw failed(plugin, `${file} cannot be loaded: ${coerceError(error).message}`);
  }
}

function check(plugin: PluginSetting, file: string, exported: unknown) {
  const parsed = pluginSchema.safeParse(exported);
  if (parsed.success) return parsed.data;
  const words = parsed.error.issues.map((issue) => {
    const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message;
    return issue.path.length === 0 ? message : `${issue.path.map(String).join('.')} ${message}`;
  });
  throw failed(plugin, `${file} is no plugin: ${words.join('; ')}`);
}

function register(plugin: PluginSetting, file: string, add: () => void): void {
  try {
    add();
  } catch (error) {
    throw failed(plugin, `${file}: ${coerceError(error).message}`);
  }
}

function fileOf(plugin: PluginSetting): string {
  const { name, folder } = plugin;
  const isPath = /^(\.{0,2}\/|~\/)/.test(name) || /\.[cm]?js$/.test(name);
  const file = isPath ? resolve(folder, name) : inPackages(name, folder);
  if (file !== undefined && existsSync(file)) return file;
  throw failed(
    plugin,
    isPath
      ? `there is no file ${file}`
      : `there is no package '${name}' for ${folder}; install it there, or write a path that starts with ./`,
  );
}

/** As Node.js would find it from the configuration's folder. */
function inPackages(name: string, folder: string): string | undefined {
  const require = createRequire(join(folder, 'x.js'));
  try {
    return require.resolve(name);
  } catch {
    // A package for `import` only tells `require` nothing.
    for (const modules of require.resolve.paths(name) ?? []) {
      const manifest = join(modules, name, 'package.json');
      if (!existsSync(manifest)) continue;
      const { exports, main } = JSON.parse(readFileSync(manifest, 'utf8'));
      const entry = entryOf(exports?.['.'] ?? exports) ?? main ?? 'index.js';
      return resolve(dirname(manifest), String(entry));
    }
    return undefined;
  }
}

function entryOf(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported;
  const { import: ours, node, default: any } = (exported ?? {}) as Record<string, unknown>;
  const next = ours ?? node ?? any;
  return next === undefined ? undefined : entryOf(next);
}
