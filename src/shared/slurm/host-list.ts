/** `node[1-3,07],gpu1`: the names that Slurm means. Lists within lists, as some sites name nodes, stay as they are. */
export function hostsIn(list: string): string[] {
  return (list.match(/(?:[^,[]|\[[^\]]*\])+/g) ?? []).flatMap((part) => {
    const [, before = '', inner, after = ''] = /^([^[]*)\[([^\]]*)\]([^[]*)$/.exec(part) ?? [];
    if (inner === undefined) return [part];
    return inner.split(',').flatMap((range) => {
      const [, from = range, to = from] = /^(\d+)-(\d+)$/.exec(range) ?? [];
      const count = Math.min(Math.max(Number(to) - Number(from) || 0, 0), 100_000);
      return Array.from({ length: count + 1 }, (_, index) => {
        const name = count === 0 ? from : String(Number(from) + index).padStart(from.length, '0');
        return `${before}${name}${after}`;
      });
    });
  });
}
