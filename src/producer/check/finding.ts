/** One line of `sbench cluster check`. */
export interface Finding {
  check: string;
  is: 'ok' | 'warn' | 'fail';
  text: string;
  /** What to do about it. */
  hint?: string;
}

export const ok = (check: string, text: string): Finding => ({ check, is: 'ok', text });
export const warn = (check: string, text: string, hint?: string): Finding =>
  finding('warn', check, text, hint);
export const fail = (check: string, text: string, hint?: string): Finding =>
  finding('fail', check, text, hint);

const finding = (is: Finding['is'], check: string, text: string, hint?: string): Finding => ({
  check,
  is,
  text,
  ...(hint === undefined ? {} : { hint }),
});
