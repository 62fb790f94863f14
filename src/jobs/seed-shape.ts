import type { LocatedSource, Path } from '../shared/yaml/located-source.ts';
import type { Problems } from '../shared/yaml/problems.ts';

type Map = Record<string, unknown>;

/** A service or client as the file has it: its value is changed to what its keys are called now. */
export interface OlderJob {
  at: Path;
  value: Map;
  source: LocatedSource;
  problems: Problems;
  notes: string[];
}

export const isMap = (value: unknown): value is Map =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Of `container:`, where the older shape has them beside it. */
export const OF_CONTAINER = ['bind_mounts', 'docker_source', 'image_path', 'build_commands', 'force_rebuild'];

/** Before the kind is known: keys and forms that every job of the older shape may have. */
export function readOlderKeys(job: OlderJob): void {
  const { at, value, source, problems } = job;
  for (const key of OF_CONTAINER) move(job, key, 'container', key);
  const check = value.health_check_endpoint;
  if (typeof check === 'string') move(job, 'health_check_endpoint', 'health_check', 'endpoint');
  if (value.init_script !== undefined) {
    const lines = [value.init_script].flat().filter((line) => typeof line === 'string');
    if (value.setup !== undefined)
      problems.at(source, [...at, 'init_script'], 'and setup mean the same; give one', 'key');
    else value.setup = [lines.join('\n').trim()].filter(Boolean);
    delete value.init_script;
  }
  if (typeof value.target_service === 'string') value.target_service = { name: value.target_service };
  if (Array.isArray(value.environment)) value.environment = environmentOf(job, value.environment);
  if (Array.isArray(value.parameters) && value.parameters.every(isMap))
    value.parameters = Object.assign({}, ...value.parameters);
  splitCommand(job);
}

/** `bind_mounts:` beside `container:` is `container.bind_mounts`. */
function move({ at, value, source, problems }: OlderJob, key: string, into: string, name: string): void {
  if (value[key] === undefined) return;
  const inner = value[into] ?? {};
  if (!isMap(inner)) return;
  if (inner[name] !== undefined)
    problems.at(source, [...at, key], `and ${into}.${name} mean the same; give one`, 'key');
  else value[into] = { ...inner, [name]: value[key] };
  delete value[key];
}

/** `[A=1, B=2]`, as container files have it. */
function environmentOf({ at, source, problems }: OlderJob, list: readonly unknown[]): Map {
  return Object.fromEntries(
    list.flatMap((each, index): [string, string][] => {
      const [, name, text] = /^([^=]+)=(.*)$/s.exec(typeof each === 'string' ? each : '') ?? [];
      if (name !== undefined && text !== undefined) return [[name, text]];
      problems.at(source, [...at, 'environment', index], 'must be NAME=text; or write a map (NAME: text)');
      return [];
    }),
  );
}

/** Words that mean the same to a shell and without one. */
const PLAIN_LINE = /^[A-Za-z0-9_./-]+(?: +[A-Za-z0-9_./:,=@%+{}$-]+)+\n?$/;

/** `redis-server --bind 0.0.0.0`: the program and its arguments. */
function splitCommand({ at, value, source }: OlderJob): void {
  const { command, args = [] } = value;
  if (typeof command !== 'string' || !Array.isArray(args) || !PLAIN_LINE.test(command)) return;
  const [program, ...rest] = command.trim().split(/ +/);
  // A folder's name may have spaces in it.
  if (command.includes('/') && !rest.some((word) => word.startsWith('-'))) return;
  value.command = program;
  // What stands behind them keeps its text, though not its place.
  value.args = [...rest, ...args.map((arg, index) => source.textAt([...at, 'args', index]) ?? arg)];
}
