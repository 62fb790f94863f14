import type { NextFunction, Request, Response } from 'express';

/** Nothing comes from another host or goes to one: closed networks have none, and others need not know. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Bull Board's own markup carries style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export function secureHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Content-Security-Policy': CONTENT_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  });
  next();
}

/**
 * A form of ours, sent by a page of ours. Browsers say where a form stood; a page of another site cannot hide it, and a
 * program has no form to send.
 */
export function fromThisSite(request: Request, response: Response, next: NextFunction): void {
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  const elsewhere = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (elsewhere || (origin !== undefined && hostOf(origin) !== host?.toLowerCase()))
    response.status(403).json({ error: 'this form was not ours' });
  else next();
}

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined;

/** The dashboard is for watching: cancelling and retrying are commands. */
export function readOnly(request: Request, response: Response, next: NextFunction): void {
  if (request.method === 'GET' || request.method === 'HEAD') next();
  else response.status(405).set('Allow', 'GET, HEAD').json({ error: 'the dashboard is read-only' });
}

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * DNS rebinding: a page from anywhere can point its own name at 127.0.0.1 and read what is there; it cannot change
 * the Host header. Any port will do, because tunnels change it.
 */
export function loopbackNames(request: Request, response: Response, next: NextFunction): void {
  const name = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
  if (LOOPBACK_NAMES.has(name)) next();
  else response.status(403).json({ error: 'this dashboard answers to localhost only' });
}
