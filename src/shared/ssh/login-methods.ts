import { readFile } from 'node:fs/promises';
import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import { AuthenticationError, coerceError } from '../errors.ts';
import { filteredAgent } from './filtered-agent.ts';
import type { Secrets } from './read-secrets.ts';
import type { SshTarget } from './ssh-target.ts';

export interface Login {
  /** Gives ssh2 the next method to try, false when there is none left. */
  next(allowed: string[] | null): AnyAuthMethod | false;
  /** Why keys were not usable and what the server would have taken. */
  notes(): string[];
  /** Called when the server asks what only a person can answer; set by whoever drives the login. */
  giveUp: (error: AuthenticationError) => void;
}

/** Gathers everything we can log in with, and says at once when that is nothing. */
export async function prepareLogin(target: SshTarget, secrets: Secrets): Promise<Login> {
  const username = target.username;
  const methods: AnyAuthMethod[] = [];
  const notes: string[] = [];
  const publicKeys: ParsedKey[] = [];
  for (const file of target.keyFilenames) {
    const key = await loadKey(file, secrets.passphrase);
    if (key.publicKey) publicKeys.push(key.publicKey);
    if (key.privateKey) methods.push({ type: 'publickey', username, key: key.privateKey });
    else notes.push(key.problem);
  }
  if (target.agent) {
    const agent = target.identitiesOnly ? filteredAgent(target.agent, publicKeys) : target.agent;
    methods.push({ type: 'agent', username, agent });
  }
  const password = secrets.password;
  let passwordSpent = false;
  if (password !== undefined) {
    const prompt = answerOnce(password, target, {
      onAnswer: () => {
        passwordSpent = true;
      },
      onUnanswerable: (error) => login.giveUp(error),
    });
    methods.push(
      { type: 'keyboard-interactive', username, prompt },
      { type: 'password', username, password },
    );
  }
  if (methods.length === 0) throw nothingToOffer(target, notes);

  let taken: string[] = [];
  let asked = false;
  const login: Login = {
    giveUp: () => {},
    next: (allowed) => {
      // The first request only asks which methods the server takes; it costs no attempt.
      if (!asked) {
        asked = true;
        return { type: 'none', username };
      }
      taken = allowed ?? taken;
      for (let method = methods.shift(); method; method = methods.shift()) {
        // A password that was wrong as an answer is wrong as a password, too: a second try may lock the account.
        if (method.type === 'password' && passwordSpent) continue;
        const name = method.type === 'agent' ? 'publickey' : method.type;
        if (allowed === null || allowed.includes(name)) return method;
      }
      return false;
    },
    notes: () => [...notes, ...(taken.length > 0 ? [`The server takes: ${taken.join(', ')}.`] : [])],
  };
  return login;
}

type LoadedKey = { publicKey?: ParsedKey } & (
  | { privateKey: ParsedKey; problem?: undefined }
  | { privateKey?: undefined; problem: string }
);

async function loadKey(file: string, passphrase: string | undefined): Promise<LoadedKey> {
  let text: Buffer;
  try {
    text = await readFile(file);
  } catch (error) {
    return { problem: `Key file ${file} cannot be read: ${coerceError(error).message}.` };
  }
  const parsed = firstKey(ssh2.utils.parseKey(text, passphrase));
  if (!(parsed instanceof Error) && parsed.isPrivateKey()) return { privateKey: parsed, publicKey: parsed };
  const publicKey = await loadPublicKey(file);
  if (parsed instanceof Error && /encrypted|passphrase|bad decrypt|integrity check/i.test(parsed.message)) {
    const why = passphrase === undefined ? 'is encrypted' : 'does not open with the passphrase given';
    return { publicKey, problem: `Key file ${file} ${why} (load it into an agent: ssh-add ${file}).` };
  }
  const why = parsed instanceof Error ? parsed.message : 'it holds a public key only';
  return { publicKey, problem: `Key file ${file} cannot be used: ${why}.` };
}

/** An encrypted key's public half stands beside it, and lets us find the key in the agent. */
async function loadPublicKey(file: string): Promise<ParsedKey | undefined> {
  try {
    const parsed = firstKey(ssh2.utils.parseKey(await readFile(`${file}.pub`)));
    return parsed instanceof Error ? undefined : parsed;
  } catch {
    return undefined;
  }
}

function firstKey(parsed: ParsedKey | ParsedKey[] | Error): ParsedKey | Error {
  return Array.isArray(parsed) ? (parsed[0] ?? new Error('no key inside')) : parsed;
}

type Prompt = (
  name: string,
  instructions: string,
  lang: string,
  prompts: { prompt: string; echo?: boolean }[],
  finish: (answers: string[]) => void,
) => void;

/** A password is one hidden answer, once. Anything else (a one-time code, a new password) needs a person. */
function answerOnce(
  password: string,
  target: SshTarget,
  events: { onAnswer: () => void; onUnanswerable: (error: AuthenticationError) => void },
): Prompt {
  let answered = false;
  return (_name, _instructions, _lang, prompts, finish) => {
    const [only, ...more] = prompts;
    if (only && more.length === 0 && !only.echo && !answered) {
      answered = true;
      events.onAnswer();
      finish([password]);
      return;
    }
    const asks = prompts.map((one) => JSON.stringify(one.prompt.trim())).join(', ');
    events.onUnanswerable(
      new AuthenticationError(
        `${target.username}@${target.hostname} asks for more than a password: ${asks}.`,
        {
          code: 'SSH_PROMPT',
          remedy: 'person',
          hint: 'sbench cannot answer that; use a key that needs no second factor.',
        },
      ),
    );
  };
}

function nothingToOffer(target: SshTarget, notes: string[]): AuthenticationError {
  const where = `${target.username}@${target.hostname}`;
  const encrypted = notes.some((note) => note.includes('ssh-add'));
  return new AuthenticationError(
    [`There is no key and no password to log in with as ${where}.`, ...notes].join(' '),
    {
      code: encrypted ? 'SSH_KEY_ENCRYPTED' : 'SSH_NO_CREDENTIALS',
      remedy: 'person',
      hint: encrypted
        ? 'Start an agent and load the key, or give its passphrase in SBENCH_SSH_PASSPHRASE.'
        : 'Set `key_filename`, load a key into the agent (SSH_AUTH_SOCK), or set SBENCH_SSH_PASSWORD.',
    },
  );
}
