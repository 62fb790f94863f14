/** Recipes of the tests: the real kinds, the real server, as small as they can be. */
export interface Shape {
  /** Shell lines that run in the Slurm job before the program. */
  serviceSetup?: string[];
  clientSetup?: string[];
  service?: Record<string, unknown>;
  /** null: none, the service is the session. */
  client?: Record<string, unknown> | null;
  /** Several, one after another, in the place of the one; each like `client`. */
  clients?: Record<string, unknown>[];
  timeouts?: Record<string, unknown>;
}

/** One Ollama-compatible service and one load generator, each on a CPU. JSON is YAML. */
export function ollamaRecipe({
  serviceSetup = [],
  clientSetup = [],
  service,
  client,
  clients,
  timeouts,
}: Shape = {}): string {
  const load = {
    parameters: { max_tokens: 8, requests: 5 },
    sweep: { concurrency: [1] },
    setup: clientSetup,
    resources: { partition: 'cpu', cpus: 1, mem: '1G', time: '5m' },
  };
  return JSON.stringify({
    version: 1,
    name: 'test',
    ...(timeouts ? { timeouts } : {}),
    service: {
      type: 'ollama',
      command: '$LLM/bin/ollama-compatible',
      model: 'tiny',
      environment: { OLLAMA_MODELS: '$LLM/models' },
      setup: serviceSetup,
      resources: { partition: 'cpu', cpus: 1, mem: '1G', time: '5m' },
      ...service,
    },
    ...(clients
      ? { clients: clients.map((each) => ({ ...load, ...each })) }
      : client === null
        ? {}
        : { client: { ...load, ...client } }),
  });
}
