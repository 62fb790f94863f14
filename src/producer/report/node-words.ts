import type { NodeFacts, SlurmRecord } from '../../shared/result/provenance.ts';
import { hidden } from '../../shared/session/session-provenance.ts';
import { figure } from './numbers.ts';
import type { ReportSession } from './read-session.ts';

type Fact = [what: string, value: string];

/** What each role ran on, for people: nodes that are alike are told once. */
export function nodeWords({ record, plan }: ReportSession): Fact[] {
  return plan.roles.flatMap(({ role, side, name }): Fact[] => {
    const found = record.provenance?.[role];
    if (!found) return [];
    const who = `${side} ${name}`;
    return [
      ...[...new Set(found.nodes.map(machineText))].map((text): Fact => [`${who}: node`, text]),
      ...once(found.nodes, gpuText).map((text): Fact => [`${who}: GPUs`, text]),
      ...once(found.nodes, ({ modules }) => modules).map((text): Fact => [`${who}: modules`, text]),
      ...once(found.nodes, containerText).map((text): Fact => [`${who}: container`, text]),
      ...(found.slurm ? [[`${who}: Slurm`, slurmText(found.slurm)] as Fact] : []),
      ...Object.entries(found.server ?? {}).map(
        ([what, said]): Fact => [`${who}: ${what}`, hidden(what, short(JSON.stringify(said)))],
      ),
    ];
  });
}

const once = (nodes: readonly NodeFacts[], of: (node: NodeFacts) => string | undefined): string[] => [
  ...new Set(nodes.map(of).filter((text) => text !== undefined)),
];

const some = (...words: (string | undefined)[]): string =>
  words.filter((word) => word !== undefined).join(', ');
const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 299)}…` : text);

function machineText({ host, cpu, memory, kernel, os, architecture }: NodeFacts): string {
  return some(
    host,
    cpu.model,
    `${cpu.threads} threads${cpu.sockets ? ` on ${cpu.sockets} ${cpu.sockets === 1 ? 'socket' : 'sockets'}` : ''}`,
    cpu.allowed === undefined ? undefined : `allowed ${cpu.allowed}`,
    cpu.governor === undefined ? undefined : `governor ${cpu.governor}`,
    `${figure(memory.totalKiB / 1024 ** 2)} GiB memory`,
    os,
    kernel,
    architecture,
  );
}

function gpuText({ gpus }: NodeFacts): string | undefined {
  const [first] = gpus;
  if (!first) return undefined;
  const models = [...new Set(gpus.map(({ model = 'unknown' }) => model))].join(' and ');
  return some(
    `${gpus.length} × ${models}`,
    first.memoryMiB === undefined ? undefined : `${figure(first.memoryMiB / 1024)} GiB`,
    first.driver === undefined ? undefined : `driver ${first.driver}`,
    first.powerLimitW === undefined ? undefined : `limit ${figure(first.powerLimitW)} W`,
    first.maxSmMHz === undefined ? undefined : `up to ${first.maxSmMHz} MHz`,
    first.persistence === undefined ? undefined : `persistence ${first.persistence.toLowerCase()}`,
  );
}

function containerText({ container }: NodeFacts): string | undefined {
  if (!container) return undefined;
  const { runtime, version, image, imageSha256, imageId, imageBytes } = container;
  return some(
    version ?? runtime,
    image,
    imageSha256 === undefined ? undefined : `sha256 ${imageSha256}`,
    imageId === undefined ? undefined : `id ${imageId}`,
    imageBytes === undefined ? undefined : `${imageBytes} bytes`,
  );
}

function slurmText({ partition, account, qos, tres, elapsedS, energyJ, maxRssBytes }: SlurmRecord): string {
  return some(
    partition === undefined ? undefined : `partition ${partition}`,
    account === undefined ? undefined : `account ${account}`,
    qos === undefined ? undefined : `QOS ${qos}`,
    tres,
    elapsedS === undefined ? undefined : `ran ${elapsedS} s`,
    energyJ === undefined ? undefined : `${figure(energyJ / 1000)} kJ`,
    maxRssBytes === undefined ? undefined : `largest process ${figure(maxRssBytes / 1024 ** 2)} MiB`,
  );
}
