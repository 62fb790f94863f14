import { createHash, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';

const COOKIE = 'sbench-login';
const LASTS_MS = 12 * 3_600_000;
const MOST = 1_000;

/** Who has logged in, kept in this process: a restart asks again. Only digests are kept. */
export class BrowserSessions {
  readonly #until = new Map<string, number>();

  begin(request: Request, response: Response): void {
    const token = randomBytes(32).toString('base64url');
    if (this.#until.size >= MOST) this.#until.delete(this.#until.keys().next().value ?? '');
    this.#until.set(digest(token), Date.now() + LASTS_MS);
    response.cookie(COOKIE, token, { ...flags(request), maxAge: LASTS_MS });
  }

  knows(request: Request): boolean {
    const token = cookieOf(request);
    return token !== undefined && (this.#until.get(digest(token)) ?? 0) > Date.now();
  }

  end(request: Request, response: Response): void {
    const token = cookieOf(request);
    if (token !== undefined) this.#until.delete(digest(token));
    response.clearCookie(COOKIE, flags(request));
  }
}

// Strict: no page of another site can use it, not even by a link. Scripts, of which there are none of ours, see nothing.
const flags = (request: Request) =>
  ({ httpOnly: true, sameSite: 'strict', secure: request.secure, path: '/' }) as const;

const digest = (token: string): string => createHash('sha256').update(token).digest('base64');

function cookieOf(request: Request): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}
