/** More names than this are nobody's nodes, but would be everybody's memory. */
const MOST = 100_000;

/** `node[1-3,07],gpu1`: the names that Slurm means. Lists within lists, as some sites name nodes, stay as they are. */
export function hostsIn(list: string): string[] {
  const hosts: string[] = [];
  for (const part of partsOf(list)) {
    const [, before = '', inner, after = ''] = /^([^[]*)\[([^\]]*)\]([^[]*)$/.exec(part) ?? [];
    if (inner === undefined) hosts.push(part);
    for (const range of inner?.split(',') ?? []) {
      const [, from = range, to = from] = /^(\d{1,15})-(\d{1,15})$/.exec(range) ?? [];
      const room = Math.max(MOST - hosts.length, 0);
      const count = Math.min(Math.max(Number(to) - Number(from) || 0, 0), room);
      for (let index = 0; index <= count; index++) {
        const name = count === 0 ? from : String(Number(from) + index).padStart(from.length, '0');
        hosts.push(`${before}${name}${after}`);
      }
    }
  }
  return hosts;
}

/** At the commas that stand in no brackets. */
function partsOf(list: string): string[] {
  const parts: string[] = [];
  let begun = 0;
  let open = false;
  for (let at = 0; at <= list.length; at++) {
    const letter = list[at];
    if (letter === '[') open = true;
    else if (letter === ']') open = false;
    else if (letter === undefined || (letter === ',' && !open)) {
      if (at > begun) parts.push(list.slice(begun, at));
      begun = at + 1;
    }
  }
  return parts;
}
