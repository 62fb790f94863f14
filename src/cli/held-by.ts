/** What a Slurm job with these options of sbatch holds. */

/** `--nodes=2` or `--nodes=2-4`, of which the most counts; k is 1024. */
export function nodesOf(options: readonly string[]): number {
  const [, count, kilo] = /(\d{1,9})(k?)$/i.exec(given(options, 'nodes') ?? '1') ?? [];
  return count === undefined ? 1 : Number(count) * (kilo ? 1024 : 1);
}

/** Undefined: only the cluster knows. */
export function gpusOf(options: readonly string[]): number | undefined {
  // Whole nodes, with all that is in them.
  if (options.includes('--exclusive')) return undefined;
  const all = given(options, 'gpus');
  if (all !== undefined) return amount(all);
  const nodes = nodesOf(options);
  const each = given(options, 'gpus-per-node');
  if (each !== undefined) return nodes * amount(each);
  const generic = (given(options, 'gres') ?? '').split(',').filter((part) => /^gpu(?::|$|\()/.test(part));
  if (generic.length > 0) return nodes * amount(generic.join(','));
  const perTask = given(options, 'gpus-per-task') ?? gpusIn(given(options, 'tres-per-task'));
  if (perTask !== undefined) return amount(perTask) * tasksOf(options, nodes);
  const tasksPerGpu = given(options, 'ntasks-per-gpu');
  if (tasksPerGpu !== undefined) return Math.ceil(tasksOf(options, nodes) / Number(tasksPerGpu));
  return given(options, 'gpus-per-socket') === undefined ? 0 : undefined;
}

function tasksOf(options: readonly string[], nodes: number): number {
  const tasks = given(options, 'ntasks');
  return tasks === undefined ? nodes * Number(given(options, 'ntasks-per-node') ?? 1) : Number(tasks);
}

/** `cpu:4,gres/gpu:a100:2` */
const gpusIn = (tres: string | undefined): string | undefined =>
  tres
    ?.split(',')
    .find((part) => part.startsWith('gres/gpu'))
    ?.slice('gres/'.length);

const given = (options: readonly string[], name: string): string | undefined =>
  options.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3);

/** `4`, `a100:4`, `gpu:a100:4(S:0)`, and lists of those. */
const amount = (text: string): number =>
  text
    .split(',')
    .map((part) => Number(/(?:^|[:=])(\d+)(?:\(|$)/.exec(part)?.[1] ?? 1))
    .reduce((sum, count) => sum + count, 0);
