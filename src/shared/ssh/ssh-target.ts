import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import sshConfig from 'ssh-config';
import { z } from 'zod';
import { SbenchError } from '../errors.ts';

const port = z.int().min(1).max(65535);

/** How a person describes the way to a login node. `hostname` may be an alias of their ssh configuration. */
export const sshSettingsSchema = z.strictObject({
  hostname: z.string().min(1),
  port: port.optional(),
  username: z.string().min(1).optional(),
  keyFilename: z.string().min(1).optional(),
  knownHosts: z.array(z.string().min(1)).min(1).optional(),
  /** The agent's socket; `none` keeps the agent out. */
  agent: z.string().min(1).optional(),
  /** `[user@]host[:port]`, several separated by commas in the order of travel; `none` overrides the ssh configuration. */
  proxyJump: z.string().min(1).optional(),
  connectTimeoutS: z.number().positive().max(600).optional(),
});
export type SshSettings = z.infer<typeof sshSettingsSchema>;

/** Everything that `connect` needs; no gaps left to fill, no secrets inside. */
export const sshTargetSchema = z.strictObject({
  hostname: z.string().min(1),
  port,
  username: z.string().min(1),
  /** In the order in which they are offered. */
  keyFilenames: z.array(z.string()),
  /** Of the agent's keys, offer only those that belong to `keyFilenames`. */
  identitiesOnly: z.boolean(),
  knownHosts: z.array(z.string()),
  /** The name to look up in `knownHosts` instead of hostname and port. */
  hostKeyAlias: z.string().optional(),
  /** How new names are written there; absent: as the file does. */
  hashKnownHosts: z.boolean().optional(),
  agent: z.string().optional(),
  connectTimeoutS: z.number().positive(),
  get proxyJump(): z.ZodOptional<z.ZodType<SshTarget>> {
    return sshTargetSchema.optional();
  },
});
export interface SshTarget {
  hostname: string;
  port: number;
  username: string;
  keyFilenames: string[];
  identitiesOnly: boolean;
  knownHosts: string[];
  hostKeyAlias?: string;
  hashKnownHosts?: boolean;
  agent?: string;
  connectTimeoutS: number;
  proxyJump?: SshTarget;
}

export interface TargetContext {
  home: string;
  /** The person's ssh configuration, includes expanded (see `readSshConfig`). */
  sshConfigText?: string;
  currentUser?: string;
  env?: NodeJS.ProcessEnv;
  fileExists?: (path: string) => boolean;
}

const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const DEFAULT_KNOWN_HOSTS = [
  '~/.ssh/known_hosts',
  '~/.ssh/known_hosts2',
  '/etc/ssh/ssh_known_hosts',
  '/etc/ssh/ssh_known_hosts2',
];

/** Settings first, then the ssh configuration, then what OpenSSH would assume. */
export function resolveTarget(settings: SshSettings, context: TargetContext): SshTarget {
  return resolveHop(settings, context, new Set());
}

function resolveHop(settings: SshSettings, context: TargetContext, travelled: Set<string>): SshTarget {
  const currentUser = context.currentUser ?? userInfo().username;
  const config = lookUp(settings, context);
  const hostname = (config.one('hostname') ?? settings.hostname).replaceAll('%h', settings.hostname);
  const portOf = settings.port ?? Number(config.one('port') ?? 22);
  const username = settings.username ?? config.one('user') ?? currentUser;
  const path = (text: string) =>
    expandPath(text, context.home, { h: hostname, p: String(portOf), r: username, u: currentUser });

  const target: SshTarget = {
    hostname,
    port: portOf,
    username,
    keyFilenames: keyFilenames(settings, config, context, path),
    identitiesOnly: config.one('identitiesonly')?.toLowerCase() === 'yes',
    knownHosts: (settings.knownHosts ?? knownHosts(config)).map(path),
    connectTimeoutS: settings.connectTimeoutS ?? Number(config.one('connecttimeout') ?? 20),
  };
  const alias = config.one('hostkeyalias');
  if (alias) target.hostKeyAlias = alias;
  const hashed = config.one('hashknownhosts')?.toLowerCase();
  if (hashed === 'yes' || hashed === 'no') target.hashKnownHosts = hashed === 'yes';
  const agent = agentSocket(settings, config, context.env ?? process.env);
  if (agent) target.agent = path(agent);

  const hops = jumpHops(settings, config);
  // `Host *` with a ProxyJump matches the jump host, too: it must not be reached through itself.
  const here = new Set(travelled).add(settings.hostname);
  const last = hops.at(-1);
  if (last && !here.has(last.hostname)) {
    const before = hops.slice(0, -1).map((hop) => hop.text);
    if (before.length > 0) last.settings.proxyJump = before.join(',');
    last.settings.connectTimeoutS = target.connectTimeoutS;
    if (settings.knownHosts) last.settings.knownHosts = settings.knownHosts;
    target.proxyJump = resolveHop(last.settings, context, here);
  }
  return sshTargetSchema.parse(target);
}

