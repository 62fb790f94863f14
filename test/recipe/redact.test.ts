import { describe, expect, test } from 'vitest';
import { looksSecret, withoutSecrets } from '../../src/shared/redact.ts';

describe('what looks like a secret', () => {
  test.each([
    'HF_TOKEN',
    'token',
    'api_key',
    'apiKey',
    'OPENAI_API_KEY',
    'AWS_SECRET_ACCESS_KEY',
    'PGPASSWORD',
    'password',
    'client_secret',
    'clusters.alpha.variables.DB_PASSWORD',
  ])('%s does', (name) => expect(looksSecret(name)).toBe(true));
  test.each(['max_tokens', 'key_filename', 'secret_file', 'model', 'key', 'tokens_per_s', 'author'])(
    '%s does not',
    (name) => expect(looksSecret(name)).toBe(false),
  );
});

test('a recipe keeps everything else as it was written', () => {
  const text = `# mine
service:
  environment: {HF_TOKEN: hf_geheim, A: "1", FILE: {secret_file: ~/x}}   # inline
  args: [--url, "redis://user:geheim@host:1/0"]
client:
  environment:
    API_KEY: |
      geheim
      geheim
    OTHER: 'x'
  parameters: {max_tokens: 8, password: "geheim: 'x'"}
`;
  const shown = withoutSecrets(text);
  expect(shown).not.toContain('geheim');
  expect(shown).toBe(`# mine
service:
  environment: {HF_TOKEN: ***, A: "1", FILE: {secret_file: ~/x}}   # inline
  args: [--url, "redis://***@host:1/0"]
client:
  environment:
    API_KEY: ***
    OTHER: 'x'
  parameters: {max_tokens: 8, password: ***}
`);
});

test('JSON, and what is no YAML at all', () => {
  expect(withoutSecrets('{"environment": {"HF_TOKEN": "geheim"}, "n": 1}')).toBe(
    '{"environment": {"HF_TOKEN": ***}, "n": 1}',
  );
  expect(withoutSecrets('a: [b\nTOKEN: geheim')).not.toContain('geheim');
});

test('every part of a file in parts, lists, aliases, arguments and lines of shell', () => {
  const text = `service:
  setup: ['export HF_TOKEN="geheim"', "X_API_KEY=geheim ./run --max_tokens=8"]
  args: [--api-key, geheim, --token=geheim, "--token", &it geheim, --model, llama]
  environment: {OTHER: &other geheim, DB_PASSWORD: *other}
---
client:
  environment:
    HF_TOKEN: geheim
    API_KEYS_OF: mine
    CLIENT_SECRET: [geheim, *it]
`;
  const shown = withoutSecrets(text);
  expect(shown).not.toContain('geheim');
  expect(shown.replaceAll('***', 'geheim')).toBe(text);
});

test('no text keeps it busy', () => {
  const labels = Array.from({ length: 50_000 }, (_, n) => `  a${n}: b\n`).join('');
  for (const text of ['a-'.repeat(100_000), `x://${'a:'.repeat(100_000)}`, `labels:\n${labels}`]) {
    const begun = performance.now();
    expect(withoutSecrets(text)).toBe(text);
    expect(performance.now() - begun, text.slice(0, 20)).toBeLessThan(15_000);
  }
});
