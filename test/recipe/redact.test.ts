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