interface Lookup {
  one(key: string): string | undefined;
  all(key: string): string[];
}

function lookUp(settings: SshSettings, context: TargetContext): Lookup {
  const parsed = sshConfig.parse(context.sshConfigText ?? '');
  const query = settings.username
    ? { Host: settings.hostname, User: settings.username }
    : { Host: settings.hostname };
  // Reading a configuration runs nothing: `Match exec` never matches here.
  const found = parsed.compute(query, { ignoreCase: true, matchExec: false });
  const all = (key: string) => {
    const value = found[key];
    return value === undefined ? [] : [value].flat();
  };
  return { all, one: (key) => all(key)[0] };
}

function keyFilenames(
  settings: SshSettings,
  config: Lookup,
  context: TargetContext,
  path: (text: string) => string,
): string[] {
  if (settings.keyFilename) return [path(settings.keyFilename)];
  const configured = config.all('identityfile').filter((name) => name.toLowerCase() !== 'none');
  if (configured.length > 0) return [...new Set(configured.map(path))];
  const exists = context.fileExists ?? existsSync;
  return DEFAULT_KEYS.map((name) => join(context.home, '.ssh', name)).filter((name) => exists(name));
}

function knownHosts(config: Lookup): string[] {
  const user = config.all('userknownhostsfile');
  const site = config.all('globalknownhostsfile');
  const files = [
    ...(user.length > 0 ? user : DEFAULT_KNOWN_HOSTS.slice(0, 2)),
    ...(site.length > 0 ? site : DEFAULT_KNOWN_HOSTS.slice(2)),
  ];
  return files.filter((name) => name.toLowerCase() !== 'none');
}

function agentSocket(settings: SshSettings, config: Lookup, env: NodeJS.ProcessEnv): string | undefined {
  const wanted = settings.agent ?? config.one('identityagent') ?? 'SSH_AUTH_SOCK';
  if (wanted.toLowerCase() === 'none') return undefined;
  if (wanted === 'SSH_AUTH_SOCK') return env.SSH_AUTH_SOCK;
  return wanted.startsWith('$') ? env[wanted.slice(1).replace(/^\{(.*)\}$/, '$1')] : wanted;
}

interface Hop {
  text: string;
  hostname: string;
  settings: SshSettings;
}

function jumpHops(settings: SshSettings, config: Lookup): Hop[] {
  const jump = settings.proxyJump ?? config.one('proxyjump') ?? jumpFromCommand(config.one('proxycommand'));
  if (jump === undefined || jump.toLowerCase() === 'none') return [];
  return jump.split(',').map((part) => parseHop(part.trim()));
}

/** The old spelling of ProxyJump that many sites still teach; any other program we cannot run. */
function jumpFromCommand(command: string | undefined): string | undefined {
  if (command === undefined || command.toLowerCase() === 'none') return undefined;
  const text = command.replaceAll('"', '').replace(/^exec\s+/, '');
  const hop =
    /^ssh\s+(?:-q\s+)?-W\s+\[?%h\]?:%p\s+([^\s-]\S*)$/.exec(text) ??
    /^ssh\s+(?:-q\s+)?([^\s-]\S*)\s+-W\s+\[?%h\]?:%p$/.exec(text);
  if (hop?.[1]) return hop[1];
  throw new SbenchError(
    `The ssh configuration asks for a ProxyCommand (${command}), which sbench cannot run.`,
    {
      code: 'SSH_PROXY_COMMAND',
      remedy: 'person',
      hint: 'Use ProxyJump there, or set `proxyJump` (a host, or `none`) for this cluster.',
    },
  );
}

function parseHop(text: string): Hop {
  const match = /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  const hostname = match?.[2] ?? match?.[3];
  if (!match || !hostname) {
    throw new SbenchError(`"${text}" is no jump host: expected [user@]host[:port].`, {
      code: 'SSH_JUMP_SYNTAX',
      remedy: 'person',
    });
  }
  const settings: SshSettings = { hostname };
  if (match[1]) settings.username = match[1];
  if (match[4]) settings.port = Number(match[4]);
  return { text, hostname, settings };
}

function expandPath(text: string, home: string, tokens: Record<string, string>): string {
  const named = text.replace(/%([%dhpru])/g, (_all, token: string) =>
    token === '%' ? '%' : token === 'd' ? home : (tokens[token] ?? ''),
  );
  return resolve(home, named.replace(/^~(?=\/|$)/, home).replaceAll('${HOME}', home));
}
