import { isMap, type OlderJob } from './seed-shape.ts';

const HOME =
  'is not needed: results and logs come home by themselves (sbench results, sbench logs); leave it out';
const RESOURCE = 'time partition nodes ntasks mem account qos gpus gres cpus cpus_per_task constraint'.split(
  ' ',
);
const INSTEAD: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['output', 'output_dir', 'output_file', 'results_dir', 'log_file', 'logs'].map((key) => [key, HOME]),
  ),
  ...Object.fromEntries(RESOURCE.map((key) => [key, `is an option of Slurm: write resources: {${key}: …}`])),
  volumes: 'is called otherwise here: write container: {bind_mounts: [host:inside]}',
  image: 'is called otherwise here: write container_image: …',
  docker_image: 'is called otherwise here: write container_image: …',
  port: 'is called otherwise here: write ports: [8080], or leave it out for a free one',
  env: 'is called otherwise here: write environment: …',
  config: 'is no key: write settings: (redis, postgres), parameters: or args:',
  replicas: 'is no key: write services: with an entry for each',
  working_dir: 'is not needed: a program starts in a folder of its session; leave it out',
  restart: 'is no key: a service that ends is the end of its session; leave it out',
  iterations: 'is called otherwise here: write repeat: …',
};

/** Keys that cannot act, and that the kind does not know either: said with what to write instead. */
export function refuseOlderKeys({ at, value, source, problems }: OlderJob, known: readonly string[]): void {
  for (const [key, words] of Object.entries(INSTEAD)) {
    if (value[key] === undefined || known.includes(key)) continue;
    problems.at(source, [...at, key], `'${key}' ${words}`, 'key');
    delete value[key];
  }
  const target = value.target_service;
  if (!isMap(target) || target.protocol === undefined) return;
  problems.at(
    source,
    [...at, 'target_service', 'protocol'],
    "'protocol' is the service's own; leave it out",
    'key',
  );
  delete target.protocol;
}
