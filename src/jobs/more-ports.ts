import type { LocatedSource, Path } from '../shared/yaml/located-source.ts';
import type { Token } from './shell-word.ts';

/** A port beside the first one, or another name of it. */
export interface MorePort {
  /** As it stands behind `SBENCH_PORT_`. */
  name: string;
  port: 'auto' | 'first' | number;
}

/** `ports: [8000, auto]` has one more, called 2; `ports: {http: auto, grpc: 50051}` has HTTP, the first, and GRPC. */
export function morePorts(source: LocatedSource, at: Path): MorePort[] {
  const ports = source.valueAt([...at, 'ports']) as unknown;
  if (typeof ports !== 'object' || ports === null) return [];
  const all = Array.isArray(ports)
    ? ports.map((port, index): [string, unknown] => [String(index + 1), port]).slice(1)
    : Object.entries(ports);
  return all.map(([name, port], index) => ({
    name: name.toUpperCase(),
    port: !Array.isArray(ports) && index === 0 ? 'first' : (port as 'auto' | number),
  }));
}

export const portTokens = (
  ports: readonly MorePort[],
  prefix: 'SBENCH_PORT' | 'TARGET_SERVICE_PORT',
): Token[] => ports.map(({ name }): Token => `${prefix}_${name}`);
