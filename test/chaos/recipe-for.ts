import type { PlannedSession, SessionKind } from './plan-chaos.ts';

const RESOURCES = { partition: 'cpu', cpus: 1, mem: '100M', time: '10m' };
const service = (folder: string, mode: string, ...words: (string | number)[]) => ({
  type: 'container',
  command: '/bin/sh',
  args: [`${folder}/role.sh`, mode, ...words.map(String)],
  container: { runtime: 'none' },
  // A client must have somewhere to talk to; nobody talks.
  ports: 'auto',
  health_check: { tcp: false },
  resources: RESOURCES,
});

const client = (folder: string, workS: number, code = 0) => ({
  type: 'script',
  command: '/bin/sh',
  args: [`${folder}/role.sh`, 'work', String(workS), String(code)],
  container: { runtime: 'none' },
  resources: RESOURCES,
});

/** The recipe of a session that is meant to go in a certain way. `folder`: where role.sh and the ledger are, absolute. */
export function recipeFor({ kind, workS, index, cluster }: PlannedSession, folder: string): object {
  return { version: 1, name: `chaos-${index}`, cluster, ...BODIES[kind](folder, workS) };
}

const BODIES: Record<SessionKind, (folder: string, workS: number) => object> = {
  plain: (folder, workS) => ({ service: service(folder, 'serve'), client: client(folder, workS) }),
  'two-clients': (folder, workS) => ({
    service: service(folder, 'serve'),
    clients: [client(folder, workS), client(folder, workS / 2)],
  }),
  'client-exits-3': (folder, workS) => ({
    service: service(folder, 'serve'),
    client: client(folder, workS, 3),
  }),
  'service-dies-at-start': (folder) => ({
    service: { ...service(folder, 'work', 1, 4), health_check: { tcp: true, timeout: '2m' } },
    client: client(folder, 1),
  }),
  'service-dies-under-client': (folder, workS) => ({
    service: service(folder, 'serve-for', workS + 2, 5),
    client: client(folder, 300),
  }),
  cancelled: (folder) => ({ service: service(folder, 'serve'), client: client(folder, 300) }),
  'service-only': (folder) => ({ service: service(folder, 'serve') }),
  // The real load generator against a server that answers at once.
  load: (folder) => ({
    service: {
      type: 'ollama',
      command: '/usr/bin/perl',
      args: [`${folder}/tiny-server.pl`],
      model: 'tiny',
      setup: [`/bin/sh ${folder}/role.sh load`],
      resources: RESOURCES,
    },
    client: {
      parameters: { max_tokens: 4, requests: 4, warmup_requests: 0 },
      setup: [`/bin/sh ${folder}/role.sh load`],
      resources: { ...RESOURCES, mem: '400M' },
    },
  }),
};
