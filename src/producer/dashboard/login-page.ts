import { html } from './html.ts';
import { page } from './page.ts';

interface LoginPage {
  next: string;
  /** False: there is no password, only a program's token. */
  possible: boolean;
  wrong?: string;
  waitS?: number;
}

export function loginPage({ next, possible, wrong, waitS }: LoginPage): string {
  const why = waitS === undefined ? wrong : `Too many wrong passwords. Try again in ${waitS} s.`;
  const form = html`<form method="post" action="/login">
<input type="hidden" name="next" value="${next}">
<label>Password <input type="password" name="password" autocomplete="current-password" required autofocus></label>
<button>Log in</button></form>`;
  const none = html`<p>This dashboard has no password, only a token for programs:
<code>SBENCH_DASHBOARD_PASSWORD_FILE</code> gives it one.</p>`;
  return page(
    'Log in to sbench',
    html`<h1>sbench</h1>${why === undefined ? '' : html`<p class="failed">${why}</p>`}${possible ? form : none}`,
    { bare: true },
  );
}
