import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { type Access, TooManyLoginsError } from './access.ts';
import { BrowserSessions } from './browser-sessions.ts';
import { fromThisSite } from './guard.ts';
import { LoginDelay } from './login-delay.ts';
import { loginPage } from './login-page.ts';

export interface Gate {
  /** The form, and what it is sent to. */
  router: Router;
  /** Lets through who has logged in or brings the token; a person is sent to the form, a program gets 401. */
  required: RequestHandler;
  /** Whether this request would be let through; counts no try. */
  knows(request: Request): boolean;
  /** Only a program's token, which no page of another site can make a browser send. */
  tokenRequired: RequestHandler;
}

/** @param refused hears of each wrong secret, for the operator's log. */
export function gate(access: Access, refused: (line: string) => void): Gate {
  const sessions = new BrowserSessions();
  const delay = { password: new LoginDelay(), token: new LoginDelay() };
  const router = Router();

  router.get('/login', (request, response) => {
    if (access.is === 'open' || sessions.knows(request)) response.redirect(303, '/');
    else response.send(loginPage({ next: localPath(request.query.next), possible: !!access.password }));
  });
  router.post('/login', fromThisSite, form, async (request, response) => {
    const { password, next } = (request.body ?? {}) as { password?: unknown; next?: unknown };
    const check = access.is === 'guarded' ? access.password : undefined;
    if (!check || typeof password !== 'string') {
      response.status(400).send(loginPage({ next: '/', possible: !!check, wrong: 'There was no password.' }));
      return;
    }
    const address = request.ip ?? '';
    const waitS = delay.password.begin(address);
    if (waitS > 0) return tooMany(response, waitS, loginPage({ next: '/', possible: true, waitS }));
    let right: boolean;
    try {
      right = await check(password);
    } catch (error) {
      if (!(error instanceof TooManyLoginsError)) throw error;
      response
        .status(error.status)
        .set('Retry-After', '5')
        .send(
          loginPage({ next: '/', possible: true, wrong: 'Too many logins at once; try again in a moment.' }),
        );
      return;
    }
    if (right) {
      delay.password.succeeded(address);
      sessions.begin(request, response);
      response.redirect(303, localPath(next));
      return;
    }
    refused(`a wrong password from ${address}`);
    response
      .status(401)
      .send(loginPage({ next: localPath(next), possible: true, wrong: 'That is not the password.' }));
  });
  router.post('/logout', fromThisSite, (request, response) => {
    sessions.end(request, response);
    response.redirect(303, '/login');
  });

  /** True: let through. Undefined: no token was brought. False: answered already. */
  function byToken(request: Request, response: Response): boolean | undefined {
    const given = bearer(request);
    if (given === undefined || access.is !== 'guarded' || !access.token) return undefined;
    const address = request.ip ?? '';
    const waitS = delay.token.begin(address);
    if (waitS > 0) {
      tooMany(response, waitS, { error: `too many wrong tokens; try again in ${waitS} s` });
      return false;
    }
    if (access.token(given)) {
      delay.token.succeeded(address);
      return true;
    }
    refused(`a wrong token from ${address}`);
    unknown(response);
    return false;
  }

  return {
    router,
    knows: (request) =>
      access.is === 'open' || sessions.knows(request) || (access.token?.(bearer(request) ?? '') ?? false),
    required(request, response, next) {
      if (access.is === 'open' || sessions.knows(request)) return next();
      const let_ = byToken(request, response);
      if (let_ === false) return;
      if (let_) return next();
      const page = request.method === 'GET' && !/^\/(api|metrics|queues\/api)\b/.test(request.path);
      if (page) response.redirect(303, `/login?next=${encodeURIComponent(localPath(request.originalUrl))}`);
      else unknown(response);
    },
    tokenRequired(request, response, next) {
      const let_ = byToken(request, response);
      if (let_) next();
      else if (let_ === undefined)
        unknown(response, 'this needs SBENCH_DASHBOARD_TOKEN, as Authorization: Bearer');
    },
  };
}

const form = express.urlencoded({ extended: false, limit: '4kb', parameterLimit: 4 });

function tooMany(response: Response, waitS: number, body: string | object): void {
  response.status(429).set('Retry-After', String(waitS)).send(body);
}

function unknown(response: Response, error = 'who are you?'): void {
  response.status(401).set('WWW-Authenticate', 'Bearer realm="sbench"').json({ error });
}

const bearer = ({ headers: { authorization } }: Request): string | undefined =>
  /^Bearer +(\S{1,1024})$/i.exec(authorization ?? '')?.[1];

/** Nobody is sent elsewhere by a link to our own form. */
function localPath(given: unknown): string {
  return typeof given === 'string' && /^\/(?![/\\])[\x21-\x7e]{0,500}$/.test(given) ? given : '/';
}
