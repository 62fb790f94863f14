import type { ReportSession } from '../../src/producer/report/read-session.ts';
import { loadResult, pointOf, sessionOf } from './fixture.ts';

/** A session with two points, and two minutes of what its service's node did. */
export function withTelemetry(): ReportSession {
  const session = sessionOf({
    id: 'a',
    results: {
      c1: loadResult([
        pointOf({ concurrency: 1 }),
        { ...pointOf({ concurrency: 4 }), startedAt: '2026-01-02T03:06:10.000Z' },
      ]),
    },
  });
  const start = Date.UTC(2026, 0, 2, 3, 4, 55) / 1000;
  const samples = Array.from({ length: 160 }, (_, at) => {
    const busy = at > 5 && at < 135 ? (at > 70 ? 3.2 : 1.1) + Math.sin(at / 3) / 5 : 0.1;
    return {
      time: start + at,
      values: {
        cpu_cores: busy + 0.3,
        memory_mib: 9_000 + 40 * at,
        network_in_mb_s: busy * 0.8,
        network_out_mb_s: busy * 1.9,
        job_cpu_cores: busy,
        job_memory_mib: 6_000 + 30 * at,
        'gpu 0 utilization_percent': Math.min(100, busy * 30),
        'gpu 1 utilization_percent': 2,
        'gpu 0 power_w': 80 + busy * 70,
        'gpu 1 power_w': 62,
      },
    };
  });
  const gpu = { model: 'NVIDIA A100', memoryMiB: 40_960, driver: '535.104.05', persistence: 'Enabled' };
  return {
    ...session,
    record: {
      ...session.record,
      provenance: {
        s1: {
          nodes: [
            {
              v: 1,
              host: 'gpu1',
              os: 'Rocky Linux 9.4',
              kernel: 'Linux 5.14.0',
              cpu: { threads: 128, sockets: 2, model: 'AMD EPYC 7452 32-Core Processor', allowed: '0-15' },
              memory: { totalKiB: 536_870_912 },
              environment: {},
              gpus: [
                { index: 0, ...gpu },
                { index: 1, ...gpu },
              ],
            },
          ],
          slurm: {
            id: 101,
            state: 'COMPLETED',
            partition: 'gpu',
            tres: 'cpu=16,gres/gpu=2',
            energyJ: 41_000,
          },
          server: { version: { version: '0.9' } },
        },
      },
    },
    telemetry: [{ role: 's1', node: '', samples }],
  };
}
