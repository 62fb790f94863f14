/** The message inside `{"error": "…"}` or `{"error": {"message": "…"}}`, or the start of whatever came instead. */
export function errorText(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (typeof error === 'string') return error.slice(0, 500);
    const { message } = (error ?? {}) as { message?: unknown };
    if (typeof message === 'string') return message.slice(0, 500);
  } catch {
    // Not JSON: a proxy's page, most likely. Its beginning says enough.
  }
  return body.trim().slice(0, 200);
}
