/**
 * What a recipe of recipes/ needs, from its first line, and what of it a machine lacks. The form of that line is in
 * recipes/README.md.
 */

/** Words that stand for themselves, and what they ask for. */
const WORDS = {
  gpu: 'a GPU',
  network: 'compute nodes that reach the internet',
  llm: "the test bed's LLM server",
};

const RUNTIMES = ['apptainer', 'singularity', 'charliecloud', 'podman', 'docker'];

/**
 * @param {string} text of a recipe
 * @returns {{what: string, name?: string}[] | {problem: string}}
 */
export function readNeeds(text) {
  const [first = ''] = text.split('\n', 1);
  const line = /^# needs: (\S.*)$/.exec(first)?.[1];
  if (line === undefined) return { problem: "its first line is not '# needs: ...'" };
  const needs = [];
  for (const item of line.split(/[;,]/).map((part) => part.trim())) {
    const some = readItem(item);
    if (!some) return { problem: `'${item}' is not something to need` };
    needs.push(...some);
  }
  return needs;
}

function readItem(item) {
  if (Object.hasOwn(WORDS, item)) return [{ what: item }];
  if (RUNTIMES.includes(item)) return [{ what: 'runtime', name: item }];
  const [, key, rest = ''] = /^(runtime|image|module|debian:) +(\S.*)$/.exec(item) ?? [];
  const names = rest.split(/ +/);
  if (key === 'debian:') return names.map((name) => ({ what: 'debian', name }));
  if (key === undefined || names.length > 1) return undefined;
  if (key === 'runtime' && ![...RUNTIMES, 'none'].includes(rest)) return undefined;
  return rest === 'none' ? [] : [{ what: key, name: rest }];
}

/**
 * @param {{what: string, name?: string}[]} needs
 * @param {{has: string[], runtimes: string[], images: string[], debian: string[]}} machine `has` of gpu, network, llm
 * @returns {string[]} what is not there, in words
 */
export function lacking(needs, { has, runtimes, images, debian }) {
  return needs.flatMap(({ what, name }) => {
    switch (what) {
      case 'runtime':
        return runtimes.includes(name) ? [] : [name];
      case 'image':
        return images.includes(name) ? [] : [`an image of ${name}`];
      case 'debian':
        return debian.includes(name) ? [] : [`Debian's ${name}`];
      case 'module':
        return [`the module ${name}`];
      default:
        return has.includes(what) ? [] : [WORDS[what]];
    }
  });
}
