import { held, type Injection, picked } from './injection.ts';

/** Between sbench and the login node: what the proxy does to all connections of a cluster. */
export const linkFaults = {
  'link-cut': async ({ at }, { cluster }) => at.proxies[cluster].cut('rst'),
  'link-fin': async ({ at }, { cluster }) => at.proxies[cluster].cut('fin'),
  'link-cut-at-byte': async ({ at }, fault) => {
    const direction = picked(['up', 'down'] as const, fault);
    // Anywhere in the next command, its data, or its answer.
    const bytes = 1 + Math.floor(((fault.pick * 1_000) % 1) * 8_000);
    at.proxies[fault.cluster].cutAfterBytes({ direction, bytes });
  },
  'link-answers-lost': async ({ at }, { cluster }) => at.proxies[cluster].blackholeDown({ idleMs: 150 }),
  'link-stall': async ({ at }, fault) => {
    at.proxies[fault.cluster].stall();
    await held(fault);
    at.proxies[fault.cluster].resume();
  },
  'link-half-open': async ({ at }, { cluster }) => at.proxies[cluster].halfOpen(),
  'link-down': async ({ at }, fault) => {
    await at.proxies[fault.cluster].down();
    await held(fault);
    await at.proxies[fault.cluster].up();
  },
} as const satisfies Record<string, Injection>;
